import type { StreamState } from '../source/stream-state.ts';

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { streamSchema } from '../../config/schema/connector.ts';
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
    { from: '2026-01-01T00:00:00.000', to: '2026-01-31T00:00:00.000' },
    { from: '2026-01-31T00:00:00.000', to: '2026-03-01T10:00:00.000' },
  ]);
});

test('without a window there is one, from the saved position or the start', () => {
  expect(spans({ start: '2020-01-01' })).toEqual([{ from: '2020-01-01T00:00:00.000', to: '2026-03-01T12:00:00.000' }]);
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

test('a start that is not a date cannot be cut into windows, and is told', () => {
  expect(() => spans({ start: 'last year', window: '30d' })).toThrow('the start of reading is set to "last year", which is not a date.');
});

test('bounds are written as the request wants dates', () => {
  expect(boundsOf({ from: '2026-01-31', to: '2026-03-01T10:05:00.000' }, incremental({ format: 'MM/DD/YYYY HH:mm' }))).toEqual({
    from: '01/31/2026 00:00',
    to: '03/01/2026 10:05',
  });
});

test('every run writes its bounds in one format, and without one says whose clock it is', () => {
  const sent = (more: object, state: StreamState = {}) =>
    boundsOf(spans({ start: '2026-01-01T00:00:00Z', ...more }, state)[0]!, incremental(more), { 'options.zone': 'America/New_York' });
  expect(sent({})).toEqual({ from: '2026-01-01T00:00:00.000Z', to: '2026-03-01T12:00:00.000Z' });
  expect(sent({}, { cursor: '2026-02-01T18:39:45.275' }).from).toBe('2026-02-01T18:39:45.275Z');
  const local = { time_zone: '{{ options.zone }}', format: 'YYYY-MM-DDTHH:mm:ss' };
  expect(sent(local, { cursor: '2026-02-01T18:39:45.275' }).from).toBe('2026-02-01T13:39:45');
});

test('a start without a zone is a time by the clock of the service', () => {
  const from = (start: string) => spans({ start, time_zone: 'America/New_York' })[0]!.from;
  expect(from('2026-01-01')).toBe('2026-01-01T05:00:00.000');
  expect(from('2026-07-01T08:00:00')).toBe('2026-07-01T12:00:00.000');
  expect(from('2026-01-01T00:00:00Z')).toBe('2026-01-01T00:00:00.000');
});

test('a time zone that there is not is told', () => {
  expect(() => spans({ start: '2026-01-01', time_zone: 'Maplewood' })).toThrow('"Maplewood" is not a time zone.');
});

test('a start that is not a time is sent as it is written', () => {
  expect(boundsOf({ from: 'A17' }, incremental({ format: 'YYYY' })).from).toBe('A17');
});
