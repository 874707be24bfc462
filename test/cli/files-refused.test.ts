import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerInit } from '../../src/cli/authoring/init.ts';
import { registerNew } from '../../src/cli/authoring/new.ts';
import { registerSign } from '../../src/cli/authoring/sign.ts';
import { whyNotRead, whyNotWritten } from '../../src/core/file-error.ts';
import { asTransportError } from '../../src/transports/folder/status.ts';
import { storeFailure } from '../../src/store/failures.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { commandLine } from './command-line.ts';

let town: TestTown;
beforeAll(async () => {
  town = await makeTown({ 'a-file': 'x' });
});
afterAll(closeTowns);

/** What the system throws at an account that lacks a right; tests may run as one that lacks none. */
function refused(code: string, syscall: string, path: string): unknown {
  return Object.assign(new Error(`${code}: refused, ${syscall} '${path}'`), { code, syscall, path });
}

test.each([
  ['init', ['init', 'a-file/town']],
  ['new connector', ['new', 'connector', 'pool', '--transport', 'folder', '--format', 'csv', '--project', 'a-file']],
])('%s below a file names the place, and does not blame the store', async (_, words) => {
  const said = await commandLine(
    words.map((word) => (word.startsWith('a-file') ? join(town.folder, word) : word)),
    [registerInit, registerNew],
  );
  expect(said.exit).toBeGreaterThan(0);
  expect(said.text).toContain('a-file');
  expect(said.text).not.toMatch(/STORE_|data folder|bug in Interlocal/);
});

test('a new connector that cannot be written whole is not there at all', async () => {
  const words = ['new', 'connector', 'pool', '--transport', 'folder', '--format', 'csv', '--project', town.folder];
  const failed = await commandLine([...words, '--stream', `s${'x'.repeat(300)}`], [registerNew]);
  expect([failed.exit, failed.text]).toEqual([1, expect.stringContaining('The name of this file or folder is too long for this disk')]);
  expect(readdirSync(join(town.folder, 'connectors')).filter((name) => /new|pool$/.test(name))).toEqual([]);
  expect((await commandLine(words, [registerNew])).exit).toBe(0);
  expect(readdirSync(join(town.folder, 'connectors', 'pool')).sort()).toEqual(['README.md', 'connector.yaml', 'fixtures']);
});

test('an init that cannot be finished leaves no folder, and in a folder that was there nothing', async () => {
  // The longest name below it does not fit into a path anymore; the first files do.
  const rest = 4060 - town.folder.length;
  const long = join(town.folder, ...Array.from({ length: Math.floor(rest / 200) }, () => 'd'.repeat(199)), 'e'.repeat((rest % 200) - 1));
  const init = ['init', long, '--name', 'My Town', '--time-zone', 'America/New_York'];
  const failed = await commandLine(init, [registerInit]);
  expect([failed.exit, failed.text]).toEqual([
    1,
    expect.stringMatching(/schemas.*The name of this file or folder is too long for this disk/),
  ]);
  expect(existsSync(join(town.folder, 'd'.repeat(199)))).toBe(false);
  mkdirSync(join(long, '.git'), { recursive: true });
  expect((await commandLine(init, [registerInit])).exit).toBe(1);
  expect(readdirSync(long)).toEqual(['.git']);
});

test('an init that was killed is finished by the next one; a folder with anything else in it is refused', async () => {
  const folder = join(town.folder, 'killed');
  const init = ['init', folder, '--name', 'My Town', '--time-zone', 'America/New_York'];
  expect((await commandLine(init, [registerInit])).exit).toBe(0);
  const config = join(folder, 'config');
  const whole = readFileSync(join(config, 'interlocal.yaml'), 'utf8');
  // The town's own file comes last: it is not there yet, or not under its name, and what came before may end anywhere.
  const killed = (part: string | undefined): void => {
    rmSync(join(config, 'interlocal.yaml'), { force: true });
    if (part !== undefined) writeFileSync(join(config, '.interlocal.yaml.part'), part);
    truncateSync(join(folder, 'README.md'), 20);
    rmSync(join(config, 'schemas/pipeline.json'), { force: true });
  };
  for (const part of [undefined, '', whole.slice(0, 100), whole]) {
    killed(part);
    expect((await commandLine(init, [registerInit])).exit).toBe(0);
    expect(readFileSync(join(config, 'interlocal.yaml'), 'utf8')).toBe(whole);
    expect(readdirSync(config)).not.toContain('.interlocal.yaml.part');
    expect(readFileSync(join(folder, 'README.md'), 'utf8').length).toBeGreaterThan(20);
  }
  killed(undefined);
  writeFileSync(join(config, 'connections.yaml'), 'connections: { pool: { connector: pool-csv } }\n');
  expect(await commandLine(init, [registerInit])).toMatchObject({ exit: 2, text: expect.stringContaining('the folder is not empty') });
  expect(readFileSync(join(config, 'connections.yaml'), 'utf8')).toContain('pool-csv');
});

