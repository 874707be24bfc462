import { describe, expect, test } from 'vitest';
import { decoder, readAll, refusal, valuesOf, written } from '../../../test/formats/reading.ts';

const fields = { id: { from: 1, to: 4 }, name: { from: 5, to: 9 }, amount: { from: 10, to: 15, align: 'right', pad: '0', decimals: 2 } };
const fixed = (options: object = {}) => decoder({ fixed_width: { record_types: { D: { fields } }, ...options } });
const typed = (options: object = {}) =>
  decoder({
    fixed_width: {
      record_types: {
        H: { when: { from: 1, to: 2, is: 'HD' }, fields: { mark: { from: 1, to: 2, literal: 'HD' }, date: { from: 3, to: 10 } } },
        D: { when: { from: 1, to: 1, is: 'D' }, fields: { id: { from: 2, to: 5 }, code: { from: 6, to: 8, literal: 'ABC' } } },
      },
      ...options,
    },
  });

test('leading zeros stay, spaces around go, decimals are put in', async () => {
  expect(await valuesOf(fixed(), '0042 Ann 001250\n0043Bob  -00001\n0044     00001-\n0045       1250\n0046\n')).toEqual([
    { id: '0042', name: 'Ann', amount: '12.50' },
    { id: '0043', name: 'Bob', amount: '-0.01' },
    { id: '0044', name: null, amount: '-0.01' },
    { id: '0045', name: null, amount: '12.50' },
    { id: '0046', name: null, amount: null },
  ]);
});

test('a value that is not a number is rejected with its line, and the others are read', async () => {
  const records = await readAll(fixed(), '0042Ann  001250\n0043Bob  12.500\n0044Cy   000100\n');
  expect(records.map((r) => r.problem?.message)).toEqual([
    undefined,
    '"12.500" is not a number without a decimal point, as the layout requires here.',
    undefined,
  ]);
  expect(records[1]).toMatchObject({
    line: 2,
    raw: '0043Bob  12.500',
    problem: { code: 'VALUE_NOT_NUMERIC', place: { line: 2, column: 10, path: 'amount' } },
  });
});

test('a CR within a line rejects it with all of its text: what comes after the CR is another record, which would be lost', async () => {
  const records = await readAll(fixed(), '0042Ann  001250\r\n0043Bob  000100\r0044Cy   000100\n0045Di   000100\n');
  expect(records.map(({ values }) => values.id)).toEqual(['0042', undefined, '0045']);
  expect(records[1]).toMatchObject({
    raw: '0043Bob  000100\r0044Cy   000100',
    problem: { code: 'LINE_ENDINGS_CR', place: { line: 2, column: 16 } },
  });
});

