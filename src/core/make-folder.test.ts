import { type mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import type { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeFolder, makeFolderNow } from './make-folder.ts';

/** What Node says on a disk that is mounted read-only, which only root could mount here. */
function refuse(_path: unknown, { recursive }: { recursive?: boolean } = {}): never {
  throw Object.assign(new Error('refused'), { code: recursive ? 'ENOENT' : 'EROFS' });
}

const refuseLater = (async (path, options) => refuse(path, options as { recursive?: boolean })) as typeof mkdir;

const root = mkdtempSync(join(tmpdir(), 'interlocal-folder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a folder', () => {
  test('is made with those above it, and the first of them is told', async () => {
    expect(await makeFolder(join(root, 'a/b/c'))).toBe(join(root, 'a'));
    expect(await makeFolder(join(root, 'a/b/c'))).toBeUndefined();
    makeFolderNow(join(root, 'd/e'), 0o700);
    expect(statSync(join(root, 'd/e')).mode & 0o777).toBe(0o700);
  });

  test('on a disk that is mounted read-only fails with that, not as one that is not there', async () => {
    await expect(makeFolder(join(root, 'a/b'), refuseLater)).rejects.toMatchObject({ code: 'EROFS' });
    expect(() => makeFolderNow(join(root, 'a/b'), 0o700, refuse as typeof mkdirSync)).toThrow(expect.objectContaining({ code: 'EROFS' }));
  });
});
