import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerInit } from '../../src/cli/authoring/init.ts';
import { registerNew } from '../../src/cli/authoring/new.ts';
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
  expect([failed.exit, failed.text]).toEqual([1, expect.stringContaining('The name is too long for this disk')]);
  expect(readdirSync(join(town.folder, 'connectors')).filter((name) => /new|pool$/.test(name))).toEqual([]);
  expect((await commandLine(words, [registerNew])).exit).toBe(0);
  expect(readdirSync(join(town.folder, 'connectors', 'pool')).sort()).toEqual(['README.md', 'connector.yaml', 'fixtures']);
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
    'may not do this with the folder of the connection',
  );
});

test('the error that a real system throws has what is looked at', () => {
  try {
    mkdirSync(join(town.folder, 'a-file', 'x'));
    expect.unreachable();
  } catch (error) {
    expect(storeFailure(error)!.problems[0]).toMatchObject({ code: 'NOT_A_FOLDER', place: { file: join(town.folder, 'a-file', 'x') } });
  }
});
