import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

test('every suite that vitest.config.ts names is there: one that was moved would run on the wrong store, or not at all', () => {
  const text = readFileSync(join(root, 'vitest.config.ts'), 'utf8');
  const paths = [...text.matchAll(/'(test\/[^'$]+)'/g)].map(([, path]) => path!);
  const ofEngine = [...text.matchAll(/^ {2}'([a-z]+\/[a-z-]+)',$/gm)].map(([, name]) => `test/engine/${name}.test.ts`);
  expect(ofEngine.length).toBeGreaterThan(5);
  const all = [...paths, ...ofEngine].flatMap(alternatives);
  expect(all.filter((pattern) => globSync(pattern, { cwd: root }).length === 0)).toEqual([]);
});

/** `a/{b,c}.ts` as `a/b.ts` and `a/c.ts`. */
function alternatives(pattern: string): string[] {
  const [, before, list, after] = /^(.*?)\{(.*?)\}(.*)$/.exec(pattern) ?? [];
  return list === undefined ? [pattern] : list.split(',').flatMap((one) => alternatives(`${before}${one}${after}`));
}
