import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, test } from 'vitest';
import { sampleTownHostKey, SFTP_HOST_KEY_FINGERPRINT } from '../../scripts/sample-town/servers/sftp/host-key.ts';
import { FatalError, RetriableError } from '../../src/core/errors.ts';
import type { FileTransport, QueryTransport, RequestTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { allBytes } from './all-bytes.ts';
import { dripLine } from './drip-line.ts';
import { closeOddServers, oddServer } from './odd-sftp.ts';
import { startServer } from './sqlserver/server.ts';

/** So long may a silence be, and so long the whole, in these tests; sources give something every 20 ms. */
const LIMITS = { timeout: '2s', total_timeout: '600ms' };
const EVERY_MS = 20;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterEach(closeOddServers);

/** A web server whose answers never end: one byte after the other. */
async function dripServer(begin: (response: ServerResponse) => Buffer): Promise<string> {
  const server: Server = createServer((request, response) => {
    request.resume();
    const bytes = begin(response);
    let at = 0;
    const timer = setInterval(() => {
      const next = at++ % bytes.length;
      if (bytes.length) response.socket?.write(bytes.subarray(next, next + 1));
    }, EVERY_MS);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The socket itself is written to, behind the back of the response. */
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const inHeaders = (response: ServerResponse): Buffer => (response.socket!.write(`${HEAD}X-Slow: `), Buffer.from('a'));
const inBody = (response: ServerResponse): Buffer => (response.socket!.write(`${HEAD}\r\n{"rows": [`), Buffer.from(' '));
const inPackedBody = (response: ServerResponse): Buffer => {
  response.socket!.write(`${HEAD}Content-Encoding: gzip\r\n\r\n`);
  return gzipSync(Buffer.alloc(3_000_000, 'x'), { level: 0 });
};

async function http(base_url: string, more: Record<string, unknown> = {}): Promise<RequestTransport> {
  const transport = (await transports.http.open(
    { base_url, ...LIMITS, ...more },
    { connection: 'permits', projectFolder: '/nowhere' },
  )) as RequestTransport;
  closing.push(() => transport.close());
  return transport;
}

describe('a web service that gives a byte now and then', () => {
  test.each([
    ['in the headers', inHeaders],
    ['in the body', inBody],
    ['in a packed body', inPackedBody],
  ])('%s: it is given up after total_timeout, and not asked again in this run', async (_, begin) => {
    const transport = await http(await dripServer(begin));
    const reading = transport.request({ path: '/x' }).then((answer) => allBytes(answer.bytes!));
    const error = await reading.catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'TOO_SLOW', message: expect.stringContaining('600ms') });
    expect(error).toBeInstanceOf(FatalError);
  });

  test('a login is given up too, and not taken for one that failed', async () => {
    const base = await dripServer(inBody);
    const auth = { session: { path: '/login', body: { user: 'a' } } };
    await expect((await http(base, { auth })).request({ path: '/x' })).rejects.toMatchObject({ code: 'TOO_SLOW' });
  });

  test('so is a SOAP service, for its WSDL', async () => {
    const base = await dripServer(inBody);
    const soap = (await transports.soap.open(
      { endpoint: `${base}/soap`, ...LIMITS },
      { connection: 'permits', projectFolder: '/nowhere' },
    )) as RequestTransport;
    closing.push(() => soap.close());
    await expect(soap.request({ operation: 'X' })).rejects.toMatchObject({ code: 'TOO_SLOW' });
  });

  test('silence ends by itself, and is tried again', async () => {
    const base = await dripServer((response) => (response.socket!.write(`${HEAD}\r\n[`), Buffer.from('')));
    const transport = await http(base, { timeout: '300ms', total_timeout: '1m' });
    const error = await transport
      .request({ path: '/x' })
      .then(
        (answer) => allBytes(answer.bytes!),
        (e: unknown) => e,
      )
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'CONNECTION_TIMEOUT' });
    expect(error).toBeInstanceOf(RetriableError);
  });

  test('what we do between two pieces does not count as its silence', async () => {
    const server = createServer((_, response) => {
      response.write('a');
      setTimeout(() => response.end('b'), 50);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))));
    const transport = await http(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      timeout: '200ms',
      total_timeout: '400ms',
    });
    const answer = await transport.request({ path: '/x' });
    let text = '';
    for await (const bytes of answer.bytes!) {
      text += Buffer.from(bytes).toString();
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(text).toBe('ab');
  });
});

