import { describe, expect, test } from 'vitest';
import { sinkSchema } from '../../config/schema/connector.ts';
import type { SinkConfig } from '../../config/schema/connector.ts';
import { InterlocalError } from '../../core/errors.ts';
import type { Values } from '../../core/record.ts';
import { filesOf, renderSink } from './sink.ts';
import { totalsOf } from './sink-sums.ts';

const sink = (more: object = {}): SinkConfig =>
  sinkSchema.parse({
    target: { file: { name: 'pay-{{ date }}-{{ sequence }}.csv' } },
    encoder: { csv: {} },
    schema: {
      fields: { id: { required: true, max_length: 4 }, day: { type: 'date', format: 'M/D/YY' }, amount: { type: 'decimal', decimals: 2 } },
    },
    idempotency_key: ['id'],
    totals: ['amount'],
    ...more,
  });
const context = { date: '2026-03-02', sequence: 7 };
const text = async (config: SinkConfig, records: Values[]): Promise<string> =>
  Buffer.from((await renderSink(config, records, context)).bytes).toString();

async function problemsOf(config: SinkConfig, records: Values[]): Promise<string[]> {
  try {
    await renderSink(config, records, context);
    return [];
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return error.problems.map((p) => `${p.code} ${p.place.record ?? ''} ${p.message}`);
  }
}

test('dates and amounts are written as the system wants them, and the file says what is in it', async () => {
  const file = await renderSink(
    sink({ date_format: 'YYMMDD', sequence_digits: 3 }),
    [
      { id: '0001', day: '2026-03-02', amount: '12.5' },
      { id: '2', amount: '-0.05' },
    ],
    context,
  );
  expect({ ...file, bytes: Buffer.from(file.bytes).toString() }).toEqual({
    name: 'pay-260302-007.csv',
    bytes: 'id,day,amount\r\n0001,3/2/26,12.50\r\n2,,-0.05\r\n',
    count: 2,
    totals: { amount: '12.45' },
    scope: { date: '260302', sequence: '007' },
  });
});

test('the same records give the same bytes', async () => {
  const records = [{ id: '1', amount: '1' }];
  expect(await text(sink(), records)).toBe(await text(sink(), records));
});

test('everything that is wrong is said at once, and nothing is written', async () => {
  expect(await problemsOf(sink(), [{ id: '00001', amont: '1' }, { amount: '1.005' }, { id: '3', day: '2026-02-30' }])).toEqual([
    'VALUE_TOO_LONG 1 "id" has 5 characters, but the system takes at most 4.',
    'FIELD_UNKNOWN 1 The system has no field "amont".',
    'VALUE_INVALID 2 "amount" must be an amount with at most 2 decimals, but is "1.005".',
    'FIELD_REQUIRED 2 "id" has no value, but the other system does not accept the record without it, so the record is not sent.',
    'VALUE_INVALID 3 "day" must be a day, YYYY-MM-DD, but is "2026-02-30".',
  ]);
});

test('a personal value that is wrong is not shown', async () => {
  expect(
    await problemsOf(sink({ schema: { fields: { id: {}, born: { type: 'date', class: 'personal' } } }, totals: [] }), [
      { id: '1', born: '31.01.1950' },
    ]),
  ).toEqual(['VALUE_INVALID 1 "born" must be a day, YYYY-MM-DD, but is (personal value hidden).']);
});

test('a record is once in a file', async () => {
  expect(await problemsOf(sink(), [{ id: '1' }, { id: '2' }, { id: '1' }])).toEqual(['KEY_REPEATED 3 The records 1 and 3 are both id 1.']);
});

test('an empty file is not sent', async () => {
  expect(await problemsOf(sink(), [])).toEqual(['NOTHING_TO_WRITE  There is no record to write, and an empty file is never sent.']);
});

test('an option cannot lead the file out of its folder', async () => {
  const config = sink({ target: { file: { name: '{{ options.name }}.csv' } } });
  await expect(renderSink(config, [{ id: '1' }], { ...context, variables: { 'options.name': '../x' } })).rejects.toMatchObject({
    code: 'FILE_NAME_INVALID',
  });
});

describe('rows', () => {
  const layout = (rows: object, more: object = {}): SinkConfig =>
    sink({
      encoder: { csv: { header: false, record_types: { H: ['t', 'a', 'b'], D: ['t', 'n', 'id', 'amount'], T: ['t', 'count', 'total'] } } },
      rows,
      ...more,
    });

  test('a header, the rows of each record together, a trailer with count and total', async () => {
    const config = layout({
      header: [{ t: 'H', a: '{{ date }}', b: '{{ sequence }}' }],
      each: [{ t: 'D', n: '{{ number }}', id: 'R-{{ record.id }}', amount: '{{ record.amount }}' }],
      trailer: [{ t: 'T', count: '{{ count }}', total: '{{ total.amount }}' }],
    });
    expect(
      await text(config, [
        { id: '1', amount: '2' },
        { id: '2', amount: '0.5' },
      ]),
    ).toBe('H,2026-03-02,7\r\nD,1,R-1,2.00\r\nD,2,R-2,0.50\r\nT,2,2.50\r\n');
  });

  test('what all records of a file share can be in its header', async () => {
    const config = layout(
      { header: [{ t: 'H', a: '{{ record.day }}', b: 'x' }], each: [{ t: 'D', id: '{{ record.id }}' }] },
      { file_per: ['day'] },
    );
    const records = [
      { id: '1', day: '2026-03-02' },
      { id: '2', day: '2026-03-03' },
      { id: '3', day: '2026-03-02' },
    ];
    expect(await problemsOf(config, records)).toEqual([
      'FILE_MIXED 2 No file was written: the other system takes one day per file, but this record has "2026-03-03" where the first has "2026-03-02".',
    ]);
    expect(await Promise.all(filesOf(config, records).map((file) => text(config, file)))).toEqual([
      'H,3/2/26,x\r\nD,,1,\r\nD,,3,\r\n',
      'H,3/3/26,x\r\nD,,2,\r\n',
    ]);
  });
});

