import { describe, expect, test } from 'vitest';
import { decoder, readAll, refusal, stream, valuesOf, written } from '../../../test/formats/reading.ts';
import { decodeWith } from '../formats.ts';

const csv = (options: object = {}) => decoder({ csv: options });

describe('what the header says', () => {
  test('all missing columns are named at once, with what was found and what was meant', async () => {
    const said = await refusal(csv(), 'id,recieved_on,Amount\n1,2,3\n', { requiredColumns: ['id', 'received_on', 'payer'] });
    expect(said).toBe(
      'file:1: The required column "received_on" is missing. The file has: id, recieved_on, Amount. Did you mean "recieved_on"? If the system renamed it, change the name in the stream of the connector; otherwise have the export corrected. [COLUMN_MISSING]\n' +
        'file:1: The required column "payer" is missing. If the system renamed it, change the name in the stream of the connector; otherwise have the export corrected. [COLUMN_MISSING]',
    );
  });

  test('a file of something else is told in one sentence, not one for each column', async () => {
    expect(await refusal(csv(), 'Foo,Bar\n1,2\n', { requiredColumns: ['Receipt No', 'Date', 'Amount'] })).toBe(
      'file:1: None of the required columns is in this file: Receipt No, Date, Amount. The file has: Foo, Bar. It looks like a file of something else: have the right one sent. If the system renamed all its columns, change the names in the stream of the connector. [COLUMN_MISSING]',
    );
    const near = await refusal(csv(), 'Foo,Amuont\n1,2\n', { requiredColumns: ['Date', 'Amount'] });
    expect(near).toContain('Did you mean "Amuont"?');
  });

  test('a wrong delimiter is named', async () => {
    expect(await refusal(csv(), 'id;amount\n1;2\n', { requiredColumns: ['id', 'amount'] })).toContain('delimited by ";"');
    expect(await refusal(csv(), 'id;amount\n1;2\n', { requiredColumns: ['amount'] })).toContain('delimited by ";"');
    expect(await refusal(csv(), 'id\tamount\n1\t2\n', { requiredColumns: ['amount'] })).toContain('delimited by tabs');
  });

  test('a column that is there twice refuses the file', async () => {
    expect(await refusal(csv(), 'id,amount,id,id\n1,2,3,4\n')).toContain('The column "id" appears 3 times (columns 1 and 3 and 4).');
  });

  test('columns that is unknown are reported once', async () => {
    const reports: (readonly string[])[] = [];
    await readAll(csv(), 'id,new_one,,amount\n1,2,3,4\n5,6,7,8\n', {
      knownColumns: ['id', 'amount'],
      onNewColumns: (columns) => reports.push(columns),
    });
    expect(reports).toEqual([['new_one', 'column_3']]);
  });

  test('a file with its header only has no records', async () => {
    expect(await readAll(csv(), 'id,amount\n')).toEqual([]);
  });

  test('a file of empty lines is refused, since its header is gone', async () => {
    expect(await refusal(csv(), '\n\r\n\n')).toContain('[FILE_EMPTY]');
  });

  test('columns may be called like parts of JavaScript', async () => {
    const [record] = await readAll(csv(), '__proto__,constructor,2019\n1,2,3\n');
    expect(Object.entries(record!.values).toSorted()).toEqual([
      ['2019', '3'],
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });
});

describe('rows', () => {
  test('a ragged row is rejected with its text, and the others are read', async () => {
    const records = await readAll(csv(), 'a,b\n1,2\n3\n4,5,6\n7,8\n');
    expect(records.map((r) => r.problem?.message)).toEqual([
      undefined,
      'The row has 1 column, but the file has 2.',
      'The row has 3 columns, but the file has 2.',
      undefined,
    ]);
    expect(records[2]).toMatchObject({
      number: 3,
      line: 4,
      raw: '4,5,6',
      problem: { code: 'RAGGED_ROW', place: { file: 'file', line: 4 } },
    });
  });

  test('a quote in the wrong place rejects its row, or refuses the file when it swallowed lines', async () => {
    const records = await readAll(csv(), 'a,b\n"John "Jack" Smith",1\n2,3\n');
    expect(records.map((r) => r.problem?.code)).toEqual(['QUOTE_MISPLACED', undefined]);
    expect(records[0]!.raw).toBe('"John "Jack" Smith",1');
    expect(await refusal(csv(), 'a,b\n"1,2\n3,"4"\n5,6\n')).toMatch(/^file:2: .*lines may have run together.*\[QUOTE_MISPLACED\]$/);
  });

  test('lines are physical lines, whatever is in quotes', async () => {
    const records = await readAll(csv({ skip_lines: 2 }), 'Report\nof today\na,b\n"x\ny",1\n\nz,2\n');
    expect(records.map((r) => r.line)).toEqual([4, 7]);
  });

  test('Excel text keeps its zeros, and can be read as it stands', async () => {
    expect(await valuesOf(csv(), 'a,b\n="00123","=""0,1"""\n')).toEqual([{ a: '00123', b: '0,1' }]);
    expect(await valuesOf(csv({ excel_text: false }), 'a\n="00123"\n')).toEqual([{ a: '="00123"' }]);
  });

  test('empty cells are absent, or empty text where the connector wants that', async () => {
    expect(await valuesOf(csv(), 'a,b\n,""\n')).toEqual([{ a: null, b: null }]);
    expect(await valuesOf(csv({ empty_is_null: false }), 'a,b\n,""\n')).toEqual([{ a: '', b: '' }]);
  });

  test('a file without a header takes its columns from the connector', async () => {
    expect(await valuesOf(csv({ header: ['a', 'b'] }), '1,2\n')).toEqual([{ a: '1', b: '2' }]);
    expect(await valuesOf(csv({ header: false }), '1,2\n')).toEqual([{ column_1: '1', column_2: '2' }]);
  });

  test('lines at the end that are not records are left out, and only they', async () => {
    expect(await valuesOf(csv({ footer_lines: 2 }), 'a,b\n1,2\n3,4\n\nTotal,2,6\n(2 rows affected)\n')).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ]);
    const large = `a,b\n${'1,2\n'.repeat(5000)}end\n`;
    expect(await valuesOf(csv({ footer_lines: 1 }), large)).toHaveLength(5000);
  });

  test('a file whose lines end in CR alone, as on old Macs, is told to be one rather than cut off', async () => {
    for (const options of [{}, { skip_lines: 2 }, { final_newline: 'optional' as const }, { delimiter: '||' }])
      expect(await refusal(csv(options), 'a,b\r1,2\r3,4\r')).toContain('[LINE_ENDINGS_CR]');
    expect(await refusal(csv(), 'a,b')).toContain('[FILE_TRUNCATED]');
  });

  test('an export without its footer is refused rather than robbed of a record', async () => {
    const options = { footer_lines: 2, footer_has: 'Total' };
    expect(await valuesOf(csv(options), 'a,b\n1,2\nTotal,2\n(1 row affected)\n')).toEqual([{ a: '1', b: '2' }]);
    for (const rows of ['1,2\n3,4\n', '1,2\nTotal,2\n', '(0 rows affected)\n', ''])
      expect(await refusal(csv(options), `a,b\n${rows}`)).toContain('[FOOTER_MISSING]');
    expect(await refusal(csv(options), 'a,b\n1,2\n3,4\n')).toContain(
      'file:2: Row 2 is the first of the last 2 rows, which the connector drops as a footer, but "Total" is not in it: it may be a record.',
    );
    const large = `a,b\n${'1,2\n'.repeat(5000)}`;
    expect(await refusal(csv({ footer_lines: 1, footer_has: 'end' }), large)).toContain('Row 5001 is the last row');
    expect(await valuesOf(csv({ footer_lines: 1, footer_has: 'end' }), `${large}end\n`)).toHaveLength(5000);
  });

  test('tabs, comments, trimming, other escapes and long delimiters are read', async () => {
    expect(await valuesOf(csv({ delimiter: '\\t', quote: null }), 'a\tb\n"1\t2"\n')).toEqual([{ a: '"1', b: '2"' }]);
    expect(await valuesOf(csv({ comment: '#', trim: true }), '# hello\na , b\n 1 , " 2 " \n#3,4\n')).toEqual([{ a: '1', b: ' 2 ' }]);
    expect(await valuesOf(csv({ escape: '\\', delimiter: '~|~' }), 'a~|~b\n"1\\"2"~|~~\n')).toEqual([{ a: '1"2', b: '~' }]);
  });

  test('a row of an unknown type refuses the file', async () => {
    const types = csv({ header: false, record_types: { H: ['type', 'date'], D: ['type', 'amount'] }, record_type_column: 1 });
    expect(await refusal(types, 'H,1\nD,2\nT,3\n')).toMatch(
      /^file:3: The row is of type "T", which the connector does not know \(it knows H, D\)\..*\[RECORD_TYPE_UNKNOWN\]$/,
    );
    expect((await readAll(types, 'H,1\nD,2\n')).map((r) => [r.type, r.values])).toEqual([
      ['H', { type: 'H', date: '1' }],
      ['D', { type: 'D', amount: '2' }],
    ]);
  });
});

