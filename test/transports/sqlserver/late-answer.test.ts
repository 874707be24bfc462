import { createRequire } from 'node:module';
import { type AddressInfo, connect as dial, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../../../src/transports/sqlserver/connect.ts';
import { passOverLateAnswers } from '../../../src/transports/sqlserver/late-answer.ts';
import { sqlserverSettings } from '../../../src/transports/sqlserver/options.ts';
import { startServer } from './server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A line whose answers can be kept back. `asked` resolves when the client has sent something while they are. */
async function holdingLine(port: number) {
  const sockets = new Set<Socket>();
  let held = false;
  let kept: (() => void)[] = [];
  let sent: () => void = () => {};
  const server = createServer((near) => {
    const far = dial(port, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => {}).on('close', () => (near.destroy(), far.destroy())));
    near.on('data', (bytes) => (far.write(bytes), held && sent()));
    far.on('data', (bytes) => void (held ? kept.push(() => near.write(bytes)) : near.write(bytes)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => (sockets.forEach((socket) => socket.destroy()), new Promise((resolve) => server.close(resolve))));
  return {
    port: (server.address() as AddressInfo).port,
    hold: () => void (held = true),
    asked: () => new Promise<void>((resolve) => (sent = resolve)),
    release() {
      held = false;
      for (const one of kept) one();
      kept = [];
    },
  };
}

test.each([0, 3])('an answer of %i rows that comes after its request was given up does no harm', async (rows) => {
  const server = await startServer([
    { name: 'receipts', columns: { number: 'varchar(10)' }, rows: Array.from({ length: rows }, (_, i) => [String(i)]) },
  ]);
  closing.push(() => server.stop());
  const line = await holdingLine(Number(server.options['port']));
  const settings = sqlserverSettings.parse({
    ...server.options,
    port: line.port,
    ca_file: undefined,
    trust_server_certificate: true,
    request_timeout: '500ms',
  });
  const connections = await connect(settings, { connection: 'finance', projectFolder: server.folder });
  closing.push(() => connections.close());
  expect((await connections.run('SELECT number FROM receipts', {})).length).toBe(rows);
  line.hold();
  const asked = line.asked();
  const failing = expect(connections.run('SELECT number FROM receipts', {})).rejects.toMatchObject({ code: 'CONNECTION_TIMEOUT' });
  await asked;
  // The next thing that is sent is that the request is given up.
  await line.asked();
  line.release();
  await failing;
  expect((await connections.run('SELECT number FROM receipts', {})).length).toBe(rows);
});

test('tokens of a late answer are passed over by the driver, each kind of them, and what it says of a transaction holds', () => {
  passOverLateAnswers();
  const driver = createRequire(createRequire(import.meta.url).resolve('mssql'));
  const { AttentionTokenHandler } = driver('tedious/lib/token/handler.js') as {
    AttentionTokenHandler: new (connection: object, request: object) => Record<string, (token: object) => void>;
  };
  const connection = { emit: () => true, transactionDescriptors: [1, 2], inTransaction: true };
  const handler = new AttentionTokenHandler(connection, { canceled: true });
  for (const on of ['onColMetadata', 'onRow', 'onOrder', 'onDoneInProc', 'onDoneProc', 'onReturnStatus', 'onErrorMessage', 'onInfoMessage'])
    handler[on]!({ name: on });
  handler['onRollbackTransaction']!({ name: 'ROLLBACK' });
  expect(connection).toMatchObject({ transactionDescriptors: [1], inTransaction: false });
});