describe('signs', () => {
  const signed = (sign?: string, more: object = {}) =>
    decoder({
      fixed_width: {
        record_types: {
          D: { fields: { amount: { from: 1, to: 6, align: 'right', pad: '0', decimals: 2, ...(sign && { sign }), ...more } } },
        },
      },
    });
  const amounts = async (there: ReturnType<typeof signed>, lines: string) =>
    (await readAll(there, lines)).map((r) => r.problem?.code ?? r.values.amount);
  const texts = async (there: ReturnType<typeof signed>, list: (string | null)[]) =>
    (await written(there, [list.map((amount) => ({ amount }))])).toString().split('\r\n').slice(0, -1);

  test('a mainframe writes the sign into the last digit', async () => {
    const there = signed('overpunch');
    expect(await amounts(there, '00125{\n00125A\n00125I\n00125}\n00125J\n00125R\n001250\n00000}\n     E\n')).toEqual([
      '12.50',
      '12.51',
      '12.59',
      '-12.50',
      '-12.51',
      '-12.59',
      '12.50',
      '-0.00',
      '0.05',
    ]);
    expect(await texts(there, ['12.50', '-12.51', '0', '-0.09', null])).toEqual(['00125{', '00125J', '00000{', '00000R', '      ']);
  });

  test('what is not a zoned number is rejected, and the reason says what one is', async () => {
    expect(await amounts(signed('overpunch'), '00125S\n0A1250\n-00125\n00125a\n001.5{\n')).toEqual(
      Array.from({ length: 5 }, () => 'VALUE_NOT_NUMERIC'),
    );
    expect((await readAll(signed('overpunch'), '00125S\n'))[0]!.problem?.message).toBe(
      '"00125S" is not a number without a decimal point whose last digit carries the sign: {, A-I or a plain digit, }, J-R, as the layout requires here.',
    );
  });

  test('a trailing sign has a place of its own', async () => {
    expect(await amounts(signed('trailing'), '01250-\n01250 \n01250+\n  125-\n-01250\n')).toEqual([
      '-12.50',
      '12.50',
      '12.50',
      '-1.25',
      'VALUE_NOT_NUMERIC',
    ]);
    expect(await texts(signed('trailing'), ['-12.50', '12.50'])).toEqual(['01250-', '01250 ']);
    expect(await texts(signed('trailing', { pad: ' ' }), ['-12.50', '12.50'])).toEqual([' 1250-', ' 1250 ']);
    expect(await texts(signed('trailing', { align: 'left', pad: ' ' }), ['-12.50', '12.50'])).toEqual(['1250- ', '1250  ']);
    await expect(written(signed('trailing'), [[{ amount: '1234.56' }]])).rejects.toMatchObject({ code: 'VALUE_TOO_WIDE' });
  });

  test('a leading sign is read in front only, where the field says so', async () => {
    expect(await amounts(signed('leading'), '-01250\n01250-\n001250\n')).toEqual(['-12.50', 'VALUE_NOT_NUMERIC', '12.50']);
    expect(await texts(signed('leading'), ['-12.50', '12.50'])).toEqual(['-01250', '001250']);
    expect(await texts(signed(), ['-12.50'])).toEqual(['-01250']);
  });
});

test('record types are told by their mark', async () => {
  expect((await readAll(typed(), 'HD20240701\nD0001ABC\n')).map((r) => [r.type, r.values])).toEqual([
    ['H', { mark: 'HD', date: '20240701' }],
    ['D', { id: '0001', code: 'ABC' }],
  ]);
  expect(await refusal(typed(), 'HD20240701\nX0001ABC\n')).toMatch(
    /^file:2: The line has "X0" at 1-2, which marks no known record type; the connector knows H \(HD at 1-2\), D \(D at 1-1\)\..*\[RECORD_TYPE_UNKNOWN\]$/,
  );
});

test('a literal that is not there rejects its line', async () => {
  expect((await readAll(typed(), 'D0001ABD\n'))[0]!.problem).toMatchObject({
    code: 'LITERAL_WRONG',
    message: 'Found "ABD" where the layout always has "ABC".',
  });
});

describe('lengths', () => {
  test('a line of another length refuses the file', async () => {
    expect(await refusal(fixed({ record_length: 15 }), '0042Ann  001250\n0042Ann  0012501\n')).toMatch(
      /^file:2: The line has 16 characters; records of this file have 15\..*\[RECORD_LENGTH\]$/,
    );
    expect(await refusal(fixed({ pad_short_lines: false }), '0042Ann\n')).toMatch(
      /^file:1: The line has 7 characters; records of this file have 15 or more\..*\[RECORD_LENGTH\]$/,
    );
    expect(await valuesOf(fixed(), '0042Ann  001250 and more\n')).toHaveLength(1);
  });

  test('characters count, not bytes or units', async () => {
    expect(await valuesOf(fixed({ record_length: 15 }), '00é2😀日  a001250\n')).toEqual([{ id: '00é2', name: '😀日  a', amount: '12.50' }]);
  });

  test('records without line breaks follow each other', async () => {
    const running = fixed({ line_breaks: false, record_length: 15 });
    expect(await valuesOf(running, '0042Ann  0012500043Bob  000001\n')).toHaveLength(2);
    expect(await refusal(running, '0042Ann  0012500043Bob')).toMatch(
      /^file, record 2: The last record has 7 characters instead of 15.*\[FILE_TRUNCATED\]$/,
    );
  });
});

test('a file that was cut off is refused', async () => {
  expect(await refusal(fixed(), '0042Ann  001250\n0043Bob')).toMatch(/^file:2: The last line has no line break.*\[FILE_TRUNCATED\]$/);
  expect(await refusal(fixed({ final_newline: 'optional' }), '0042Ann  001250\n0043Bob')).toMatch(
    /^file:2: The last line has 7 characters instead of 15.*\[FILE_TRUNCATED\]$/,
  );
  expect(await valuesOf(fixed({ final_newline: 'optional' }), '0042Ann  001250\n0043Bob  000001')).toHaveLength(2);
});

