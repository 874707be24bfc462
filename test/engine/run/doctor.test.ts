import { chmodSync, closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Logger } from 'pino';
import { lookNightly } from '../../../src/cli/operate/look-nightly.ts';
import { permissionChecks } from '../../../src/engine/doctor/permissions.ts';
import { examine, stateOfExamination } from '../../../src/engine/doctor/doctor.ts';
import { installationOf } from '../../../src/engine/doctor/look.ts';
import type { DoctorCheck } from '../../../src/store/ledger/examinations.ts';
import { appendAudit } from '../../../src/store/ledger/audit.ts';
import { serve } from '../../web/http.ts';
import { BASE, receipts } from '../base-town.ts';
import { townCommand } from '../../cli/command-line.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const of = (checks: readonly DoctorCheck[], name: string): DoctorCheck => checks.find((check) => check.name === name)!;
const many = receipts(Array.from({ length: 2000 }, (_, i) => ({ number: String(i + 1), note: 'n'.repeat(200) })));

async function health(town: TestTown): Promise<{ status: string; doctor: { state: string; codes: string[] } }> {
  const server = await serve(town.engine);
  const { text } = await server.ask('/health');
  await server.close();
  return JSON.parse(text) as { status: string; doctor: { state: string; codes: string[] } };
}

/** Overwrites the beginning of every fourth page but the first ones: a disk that has gone bad. */
function damage(path: string): void {
  const pages = statSync(path).size / 8192;
  const file = openSync(path, 'r+');
  for (let page = Math.floor(pages / 2); page < pages - 1; page += 4) writeSync(file, Buffer.alloc(200, 0xab), 0, 200, page * 8192);
  closeSync(file);
}

test('a whole installation is well: the store, the audit log, the rights, the disk, the clock, the connections', async () => {
  const town = await makeTown({ 'inbox/receipts-1.csv': receipts([{ number: '1' }]) });
  await town.run('receipts');
  const { exit, out } = await townCommand(town.folder, ['doctor', '--json']);
  const { doctor } = JSON.parse(out) as { doctor: { state: string; checks: DoctorCheck[] } };
  expect([exit, doctor.state]).toEqual([0, 'ok']);
  expect(doctor.checks.map(({ name, state }) => [name, state])).toEqual(
    ['store', 'audit log', 'data folder', 'secrets', 'disk', 'revenue sums', 'clock', 'connections'].map((name) => [name, 'ok']),
  );
});

test('a damaged page is found before anybody reads it, and is in status and health until it is repaired', async () => {
  const town = await makeTown({ 'inbox/receipts-1.csv': many });
  await town.run('receipts');
  await town.engine.knex.destroy();
  const store = join(town.folder, 'data/interlocal.db');
  const whole = readFileSync(store);
  damage(store);
  const found = await townCommand(town.folder, ['doctor']);
  expect([found.exit, found.out]).toEqual([
    1,
    expect.stringMatching(/✗ store: The store is damaged: .*\[STORE_DAMAGED\]\n {4}Stop Interlocal/) as string,
  ]);
  const status = await townCommand(town.folder, ['status']);
  expect([status.exit, status.out]).toEqual([1, expect.stringContaining('[STORE_DAMAGED]') as string]);
  await town.reopen();
  expect(await health(town)).toMatchObject({ status: 'failing', doctor: { state: 'failing', codes: ['STORE_DAMAGED'] } });
  await town.engine.knex.destroy();
  town.write({ 'data/interlocal.db': whole });
  await town.reopen();
  expect(stateOfExamination(await examine(town.engine))).toBe('ok');
  expect((await health(town)).status).toBe('ok');
});

test('an audit log that was changed is found', async () => {
  const town = await makeTown();
  await appendAudit(town.engine.knex, { actor: 'ann', action: 'config_changed', subject: 'till' });
  await town.engine.knex.raw('DROP TRIGGER il_audit_no_update');
  await town.engine.knex('il_audit').update({ actor: 'bob' });
  const { exit, out } = await townCommand(town.folder, ['doctor']);
  expect([exit, out]).toEqual([1, expect.stringContaining('[AUDIT_BROKEN]') as string]);
});

test('the store, what is next to it, the spool and reports are for this account alone, whatever the umask', async () => {
  const town = await makeTown({ 'inbox/receipts-1.csv': many });
  const umask = process.umask(0o022);
  try {
    await town.engine.knex.destroy();
    town.remove('data/interlocal.db');
    await town.reopen();
    let spooled = '';
    await town.run('receipts', { onProgress: () => void (spooled ||= mode(join(town.folder, 'data/spool'))) });
    expect(spooled).toBe('700');
    for (const name of ['interlocal.db', 'interlocal.db-wal', 'interlocal.db-shm'])
      expect([name, mode(join(town.folder, 'data', name))]).toEqual([name, '600']);
    const report = join(town.folder, 'revenue.csv');
    await townCommand(town.folder, ['report', 'revenue', '--out', report]);
    expect(mode(report)).toBe('600');
  } finally {
    process.umask(umask);
  }
});

