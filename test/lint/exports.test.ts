import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

test('every function, class and constant that a file exports is used by another file', () => {
  const settings = ['vitest.config.ts', readFileSync(join(root, 'vitest.config.ts'), 'utf8')] as const;
  const files = new Map([settings, ...['src', 'scripts', 'test', 'bin'].flatMap(sources)]);
  expect(files.size).toBeGreaterThan(1000);
  expect(unusedExports(files)).toEqual([]);
});

test('an export that nobody uses is found', () => {
  const files = [
    ['a.ts', 'export const used = 1;\nexport function alone() {}\nalone();'],
    ['b.ts', "import { used } from './a.ts';\nexport type Shape = typeof used;"],
  ] as const;
  expect(unusedExports(new Map(files))).toEqual(['a.ts: alone']);
});

function sources(folder: string): [file: string, text: string][] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [relative(root, path), readFileSync(path, 'utf8')]);
}

/** By words: a name that is in another file counts as used there. */
function unusedExports(files: ReadonlyMap<string, string>): string[] {
  const usedIn = new Map<string, number>();
  for (const text of files.values()) for (const word of new Set(text.match(/[\w$]+/g))) usedIn.set(word, (usedIn.get(word) ?? 0) + 1);
  return [...files].flatMap(([file, text]) =>
    [...text.matchAll(/^export (?:async )?(?:function\*?|const|class) ([\w$]+)/gm)]
      .filter(([, name]) => usedIn.get(name!) === 1)
      .map(([, name]) => `${file}: ${name}`),
  );
}
