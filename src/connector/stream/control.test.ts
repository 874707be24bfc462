import { describe, expect, test } from 'vitest';
import { readAll } from '../../../test/formats/reading.ts';
import { streamSchema } from '../../config/schema/connector.ts';
import { FileError } from '../../core/errors.ts';
import type { SourceRecord, Values } from '../../core/record.ts';
import { selectorOf } from './select.ts';

const stream = (control: object[], more: object = {}) =>
  streamSchema.parse({
    retriever: { files: { pattern: '*' } },
    decoder: { csv: { header: false } },
    record_selector: { types: ['6'], ...more },
    schema: { fields: {} },
    primary_key: ['id'],
    control,
  });

/** `6 id=1 amount=2.50`: type, then fields. */
function records(...lines: string[]): SourceRecord[] {
  return lines.map((line, i) => {
    const [type = '', ...fields] = line.split(' ');
    return { type, number: i + 1, line: i + 1, values: Object.fromEntries(fields.map((field) => field.split('='))) as Values };
  });
}

function problemsOf(config: ReturnType<typeof stream>, list: SourceRecord[]): string[] {
  const selector = selectorOf(config, 'f.ach');
  selector.select(list);
  try {
    selector.finish();
    return [];
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return error.problems.map((p) => `${p.code} ${p.place.line ?? ''} ${p.message}`);
  }
}

const batches = stream([
  { type: '8', per: '5', records: ['6', '7'], count: 'count' },
  { type: '8', per: '5', records: ['6'], where: [{ field: 'code', in: ['27'] }], total: { field: 'debit', of: 'amount' } },
  { type: '8', per: '5', records: ['6'], hash: { field: 'hash', of: 'bank', digits: 3 } },
  { type: '9', records: ['6', '7'], count: 'count' },
]);

describe('each batch has its own control figures', () => {
  test('and agrees with them, debits apart from credits, the hash by its last digits', () => {
    expect(
      problemsOf(
        batches,
        records(
          '5',
          '6 code=27 amount=1.50 bank=600',
          '7',
          '6 code=22 amount=9.00 bank=500',
          '8 count=3 debit=1.50 hash=100',
          '5',
          '6 code=27 amount=0.01 bank=7',
          '8 count=1 debit=0.01 hash=007',
          '9 count=4',
        ),
      ),
    ).toEqual([]);
  });

  test('so that a record moved from one batch to the next is found though the file balances', () => {
    expect(
      problemsOf(
        batches,
        records(
          '5',
          '6 code=27 amount=1.50 bank=1',
          '8 count=2 debit=1.75 hash=2',
          '5',
          '6 code=27 amount=0.25 bank=1',
          '6 code=22 amount=1 bank=1',
          '8 count=1 debit=0.00 hash=2',
          '9 count=3',
        ),
      ),
    ).toEqual([
      'CONTROL_COUNT 3 The trailer (closing record) says 2 records; there are 1, 1 fewer.',
      'CONTROL_COUNT 7 The trailer (closing record) says 1 records; there are 2, 1 more.',
      'CONTROL_TOTAL 3 The trailer says a total of 1.75; the records add up to 1.50, a difference of -0.25.',
      'CONTROL_TOTAL 7 The trailer says a total of 0.00; the records add up to 0.25, a difference of 0.25.',
      'CONTROL_HASH 3 The trailer says a hash of 2; the records give 001.',
    ]);
  });

  test('a batch without its trailer is named by the line where it begins', () => {
    const counts = stream([
      { type: '8', per: '5', records: ['6'], count: 'count' },
      { type: '9', records: ['6'], count: 'count' },
    ]);
    expect(problemsOf(counts, records('1', '5', '6', '5', '6', '8 count=1'))).toEqual([
      'TRAILER_MISSING 2 The group that begins here (type 5) has no trailer record (type 8), so records of it may be missing. Nothing of the file was loaded.',
      'TRAILER_MISSING  The last record of the file, its trailer (type 9), is missing, so the file may have been cut off. Nothing of it was loaded.',
    ]);
    expect(problemsOf(counts, records('5', '6', '9 count='))).toEqual([
      'TRAILER_MISSING 1 The group that begins here (type 5) has no trailer record (type 8), so records of it may be missing. Nothing of the file was loaded.',
      'TRAILER_EMPTY 3 The trailer (type 9) is empty: it has none of the figures needed to check the file.',
    ]);
  });

  test('records and trailers outside every batch are found', () => {
    const counts = stream([{ type: '8', per: '5', records: ['6'], count: 'count' }]);
    expect(problemsOf(counts, records('6', '8 count=1'))).toEqual([
      'GROUP_MISSING 1 The record belongs to no group: no record of type 5 comes before it.',
      'TRAILER_STRAY 2 This trailer (type 8) closes nothing: no record of type 5 comes before it.',
    ]);
  });
});

test('without records the figures are about the records of the stream', () => {
  const own = stream([{ type: '9', count: 'count', total: { field: 'total', of: 'amount' } }]);
  expect(problemsOf(own, records('6 amount=1', '7 amount=5', '6 amount=2.5', '9 count=2 total=3.50'))).toEqual([]);
});

test('an amount with a trailing sign it, as mainframes write it, counts as what it is', () => {
  const whole = stream([{ type: '9', total: { field: 'total', of: 'amount' } }]);
  expect(problemsOf(whole, records('6 amount=10.00', '6 amount=2.50-', '9 total=7.50'))).toEqual([]);
  expect(problemsOf(whole, records('6 amount=1.00', '6 amount=2.50-', '9 total=1.50-'))).toEqual([]);
});

