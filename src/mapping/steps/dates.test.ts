import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayIn, daysInMonth } from '../../core/time/time.ts';
import { compileFormat } from '../../core/time/date-format.ts';
import { compileDate, compileDateTime, ISO_DATETIMES } from './dates.ts';
import { Fault } from '../fault.ts';
import { zoneOf } from '../../core/time/zones.ts';

const NEW_YORK = 'America/New_York';

function date(text: string, ...formats: string[]): string {
  const read = compileDate(formats, NEW_YORK, (message) => expect.fail(message))!(text);
  return read instanceof Fault ? `${read.code} ${read.what}${read.detail ? `: ${read.detail}` : ''}` : read;
}

function inZone(zone: string, text: string, ...formats: string[]): string {
  return String(compileDate(formats, NEW_YORK, (message) => expect.fail(message), zone)!(text));
}

function moment(text: string, ...formats: string[]): string {
  const read = compileDateTime(formats.length ? formats : ISO_DATETIMES, NEW_YORK, (message) => expect.fail(message))!(text);
  return read instanceof Fault ? `${read.code} ${read.what}` : read;
}

const two = (n: number): string => String(n).padStart(2, '0');
const NAMES = ['Jan', 'February', 'Mar', 'april', 'MAY', 'Jun.', 'July', 'Aug', 'Sept', 'OCT', 'November', 'Dec.'];
const calendarDay = fc
  .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 }))
  .chain(([year, month]) => fc.tuple(fc.constant(year), fc.constant(month), fc.integer({ min: 1, max: daysInMonth(year, month) })));

