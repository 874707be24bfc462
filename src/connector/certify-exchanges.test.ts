import { expect, test } from 'vitest';
import { sinkSchema } from '../config/schema/sink.ts';
import { type Asked, bestExchange } from './certify-exchanges.ts';
import type { Exchange } from './certify-fixtures.ts';
import { requestDiffers } from './certify-sink-exchanges.ts';

const ask = (more: Partial<Asked>): Asked => ({ method: 'POST', path: '/bills', query: {}, headers: {}, text: '', ...more });
const recorded = (request: Exchange['request']): Exchange[] => [{ request, answer: { status: 200, headers: {}, body: Buffer.from('') } }];
const NONE: ReadonlySet<string> = new Set();

const sink = sinkSchema.parse({
  target: { request: { method: 'POST', path: '/bills', body: { number: '{{ record.number }}' } } },
  schema: { fields: { number: { required: true } } },
  idempotency_key: ['number'],
});

test("a stream's request may have more than its recording names, headers too", () => {
  const exchanges = recorded({ method: 'POST', path: '/bills', query: { page: '1' }, body: { kind: 'water' } });
  const asked = ask({ query: { page: '1', size: '200' }, body: { kind: 'water', since: 'yesterday' }, headers: { 'x-api-version': '2' } });
  expect(bestExchange(exchanges, [0], asked, NONE)).toBe(0);
  expect(bestExchange(exchanges, [0], ask({ query: { page: '2' }, body: { kind: 'water' } }), NONE)).toBe(
    'no recorded POST /bills has page = "2"',
  );
});

test("a sink's request has what is recorded and nothing else, in its body and query; headers as far as they are recorded", () => {
  const differs = requestDiffers(sink, false);
  const request = { method: 'POST', path: '/bills', body: { number: '1' }, headers: { 'Content-Type': 'application/json' } };
  const headers = { 'content-type': 'application/json', 'x-other': 'y' };
  expect(differs(request, ask({ body: { number: '1' }, headers }), NONE)).toEqual([]);
  expect(differs(request, ask({ body: { number: '1', note: null }, headers }), NONE)).toEqual([]);
  expect(differs(request, ask({ body: { number: '1', note: 'new' }, headers }), NONE)).toEqual(['note = "new", recorded null']);
  expect(differs(request, ask({ body: { number: 1 }, headers }), NONE)).toEqual(['number = 1, recorded "1"']);
  expect(differs(request, ask({ body: { number: '1' } }), NONE)).toEqual(['the header Content-Type = null']);
  expect(differs(request, ask({ query: { dry: 'true' }, body: { number: '1' }, headers }), NONE)).toEqual(['dry = "true", recorded null']);
});
