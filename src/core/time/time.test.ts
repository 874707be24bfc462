import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { daysInMonth, fiscalPeriod, fiscalYear, isCalendarDate, parseDuration } from './time.ts';

const day = fc
  .date({ min: new Date('1990-01-01'), max: new Date('2060-12-31'), noInvalidDate: true })
  .map((d) => d.toISOString().slice(0, 10));
const starts = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([m, d]) => `${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`);

test('days that exist are those of the calendar', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1900, max: 2100 }), fc.integer({ min: -1, max: 14 }), fc.integer({ min: -1, max: 33 }), (y, m, d) => {
      const date = new Date(Date.UTC(y, m - 1, d));
      expect(isCalendarDate(y, m, d)).toBe(date.getUTCFullYear() === y && date.getUTCMonth() === m - 1 && date.getUTCDate() === d);
    }),
  );
  expect([1900, 2000, 2024, 2025].map((y) => daysInMonth(y, 2))).toEqual([28, 29, 29, 28]);
});

describe('fiscal years', () => {
  test.each([
    ['2026-06-30', '07-01', '2025/2026', 12],
    ['2026-07-01', '07-01', '2026/2027', 1],
    ['2024-02-29', '07-01', '2023/2024', 8],
    ['2026-01-01', '01-01', '2026', 1],
    ['2026-12-31', '01-01', '2026', 12],
    ['2021-03-31', '04-01', '2020/2021', 12],
    ['2021-04-05', '04-06', '2020/2021', 12],
    ['2021-04-06', '04-06', '2021/2022', 1],
    ['2022-01-03', '04-06', '2021/2022', 9],
    ['2024-02-29', '03-01', '2023/2024', 12],
    ['2024-02-29', '02-29', '2024/2025', 1],
    ['2025-03-01', '02-29', '2025/2026', 1],
    ['2025-02-28', '02-29', '2024/2025', 12],
  ])('%s where the year starts on %s is in %s, period %i', (date, from, year, period) => {
    expect([fiscalYear(date, from), fiscalPeriod(date, from)]).toEqual([year, period]);
  });

  test('years and periods follow each other without gap or overlap', () => {
    fc.assert(
      fc.property(day, starts, (date, from) => {
        const next = new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);
        const [a, b] = [date, next].map((d) => Number(fiscalYear(d, from).slice(0, 4)) * 12 + fiscalPeriod(d, from));
        expect(b! - a!).toBe(next.slice(8) === from.slice(3) ? 1 : 0);
        expect(fiscalPeriod(date, from)).toBeGreaterThanOrEqual(1);
        expect(fiscalPeriod(date, from)).toBeLessThanOrEqual(12);
      }),
    );
  });
});

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['0s', 0],
  ['10 s', 10_000],
  ['1.5h', undefined],
  ['-5m', undefined],
  ['5', undefined],
  ['5w', undefined],
  ['', undefined],
])('%s is %s milliseconds', (text, ms) => expect(parseDuration(text)).toBe(ms));
