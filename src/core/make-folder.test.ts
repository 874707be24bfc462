import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { makeFolder, makeFolderNow } from './make-folder.ts';

const disk = vi.hoisted(() => ({ readOnly: false }));

/** What Node says on a disk that is mounted read-only, which only root could mount here. */
function refused({ recursive }: { recursive?: boolean }): void {
  if (disk.readOnly) throw Object.assign(new Error('refused'), { code: recursive ? 'ENOENT' : 'EROFS' });
}
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const mkdirSync = (path: string, options: { recursive?: boolean }): unknown => (refused(options), fs.mkdirSync(path, options));
  return { ...fs, mkdirSync };
});
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>();
  const mkdir = async (path: string, options: { recursive?: boolean } = {}): Promise<unknown> => (
    refused(options),
    fs.mkdir(path, options)
  );
  return { ...fs, mkdir };
});

const root = mkdtempSync(join(tmpdir(), 'interlocal-folder-'));
afterEach(() => void (disk.readOnly = false));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a folder', () => {
  test('is made with those above it, and the first of them is told', async () => {
    expect(await makeFolder(join(root, 'a/b/c'))).toBe(join(root, 'a'));
    expect(await makeFolder(join(root, 'a/b/c'))).toBeUndefined();
    makeFolderNow(join(root, 'd/e'), 0o700);
    expect(statSync(join(root, 'd/e')).mode & 0o777).toBe(0o700);
  });

  test('on a disk that is mounted read-only fails with that, not as one that is not there', async () => {
    disk.readOnly = true;
    await expect(makeFolder(join(root, 'a/b'))).rejects.toMatchObject({ code: 'EROFS' });
    expect(() => makeFolderNow(join(root, 'a/b'), 0o700)).toThrow(expect.objectContaining({ code: 'EROFS' }));
  });
});
