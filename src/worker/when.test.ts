import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../core/errors.ts';
import { cronProblem, due, missedRuns, nextRun } from './when.ts';

const NEW_YORK = 'America/New_York';
const runs = (cron: string, zone: string, after: string, until: string): string[] =>
  missedRuns(cron, zone, new Date(after), new Date(until)).map((run) => run.toISOString().slice(0, 19) + 'Z');

describe('a schedule on an ordinary day', () => {
  it('goes by the clock of the town, in winter and in summer', () => {
    expect(nextRun('30 6 * * *', NEW_YORK, new Date('2026-01-10T00:00:00Z')).toISOString()).toBe('2026-01-10T11:30:00.000Z');
    expect(nextRun('30 6 * * *', NEW_YORK, new Date('2026-07-10T00:00:00Z')).toISOString()).toBe('2026-07-10T10:30:00.000Z');
  });

  it('gives the run after, never the one at the instant asked about', () => {
    expect(nextRun('0 6 * * *', 'UTC', new Date('2026-01-10T06:00:00Z')).toISOString()).toBe('2026-01-11T06:00:00.000Z');
    expect(nextRun('0 6 * * *', 'UTC', new Date('2026-01-10T05:59:59.999Z')).toISOString()).toBe('2026-01-10T06:00:00.000Z');
  });

  it('keeps to working hours and weekdays', () => {
    // 2026-01-09 is a Friday.
    expect(runs('0 8,17 * * 1-5', NEW_YORK, '2026-01-09T14:00:00Z', '2026-01-12T23:00:00Z')).toEqual([
      '2026-01-09T22:00:00Z',
      '2026-01-12T13:00:00Z',
      '2026-01-12T22:00:00Z',
    ]);
  });

  it('knows the last day of the month, the nearest weekday and the second Tuesday', () => {
    expect(runs('0 12 L * *', 'UTC', '2028-01-31T13:00:00Z', '2028-04-01T00:00:00Z')).toEqual([
      '2028-02-29T12:00:00Z',
      '2028-03-31T12:00:00Z',
    ]);
    expect(nextRun('0 12 15W * *', 'UTC', new Date('2026-08-01T00:00:00Z')).toISOString()).toBe('2026-08-14T12:00:00.000Z');
    expect(nextRun('0 12 * * 2#2', 'UTC', new Date('2026-09-01T00:00:00Z')).toISOString()).toBe('2026-09-08T12:00:00.000Z');
  });

  it('finds a leap day years ahead', () => {
    expect(nextRun('0 0 29 2 *', NEW_YORK, new Date('2026-03-01T00:00:00Z')).toISOString()).toBe('2028-02-29T05:00:00.000Z');
  });

  it('reads zones that are far from UTC or off by part of an hour', () => {
    expect(nextRun('0 9 * * *', 'Pacific/Kiritimati', new Date('2026-01-10T00:00:00Z')).toISOString()).toBe('2026-01-10T19:00:00.000Z');
    expect(nextRun('0 9 * * *', 'Pacific/Pago_Pago', new Date('2026-01-10T00:00:00Z')).toISOString()).toBe('2026-01-10T20:00:00.000Z');
    expect(nextRun('0 9 * * *', 'America/St_Johns', new Date('2026-01-10T00:00:00Z')).toISOString()).toBe('2026-01-10T12:30:00.000Z');
  });
});

describe('the night the clocks go forward (New York, 8 March 2026, 2:00 becomes 3:00)', () => {
  it('a nightly run whose time does not exist runs at the change and is not lost', () => {
    expect(runs('30 2 * * *', NEW_YORK, '2026-03-07T00:00:00Z', '2026-03-10T00:00:00Z')).toEqual([
      '2026-03-07T07:30:00Z',
      '2026-03-08T07:00:00Z',
      '2026-03-09T06:30:00Z',
    ]);
  });

  it('two times that do not exist make one run', () => {
    expect(runs('15,45 2 * * *', NEW_YORK, '2026-03-08T05:00:00Z', '2026-03-08T12:00:00Z')).toEqual(['2026-03-08T07:00:00Z']);
  });

  it('a run every quarter of an hour goes on without a gap and without an extra run', () => {
    expect(runs('*/15 * * * *', NEW_YORK, '2026-03-08T06:30:00Z', '2026-03-08T07:30:00Z')).toEqual([
      '2026-03-08T06:45:00Z',
      '2026-03-08T07:00:00Z',
      '2026-03-08T07:15:00Z',
      '2026-03-08T07:30:00Z',
    ]);
    expect(runs('10 * * * *', NEW_YORK, '2026-03-08T06:00:00Z', '2026-03-08T08:00:00Z')).toEqual([
      '2026-03-08T06:10:00Z',
      '2026-03-08T07:10:00Z',
    ]);
  });

  it('a change at midnight keeps the run of that midnight (Cairo, 24 April 2026)', () => {
    expect(runs('0 0 * * *', 'Africa/Cairo', '2026-04-23T12:00:00Z', '2026-04-25T12:00:00Z')).toEqual([
      '2026-04-23T22:00:00Z',
      '2026-04-24T21:00:00Z',
    ]);
  });
});