test('a pair of keys is made whole or not at all', async () => {
  const name = join(town.folder, 'k', 'acme');
  const nowhere = await commandLine(['new', 'signing-key', name], [registerNew]);
  expect(nowhere).toMatchObject({ exit: 2, text: expect.stringContaining('The keys cannot be written: its folder does not exist.') });
  mkdirSync(join(town.folder, 'k', 'acme.pem'), { recursive: true });
  expect((await commandLine(['new', 'signing-key', name], [registerNew])).text).toContain('keys are never overwritten');
  expect(readdirSync(join(town.folder, 'k'))).toEqual(['acme.pem']);
});

test('a key to sign with that cannot be read is told in a sentence', async () => {
  for (const [key, why] of [
    [join(town.folder, 'none.pem'), 'The key cannot be read: there is no such file.'],
    [town.folder, 'The key cannot be read: it is a folder, not a file.'],
    [join(town.folder, 'a-file', 'x'), 'The key cannot be read: a part of its path is a file, not a folder.'],
  ] as const)
    expect((await commandLine(['sign', 'pool', '--key', key, '--project', town.folder], [registerSign])).text).toContain(why);
});

test('what the system says of a file is the end of a sentence, and never a code where it has words', () => {
  for (const code of ['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'EIO', 'EMFILE', 'ENAMETOOLONG', 'EBUSY', 'ELOOP'])
    for (const why of [whyNotRead({ code }), whyNotWritten({ code })]) expect(why).not.toMatch(/^E|\.$/);
  for (const code of ['ENOSPC', 'EROFS', 'EDQUOT']) expect(whyNotWritten({ code })).not.toMatch(/^E/);
  expect([whyNotRead({ code: 'ENOVEL' }), whyNotRead(new Error('odd')), whyNotRead(undefined)]).toEqual([
    'ENOVEL',
    'odd',
    'the reason is not known',
  ]);
});

test.each(['EACCES', 'EPERM'])('%s names the file or folder that this account may not use', (code) => {
  for (const [syscall, path] of [
    ['scandir', '/srv/town/pipelines'],
    ['mkdir', '/srv/town/connectors/pool'],
    ['open', '/srv/town/config/schemas/model.json'],
  ] as const)
    expect(storeFailure(refused(code, syscall, path))!.problems).toEqual([
      expect.objectContaining({ code: 'NOT_PERMITTED', place: { file: path } }),
    ]);
});

test('a full or read-only disk is named with the file; what the database itself says still names the store', () => {
  expect(storeFailure(refused('ENOSPC', 'write', '/srv/town/connectors/pool/README.md'))!.problems[0]).toMatchObject({
    code: 'STORE_FULL',
    place: { file: '/srv/town/connectors/pool/README.md' },
  });
  expect(storeFailure(refused('EROFS', 'open', '/srv/town/a'))!.problems[0]).toMatchObject({
    code: 'STORE_READ_ONLY',
    place: { file: '/srv/town/a' },
  });
  expect(storeFailure({ code: 'SQLITE_FULL', message: 'database or disk is full' })!.problems[0]).toMatchObject({
    place: { path: 'store.url' },
  });
  expect(storeFailure(new TypeError('a bug'))).toBeUndefined();
});

test('a folder of a connection that cannot be listed is called that', () => {
  expect(String(asTransportError(refused('EACCES', 'scandir', '/srv/in'), 'pool', '.'))).toContain(
    'The system refused access to the folder of the connection',
  );
});

test('the error that a real system throws has what is looked at', () => {
  try {
    mkdirSync(join(town.folder, 'a-file', 'x'));
    expect.unreachable();
  } catch (error) {
    expect(storeFailure(error)!.problems[0]).toMatchObject({ code: 'NOT_A_FOLDER', place: { file: join(town.folder, 'a-file') } });
  }
});