test('a data folder is made for this account alone', async () => {
  const umask = process.umask(0o022);
  try {
    const town = await makeTown();
    expect(mode(join(town.folder, 'data'))).toBe('700');
  } finally {
    process.umask(umask);
  }
});

test('a data folder, a store and secrets that others may read are named, with the chmod to run', async () => {
  const secret: Files = {
    'secrets/till': 'x',
    'config/connections.yaml': BASE['config/connections.yaml']!.replace(
      'options: { path: inbox } }\n  clerk',
      "options: { path: inbox } }\n  web: { connector: web, options: { base_url: 'https://a.example', auth: { basic: { username: u, password: '${file:secrets/till}' } } } }\n  clerk",
    ),
    'connectors/web/connector.yaml':
      'connector: web\nversion: 1.0.0\ntitle: web\ntransport: http\nstreams:\n  a:\n    retriever: { request: { path: /a } }\n    decoder: { json: {} }\n    schema: { fields: { id: {} } }\n    primary_key: [id]\n',
  };
  const town = await makeTown(secret);
  const data = join(town.folder, 'data');
  for (const [path, wide] of [
    [data, 0o755],
    [join(data, 'interlocal.db'), 0o644],
    [join(town.folder, 'secrets/till'), 0o640],
  ] as const)
    chmodSync(path, wide);
  const { checks } = await examine(town.engine);
  expect(of(checks, 'data folder')).toMatchObject({
    state: 'attention',
    code: 'DATA_READABLE',
    hint: expect.stringContaining(`chmod 700 ${data}; chmod 600 ${data}/interlocal.db`) as string,
  });
  expect(of(checks, 'secrets')).toMatchObject({
    state: 'attention',
    code: 'SECRETS_READABLE',
    hint: `chmod 600 ${join(town.folder, 'secrets/till')}`,
  });
  expect(await health(town)).toMatchObject({ status: 'attention', doctor: { codes: ['DATA_READABLE', 'SECRETS_READABLE'] } });
  const cli = await townCommand(town.folder, ['doctor']);
  expect(cli.exit).toBe(3);
  const check = await townCommand(town.folder, ['check', 'till']);
  expect(check.err).toContain(`chmod 700 ${data}`);
  // In a folder that nobody else may enter the files cannot be read either.
  chmodSync(data, 0o700);
  expect(of((await examine(town.engine)).checks, 'data folder').state).toBe('ok');
});

test('the password of a store on a database server is a secret like those of connections', async () => {
  const town = await makeTown({ 'secrets/store': 'x' });
  const { project } = town.engine;
  const store = { ...project.config.store, password: '${file:secrets/store}' };
  chmodSync(join(town.folder, 'secrets/store'), 0o644);
  const found = await permissionChecks({ ...project, config: { ...project.config, store } }, undefined);
  expect(of(found, 'secrets')).toMatchObject({
    state: 'attention',
    code: 'SECRETS_READABLE',
    hint: expect.stringContaining('secrets/store') as string,
  });
});

test('a clock that was set back is noticed', async () => {
  const town = await makeTown({ 'inbox/receipts-1.csv': receipts([{ number: '1' }]) });
  await town.run('receipts');
  const { checks } = await examine(town.engine, new Date(Date.now() - 86_400_000));
  expect(of(checks, 'clock')).toMatchObject({ state: 'attention', code: 'CLOCK_BEHIND' });
});

test('the look is remembered with its time, and the disk is looked at again', async () => {
  const town = await makeTown();
  expect(await installationOf(town.engine)).toMatchObject({ at: null, checks: [{ name: 'disk', state: 'ok' }] });
  const { at } = await examine(town.engine);
  await town.reopen();
  expect((await installationOf(town.engine)).at).toBe(at);
});

test('serve looks by itself when the last night was missed, says what it found in the log, and does not look twice', async () => {
  const town = await makeTown();
  chmodSync(join(town.folder, 'data'), 0o755);
  chmodSync(join(town.folder, 'data/interlocal.db'), 0o644);
  const lines: [string, Record<string, unknown>, string][] = [];
  const log = {
    info: (fields: Record<string, unknown>, text: string) => void lines.push(['info', fields, text]),
    warn: (fields: Record<string, unknown>, text: string) => void lines.push(['warn', fields, text]),
    error: (fields: Record<string, unknown>, text: string) => void lines.push(['error', fields, text]),
  };
  const stop = await lookNightly(() => town.engine, log as unknown as Logger, { soonMs: 0 });
  await expect.poll(() => lines.length).toBe(1);
  await stop();
  expect(lines).toEqual([
    ['warn', { state: 'attention', findings: [expect.stringContaining('[DATA_READABLE]') as string] }, 'doctor: something needs attention'],
  ]);
  expect((await health(town)).status).toBe('attention');
  const again = await lookNightly(() => town.engine, log as unknown as Logger, { soonMs: 0 });
  await new Promise((done) => setTimeout(done, 50));
  await again();
  expect(lines.length).toBe(1);
});
