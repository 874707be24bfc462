import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTdsEndpoint, type TdsEndpoint } from '../../../scripts/sample-town/servers/tds/endpoint.ts';
import type { Login } from '../../../scripts/sample-town/servers/tds/wire/login.ts';
import type { InterlocalError } from '../../../src/core/errors.ts';
import { openSqlServer } from '../../../src/transports/sqlserver/sqlserver.ts';
import type { QueryTransport } from '../../../src/transports/transport.ts';

const PASSWORD = 'Wïndows-Password-1';
const folder = mkdtempSync(join(tmpdir(), 'sqlserver-logins-'));
const logins: Login[] = [];
let modern: TdsEndpoint;
let old: TdsEndpoint;
beforeAll(async () => {
  const database = join(folder, 'town.db');
  const made = new DatabaseSync(database);
  made.exec("CREATE TABLE bills (number VARCHAR(10), due DATETIME); INSERT INTO bills VALUES ('0001', '2026-01-05 00:00:00.000')");
  made.close();
  const altNames = [{ type: 2 as const, value: 'localhost' }];
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  writeFileSync(join(folder, 'server.pem'), cert);
  const start = (more: object) =>
    startTdsEndpoint({
      database,
      databaseName: 'TOWN',
      logins: [
        { user: 'reader', password: PASSWORD, readOnly: true },
        { user: 'svc-interlocal', domain: 'TOWNHALL', password: PASSWORD, readOnly: true },
      ],
      tls: { key, cert },
      onLogin: (login) => void logins.push(login),
      ...more,
    });
  modern = await start({});
  old = await start({ oldTls: true });
});
const opened: QueryTransport[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
  logins.length = 0;
});
afterAll(async () => {
  await modern.close();
  await old.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(endpoint: TdsEndpoint, changes: Record<string, unknown> = {}): QueryTransport {
  const options = {
    host: 'localhost',
    port: endpoint.port,
    database: 'TOWN',
    username: 'reader',
    password: PASSWORD,
    ca_file: 'server.pem',
    ...changes,
  };
  const transport = openSqlServer(options, { connection: 'finance', projectFolder: folder });
  opened.push(transport);
  return transport;
}

async function rows(transport: QueryTransport): Promise<unknown[]> {
  const read: unknown[] = [];
  const columns = [
    { name: 'number', type: 'text' as const },
    { name: 'due', type: 'datetime' as const },
  ];
  for await (const list of transport.query({ tables: ['bills'], columns, where: [{ column: 'number', is: '=', value: '0001' }] }))
    read.push(...list.map((record) => record.values));
  return read;
}

async function failure(transport: QueryTransport): Promise<InterlocalError> {
  const error = await transport.scalar('SELECT 1').then(
    () => new Error('it was answered'),
    (thrown: unknown) => thrown,
  );
  expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain(PASSWORD);
  return error as InterlocalError;
}

const ROW = { number: '0001', due: '2026-01-05T00:00:00' };

describe('a Windows account, by NTLM', () => {
  const account = { username: 'svc-interlocal', domain: 'TownHall' };

  test('is let in when it proves its password to a challenge; the password itself does not travel', async () => {
    expect(await rows(open(modern, account))).toEqual([ROW]);
    expect(logins[0]).toMatchObject({ integrated: true, user: expect.stringContaining('svc-interlocal'), password: '' });
    const { sspi } = logins[0]!;
    expect(sspi.subarray(0, 7).toString()).toBe('NTLMSSP');
    for (const encoding of ['utf8', 'ucs2'] as const) expect(sspi.includes(Buffer.from(PASSWORD, encoding))).toBe(false);
  });

  test('check says as whom it is logged in', async () => {
    expect(await open(modern, account).check()).toContainEqual(
      expect.objectContaining({ name: 'credentials', ok: true, detail: 'logged in as TownHall\\svc-interlocal' }),
    );
  });

  test.each([
    ['with a wrong password', { password: 'wrong-Password-2' }],
    ['of another domain', { domain: 'ELSEWHERE' }],
    ['that is unknown', { username: 'nobody' }],
  ])('%s is refused, with what to check', async (_what, changes) => {
    expect(await failure(open(modern, { ...account, ...changes }))).toMatchObject({
      code: 'SQL_LOGIN',
      problems: [{ hint: expect.stringMatching(/domain|password/i) }],
    });
  });
});

describe('an old server', () => {
  test('with TLS 1.0 alone is not spoken to, and the message names the setting that would allow it', async () => {
    const error = await failure(open(old));
    expect(error).toMatchObject({ code: 'TLS_FAILED', problems: [{ hint: expect.stringContaining('allow_legacy: [tls1.0]') }] });
    expect(logins).toEqual([]);
  });

  test('is read over TLS 1.0 where that is allowed by name, and every check warns', async () => {
    const transport = open(old, { allow_legacy: ['tls1.0'] });
    expect(await rows(transport)).toEqual([ROW]);
    expect(await transport.check()).toContainEqual(expect.objectContaining({ name: 'legacy encryption', warning: true }));
  });

  test.each([
    ['7.4', 0x74000004, undefined],
    ['7.3', 0x730b0003, '7.3'],
    ['7.2', 0x72090002, '7.2'],
  ])('is asked in the protocol that it knows: TDS %s', async (_name, version, tds_version) => {
    const transport = open(old, { allow_legacy: ['tls1.0'], ...(tds_version ? { tds_version } : {}) });
    expect(await rows(transport)).toEqual([ROW]);
    expect(logins[0]!.tdsVersion.toString(16)).toBe(version.toString(16));
  });
});