test('titles are skipped, and the end-of-file mark of DOS is not a record', async () => {
  expect(await valuesOf(fixed({ skip_lines: 1 }), 'REPORT\r\n0042Ann  001250\r\n\x1a')).toHaveLength(1);
});

describe('writing', () => {
  test('fills, aligns and marks', async () => {
    expect(
      (
        await written(fixed(), [
          [
            { id: '42', name: 'Ann', amount: '-12.5' },
            { id: '0043', name: null, amount: null },
          ],
        ])
      ).toString(),
    ).toBe('42  Ann  -01250\r\n0043           \r\n');
    expect((await written(typed({ record_length: 12 }), [[{ date: '20240701' }, { id: '1' }]])).toString()).toBe(
      'HD20240701  \r\nD1   ABC    \r\n',
    );
  });

  test('cuts nothing off', async () => {
    await expect(written(fixed(), [[{ id: '1' }, { id: '12345' }]])).rejects.toMatchObject({
      name: 'RecordError',
      message:
        'out, record 2 id: The value has 5 characters; the field has room for 4. Shorten it in the mapping: nothing is cut off silently. [VALUE_TOO_WIDE]',
    });
    await expect(written(fixed(), [[{ amount: '12345.67' }]])).rejects.toMatchObject({ code: 'VALUE_TOO_WIDE' });
    await expect(written(fixed(), [[{ amount: '1.005' }]])).rejects.toMatchObject({ code: 'VALUE_NOT_NUMERIC' });
    await expect(written(fixed(), [[{ name: 'a\nb' }]])).rejects.toMatchObject({ code: 'VALUE_NOT_WRITABLE' });
    await expect(written(fixed(), [[{ other: '1' }]])).rejects.toMatchObject({ code: 'COLUMN_UNKNOWN' });
    await expect(written(typed(), [[{ id: '1', coed: 'ABC' }]])).rejects.toMatchObject({
      code: 'COLUMN_UNKNOWN',
      message: expect.stringContaining(
        'The record matches none of the record types H, D: D has no field "coed". Did you mean code?',
      ) as string,
    });
  });
});

describe('lines with several segments', () => {
  const segmented = (options: object = {}) =>
    decoder({
      fixed_width: {
        record_types: {
          A: { when: { from: 1, to: 1, is: 'A' }, fields: { file: { from: 2, to: 4 } } },
          C: {
            when: { from: 1, to: 1, is: 'C' },
            fields: { count: { from: 2, to: 4, decimals: 0 } },
            segments: {
              from: 5,
              length: 6,
              count: 3,
              number_field: 'segment',
              fields: { code: { from: 1, to: 2 }, amount: { from: 3, to: 6, decimals: 2 } },
            },
          },
        },
        ...options,
      },
    });

  test('each that is not blank is a record, with what they share', async () => {
    const records = await readAll(segmented({ record_length: 22 }), 'A007\nC002AA0150      BB0001\nC003CC0000\n');
    expect(records.map((r) => [r.number, r.line, r.type, r.values])).toEqual([
      [1, 1, 'A', { file: '007' }],
      [2, 2, 'C', { count: '2', segment: '1', code: 'AA', amount: '1.50' }],
      [3, 2, 'C', { count: '2', segment: '3', code: 'BB', amount: '0.01' }],
      [4, 3, 'C', { count: '3', segment: '1', code: 'CC', amount: '0.00' }],
    ]);
  });

  test('one that cannot be read is rejected alone', async () => {
    const records = await readAll(segmented(), 'C002AA0150BB01.0CC0003\n');
    expect(records.map((r) => r.problem?.code)).toEqual([undefined, 'VALUE_NOT_NUMERIC', undefined]);
    expect(records[1]).toMatchObject({ number: 2, raw: 'C002BB01.0', problem: { place: { line: 1, column: 13, path: 'amount' } } });
    expect((await readAll(segmented(), 'Cx02AA0150BB0100\n')).map((r) => r.problem?.place.path)).toEqual(['count', 'count']);
  });

  test('is not written, and says so', async () => {
    await expect(written(segmented(), [[{ file: '1' }]])).rejects.toMatchObject({ code: 'FORMAT_READ_ONLY' });
  });
});