describe('a file that was cut off', () => {
  test('is refused when its last line has no line break', async () => {
    expect(await refusal(csv(), 'a,b\n1,2\n3,4')).toMatch(/^file:3: The last line has no line break.*\[FILE_TRUNCATED\]$/);
    expect(await refusal(csv(), 'a,b')).toContain('[FILE_TRUNCATED]');
  });

  test('is refused in any case when its last row is short', async () => {
    expect(await refusal(csv({ final_newline: 'optional' }), 'a,b\n1,2\n3')).toMatch(
      /^file:3: The last line has 1 column instead of 2 and no line break.*\[FILE_TRUNCATED\]$/,
    );
    expect(await valuesOf(csv({ final_newline: 'optional' }), 'a,b\n1,2\n3,4')).toHaveLength(2);
  });

  test('is refused within quotes, with the line where they open', async () => {
    expect(await refusal(csv({ final_newline: 'optional' }), 'a,b\n1,2\n3,"4\n5,6\n')).toMatch(
      /^file:3: A " is opened in the record that starts here and never closed.*\[FILE_TRUNCATED\]$/,
    );
    expect(await refusal(csv({ comment: '#' }), 'a,b\n1,2\n#\n3,"4\n5,6\n')).toMatch(/^file:4: .*\[FILE_TRUNCATED\]$/);
  });

  test('is refused when it ends in the lines that are skipped', async () => {
    expect(await refusal(csv({ skip_lines: 3 }), 'one\ntwo\n')).toContain('[FILE_TRUNCATED]');
  });
});