describe('dates', () => {
  test('every day of the calendar is read from every way to write it', () => {
    fc.assert(
      fc.property(calendarDay, ([y, m, d]) => {
        const year = String(y).padStart(4, '0');
        const iso = `${year}-${two(m)}-${two(d)}`;
        expect(date(iso, 'YYYY-MM-DD')).toBe(iso);
        expect(date(`${two(m)}/${two(d)}/${year}`, 'MM/DD/YYYY')).toBe(iso);
        expect(date(`${m}/${d}/${year}`, 'M/D/YYYY')).toBe(iso);
        expect(date(`${year}${two(m)}${two(d)}`, 'YYYYMMDD')).toBe(iso);
        expect(date(`${NAMES[m - 1]} ${d}, ${year}`, 'MMM D, YYYY')).toBe(iso);
        expect(date(`${iso} 23:59:59.999`, 'YYYY-MM-DD HH:mm:ss.SSS')).toBe(iso);
        const ms = Date.parse(`${iso}T12:00:00Z`);
        // A day inside the years 1 to 9999, so an offset cannot lead out.
        if (iso > '0001-01-01' && iso < '9999-12-31') expect(date(`/Date(${ms}+0000)/`, '/Date(ms-0400)/')).toBe(iso);
      }),
    );
  });

  test('a day that does not exist is refused, and it is said why', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 }), (y, m, d) => {
        fc.pre(m < 1 || m > 12 || d < 1 || d > daysInMonth(y, m));
        expect(date(`${String(y).padStart(4, '0')}-${two(m)}-${two(d)}`, 'YYYY-MM-DD')).toMatch(/^DATE_INVALID is not a day that exists/);
      }),
    );
    expect(date('2026-02-30', 'YYYY-MM-DD')).toBe('DATE_INVALID is not a day that exists: February 2026 has 28 days');
    expect(date('31/12/2026', 'MM/DD/YYYY')).toBe('DATE_INVALID is not a day that exists: there is no month 31, read as MM/DD/YYYY');
  });

  test('whatever else is in a date field is refused, never guessed', () => {
    fc.assert(fc.property(fc.string(), (text) => void expect(date(text, 'YYYY-MM-DD')).toMatch(/^\d{4}-\d\d-\d\d$|^DATE_INVALID/)));
    for (const text of ['2026-1-05', '2026-01-05 ', '2026-01-05x', '26-01-05', '０2026-01-05', ''])
      expect(date(text, 'YYYY-MM-DD')).toMatch('DATE_INVALID is not a date written as YYYY-MM-DD');
  });

  test('a source that writes dates in several ways is read by several formats, in order', () => {
    const formats = ['YYYY/MM/DD', '/Date(ms-0400)/', 'MMM D, YYYY'];
    expect(date('2020/01/02', ...formats)).toBe('2020-01-02');
    expect(date('/Date(1577937600000-0400)/', ...formats)).toBe('2020-01-02');
    expect(date('Jan 2, 2020', ...formats)).toBe('2020-01-02');
    expect(date('02.01.2020', ...formats)).toBe('DATE_INVALID is not a date written as YYYY/MM/DD or /Date(ms-0400)/ or MMM D, YYYY');
    expect(date('13/02/2026', 'MM/DD/YYYY', 'DD/MM/YYYY')).toBe('2026-02-13');
  });

  test('months, two-digit years, times, weekdays and seconds since 1970', () => {
    expect(date('2019-07', 'YYYY-MM')).toBe('2019-07-01');
    expect(date('260705', 'YYMMDD')).toBe('2026-07-05');
    expect(date('680101', 'YYMMDD')).toBe('2068-01-01');
    expect(date('690101', 'YYMMDD')).toBe('1969-01-01');
    expect(date('07/05/2026 11:30:00.000', 'MM/DD/YYYY HH:mm:ss.SSS')).toBe('2026-07-05');
    expect(date('Wednesday, July 1, 2026', 'dddd, MMMM D, YYYY')).toBe('2026-07-01');
    expect(date('Tuesday, July 1, 2026', 'dddd, MMMM D, YYYY')).toBe('DATE_INVALID is not on the day of the week given');
    // An instant has the day that it is in town: 2020-01-01 03:00 UTC is New Year's Eve in New York.
    expect(date('1577847600', 'unix')).toBe('2019-12-31');
    expect(date('/Date(1577847600000)/', '/Date(ms)/')).toBe('2019-12-31');
    expect(date('99999999999999999', 'unix')).toMatch('DATE_INVALID');
  });

  test('what says a moment gives the day that it is in town, whichever way it is written', () => {
    // 02:30 UTC on July 1 is June 30 in New York, and there another fiscal year.
    const ms = Date.UTC(2026, 6, 1, 2, 30);
    expect(inZone('UTC', '2026-07-01 02:30', 'YYYY-MM-DD HH:mm')).toBe('2026-06-30');
    expect(inZone('America/Los_Angeles', '06/30/2026 10:30 PM', 'MM/DD/YYYY hh:mm A')).toBe('2026-07-01');
    expect(date('2026-07-01T02:30:00Z', 'YYYY-MM-DDTHH:mm:ssZ')).toBe('2026-06-30');
    expect(date('2026-07-01T02:30:00.1234567+00:00', 'YYYY-MM-DDTHH:mm:ss.SSSZ')).toBe('2026-06-30'); // datetimeoffset of SQL Server
    expect(date('2026-06-30T23:30:00-07:00', 'YYYY-MM-DDTHH:mm:ssZ')).toBe('2026-07-01');
    expect(date(`/Date(${ms})/`, '/Date(ms)/')).toBe('2026-06-30');
    // .NET writes a day as midnight on the sender's clock, with its offset; with a zone it is declared to be a moment.
    expect(date(`/Date(${ms}+0000)/`, '/Date(ms-0400)/')).toBe('2026-07-01');
    expect(inZone('UTC', `/Date(${ms}+0000)/`, '/Date(ms-0400)/')).toBe('2026-06-30');
    expect(date(String(ms / 1000), 'unix')).toBe('2026-06-30');
    // An offset that means nothing is declared as text.
    expect(date('2026-07-01T00:00:00Z', 'YYYY-MM-DDTHH:mm:ss[Z]')).toBe('2026-07-01');
    // Clock time in town, and a day without a time, are what they say.
    expect(date('2026-07-01 02:30', 'YYYY-MM-DD HH:mm')).toBe('2026-07-01');
    expect(inZone('UTC', '2026-07-01', 'YYYY-MM-DD HH:mm', 'YYYY-MM-DD')).toBe('2026-07-01');
    // In the hour that is skipped there and the one that comes twice, the day is the one around it.
    expect(inZone('Europe/London', '2026-03-29 01:30', 'YYYY-MM-DD HH:mm')).toBe('2026-03-28');
    expect(inZone('Europe/London', '2026-10-25 01:30', 'YYYY-MM-DD HH:mm')).toBe('2026-10-24');
  });

  test('the day of a date is the day of the moment that the same text is', () => {
    const zones = fc.constantFrom('UTC', 'America/Los_Angeles', 'Europe/London', 'Asia/Kathmandu', 'Pacific/Auckland');
    fc.assert(
      fc.property(zones, fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2037, 0) }), (zone, at) => {
        const local = new Date(Math.floor(at / 60_000) * 60_000).toISOString().slice(0, 16).replace('T', ' ');
        const instant = compileDateTime(['YYYY-MM-DD HH:mm'], zone, (message) => expect.fail(message))!(local) as string;
        expect(inZone(zone, local, 'YYYY-MM-DD HH:mm')).toBe(dayIn(NEW_YORK, new Date(instant)));
        expect(date(instant, 'YYYY-MM-DDTHH:mm:ss.SSSZ')).toBe(dayIn(NEW_YORK, new Date(instant)));
      }),
      { numRuns: 200 },
    );
  });

  test('a zone that can have no effect is refused', () => {
    const said: string[] = [];
    expect(compileDate(['YYYY-MM-DD', 'MM/DD/YYYY'], NEW_YORK, (message) => said.push(message), 'UTC')).toBeUndefined();
    expect(said).toEqual(['A zone is for formats with a time of day; a day alone is the same in every zone.']);
  });

  test('a format that cannot work is refused with what was meant', () => {
    expect(compileFormat('yyyy-MM-dd')).toMatch('"yyyy", which is not part of a date; write YYYY');
    expect(compileFormat('YYYY-mm-DD')).toMatch('has no month');
    expect(compileFormat('MDDYYYY')).toMatch('cannot be distinguished');
    expect(compileFormat('MM/DD/YYYY hh:mm')).toMatch('hh without A');
    expect(compileFormat('MM/DD')).toMatch('has no year');
  });
});