describe('the night the clocks go back (New York, 1 November 2026, 2:00 becomes 1:00)', () => {
  it('a nightly run whose time comes twice runs once', () => {
    expect(runs('30 1 * * *', NEW_YORK, '2026-10-31T12:00:00Z', '2026-11-02T12:00:00Z')).toEqual([
      '2026-11-01T05:30:00Z',
      '2026-11-02T06:30:00Z',
    ]);
  });

  it('a run every half hour does not stand still for an hour', () => {
    expect(runs('*/30 * * * *', NEW_YORK, '2026-11-01T05:00:00Z', '2026-11-01T07:00:00Z')).toEqual([
      '2026-11-01T05:30:00Z',
      '2026-11-01T06:00:00Z',
      '2026-11-01T06:30:00Z',
      '2026-11-01T07:00:00Z',
    ]);
  });

  it('a run later that day moves with the wall clock', () => {
    expect(runs('0 6 * * *', NEW_YORK, '2026-10-31T00:00:00Z', '2026-11-02T00:00:00Z')).toEqual([
      '2026-10-31T10:00:00Z',
      '2026-11-01T11:00:00Z',
    ]);
  });

  it('half an hour is repeated on Lord Howe Island, and a run in it comes once', () => {
    expect(runs('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00:00Z', '2026-04-05T12:00:00Z')).toEqual(['2026-04-04T14:45:00Z']);
  });
});

describe('what is due', () => {
  it('is every schedule with a run since the last look, up to now and including it', () => {
    const schedules = [
      { id: 'a', cron: '0 6 * * *' },
      { id: 'b', cron: '*/5 * * * *' },
      { id: 'c', cron: '1 6 * * *' },
    ];
    expect(due(schedules, 'UTC', new Date('2026-01-10T05:59:00Z'), new Date('2026-01-10T06:00:00Z')).map((s) => s.id)).toEqual(['a', 'b']);
    expect(due(schedules, 'UTC', new Date('2026-01-10T06:00:00Z'), new Date('2026-01-10T06:01:00Z')).map((s) => s.id)).toEqual(['c']);
  });

  it('cutting time into any pieces finds each run once', () => {
    const start = Date.UTC(2026, 9, 31);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 3 * 1440 - 1 }), { maxLength: 20 }),
        fc.constantFrom('30 1 * * *', '*/20 * * * *', '5 1,2,3 * * 0'),
        (cuts, cron) => {
          const edges = [0, ...cuts.sort((a, b) => a - b), 3 * 1440].map((minute) => new Date(start + minute * 60_000));
          const pieces = edges.slice(1).flatMap((until, i) => missedRuns(cron, NEW_YORK, edges[i]!, until));
          expect(pieces).toEqual(missedRuns(cron, NEW_YORK, edges[0]!, edges.at(-1)!));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('a server that was off for a year is told of at most as many missed runs as asked for', () => {
    expect(missedRuns('* * * * *', 'UTC', new Date('2025-01-01'), new Date('2026-01-01'), 10)).toHaveLength(10);
  });
});

describe('an expression that is not a schedule', () => {
  it('is refused with what is wrong and an example', () => {
    expect(cronProblem('*/15 6-20 * * 1-5')).toBeUndefined();
    expect(cronProblem('61 * * * *')).toContain('61');
    expect(() => nextRun('every day', 'UTC', new Date(0))).toThrow(ConfigError);
    expect(() => nextRun('0 0 30 2 *', 'UTC', new Date(0))).toThrow(/"0 0 30 2 \*".*\*\/15 6-20/s);
  });
});