describe('sums', () => {
  const checks = (more: object = {}, fields: object = {}): SinkConfig =>
    sink({
      encoder: { csv: { header: false, record_types: { D: ['t', 'account'], T: ['t', 'n', 'sum', 'hash', 'voids', 'void_count'] } } },
      rows: {
        each: [{ t: 'D', account: '{{ record.account }}' }],
        trailer: [
          {
            t: 'T',
            n: '{{ count }}',
            sum: '{{ total.amount }}',
            hash: '{{ hash.accounts }}',
            voids: '{{ total.voids }}',
            void_count: '{{ count.voids }}',
          },
        ],
      },
      schema: { fields: { id: {}, account: {}, kind: {}, amount: { type: 'decimal', decimals: 2 }, ...fields } },
      totals: ['amount', { name: 'voids', of: 'amount', where: { kind: ['V', 'X'] } }],
      hash_totals: { accounts: { of: 'account', digits: 10 } },
      ...more,
    });
  const issued = [
    { id: '1', account: '0009999999998', kind: 'I', amount: '100' },
    { id: '2', account: '0000000000004', kind: 'V', amount: '20.5' },
    { id: '3', account: '0000000000001', kind: 'X', amount: '0.25' },
  ];
  const trailer = async (config: SinkConfig, records: Values[] = issued): Promise<string> =>
    (await text(config, records)).trimEnd().split('\r\n').at(-1)!;

  test('a bank finds its hash of the account numbers, the voids apart, and the money', async () => {
    expect(await trailer(checks())).toBe('T,3,120.75,0000000003,20.75,2');
    expect((await renderSink(checks(), issued, context)).totals).toEqual({ amount: '120.75', voids: '20.75' });
  });

  test('a hash of all its digits, where the bank cuts none off', async () => {
    expect(await trailer(checks({ hash_totals: { accounts: { of: 'account' } } }))).toBe('T,3,120.75,10000000003,20.75,2');
  });

  test('a part without a record is nothing, not missing', async () => {
    expect(await trailer(checks(), issued.slice(0, 1))).toBe('T,1,100.00,9999999998,0.00,0');
  });

  test('a total has the decimals of its field', async () => {
    const whole = { totals: ['amount', { name: 'voids', of: 'amount', where: { kind: 'V' } }] };
    const units = [
      { id: '1', account: '1', kind: 'V', amount: '7' },
      { id: '2', account: '2', kind: 'I', amount: '12' },
    ];
    expect(await trailer(checks(whole, { amount: { type: 'decimal', decimals: 0 } }), units)).toBe('T,2,19,0000000003,7,1');
    expect(await trailer(checks(whole, { amount: { type: 'decimal', decimals: 3 } }), units)).toBe('T,2,19.000,0000000003,7.000,1');
    expect(await trailer(checks(whole, { amount: { type: 'decimal' } }), units)).toBe('T,2,19.00,0000000003,7.00,1');
  });

  test('a total of what is in a list has every line of it, and a record without lines adds nothing', () => {
    const fields = { id: {}, lines: { type: 'list' }, 'lines.parts': { type: 'list' }, 'lines.parts.amount': { type: 'decimal' } };
    const config = sink({ schema: { fields }, totals: ['lines.parts.amount'] });
    const records = [
      { id: '1', lines: [{ parts: [{ amount: '88.00' }, { amount: '26.5' }] }, { parts: [{ amount: '-0.25' }] }] },
      { id: '2', lines: [{ parts: [] }, { parts: [{ amount: null }] }] },
      { id: '3', lines: null },
    ];
    expect(totalsOf(config, records)).toEqual({ 'lines.parts.amount': '114.25' });
  });

  test('what is not a number cannot be in a hash, and the record is refused instead of left out of it', async () => {
    expect(await problemsOf(checks(), [{ id: '1', account: '12-34', kind: 'I', amount: '1' }])).toEqual([
      'VALUE_INVALID 1 "account" is "12-34", but must be digits only, because the file contains a check sum of it.',
    ]);
  });
});

test('totals are exact at any size', async () => {
  const { totals } = await renderSink(
    sink({ schema: { fields: { id: {}, amount: { type: 'decimal' } } } }),
    [
      { id: '1', amount: '9007199254740993.01' },
      { id: '2', amount: '0.02' },
    ],
    context,
  );
  expect(totals).toEqual({ amount: '9007199254740993.03' });
});
