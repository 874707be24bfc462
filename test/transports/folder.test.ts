import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Problem } from '../../src/core/errors.ts';
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

  test('a name that is not UTF-8 is told as a problem, also where the pattern has the letter in it; others are listed', async () => {
    for (const name of [Buffer.from([0x72, 0x65, 0x6e, 0xe9, 0x2e, 0x63, 0x73, 0x76]), Buffer.from('rené-2.csv')])
      await writeFile(Buffer.concat([Buffer.from(`${root}/`), name]), 'a');
    const share = await open(root);
    for (const pattern of ['ren*.csv', 'rené*.csv', 'ren?*.csv']) {
      const problems: Problem[] = [];
      expect((await share.list('.', pattern, (p) => problems.push(p))).map((f) => f.name)).toEqual(['rené-2.csv']);
      expect(problems, pattern).toMatchObject([{ code: 'FILE_NAME_UNREADABLE', place: { file: 'ren\uFFFD.csv' } }]);
      await expect(share.list('.', pattern)).rejects.toMatchObject({ code: 'FILE_NAME_UNREADABLE' });
    }
    expect(await share.list('.', 'x*.csv')).toEqual([]);
  });

  test('a file whose size the system reports wrongly is a fault of the file', async () => {
    // Files of the kernel say 0 bytes and have content.
    const kernel = await open('/proc/self');
    expect((await kernel.list('.', 'status')).map((f) => f.size)).toEqual([0]);
    await expect(allBytes(kernel.read('status'))).rejects.toMatchObject({ code: 'FILE_SIZE_WRONG' });
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
