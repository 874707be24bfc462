import { expect, test } from 'vitest';
import type { Problem } from './errors.ts';
import { groupProblems, textOfProblems } from './grouped-problems.ts';

const unknown = (line: number, value = 'XX'): Problem => ({
  code: 'CODE_UNKNOWN',
  place: { file: 'a.csv', line, record: line - 1, path: 'tender' },
  message: `"${value}" is not in the table.`,
  hint: 'Add it.',
});

test('a hundred equal problems are told once, with where they are', () => {
  const problems = Array.from({ length: 100 }, (_, i) => unknown(i + 2));
  expect(groupProblems(problems)).toEqual([{ problem: problems[0], places: problems.map((p) => p.place) }]);
  expect(textOfProblems(problems)).toBe(
    '100 times: tender: "XX" is not in the table. Add it. [CODE_UNKNOWN]\n    at a.csv:2, a.csv:3, a.csv:4, a.csv:5, a.csv:6, a.csv:7, a.csv:8, a.csv:9, a.csv:10, a.csv:11 … and 90 more',
  );
});

test('problems that say another thing, of another field or value, stay apart and in their order', () => {
  const other: Problem = { ...unknown(4), place: { file: 'a.csv', line: 4, path: 'account' } };
  expect(textOfProblems([unknown(2), unknown(3, 'YY'), other, unknown(5)])).toBe(
    [
      '2 times: tender: "XX" is not in the table. Add it. [CODE_UNKNOWN]',
      '    at a.csv:2, a.csv:5',
      'a.csv:3 tender: "YY" is not in the table. Add it. [CODE_UNKNOWN]',
      'a.csv:4 account: "XX" is not in the table. Add it. [CODE_UNKNOWN]',
    ].join('\n'),
  );
});