test('a row in which a CR stands for a line break is rejected, and its hint says so', async () => {
  const [, row] = await readAll(decoder({ csv: {} }), 'a,b\n1,2\n3,4\r5,6\n');
  expect(row!.problem).toMatchObject({
    code: 'RAGGED_ROW',
    hint: 'A CR without LF is in it, so two rows were probably written as one: correct it in the system that exported it.',
  });
});

test('a record without end does not fill the memory', async () => {
  const lines = Array.from({ length: 50 }, () => Buffer.from('x,y\n'.repeat(10_000)));
  for (const options of [{}, { comment: '#' }]) {
    expect(await refusal(csv(options), [Buffer.from('a,b\n1,2\n3,"4\n'), ...lines])).toMatch(
      /^file:3: The record that starts here is larger than 1048576 bytes, probably because a quote in it is never closed\..*\[RECORD_TOO_LARGE\]$/,
    );
  }
  expect(await refusal(csv({ max_record_bytes: 10 }), 'a,b\n1,23456789012\n')).toMatch(/^file:2: .*\[RECORD_TOO_LARGE\]$/);
});

test('records come in lists as the file streams by, before its end is there', async () => {
  let asked = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a,b\n');
    for (;;) {
      asked++;
      yield Buffer.from('1,2\n'.repeat(2000));
    }
  }
  const reading = decodeWith(csv(), endless(), { file: 'endless' });
  expect((await reading.next()).value!.length).toBeGreaterThanOrEqual(1000);
  expect(asked).toBeLessThan(3);
  await reading.return();
});

test('reading stops when it is asked to', async () => {
  const stop = new AbortController();
  stop.abort();
  await expect(decodeWith(csv(), stream('a\n1\n'), { file: 'f', signal: stop.signal }).next()).rejects.toMatchObject({
    name: 'AbortedError',
    code: 'ABORTED',
  });
});

describe('writing', () => {
  test('quotes what needs quotes, and ends lines as RFC 4180 has it', async () => {
    const bytes = await written(csv(), [
      [
        { id: '007', note: 'a,b', x: null },
        { id: '8', note: 'say "hi"', x: '="1"' },
      ],
    ]);
    expect(bytes.toString()).toBe('id,note,x\r\n007,"a,b",\r\n8,"say ""hi""","=""=""""1"""""""\r\n');
  });

  test('refuses what would not read back', async () => {
    await expect(written(csv({ quote: null }), [[{ a: 'x,y' }]])).rejects.toMatchObject({
      code: 'VALUE_NOT_WRITABLE',
      name: 'RecordError',
    });
    await expect(written(csv({ encoding: 'windows-1252' }), [[{ a: '日' }]])).rejects.toMatchObject({ code: 'CHARACTER_NOT_WRITABLE' });
    await expect(written(csv(), [[{ a: '1' }, { b: '2' }]])).rejects.toMatchObject({ code: 'COLUMN_UNKNOWN' });
    await expect(written(csv(), [[{ a: ['1'] }]])).rejects.toMatchObject({ code: 'VALUE_NOT_TEXT' });
  });

  test('writes other encodings', async () => {
    for (const encoding of ['utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1', 'cp437', 'cp850'])
      expect(await valuesOf(csv({ encoding }), await written(csv({ encoding }), [[{ a: 'café' }], [{ a: 'ß' }]]))).toEqual([
        { a: 'café' },
        { a: 'ß' },
      ]);
  });
});