describe('a file that may or may not have line breaks', () => {
  const detected = (options: object = {}) => fixed({ record_length: 15, line_breaks: 'detect', final_newline: 'optional', ...options });
  const [one, two] = ['0042Ann  001250', '0043Bob  000001'];
  const both = [
    { id: '0042', name: 'Ann', amount: '12.50' },
    { id: '0043', name: 'Bob', amount: '0.01' },
  ];
  test.each([
    ['with line breaks', `${one}\n${two}\n`],
    ['with CRLF', `${one}\r\n${two}\r\n`],
    ['without any', one + two],
    ['without any, but one at its end', `${one + two}\n`],
    ['without any, and with the end mark of DOS', `${one + two}\r\n\x1a`],
    ['with spaces stripped at the ends of lines', '0042Ann\n0043Bob  000001\n'],
  ])('reads the same %s', async (_how, content) => {
    const read = await valuesOf(detected(), content);
    expect(read.map(({ id, name }) => ({ id, name }))).toEqual(both.map(({ id, name }) => ({ id, name })));
  });

  test('is refused when it was cut off, either way', async () => {
    expect(await refusal(detected(), (one + two).slice(0, -3))).toContain('[FILE_TRUNCATED]');
    expect(await refusal(detected(), `${one}\n${two.slice(0, -3)}`)).toContain('[FILE_TRUNCATED]');
  });
});

test('a record type may be told by one of several marks, and by a second mark elsewhere', async () => {
  const config = decoder({
    fixed_width: {
      record_types: {
        plain: { when: { from: 1, to: 1, is: '9' }, fields: { total: { from: 2, to: 4 } } },
        long: {
          when: { from: 1, to: 1, is: '9', and: [{ from: 5, to: 5, is: '0', or: ['1', '2'] }] },
          fields: { total: { from: 2, to: 6 } },
        },
        entry: { when: { from: 1, to: 2, is: '6A', or: ['6B', '6C'] }, fields: { name: { from: 3, to: 4 } } },
      },
    },
  });
  const read = await readAll(config, '9123\n912312\n91239\n6Bxy\n6Czz\n');
  expect(read.map(({ type, values }) => [type, values['total'] ?? values['name']])).toEqual([
    ['plain', '123'],
    ['long', '12312'],
    ['plain', '123'],
    ['entry', 'xy'],
    ['entry', 'zz'],
  ]);
});

describe('a text that goes on in the next lines', () => {
  const config = decoder({
    fixed_width: {
      record_types: {
        D: { when: { from: 1, to: 1, is: 'D' }, fields: { id: { from: 2, to: 3 }, text: { from: 4, to: 10 } } },
        T: { when: { from: 1, to: 1, is: 'T' }, fields: { total: { from: 2, to: 4 } } },
        more: {
          when: { from: 1, to: 1, is: '+' },
          fields: { rest: { from: 2, to: 10 } },
          continues: { field: 'text', text: 'rest', with: '; ' },
        },
      },
    },
  });

  test('is one text of one record', async () => {
    const read = await readAll(config, 'D01one\n+two\n+three\nD02\n+only\nD03x\nT001\n');
    expect(read.map(({ values }) => values['text'] ?? values['total'])).toEqual(['one; two; three', 'only', 'x', '001']);
  });

  test('is also one when the file comes in small pieces', async () => {
    const bytes = Buffer.from('D01one\n+two\nD02\n+only\n');
    const pieces = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    expect((await readAll(config, pieces)).map(({ values }) => values['text'])).toEqual(['one; two', 'only']);
  });

  test('and belongs to no record refuses the file', async () => {
    expect(await refusal(config, '+two\nD01one\n')).toMatch(/^file:1: .*no record comes before it.*\[CONTINUATION_STRAY\]$/);
    expect(await refusal(config, 'T001\n+two\n')).toMatch(/^file:2: .*\(T\) has no text.*\[CONTINUATION_STRAY\]$/);
  });
});