test('two files that were put together are not taken for one: totals stand once, and at the end', () => {
  const whole = stream([{ type: '9', count: 'count', total: { field: 'total', of: 'amount' } }]);
  expect(problemsOf(whole, records('6 amount=1', '9 count=1 total=1', '9 count=1 total=1'))).toEqual([
    'TRAILER_REPEATED 3 The file has a second trailer (closing record) of type 9; there must be only one for the whole file.',
  ]);
  expect(problemsOf(whole, records('6 amount=1', '9 count=1 total=1', '6 amount=2'))).toEqual([
    'RECORD_AFTER_TRAILER 3 The record comes after the trailer (type 9), whose figures do not include it.',
  ]);
});

describe('parents', () => {
  const read = (more: object, list: SourceRecord[]) =>
    selectorOf(stream([], more), 'f')
      .select(list)
      .map((r) => r.values);

  test('a new batch has no entry of the batch before', () => {
    expect(read({ types: ['7'], parents: ['5', '6'] }, records('5 n=1', '6 e=a', '7 x=1', '5 n=2', '7 x=2'))).toEqual([
      { x: '1', '5': { n: '1' }, '6': { e: 'a' } },
      { x: '2', '5': { n: '2' } },
    ]);
  });

  test('a record can be chosen by what its parent says', () => {
    const list = () => records('5 class=PPD', '6 id=1', '5 class=IAT', '6 id=2');
    expect(read({ parents: ['5'], where: [{ field: '5.class', not_in: ['IAT'] }] }, list())).toEqual([{ id: '1', '5': { class: 'PPD' } }]);
    expect(read({ parents: ['5'], where: [{ field: '5.class', in: ['IAT'] }] }, list())).toEqual([{ id: '2', '5': { class: 'IAT' } }]);
  });
});

test('a text with several values in it is a list', () => {
  const config = streamSchema.parse({
    retriever: { request: { path: '/' } },
    decoder: { json: {} },
    schema: { fields: { codes: { type: 'list', separators: ['\u001e', '\u001f'] } } },
    primary_key: ['id'],
  });
  expect(
    selectorOf(config, 'f')
      .select([
        { number: 1, values: { id: '1', codes: 'a\u001eb\u001fc' } },
        { number: 2, values: { id: '2', codes: null } },
      ])
      .map((r) => r.values.codes),
  ).toEqual([['a', 'b', 'c'], null]);
});

test('control figures of mainframes carry their sign in the last digit, as the amounts do', async () => {
  const zoned = { decimals: 2, sign: 'overpunch' };
  const config = streamSchema.parse({
    retriever: { files: { pattern: '*' } },
    decoder: {
      fixed_width: {
        record_types: {
          D: { when: { from: 1, to: 1, is: 'D' }, fields: { id: { from: 2, to: 3 }, amount: { from: 4, to: 9, ...zoned } } },
          T: { when: { from: 1, to: 1, is: 'T' }, fields: { total: { from: 2, to: 9, ...zoned } } },
        },
      },
    },
    record_selector: { types: ['D'] },
    schema: { fields: {} },
    primary_key: ['id'],
    control: [{ type: 'T', total: { field: 'total', of: 'amount' } }],
  });
  const problems = async (trailer: string): Promise<string[]> =>
    problemsOf(config, await readAll(config.decoder!, `D0100125{\nD0200200J\n${trailer}\n`));
  expect(await problems('T0000075J')).toEqual([]);
  expect(await problems('T0000075A')).toEqual([
    'CONTROL_TOTAL 3 The trailer says a total of 7.51; the records add up to -7.51, a difference of -15.02.',
  ]);
});

describe('figures that cannot be read', () => {
  const zoned = streamSchema.parse({
    retriever: { files: { pattern: '*' } },
    decoder: {
      fixed_width: {
        record_types: {
          L: { when: { from: 1, to: 1, is: 'L' }, fields: { amount: { from: 2, to: 6, decimals: 2, sign: 'overpunch' } } },
          T: { when: { from: 1, to: 1, is: 'T' }, fields: { total: { from: 2, to: 8, decimals: 2 } } },
        },
      },
    },
    record_selector: { types: ['L'] },
    schema: { fields: {} },
    primary_key: { fields: ['amount'], repeats: 'number' },
    control: [{ type: 'T', total: { field: 'total', of: 'amount' } }],
  });
  const said = async (text: string): Promise<string[]> => problemsOf(zoned, await readAll(zoned.decoder!, text));

  test('are told as the reason why a total is not met, with the line and what is there', async () => {
    expect(await said('L0012E\nL0030{\nT0000425\n')).toEqual([]);
    expect(await said('L0012E\nL00x0{\nT0000425\n')).toEqual([
      expect.stringMatching(/^CONTROL_TOTAL 3 .*a difference of -3\.00\. 1 of them cannot be read, in line 2: "00x0\{" is not /),
    ]);
  });

  test('of a trailer are told as what they are, not as an empty trailer', async () => {
    expect(await said('L0012E\nT00001Z5\n')).toEqual([expect.stringMatching(/^VALUE_NOT_NUMERIC 2 "00001Z5" is not /)]);
  });
});
