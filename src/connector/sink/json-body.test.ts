import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sinkSchema } from '../../config/schema/connector.ts';
import type { SinkConfig } from '../../config/schema/connector.ts';
import type { Values } from '../../core/record.ts';
import { jsonBody } from './json-body.ts';
import { renderSink } from './sink.ts';

const sink = (more: object = {}): SinkConfig =>
  sinkSchema.parse({
    target: { request: { path: '/receipts' } },
    schema: {
      fields: {
        number: {},
        count: { type: 'integer' },
        amount: { type: 'decimal' },
        open: { type: 'boolean' },
        lines: { type: 'list' },
        'lines.account': {},
        'lines.amount': { type: 'decimal' },
      },
    },
    idempotency_key: ['number'],
    json_types: true,
    ...more,
  });
const RECORD: Values = {
  number: '0042',
  count: '3',
  amount: '12.50',
  open: 'true',
  lines: [
    { account: '0610', amount: '10.00' },
    { account: '0611', amount: '-2.50' },
  ],
};

test('numbers keep their digits, booleans are booleans, and a number with leading zeros that is a name stays a text', () => {
  const template = {
    no: '{{ record.number }}',
    n: '{{ record.count }}',
    amount: '{{ record.amount }}',
    open: '{{ record.open }}',
    lines: '{{ record.lines }}',
    first: '{{ record.lines.0.amount }}',
    note: 'till {{ record.count }}',
    missing: '{{ record.nothing }}',
    version: 2,
    test: false,
    key: '{{ idempotency_key }}',
  };
  expect(jsonBody(template, sink(), RECORD, { idempotency_key: '12' })).toBe(
    '{"no":"0042","n":3,"amount":12.50,"open":true,"lines":[{"account":"0610","amount":10.00},{"account":"0611","amount":-2.50}],' +
      '"first":10.00,"note":"till 3","missing":null,"version":2,"test":false,"key":"12"}',
  );
});

test('an amount of any size is written with exactly its digits', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.integer({ min: 0, max: 9 }), (units, decimals) => {
      const digits = String(units < 0n ? -units : units).padStart(decimals + 1, '0');
      const amount = `${units < 0n ? '-' : ''}${digits.slice(0, digits.length - decimals)}${decimals ? `.${digits.slice(-decimals)}` : ''}`;
      expect(jsonBody({ a: '{{ record.amount }}' }, sink(), { amount }, {})).toBe(`{"a":${amount}}`);
    }),
  );
  expect(jsonBody('{{ record.count }}', sink(), { count: '-007' }, {})).toBe('-7');
});

const text = async (config: SinkConfig): Promise<string> =>
  Buffer.from((await renderSink(config, [RECORD], { date: '2026-03-02', sequence: 7 })).bytes).toString();

test('the json encoder writes them too, of records and of rows', async () => {
  const file = { target: { file: { name: 'a.json' } }, encoder: { json: {} }, totals: ['amount'] };
  expect(await text(sink(file))).toContain('"count":3,"amount":12.50,"open":true,"lines":[{"account":"0610","amount":10.00}');
  const rows = {
    each: [{ No: '{{ record.number }}', Sum: '{{ record.amount }}', Lines: '{{ record.lines }}', Text: 'no {{ record.count }}' }],
    trailer: [{ Records: '{{ count }}', Total: '{{ total.amount }}' }],
  };
  expect(await text(sink({ ...file, rows }))).toBe(
    '[\n{"No":"0042","Sum":12.50,"Lines":[{"account":"0610","amount":10.00},{"account":"0611","amount":-2.50}],"Text":"no 3"},\n{"Records":1,"Total":12.50}\n]\n',
  );
  expect(await text(sink({ ...file, json_types: false }))).toContain('"count":"3","amount":"12.50"');
});
