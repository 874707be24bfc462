import { describe, expect, test } from 'vitest';
import { decoder, readAll, refusal, valuesOf } from '../../../test/formats/reading.ts';

const csv = (options: object = {}) => decoder({ csv: options });
const AB = [{ a: '1', b: '2' }];

describe('the end mark of DOS', () => {
  test.each([
    ['below the last line', 'a,b\n1,2\n\x1a'],
    ['below the last line, filled up to a block', `a,b\r\n1,2\r\n${'\x1a'.repeat(500)}`],
    ['behind a last line without line break, which it proves to be whole', 'a,b\n1,2\x1a'],
  ])('%s is not a record', async (_where, content) => {
    expect(await valuesOf(csv(), content)).toEqual(AB);
    expect(await valuesOf(csv({ trim: true }), content)).toEqual(AB);
  });

  test('within the file is a character like any other', async () => {
    expect(await valuesOf(csv(), 'a,b\n1\x1a,2\n')).toEqual([{ a: '1\x1a', b: '2' }]);
  });

  test('in pieces of one byte is the same', async () => {
    const bytes = Buffer.from('a,b\n1,2\n\x1a\x1a');
    expect(
      (
        await readAll(
          csv(),
          Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
        )
      ).map(({ values }) => values),
    ).toEqual(AB);
  });
});

describe("Excel's line sep=", () => {
  test('is left out where the decoder says that it may be there', async () => {
    expect(await valuesOf(csv({ sep_line: 'skip' }), 'sep=,\na,b\n1,2\n')).toEqual(AB);
    expect(await valuesOf(csv({ sep_line: 'skip', delimiter: ';' }), '"SEP=;"\r\na;b\r\n1;2\r\n')).toEqual(AB);
    expect(await valuesOf(csv({ sep_line: 'skip', delimiter: '\\t' }), 'sep=\t\na\tb\n1\t2\n')).toEqual(AB);
    expect(await valuesOf(csv({ sep_line: 'skip' }), 'a,b\n1,2\n')).toEqual(AB);
    expect(await valuesOf(csv({ sep_line: 'skip', header: ['a', 'b'], trim: true }), 'sep=,\n1,2\n')).toEqual(AB);
  });

  test('is neither a header nor a record otherwise, and the message names the option', async () => {
    expect(await refusal(csv(), 'sep=,\na,b\n1,2\n')).toMatch(/sep_line: skip.*\[SEPARATOR_LINE\]$/);
    expect(await refusal(csv({ header: ['a', 'b'] }), 'sep=,\n1,2\n')).toContain('[SEPARATOR_LINE]');
  });

  test('that says another delimiter than the connector refuses the file', async () => {
    expect(await refusal(csv({ sep_line: 'skip' }), 'sep=;\na;b\n1;2\n')).toMatch(
      /delimited by ";", but the connector says ",".*\[SEPARATOR_LINE\]$/,
    );
  });
});

describe('delimiters behind the last column', () => {
  test('are not columns where the decoder drops them, in the header, in rows, or in both', async () => {
    const drop = csv({ trailing_delimiters: 'drop' });
    for (const content of ['a,b\n1,2,\n', 'a,b,,\n1,2\n', 'a,b,\n1,2,,,\n', 'a,b,\n1,2,\n'])
      expect(await valuesOf(drop, content)).toEqual(AB);
    expect(await valuesOf(csv({ trailing_delimiters: 'drop', header: ['a', 'b'] }), '1,2,\n')).toEqual(AB);
    // What is short stays short: it is not known which value is missing.
    const [short] = await readAll(drop, 'a,b,c\n1,2\n');
    expect(short!.problem!.code).toBe('RAGGED_ROW');
  });

  test('with a value behind them reject the row', async () => {
    const [row] = await readAll(csv({ trailing_delimiters: 'drop' }), 'a,b,\n1,2,3\n');
    expect(row!.problem!.code).toBe('RAGGED_ROW');
  });

  test('reject the row otherwise, and the message names the option', async () => {
    const [row] = await readAll(csv(), 'a,b\n1,2,\n');
    expect([row!.problem!.code, row!.problem!.hint]).toEqual(['RAGGED_ROW', expect.stringContaining('trailing_delimiters: drop')]);
  });
});

test('rows of delimiters alone are left out where the decoder says so', async () => {
  expect(await valuesOf(csv({ empty_rows: 'skip' }), ',\na,b\n1,2\n,\n , \n"",\n')).toEqual(AB);
  expect(await valuesOf(csv({ empty_rows: 'skip', comment: '#' }), 'a,b\n1,2\n,\n')).toEqual(AB);
  expect(await valuesOf(csv(), 'a,b\n1,2\n,\n')).toEqual([...AB, { a: null, b: null }]);
});

describe('a column that is there twice', () => {
  const context = { knownColumns: ['a'] };
  test('and that nobody uses is numbered where the decoder says so', async () => {
    const read = await readAll(csv({ duplicate_columns: 'number' }), 'a,b,b,b_2,b\n1,2,3,4,5\n', context);
    expect(read.map(({ values }) => values)).toEqual([{ a: '1', b: '2', b_3: '3', b_2: '4', b_4: '5' }]);
  });

  test('and that the stream uses refuses the file anyway', async () => {
    expect(await refusal(csv({ duplicate_columns: 'number' }), 'a,b,a\n1,2,3\n', context)).toMatch(
      /"a" appears twice.*not known which.*\[COLUMN_DUPLICATE\]$/,
    );
  });

  test('refuses the file otherwise, and the message names the option where it helps', async () => {
    expect(await refusal(csv(), 'a,b,b\n1,2,3\n', context)).toContain('duplicate_columns: number');
    expect(await refusal(csv(), 'a,a\n1,2\n', context)).not.toContain('duplicate_columns');
  });
});
