import { copyFileSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { checkConnection } from '../../../src/engine/run/check-connection.ts';
import { townCommand } from '../../cli/command-line.ts';
import { delivered, ledger, outbox } from '../../outbound/base-outbound.ts';
import { closeOddServers, oddServer } from '../../transports/odd-sftp.ts';
import { BASE, receipts } from '../base-town.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);
afterEach(closeOddServers);

const NOW = (): Date => new Date('2026-03-02T15:00:00Z');
const NAME = 'entries-2026-03-02-001.csv';
const SENT = 'Number,Date,Amount,Tender\n1,01/05/2026,1.00,CA\n';
const CONNECTIONS = 'config/connections.yaml';

/** The town whose till and ledger have connectors of one transport, and connections with these lines behind the connector's name. */
function written(transport: string, till: string, toLedger: string): Files {
  const files = { ...BASE, ...ledger() };
  return {
    ...files,
    [CONNECTIONS]: files[CONNECTIONS]!.replace('till, options: { path: inbox }', till).replace(
      'ledger, options: { path: ledger }',
      toLedger,
    ),
    ...Object.fromEntries(
      ['till', 'ledger'].map((name) => {
        const file = `connectors/${name}/connector.yaml`;
        return [file, files[file]!.replace('transport: folder', `transport: ${transport}`)];
      }),
    ),
    'inbox/receipts-1.csv': receipts([{ number: '1' }]),
    secret: 'plain',
  };
}

const folders = (): Files =>
  written('sftp', 'till, transport: folder, options: { path: inbox }', 'ledger, transport: folder, options: { path: ledger }');

async function bothWays(town: TestTown): Promise<void> {
  for (const name of ['till', 'ledger'])
    expect((await checkConnection(town.engine, name, new AbortController().signal)).map((c) => c.ok)).not.toContain(false);
  expect((await town.run('receipts')).outcome).toBe('succeeded');
  expect((await town.run('to-ledger', { now: NOW })).outcome).toBe('succeeded');
  expect(await outbox(town)).toEqual(['1 v1 sent']);
}

test('a connector for SFTP reads and writes folders where the connections say so', async () => {
  const town = await makeTown(folders());
  await bothWays(town);
  expect(delivered(town)).toEqual({ [NAME]: SENT });
  const found = await townCommand(town.folder, ['discover', 'till']);
  expect([found.exit, found.out]).toEqual([0, expect.stringContaining('receipts-*.csv')]);
});

test('a connector for folders reads and writes over SFTP, and a connection that changes its transport reads nothing twice', async () => {
  const server = await oddServer({});
  const options = JSON.stringify({ ...server.options, password: '${file:secret}' });
  const town = await makeTown(
    written('folder', `till, transport: sftp, options: ${options}`, `ledger, transport: sftp, options: ${options}`),
  );
  copyFileSync(join(town.folder, 'inbox/receipts-1.csv'), join(server.root, 'receipts-1.csv'));
  utimesSync(join(server.root, 'receipts-1.csv'), 1_700_000_000, 1_700_000_000);
  await bothWays(town);
  expect(readFileSync(join(server.root, NAME), 'utf8').replaceAll('\r\n', '\n')).toBe(SENT);

  town.write({ [CONNECTIONS]: town.text(CONNECTIONS).replace(`transport: sftp, options: ${options}`, 'options: { path: inbox }') });
  await town.reopen();
  const again = await town.run('receipts');
  expect([again.outcome, (await town.rows('il_landed')).length]).toEqual(['succeeded', 1]);
  expect((await town.run('to-ledger', { now: NOW })).outcome).toBe('succeeded');
  expect(readdirSync(server.root).sort()).toEqual([NAME, 'receipts-1.csv']);
  const audit = (await town.rows('il_audit')).map(({ subject, detail }) => `${subject} ${detail}`);
  expect(audit.filter((line) => line.includes('"transport"'))).toEqual([expect.stringMatching(/^till .*"sftp"/)]);
});

test('config/connections.local.yaml may say the transport for one machine', async () => {
  const server = await oddServer({});
  const { port, ...options } = { ...server.options, password: '${file:secret}' } as Record<string, unknown>;
  const town = await makeTown({
    ...written('sftp', `till, options: ${JSON.stringify({ ...options, port })}`, 'ledger, transport: folder, options: { path: ledger }'),
    'config/connections.local.yaml': `connections:
  till:
    transport: folder
    options: { path: inbox, ${[...Object.keys(options), 'port'].map((name) => `${name}: null`).join(', ')} }
`,
  });
  await bothWays(town);
});

describe('what cannot stand for the transport of a connector is told where it is said', () => {
  const told = async (files: Files): Promise<string[]> => {
    const town = await makeTown(folders());
    town.write(files);
    const said = await townCommand(town.folder, ['validate']);
    expect(said.exit).toBe(2);
    return said.text.split('\n').filter((line) => line.includes('[') && line.includes('config/'));
  };
  const changed = (from: string, to: string): Files => ({ [CONNECTIONS]: folders()[CONNECTIONS]!.toString().replace(from, to) });
  const till = folders()['connectors/till/connector.yaml']!.toString();

  test('one that has no files', async () => {
    expect(await told(changed('transport: folder', 'transport: http'))).toEqual([
      expect.stringMatching(
        /connections\.till\.transport: till reads and writes files, which http cannot do\. Write one of folder, sftp here\. .*\[TRANSPORT_UNFIT\]/,
      ),
    ]);
  });

  test('one that does not exist', async () => {
    expect(await told(changed('transport: folder', 'transport: sfpt'))).toEqual([
      expect.stringMatching(/connections\.till\.transport: there is no transport "sfpt"\. Did you mean sftp\? \[REFERENCE_UNKNOWN\]/),
    ]);
  });

  test('options of the transport that the connector was written for', async () => {
    expect(await told(changed('{ path: inbox }', '{ path: inbox, host: files.bank.example }'))).toEqual([
      expect.stringMatching(/connections\.till\.options\.host: .*\[KEY_UNKNOWN\]/),
    ]);
  });

  test('one whose option the connector uses for something else', async () => {
    const files = { 'connectors/till/connector.yaml': till.replace('streams:', 'options:\n  path: { default: inbox }\nstreams:') };
    expect(await told(files)).toEqual([expect.stringMatching(/till has an option path of its own, .*\[TRANSPORT_UNFIT\]/)]);
  });

  test('one without an option that the connector puts into its texts', async () => {
    const files = { 'connectors/till/connector.yaml': till.replace('receipts*.csv', '{{ options.username }}*.csv') };
    expect(await told(files)).toEqual([
      expect.stringMatching(/till uses \{\{ options\.username \}\}, which sftp has and folder does not\. .*\[TRANSPORT_UNFIT\]/),
    ]);
  });

  test('any for a service', async () => {
    const files = {
      [CONNECTIONS]: `${folders()[CONNECTIONS]!.toString()}  web: { connector: web, transport: soap, options: { base_url: "https://web.example" } }\n`,
      'connectors/web/connector.yaml': `connector: web
version: 1.0.0
title: Web
transport: http
streams:
  dogs:
    retriever: { request: { path: /dogs } }
    decoder: { json: { rows: items } }
    schema: { fields: { id: { required: true } } }
    primary_key: [id]
`,
    };
    expect(await told(files)).toEqual([
      expect.stringMatching(/connections\.web\.transport: web reaches its system by http, which cannot be changed: .*\[TRANSPORT_UNFIT\]/),
    ]);
  });
});
