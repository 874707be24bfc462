import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** CONTRIBUTING.md: a folder of more files than this gets sub-folders, by what its files are about. */
const MAX_FILES = 25;
/** Not counted: a list that only grows, read by number. */
const LISTS = ['src/store/migrations'];

test.each(['src', 'test', 'scripts', 'docs'])('no folder of %s has more files than a reader can take in', (top) => {
  const folders = readdirSync(join(root, top), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, entry.parentPath));
  const counts = Map.groupBy(folders, (folder) => folder);
  expect(counts.size).toBeGreaterThan(0);
  expect(
    [...counts]
      .filter(([folder, files]) => files.length > MAX_FILES && !LISTS.includes(folder))
      .map(([folder, files]) => `${folder}: ${files.length}`),
  ).toEqual([]);
});
