import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cases } from '../../../test/engine/cut.ts';
import { passageEnd } from './passage.ts';
import { plainSplitter } from './plain.ts';

const DIALECT = { delimiter: ',', quote: '"', maxRecord: 200 };

interface Row {
  cells: string[];
  line: number;
  terminated: boolean;
}

/** The rows of a text, with passages that were learned before filled in, and those that are read learned. */
function rowsOf(chunks: string[], known?: Map<string, Row[]>): { rows: Row[]; leftOut: number; defect?: string } {
  const rows: Row[] = [];
  let passage = '';
  let from = 0;
  let line = 1;
  let leftOut = 0;
  class Defect extends Error {}
  const splitter = plainSplitter(
    DIALECT,
    {
      row: (r) => void rows.push({ cells: r.cells.slice(0, r.count), line: r.line, terminated: r.terminated }),
      defect: ({ kind }) => {
        throw new Defect(kind);
      },
    },
    known && {
      mayBegin: (at) => {
        line = at;
        return true;
      },
      leaveOut(text) {
        const found = known.get(text);
        passage = text;
        from = rows.length;
        for (const row of found ?? []) rows.push({ ...row, line: row.line + line });
        if (found) leftOut++;
        return found !== undefined;
      },
      read: () =>
        void known.set(
          passage,
          rows.slice(from).map((row) => ({ ...row, line: row.line - line })),
        ),
    },
  );
  try {
    for (const chunk of chunks) void splitter.push(chunk);
    void splitter.end();
  } catch (error) {
    if (error instanceof Defect) return { rows, leftOut, defect: error.message };
    throw error;
  }
  return { rows, leftOut };
}

const line = fc.oneof(
  {
    weight: 200,
    arbitrary: fc.tuple(fc.nat(99_999), fc.constantFrom('a,b', '"x",y', '5" pipe,', '"say ""hi""",z')).map(([n, rest]) => `${n},${rest}\n`),
  },
  { weight: 6, arbitrary: fc.constantFrom('\n', '\r\n', '7,"two\nlines"\n', '8,"three\n\n"\r\n', '9,"misplaced" x\n', '1,"\n', 'é,😀\n') },
  { weight: 1, arbitrary: fc.constantFrom('"', 'no line break', `${'long,'.repeat(50)}\n`) },
);
const text = fc.array(line, { minLength: 20, maxLength: 150 });

function cutAt(whole: string, size: number): string[] {
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.slice(i * size, (i + 1) * size));
}

test('a file gives the same rows whatever passages of it are known, and wherever its text is cut', () => {
  let leftOut = 0;
  fc.assert(
    fc.property(
      text,
      fc.array(line, { maxLength: 3 }),
      fc.nat(150),
      fc.nat(3),
      fc.integer({ min: 1, max: 400 }),
      (lines, put, at, taken, size) => {
        const known = new Map<string, Row[]>();
        const before = lines.join('');
        expect({ ...rowsOf(cutAt(before, size), known), leftOut: 0 }).toEqual(rowsOf([before]));
        const after = [...lines.slice(0, at), ...put, ...lines.slice(at + taken)].join('');
        const seen = rowsOf(cutAt(after, size), known);
        expect({ ...seen, leftOut: 0 }).toEqual(rowsOf([after]));
        leftOut += seen.leftOut;
      },
    ),
    { numRuns: 10 * cases(30) },
  );
  expect(leftOut).toBeGreaterThan(20);
});

test('where lines are put in or taken out, most passages are found again', () => {
  const lines = Array.from({ length: 10_000 }, (_, i) => `R${String(i).padStart(8, '0')},2026-01-05,REC,CA,1.00,Main Street\n`);
  const known = new Map<string, Row[]>();
  rowsOf([lines.join('')], known);
  const after = [...lines.slice(0, 10), 'new,row\n', ...lines.slice(10, 5000), ...lines.slice(5003)].join('');
  const { leftOut } = rowsOf([after], known);
  expect(leftOut).toBeGreaterThan(0.97 * known.size - 10);
});

test('a passage ends with a line, within 64 lines or soon after 8,192 characters', () => {
  expect(passageEnd('a\n'.repeat(100), 0)).toBeLessThanOrEqual(128);
  expect(passageEnd(`${'x'.repeat(8192)}\n${'y\n'.repeat(100)}`, 0)).toBe(8193);
  expect(passageEnd('a\nb\n', 0)).toBe(-1);
});
