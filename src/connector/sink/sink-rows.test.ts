import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAll } from '../../../test/formats/reading.ts';
import { RUNS } from '../../../test/formats/runs.ts';
import { sinkSchema, streamSchema } from '../../config/schema/connector.ts';
import type { Values } from '../../core/record.ts';
import { selectorOf } from '../stream/select.ts';
import { renderSink } from './sink.ts';

/** As banks take payments: a batch for each kind of payment, with its own sums, between the header and the trailer of the file. */
const right = { align: 'right', pad: '0' };
const mark = (is: string) => ({ when: { from: 1, to: 1, is }, fields: { type: { from: 1, to: 1 } } });
const layout = {
  fixed_width: {
    record_types: {
      1: { ...mark('1'), fields: { type: { from: 1, to: 1 }, day: { from: 2, to: 11 } } },
      5: { ...mark('5'), fields: { type: { from: 1, to: 1 }, kind: { from: 2, to: 4 }, batch: { from: 5, to: 8, ...right } } },
      6: {
        ...mark('6'),
        fields: {
          type: { from: 1, to: 1 },
          bank: { from: 2, to: 9 },
          amount: { from: 10, to: 19, decimals: 2, sign: 'overpunch', ...right },
          trace: { from: 20, to: 24, ...right },
          batch: { from: 25, to: 28, ...right },
        },
      },
      8: {
        ...mark('8'),
        fields: {
          type: { from: 1, to: 1 },
          count: { from: 2, to: 7, ...right },
          hash: { from: 8, to: 11, ...right },
          total: { from: 12, to: 23, decimals: 2, sign: 'trailing', ...right },
          batch: { from: 24, to: 27, ...right },
        },
      },
      9: {
        ...mark('9'),
        fields: {
          type: { from: 1, to: 1 },
          batches: { from: 2, to: 5, ...right },
          count: { from: 6, to: 11, ...right },
          hash: { from: 12, to: 15, ...right },
          total: { from: 16, to: 27, decimals: 2, ...right },
        },
      },
    },
  },
};
const sink = sinkSchema.parse({
  target: { file: { name: 'pay.ach' } },
  encoder: layout,
  rows: {
    header: [{ type: '1', day: '{{ date }}' }],
    group: {
      by: ['Kind'],
      header: [{ type: '5', kind: '{{ record.Kind }}', batch: '{{ batch }}' }],
      trailer: [{ type: '8', count: '{{ count }}', hash: '{{ hash.Banks }}', total: '{{ total.Amount }}', batch: '{{ batch }}' }],
    },
    each: [{ type: '6', bank: '{{ record.Bank }}', amount: '{{ record.Amount }}', trace: '{{ number }}', batch: '{{ batch }}' }],
    trailer: [{ type: '9', batches: '{{ batches }}', count: '{{ count }}', hash: '{{ hash.Banks }}', total: '{{ total.Amount }}' }],
  },
  schema: { fields: { Id: {}, Kind: {}, Bank: { max_length: 8 }, Amount: { type: 'decimal', decimals: 2 } } },
  idempotency_key: ['Id'],
  totals: ['Amount'],
  hash_totals: { Banks: { of: 'Bank', digits: 4 } },
});
/** The remote system: it checks each batch and the file by what their trailers say. */
const reader = streamSchema.parse({
  retriever: { files: { pattern: '*' } },
  decoder: layout,
  record_selector: { types: ['6'] },
  schema: { fields: {} },
  primary_key: ['trace'],
  control: [
    { type: '8', per: '5', count: 'count', total: { field: 'total', of: 'amount' } },
    { type: '8', per: '5', hash: { field: 'hash', of: 'bank', digits: 4 } },
    { type: '9', count: 'count', total: { field: 'total', of: 'amount' } },
    { type: '9', hash: { field: 'hash', of: 'bank', digits: 4 } },
    { type: '9', records: ['5'], count: 'batches' },
  ],
});
const rendered = async (records: Values[]): Promise<string> =>
  Buffer.from((await renderSink(sink, records, { date: '2026-03-02', sequence: 1 })).bytes).toString();

describe('several batches in one file', () => {
  test('records of a group stand together, with their own header and sums; the file has those of all', async () => {
    const text = await rendered([
      { Id: '1', Kind: 'PPD', Bank: '09100001', Amount: '10.50' },
      { Id: '2', Kind: 'CCD', Bank: '09199999', Amount: '1' },
      { Id: '3', Kind: 'PPD', Bank: '09100002', Amount: '-20' },
    ]);
    expect(text.split('\r\n')).toEqual([
      '12026-03-02',
      '5PPD0001',
      '609100001000000105{000010001',
      '609100002000000200}000020001',
      '8000002000300000000950-0001',
      '5CCD0002',
      '609199999000000010{000030002',
      '8000001999900000000100 0002',
      '900020000030002-00000000850',
      '',
    ]);
  });

  test('whatever is written, the remote system finds every batch and the file to add up', async () => {
    const record = fc.record({
      Kind: fc.option(fc.constantFrom('PPD', 'CCD', 'WEB'), { nil: null }),
      Bank: fc.option(fc.stringMatching(/^\d{8}$/), { nil: null }),
      Amount: fc
        .integer({ min: -99_999, max: 99_999 })
        .map((n) => `${n < 0 ? '-' : ''}${Math.trunc(Math.abs(n) / 100)}.${String(Math.abs(n) % 100).padStart(2, '0')}`),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 12 }), async (list) => {
        const records = list.map((values, i) => ({ Id: String(i + 1), ...values }));
        const read = await readAll(reader.decoder!, await rendered(records));
        const selector = selectorOf(reader, 'pay.ach');
        const own = [...selector.select(read)];
        selector.finish();
        const groups = [...Map.groupBy(records, (values) => values.Kind).values()];
        expect(own.map(({ values: { bank, amount, batch } }) => [bank, amount, batch])).toEqual(
          groups.flatMap((members, i) => members.map(({ Bank, Amount }) => [Bank, Amount, String(i + 1).padStart(4, '0')])),
        );
      }),
      { numRuns: RUNS },
    );
  });
});
