import { expect, test } from 'vitest';
import { sinkSchema } from '../../config/schema/sink.ts';
import type { OutboxRow } from '../../reports/outbound/outgoing.ts';
import { recordName } from './outgoing.ts';

const sink = sinkSchema.parse({
  target: { file: { name: 'a.csv' } },
  encoder: { csv: {} },
  schema: { fields: { Number: {} } },
  idempotency_key: ['Number'],
});
const row = { key: '["000121"]', golden: 4, version: 1 } as OutboxRow;

test('a record is named by its key; one that has none yet as its source knows it', () => {
  expect(recordName(sink, 'receipt', row)).toBe('000121');
  const keyless = { ...row, key: '{"golden":4}', version: 2 };
  expect(recordName(sink, 'receipt', keyless, 'receipt 000124 of pool')).toBe('receipt 000124 of pool, version 2');
  expect(recordName(sink, 'receipt', keyless)).toBe('receipt 4, version 2');
});
