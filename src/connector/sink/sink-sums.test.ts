import { expect, test } from 'vitest';
import { sinkSchema } from '../../config/schema/sink.ts';
import { figuresOf, totalsOf } from './sink-sums.ts';

const sink = sinkSchema.parse({
  target: { file: { name: 'entries.csv' } },
  encoder: { csv: {} },
  rows: { for_each: 'Lines', each: [{ Amount: '{{ record.Lines.Amount }}' }] },
  schema: {
    fields: {
      Ref: {},
      Kind: {},
      Lines: { type: 'list' },
      'Lines.Side': { values: ['D', 'C'] },
      'Lines.Amount': { type: 'decimal', decimals: 3 },
    },
  },
  idempotency_key: ['Ref'],
  totals: [
    'Lines.Amount',
    { name: 'Debits', of: 'Lines.Amount', where: { 'Lines.Side': 'D' } },
    { name: 'Corrections', of: 'Lines.Amount', where: { 'Lines.Side': ['D'], Kind: 'correction' } },
  ],
});
const line = (Side: string, Amount: string) => ({ Side, Amount });
const entries = [
  { Ref: '1', Kind: 'entry', Lines: [line('D', '10.5'), line('D', '2'), line('C', '12.5')] },
  { Ref: '2', Kind: 'correction', Lines: [line('D', '1'), line('C', '1')] },
];

test('the debits of journal entries are a total by themselves, not debits and credits added together', () => {
  expect(totalsOf(sink, entries)).toEqual({ 'Lines.Amount': '27.000', Debits: '13.500', Corrections: '1.000' });
  const figures = figuresOf(sink, entries);
  expect([figures.count, figures['count.Debits'], figures['count.Corrections']]).toEqual(['2', '3', '1']);
});
