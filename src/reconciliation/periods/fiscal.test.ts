import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closedPeriods } from './closed.ts';
import { dayAfter, dayPeriod, monthOf, monthsOf, readPeriod, yearOf } from './fiscal.ts';

describe('a period is named', () => {
  test.each([
    ['2026-07-15', '07-01', '2026-07-15', '2026-07-15'],
    ['2026-07', '07-01', '2026-07-01', '2026-07-31'],
    ['2026/2027', '07-01', '2026-07-01', '2027-06-30'],
    ['2026/2027-P01', '07-01', '2026-07-01', '2026-07-31'],
    ['2026/2027 P12', '10-01', '2027-09-01', '2027-09-30'],
    ['2026/2027', '04-01', '2026-04-01', '2027-03-31'],
    ['2027', '01-01', '2027-01-01', '2027-12-31'],
    ['2026/2027-P01', '04-06', '2026-04-06', '2026-05-05'],
    ['2026/2027-P12', '04-06', '2027-03-06', '2027-04-05'],
    ['2028-02', '07-01', '2028-02-01', '2028-02-29'],
  ])('%s where the year begins on %s', (text, starts, first, last) => {
    expect(readPeriod(text, starts)).toMatchObject({ first, last });
  });

  test.each([
    ['2026-13', '07-01'],
    ['2026-02-30', '07-01'],
    ['2026', '07-01'],
    ['2026/2028', '07-01'],
    ['2026/2027-P13', '07-01'],
    ['2026/2027-P00', '07-01'],
    ['2026-07', '04-06'],
    ['July', '07-01'],
    ['', '07-01'],
  ])('%s names none where the year begins on %s', (text, starts) => {
    expect(readPeriod(text, starts)).toBeUndefined();
  });
});

const day = fc.integer({ min: 0, max: 20_000 }).map((n) => new Date(n * 86_400_000).toISOString().slice(0, 10));
const starts = fc.constantFrom('01-01', '04-01', '07-01', '10-01', '04-06', '01-31', '12-31');

test('every day is in one month and one year; months follow each other without a gap; a name reads as the period it names', () => {
  fc.assert(
    fc.property(day, starts, (date, begin) => {
      const [month, year] = [monthOf(date, begin), yearOf(date, begin)];
      for (const period of [month, year]) {
        expect(period.first <= date && date <= period.last).toBe(true);
        expect(readPeriod(period.id, begin)).toEqual(period);
      }
      const months = monthsOf(year, begin);
      expect(months).toHaveLength(12);
      expect(months[0]!.first).toBe(year.first);
      expect(months.at(-1)!.last).toBe(year.last);
      months.slice(1).forEach((one, i) => expect(one.first).toBe(dayAfter(months[i]!.last)));
    }),
  );
});

test('the first open day is open, and no day between is', () => {
  fc.assert(
    fc.property(day, fc.array(day, { maxLength: 6 }), fc.array(day, { maxLength: 2 }), (from, days, months) => {
      const closed = closedPeriods([...days.map(dayPeriod), ...months.map((d) => monthOf(d, '07-01'))]);
      const open = closed.firstOpen(from);
      expect(closed.of(open)).toBeUndefined();
      for (let at = from; at < open; at = dayAfter(at)) expect(closed.of(at)).toBeDefined();
    }),
  );
});
