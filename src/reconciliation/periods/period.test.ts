import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayIn } from '../../core/time/time.ts';
import { keyColumns, keyPart } from './period.ts';

const TOWN = { zone: 'America/New_York', starts: '07-01' };

test('a record counts by a field, by its month, or by the fiscal year it falls in', () => {
  const row = { received_on: '2026-03-31', tender: 'cash', payments: 3, branch: null };
  expect(keyPart('tender', row, TOWN)).toBe('cash');
  expect(keyPart({ field: 'payments' }, row, TOWN)).toBe('3');
  expect(keyPart({ month: 'received_on' }, row, TOWN)).toBe('2026-03');
  expect(keyPart({ fiscal_year: 'received_on' }, row, TOWN)).toBe('2025/2026');
  expect(keyPart({ fiscal_year: 'received_on', starts: '04-01' }, row, TOWN)).toBe('2025/2026');
  expect(keyPart({ fiscal_year: 'received_on', starts: '03-31' }, row, TOWN)).toBe('2026/2027');
  expect(keyPart({ fiscal_year: 'received_on' }, row, { ...TOWN, starts: '01-01' })).toBe('2026');
  expect(keyPart({ fiscal_year: 'branch' }, row, TOWN)).toBe('');
  expect(keyPart('nowhere', row, TOWN)).toBe('');
  expect(keyColumns({ fiscal_year: 'received_on', starts: '04-01' })).toEqual(['received_on']);
});

test('the days of one fiscal year are those between its first day and the next', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom('01-01', '04-01', '07-01', '10-01'), (days, starts) => {
      const date = new Date(Date.UTC(1970, 0, 1) + days * 86_400_000).toISOString().slice(0, 10);
      const year = keyPart({ fiscal_year: 'd' }, { d: date }, { ...TOWN, starts });
      const first = Number(year.slice(0, 4));
      expect(date >= `${first}-${starts}` && date < `${first + 1}-${starts}`).toBe(true);
      expect(year).toBe(starts === '01-01' ? String(first) : `${first}/${first + 1}`);
    }),
  );
});

test('a moment counts by the day, month and year that it is in town, not in UTC', () => {
  const row = { paid_at: '2026-07-01T02:30:00.000Z', winter: '2027-01-01T04:59:59.999Z', noon: '2026-07-01T16:00:00.000Z' };
  expect(keyPart({ day: 'paid_at' }, row, TOWN)).toBe('2026-06-30');
  expect(keyPart({ month: 'paid_at' }, row, TOWN)).toBe('2026-06');
  expect(keyPart({ fiscal_year: 'paid_at' }, row, TOWN)).toBe('2025/2026');
  expect(keyPart({ month: 'winter' }, row, TOWN)).toBe('2026-12');
  expect(keyPart({ fiscal_year: 'noon' }, row, TOWN)).toBe('2026/2027');
  expect(keyPart({ fiscal_year: 'paid_at' }, row, { ...TOWN, zone: 'UTC' })).toBe('2026/2027');
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1970-01-02'), max: new Date('2099-12-30'), noInvalidDate: true }),
      fc.constantFrom('America/New_York', 'America/Phoenix', 'Pacific/Honolulu', 'UTC'),
      (at, zone) => {
        const calendar = { zone, starts: '07-01' };
        const day = dayIn(zone, at);
        const moment = { d: at.toISOString() };
        for (const key of [{ day: 'd' }, { month: 'd' }, { fiscal_year: 'd' }])
          expect(keyPart(key, moment, calendar)).toBe(keyPart(key, { d: day }, calendar));
      },
    ),
  );
});
