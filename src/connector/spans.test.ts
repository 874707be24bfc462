import fc from 'fast-check';
import { expect, test } from 'vitest';
import { streamSchema } from '../config/schema/connector.ts';
import type { StreamState } from './pages.ts';
import { boundsOf, spansOf } from './spans.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const incremental = (more: object) =>
  streamSchema.parse({
    retriever: { request: {} },
    schema: { fields: {} },
    primary_key: ['id'],
    incremental: { cursor: 'changed', ...more },
  }).incremental!;
const spans = (more: object, state: StreamState = {}, now = NOW) =>
  spansOf(incremental(more), { name: 'office.bills', state, variables: {}, now });

test('a service that limits the time is asked in windows, from the oldest on, the last one up to now', () => {
  expect(spans({ start: '2026-01-01', window: '30d', delay: '2h' })).toEqual([
    { from: '2026-01-01', to: '2026-01-31T00:00:00.000' },
    { from: '2026-01-31T00:00:00.000', to: '2026-03-01T10:00:00.000' },
  ]);
});

test('without a window there is one, from the saved position or the start', () => {
  expect(spans({ start: '2020-01-01' })).toEqual([{ from: '2020-01-01', to: '2026-03-01T12:00:00.000' }]);
  expect(spans({}, { cursor: '2026-02-01T00:00:00.000' })).toEqual([{ from: '2026-02-01T00:00:00.000', to: '2026-03-01T12:00:00.000' }]);
  expect(spansOf(undefined, { name: '', state: {}, variables: {}, now: NOW })).toEqual([{}]);
});

test('windows leave no gap, none is longer than it may be, and the last one ends now', () => {
  const day = 86_400_000;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4000 * day }),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 0, max: 30 }),
      (age, days, back) => {
        const cursor = new Date(NOW.getTime() - age).toISOString().slice(0, 23);
        const list = spans({ window: `${days}d`, lookback: `${back}d` }, { cursor });
        const at = (text: string | undefined) => Date.parse(`${text}Z`);
        expect(at(list[0]!.from)).toBe(NOW.getTime() - age - back * day);
        expect(at(list.at(-1)!.to)).toBe(NOW.getTime());
        list.forEach((span, i) => {
          expect(at(span.to) - at(span.from)).toBeLessThanOrEqual(days * day);
          if (i > 0) expect(span.from).toBe(list[i - 1]!.to);
        });
      },
    ),
  );
});

test('a report that was ordered keeps its own stretch of time; what came since follows where windows are wanted', () => {
  const report = { id: '7', order: '', at: '', from: '2026-01-01', to: '2026-02-01T00:00:00.000' };
  expect(spans({ start: '2026-01-01' }, { report })).toEqual([{ from: '2026-01-01', to: '2026-02-01T00:00:00.000' }]);
  expect(spans({ start: '2026-01-01', window: '365d' }, { report })).toEqual([
    { from: '2026-01-01', to: '2026-02-01T00:00:00.000' },
    { from: '2026-02-01T00:00:00.000', to: '2026-03-01T12:00:00.000' },
  ]);
});

test('a start that is no date cannot be cut into windows, and is told', () => {
  expect(() => spans({ start: 'last year', window: '30d' })).toThrow('"last year" is no date to begin with');
});

test('bounds are written as the request wants dates', () => {
  expect(boundsOf({ from: '2026-01-31', to: '2026-03-01T10:05:00.000' }, incremental({ format: 'MM/DD/YYYY HH:mm' }))).toEqual({
    from: '01/31/2026 00:00',
    to: '03/01/2026 10:05',
  });
});
