import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { wordsWithLabels } from './label-list.ts';

const root = join(import.meta.dirname, '../..');
const text = (file: string): string => readFileSync(join(root, file), 'utf8');

/** `'key:Title:kind'` of columns, `['Title', 14]` of the workbook, `'title'` of the revenue CSV. */
function titlesIn(file: string): string[] {
  const source = text(file);
  return [
    ...[...source.matchAll(/'[a-z_]+:([A-Za-z][^':]*)(?::(?:text|money|count|flag))?'/g)]
      .map(([, title]) => title!)
      .filter((title) => title !== 'stream'),
    ...[...source.matchAll(/\['([A-Z][^']*)', \d+\]/g)].map(([, title]) => title!),
    ...[...source.matchAll(/\btitle: '([^']+)'/g)].map(([, title]) => title!),
    ...(file.endsWith('revenue/csv.ts') ? [...source.matchAll(/^ {2}'([a-z ]+)',$/gm)].map(([, title]) => title!) : []),
  ];
}

it('titles of tables and columns are labels that people know, in CSV files, workbooks and for printing alike', () => {
  const titles = globSync('src/reports/**/*.ts', { cwd: root })
    .filter((file) => !/\.test\.ts$|shapes\//.test(file))
    .flatMap((file) => titlesIn(file).map((title) => ({ file, title })));
  expect(titles.length).toBeGreaterThan(200);
  expect(titles.flatMap(({ file, title }) => wordsWithLabels(title).map((wrong) => `${file}: ${wrong}`))).toEqual([]);
});

it('finds a word of the code where a label should be, and leaves names of the town alone', () => {
  expect(wordsWithLabels('Paid by')).toEqual([]);
  expect(wordsWithLabels('receipts-against-bank and sink.yaml')).toEqual([]);
  expect(wordsWithLabels('Tender')).toHaveLength(1);
  expect(wordsWithLabels('It is FILE_TRUNCATED now')).toHaveLength(1);
  expect(wordsWithLabels('3 agree, 2 overdue')).toHaveLength(2);
});
