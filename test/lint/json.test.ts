import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tableOf } from '../../scripts/generate-json-docs.ts';
import { SHAPES } from '../../src/reports/shapes/shapes.ts';
import { WORDS } from './word-list.ts';

const root = join(import.meta.dirname, '../..');

/** Makes lines of JSON, and what closings keep as bytes: `reportJson` has checked it. */
const MAKES_JSON = new Set([
  'src/core/text/visible.ts',
  'src/reports/shapes/json.ts',
  'src/reports/ledger/period-reports.ts',
  'src/cli/operate/report/output.ts',
]);

it('commands and server give JSON through shapedJson alone, so none of it is without a declared shape', () => {
  const found = globSync('src/{cli,server,reports,core}/**/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.test.ts') && !MAKES_JSON.has(file))
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, i) =>
          /\bjsonLine\(|\bresponse[\w.()]*\.json\(|stdout\.write\(.*JSON\.stringify/.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [],
        ),
    );
  expect(found).toEqual([]);
});

it('keys of JSON are in American spelling and of the words that are used, in lower case with underscores', () => {
  const banned = WORDS.map(([word]) => new RegExp(`\\b(?:${word})\\b`, 'i'));
  for (const schema of Object.values(SHAPES))
    for (const [, path] of tableOf(schema).matchAll(/^\| `(.+?)` \|/gm)) {
      const words = path!.replaceAll(/[_.[\]]+/g, ' ');
      expect(banned.filter((word) => word.test(words))).toEqual([]);
      expect(path).toMatch(/^[a-z0-9_.[\]]+$/);
    }
});
