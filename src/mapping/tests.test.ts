import { expect, test } from 'vitest';
import { mappingSchema } from '../config/schema/mapping.ts';
import { entitySchema } from '../config/schema/model.ts';
import { runMappingTests } from './tests.ts';

const ENTITY = entitySchema.parse({
  entity: 'receipt',
  title: 'Receipt',
  fields: {
    amount: { type: 'money', required: true, class: 'public' },
    received_on: { type: 'date', class: 'public' },
    tender: { type: 'code', class: 'public' },
    voided: { type: 'boolean', class: 'public' },
    payments: { type: 'integer', class: 'public' },
  },
});

function run(tests: unknown[], more: Record<string, unknown> = {}) {
  const fields = {
    amount: 'sum',
    received_on: { from: 'on', parse: { date: 'MM/DD/YYYY' } },
    tender: { from: 't', case: 'lower' },
    voided: { from: 'v', default: false },
    payments: { from: 'n', default: 1 },
  };
  const mapping = mappingSchema.parse({ mapping: 'm', entity: 'receipt', from: { connector: 'c', stream: 's' }, fields, tests, ...more });
  return runMappingTests(mapping, ENTITY, { currency: 'USD', timeZone: 'UTC', lookups: new Map() }).map((r) =>
    r.passed ? 'passed' : r.differences.map((d) => `${d.at}: expected ${d.expected}, got ${d.got}`),
  );
}

const record = { sum: 12.5, on: '07/01/2026', t: 'CASH', v: true };

test('what a mapping must give is written as people write values', () => {
  expect(
    run([
      {
        name: 'a',
        record,
        gives: { amount: '12.50', received_on: '2026-07-01', tender: 'cash', tender_raw: 'cash', voided: true, payments: 1 },
      },
      { name: 'b', record, gives: { amount: { minor: 1250, currency: 'USD' }, voided: 1, payments: '1', amount_currency: 'USD' } },
      { name: 'c', record: { ...record, on: null }, gives: { received_on: null } },
      { name: 'd', record, gives: [{ amount: 12.5 }] },
      { name: 'e', record: { ...record, sum: 'x' }, rejects: 'is not an amount' },
    ]),
  ).toEqual(['passed', 'passed', 'passed', 'passed', 'passed']);
});

test('each difference is told by column, expected against got', () => {
  expect(
    run([{ name: 'a', record, gives: { amount: '12.05', received_on: '2026-07-02', voided: false, tender: null, amonut: '1' } }]),
  ).toEqual([
    [
      'amount: expected 12.05, got 12.50',
      'received_on: expected 2026-07-02, got 2026-07-01',
      'voided: expected false, got true',
      'tender: expected null, got cash',
      'amonut: expected 1, got no such column; did you mean amount?',
    ],
  ]);
  expect(run([{ name: 'a', record, gives: { amount: { minor: 1250, currency: 'CAD' } } }])).toEqual([
    ['amount: expected 12.50 CAD, got 12.50 USD'],
  ]);
  expect(run([{ name: 'a', record, gives: { amount: 'twelve' } }])).toEqual([
    ['amount: expected twelve (write 12.50, or { minor: 1250, currency: USD }), got 12.50'],
  ]);
});

test('a record that is rejected, or not rejected, against what the test says fails with the reason', () => {
  expect(run([{ name: 'a', record: { ...record, sum: 'x' }, gives: { amount: '1' } }])).toEqual([
    ['rejects: expected not rejected, got sum "x" is not an amount. [AMOUNT_INVALID]'],
  ]);
  expect(run([{ name: 'a', record, rejects: 'is not an amount' }])).toEqual([['rejects: expected is not an amount, got not rejected']]);
  expect(run([{ name: 'a', record, gives: null }])).toEqual([['records: expected nothing, got 1 record']]);
});

test('a mapping that skips a record, or makes several of it, is tested too', () => {
  expect(run([{ name: 'a', record, gives: null }], { when: { field: 't', is: 'CHECK' } })).toEqual(['passed']);
  const lists = [{ name: 'a', record: { list: [record, { ...record, sum: 2 }] }, gives: [{ amount: '12.50' }, { amount: '3' }, {}] }];
  expect(run(lists, { for_each: 'list' })).toEqual([['records: expected 3 records, got 2 records', '2: amount: expected 3.00, got 2.00']]);
});
