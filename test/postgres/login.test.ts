import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../scripts/sample-town/servers/postgres/server.ts';
import { openKnex } from '../../src/store/open.ts';
import { settingsOf } from '../../src/store/postgres/connect.ts';
import { townCommand } from '../cli/command-line.ts';
import { closeTowns, makeTown } from '../engine/town.ts';

const PASSWORD = 'canary@pw/ü%';
const folder = mkdtempSync(join(tmpdir(), 'interlocal-login-'));
let server: PostgresServer;

beforeAll(async () => {
  const names = [
    { type: 2 as const, value: 'localhost' },
    { type: 7 as const, ip: '127.0.0.1' },
  ];
  const mine = await generate([{ name: 'commonName', value: 'localhost' }], { extensions: [{ name: 'subjectAltName', altNames: names }] });
  const other = await generate([{ name: 'commonName', value: 'localhost' }], { extensions: [{ name: 'subjectAltName', altNames: names }] });
  mkdirSync(join(folder, 'keys'));
  writeFileSync(join(folder, 'keys/mine.pem'), mine.cert);
  writeFileSync(join(folder, 'keys/other.pem'), other.cert);
  server = await startPostgres({ password: PASSWORD, tls: { key: mine.private, certificate: mine.cert } });
  await server.createDatabase('town');
  await server.createDatabase('latin');
});
afterAll(async () => {
  await closeTowns();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const url = (query = '', password = PASSWORD, host = '127.0.0.1', database = 'town'): string =>
  `postgres://postgres:${encodeURIComponent(password)}@${host}:${server.port}/${database}${query}`;

async function said(where: string): Promise<string> {
  try {
    const knex = await openKnex(where, folder);
    const { rows } = (await knex.raw('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')) as { rows: { ssl: boolean }[] };
    await knex.destroy();
    return rows[0]!.ssl ? 'encrypted' : 'plain';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('logging in to the database server', () => {
  test('the right password is let in, a wrong one is told without being shown', async () => {
    expect(await said(url())).toBe('plain');
    const wrong = await said(url('', 'canary-wrong'));
    expect(wrong).toMatch(/rejected the user or the password.*STORE_LOGIN/s);
    expect(wrong).not.toContain('canary');
    expect(await said(url('', ''))).toMatch(/STORE_LOGIN/);
  });

  test('validate looks at the store with its password, and at the one that the environment names', async () => {
    const town = await makeTown();
    town.write({ 'secrets/store': `${PASSWORD}\n` });
    const path = join(town.folder, 'config/interlocal.yaml');
    const store = (user: string): string =>
      `store: { url: "postgres://${user}@127.0.0.1:${server.port}/town", password: "\${file:secrets/store}" }`;
    const yaml = readFileSync(path, 'utf8');
    writeFileSync(path, yaml.replace(/^store: .*$/m, store('postgres')));
    expect(await townCommand(town.folder, ['validate'], { INTERLOCAL_STORE: '' })).toMatchObject({ exit: 0 });
    expect(await townCommand(town.folder, ['validate'], { INTERLOCAL_STORE: url('', 'canary-wrong') })).toMatchObject({
      exit: 2,
      out: expect.stringMatching(/interlocal.yaml:\d+:\d+ store.url: .*STORE_LOGIN/),
    });
    writeFileSync(path, yaml.replace(/^store: .*$/m, store('stranger')));
    expect((await townCommand(town.folder, ['validate'], { INTERLOCAL_STORE: '' })).out).toMatch(/STORE_LOGIN/);
  });

  test('a database that is not there, and a server that does not answer', async () => {
    expect(await said(url('', PASSWORD, '127.0.0.1', 'nowhere'))).toMatch(/does not exist on the server.*STORE_UNREACHABLE/s);
    expect(await said('postgres://u@127.0.0.1:1/db')).toMatch(/STORE_UNREACHABLE/);
    expect(await said('postgres://u@no-such-host.invalid/db?sslmode=disable')).toMatch(/STORE_UNREACHABLE/);
  });

  test('verify-full: only the server with a certificate of the named authority is spoken to, by name and by address', async () => {
    for (const host of ['localhost', '127.0.0.1'])
      expect(await said(url('?sslmode=verify-full&sslrootcert=keys/mine.pem', PASSWORD, host))).toBe('encrypted');
    expect(await said(url('?sslmode=verify-full&sslrootcert=keys/other.pem'))).toMatch(/does not prove.*STORE_TLS/s);
    expect(await said(url('?sslmode=verify-full'))).toMatch(/STORE_TLS/);
    const plain = await startPostgres();
    expect(await said(plain.url('postgres') + '?sslmode=verify-full')).toMatch(/STORE_TLS/);
    await plain.stop();
  });

  test('a server on another machine must prove who it is, unless the URL says otherwise', () => {
    expect(settingsOf('postgres://u@db.town.example/interlocal', folder).ssl).toMatchObject({ rejectUnauthorized: true });
    expect(settingsOf('postgres://u@db.town.example/interlocal?sslmode=disable', folder).ssl).toBe(false);
    for (const local of ['localhost', '127.0.0.1', '[::1]']) expect(settingsOf(`postgres://u@${local}/interlocal`, folder).ssl).toBe(false);
    expect(settingsOf('postgres://u@x/interlocal?host=/var/run/postgresql', folder)).toMatchObject({
      host: '/var/run/postgresql',
      ssl: false,
    });
  });
});

test.each([
  ['postgres://u@h', 'names no database'],
  ['postgres://h/db', 'names no user'],
  ['postgres://u@h/db?sslmode=require', 'sslmode=require would accept any server'],
  ['postgres://u@h/db?sslmod=disable', 'unknown parameter sslmod'],
  ['postgres://u@h:99999/db', 'is not a URL'],
  ['postgres://u:%zz@h/db', 'not followed by two hexadecimal digits'],
  ['postgres://u@h/db?sslrootcert=keys/none.pem', 'sslrootcert cannot be read: there is no such file'],
  ['mysql://u@h/db', 'is no kind of database that Interlocal can keep its records in'],
])('%s cannot be used, and it is said why: it %s', async (bad, why) => {
  const message = await said(bad);
  expect(message).toContain(why);
  expect(message).toContain('STORE_URL');
});
