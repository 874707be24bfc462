import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FileTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { allBytes } from './all-bytes.ts';
import { testFileTransport } from './test-file-transport.ts';

async function open(path: string, projectFolder = '/nowhere'): Promise<FileTransport> {
  return (await transports.folder.open({ path }, { connection: 'finance-share', projectFolder })) as FileTransport;
}

testFileTransport('folder', async () => ({ open: (root) => open(root) }));

describe('folder', () => {
  let outside: string;
  let root: string;
  beforeEach(async () => {
    outside = await mkdtemp(join(tmpdir(), 'interlocal-folder-'));
    root = join(outside, 'root');
    await mkdir(root);
    await writeFile(join(outside, 'secret.txt'), 'secret');
  });
  afterEach(() => rm(outside, { recursive: true, force: true }));

  test("takes a path relative to the town's folder", async () => {
    await writeFile(join(root, 'a.csv'), 'a');
    expect((await (await open('root', outside)).list('.', '*')).map((f) => f.name)).toEqual(['a.csv']);
  });

  test('refuses links that lead out of the folder, for reading and for writing', async () => {
    await symlink('../secret.txt', join(root, 'link.csv'));
    await symlink('..', join(root, 'up'));
    await symlink('../not-there-yet.txt', join(root, 'dangling'));
    const share = await open(root);
    const refused = { code: 'PATH_OUTSIDE' };
    await expect(allBytes(share.read('link.csv'))).rejects.toMatchObject(refused);
    await expect(allBytes(share.read('up/secret.txt'))).rejects.toMatchObject(refused);
    await expect(share.list('up', '*')).rejects.toMatchObject(refused);
    await expect(share.write('up/new.txt', [Buffer.from('x')])).rejects.toMatchObject(refused);
    await expect(share.write('dangling', [Buffer.from('x')], { overwrite: true })).rejects.toMatchObject(refused);
    await expect(share.rename('link.csv', 'moved.csv')).rejects.toMatchObject(refused);
    await expect(share.remove('up/secret.txt')).rejects.toMatchObject(refused);
    expect((await readdir(outside)).sort()).toEqual(['root', 'secret.txt']);
    expect(await readFile(join(outside, 'secret.txt'), 'utf8')).toBe('secret');
  });

  test('check says what to do about a folder that is not there', async () => {
    const results = await (await open(join(outside, 'unmounted'))).check();
    expect(results).toEqual([
      expect.objectContaining({
        name: 'reachable',
        ok: false,
        detail: expect.stringContaining('unmounted'),
        hint: expect.stringContaining('mount'),
      }),
    ]);
  });

  test('a wrong option is told by name', async () => {
    await expect(transports.folder.open({ path: '' }, { connection: 'c', projectFolder: '/' })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('path'),
    });
  });
});