describe('moments', () => {
  test('a text with an offset is that instant; one without is clock time in town', () => {
    expect(moment('2026-07-01T12:00:00Z')).toBe('2026-07-01T12:00:00.000Z');
    expect(moment('2026-07-01T12:00:00-05:00')).toBe('2026-07-01T17:00:00.000Z');
    expect(moment('2026-07-01T12:00:00.1234567')).toBe('2026-07-01T16:00:00.123Z');
    expect(moment('2026-01-01 12:00:00')).toBe('2026-01-01T17:00:00.000Z');
    expect(moment('07/01/2026 12:05:00.500', 'MM/DD/YYYY HH:mm:ss.SSS')).toBe('2026-07-01T16:05:00.500Z');
    expect(moment('7/1/2026 12:05 am', 'M/D/YYYY h:mm A')).toBe('2026-07-01T04:05:00.000Z');
    expect(moment('7/1/2026 12:05 p.m.', 'M/D/YYYY h:mm A')).toBe('2026-07-01T16:05:00.000Z');
    expect(moment('2026-07-01T25:00:00')).toBe('DATE_INVALID is not a time that exists');
    expect(moment('/Date(1577937600000-0400)/', '/Date(ms-0400)/')).toBe('2020-01-02T04:00:00.000Z');
  });

  test('the hour that is skipped in spring counts on, and of the hour that comes twice in autumn it is the first', () => {
    expect(moment('2026-03-08 01:59:59')).toBe('2026-03-08T06:59:59.000Z');
    expect(moment('2026-03-08 02:30:00')).toBe('2026-03-08T07:30:00.000Z'); // 03:30 daylight time
    expect(moment('2026-03-08 03:00:00')).toBe('2026-03-08T07:00:00.000Z');
    expect(moment('2026-11-01 00:59:59')).toBe('2026-11-01T04:59:59.000Z');
    expect(moment('2026-11-01 01:30:00')).toBe('2026-11-01T05:30:00.000Z'); // daylight time, not 06:30
    expect(moment('2026-11-01 02:00:00')).toBe('2026-11-01T07:00:00.000Z');
  });

  test('clock time and instant agree at every moment of every zone but in those two hours', () => {
    const zones = fc.constantFrom(NEW_YORK, 'America/Phoenix', 'Europe/London', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC');
    fc.assert(
      fc.property(zones, fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2037, 0) }), (name, instant) => {
        const zone = zoneOf(name);
        const local = zone.localOf(instant);
        const back = zone.instantOf(local);
        // The same clock time again, and never later than the moment that we came from.
        expect(zone.localOf(back)).toBe(local);
        expect(back).toBeLessThanOrEqual(instant);
        expect(instant - back).toBeLessThanOrEqual(3_600_000);
      }),
      { numRuns: 300 },
    );
  });
});