describe('an SFTP server that gives a byte now and then', () => {
  const slow = { reading: () => new Promise<number>((resolve) => setTimeout(resolve, EVERY_MS, 1)) };

  test('a file is given up after total_timeout', async () => {
    const server = await oddServer({ faults: slow });
    writeFileSync(join(server.root, 'a.csv'), Buffer.alloc(100_000));
    const transport = await server.open(LIMITS);
    await expect(allBytes(transport.read('a.csv'))).rejects.toMatchObject({ code: 'TOO_SLOW', problems: [{ place: { file: 'a.csv' } }] });
    expect((await transport.list('.', '*.csv')).map((f) => f.name)).toEqual(['a.csv']);
  });

  test('so are a listing and an upload over a line that drips', async () => {
    const server = await oddServer({});
    for (let i = 0; i < 50; i++) writeFileSync(join(server.root, `${i}.csv`), '');
    for (const work of [(t: FileTransport) => t.list('.', '*'), (t: FileTransport) => t.write('new.csv', [Buffer.alloc(3_000_000)])]) {
      const line = await dripLine(server.options.port as number);
      closing.push(() => line.close());
      const transport = await server.open({ port: line.port, timeout: '1s', total_timeout: '2s' });
      await transport.stat('0.csv');
      line.drip();
      await expect(work(transport)).rejects.toMatchObject({ code: expect.stringMatching(/^(TOO_SLOW|CONNECTION_TIMEOUT)$/) });
    }
  });

  test('a server that lets in and then never opens a channel for files is given up', async () => {
    const server = new ssh2.Server({ hostKeys: [sampleTownHostKey()] }, (client) => {
      client.on('authentication', (context) => context.accept());
      client.on('session', () => {}); // never answered
      client.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const options = { host: '127.0.0.1', port, username: 'town', password: 'x', host_key: SFTP_HOST_KEY_FINGERPRINT, timeout: '300ms' };
    const transport = (await transports.sftp.open(options, { connection: 'bank', projectFolder: '/nowhere' })) as FileTransport;
    await expect(transport.list('.', '*')).rejects.toMatchObject({ code: 'CONNECTION_TIMEOUT' });
  });
});

describe('a SQL Server that gives a byte now and then', () => {
  test.each([
    ['while rows are read', (t: QueryTransport) => allRows(t)],
    ['while a statement is answered', (t: QueryTransport) => t.scalar('SELECT COUNT(*) AS n FROM slow')],
  ])('%s: it is given up after total_timeout', async (_, work) => {
    const rows = Array.from({ length: 3000 }, (_, i) => [String(i), 'x'.repeat(200)]);
    const server = await startServer([{ name: 'slow', columns: { id: 'int', text: 'varchar(200)' }, rows }]);
    closing.push(() => server.stop());
    const line = await dripLine(server.options.port as number);
    closing.push(() => line.close());
    const transport = (await transports.sqlserver.open(
      { ...server.options, port: line.port, request_timeout: '10s', total_timeout: '800ms' },
      { connection: 'finance', projectFolder: server.folder },
    )) as QueryTransport;
    closing.push(() => transport.close());
    await transport.database();
    line.drip();
    await expect(work(transport)).rejects.toMatchObject({ code: 'TOO_SLOW' });
  });
});

async function allRows(transport: QueryTransport): Promise<number> {
  let rows = 0;
  const columns = [
    { name: 'id', type: 'integer' as const },
    { name: 'text', type: 'text' as const },
  ];
  for await (const list of transport.query({ tables: ['slow'], columns, orderBy: ['id'] })) rows += list.length;
  return rows;
}

describe('a folder whose share hangs', () => {
  test('is given up after the time-out, and no further call is made on it before it is back', async () => {
    const root = mkdtempSync(join(tmpdir(), 'interlocal-hung-'));
    closing.push(() => rmSync(root, { recursive: true }));
    writeFileSync(join(root, 'a.csv'), 'a');
    // Who opens a pipe to read it waits until somebody writes: as a call on a share does whose server is away.
    execFileSync('mkfifo', [join(root, 'hangs')]);
    const share = (await transports.folder.open(
      { path: root, timeout: '300ms' },
      { connection: 'share', projectFolder: '/nowhere' },
    )) as FileTransport;
    const unreachable = { code: 'SHARE_UNREACHABLE', message: expect.stringContaining('did not answer within 300ms') };
    await expect(allBytes(share.read('hangs'))).rejects.toMatchObject(unreachable);
    await expect(share.list('.', '*.csv')).rejects.toMatchObject(unreachable);
    await expect(allBytes(share.read('a.csv'))).rejects.toMatchObject(unreachable);
    await expect(share.write('b.csv', [Buffer.from('b')])).rejects.toMatchObject(unreachable);
    expect(await share.check()).toMatchObject([{ name: 'reachable', ok: false, code: 'SHARE_UNREACHABLE' }]);
    closeSync(openSync(join(root, 'hangs'), 'w'));
    await expect
      .poll(() =>
        share.list('.', '*.csv').then(
          (files) => files.length,
          () => 0,
        ),
      )
      .toBe(1);
    expect((await allBytes(share.read('a.csv'))).toString()).toBe('a');
  });
});
