import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RUNS } from '../../../test/formats/runs.ts';
import { decoderSchema } from '../../config/schema/connector.ts';
import type { CsvOptions } from '../../config/schema/connector.ts';
import { generalSplitter } from './general.ts';
import { plainDialect, plainSplitter } from './plain.ts';
import type { CsvHandlers, CsvSplitter } from './rows.ts';

interface Seen {
  cells: string[];
  line: number;
  terminated: boolean;
  misplacedQuote: boolean;
  raw: string;
}

class Defect extends Error {}

function csvOptions(given: object): CsvOptions {
  return decoderSchema.parse({ csv: given }).csv!;
}

async function rowsOf(make: (handlers: CsvHandlers) => CsvSplitter, chunks: string[]): Promise<{ rows: Seen[]; defect?: string }> {
  const rows: Seen[] = [];
  const splitter = make({
    row: (r) =>
      void rows.push({
        cells: r.cells.slice(0, r.count),
        line: r.line,
        terminated: r.terminated,
        misplacedQuote: r.misplacedQuote,
        raw: r.raw(),
      }),
    defect: (defect) => {
      throw new Defect(`${defect.kind} from line ${defect.line}`);
    },
  });
  try {
    for (const chunk of chunks) await splitter.push(chunk);
    await splitter.end();
  } catch (error) {
    if (error instanceof Defect) return { rows, defect: error.message };
    throw error;
  }
  return { rows };
}

/** Text made of what CSV is sensitive to, cut into chunks anywhere. */
const text = fc
  .array(
    fc.constantFrom(
      'a',
      'bc',
      'é',
      '😀',
      ',',
      ',',
      '"',
      '"',
      '""',
      '\n',
      '\n',
      '\r\n',
      '\r\n',
      '\r',
      '="1"',
      ' ',
      '"x"',
      '"y\nz"',
      ',"q,r",',
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));
const cuts = fc.array(fc.nat(120), { maxLength: 6 });

function cutAt(whole: string, at: number[]): string[] {
  const places = [...new Set([0, ...at.filter((n) => n < whole.length), whole.length])].sort((a, b) => a - b);
  return places.slice(1).map((to, i) => whole.slice(places[i], to));
}

describe('the plain parser', () => {
  for (const dialect of [{}, { quote: null }, { delimiter: ';' }, { delimiter: ' ' }])
    test(`gives the rows that the general parser gives, with ${JSON.stringify(dialect)}`, async () => {
      const options = csvOptions(dialect);
      await fc.assert(
        fc.asyncProperty(text, cuts, async (whole, at) => {
          const plain = await rowsOf((h) => plainSplitter(plainDialect(options, options.delimiter)!, h), cutAt(whole, at));
          const general = await rowsOf((h) => generalSplitter(options, options.delimiter, h), [whole]);
          expect(plain).toEqual(general);
        }),
        { numRuns: 5 * RUNS },
      );
    });

  test('gives the cells that csv-parse itself gives', async () => {
    const options = csvOptions({});
    await fc.assert(
      fc.asyncProperty(text, cuts, async (whole, at) => {
        const plain = await rowsOf((h) => plainSplitter(plainDialect(options, ',')!, h), cutAt(whole, at));
        if (plain.defect || whole.endsWith('\r')) return;
        const theirs = parse(whole, {
          relax_quotes: true,
          relax_column_count: true,
          skip_empty_lines: true,
          record_delimiter: ['\r\n', '\n'],
        });
        expect(plain.rows.map((r) => r.cells)).toEqual(theirs);
      }),
      { numRuns: 5 * RUNS },
    );
  });

  test('gives the same rows wherever the text is cut', async () => {
    const options = csvOptions({});
    const whole = 'a,"b""c",d\r\n"line\r\nbreak","",x\n\n,,\n"="';
    const expected = await rowsOf((h) => plainSplitter(plainDialect(options, ',')!, h), [whole]);
    expect(expected.rows.map((r) => [r.line, ...r.cells])).toEqual([
      [1, 'a', 'b"c', 'd'],
      [2, 'line\r\nbreak', '', 'x'],
      [5, '', '', ''],
      [6, '='],
    ]);
    for (let i = 0; i <= whole.length; i++)
      for (let j = i; j <= whole.length; j++)
        expect(await rowsOf((h) => plainSplitter(plainDialect(options, ',')!, h), cutAt(whole, [i, j]))).toEqual(expected);
  });

  test('leaves the dialects it does not speak to the general parser', () => {
    for (const dialect of [{ delimiter: '||' }, { escape: '\\' }, { comment: '#' }, { trim: true }, { delimiter: '§' }])
      expect(plainDialect(csvOptions(dialect), csvOptions(dialect).delimiter)).toBeUndefined();
  });
});
