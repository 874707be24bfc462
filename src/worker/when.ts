import { createTask, parse } from 'node-cron';
import { ConfigError } from '../core/errors.ts';
import { offsets } from './zone.ts';

/**
 * When a schedule runs, without a clock: every instant is passed in. Fields, names, ranges, steps, L, W and # are read by node-cron
 * (minute hour day month weekday, with an optional second in front; day and weekday must both fit). Its own next run is not used: it
 * leaves a run out altogether when its hour is the one that is skipped in spring, and stands still for the hour that is repeated in autumn.
 *
 * Days on which the clocks change, as cron has done it since Vixie: a schedule with fixed hours runs once for each of its times - at the
 * moment of the change when the time does not exist, and the first time when it comes twice. A schedule for every hour goes by the
 * wall clock: no runs in an hour that does not exist, runs in both hours that have the same name.
 */

/** What is wrong with a cron expression, in words, to stand after its text; undefined when nothing is. */
export function cronProblem(cron: string): string | undefined {
  try {
    parse(cron);
    return undefined;
  } catch (error) {
    return `is not a schedule: ${(error as Error).message}`;
  }
}

/** The first run after an instant. Throws ConfigError for an expression that is not one or never comes true. */
export function nextRun(cron: string, zone: string, after: Date): Date {
  const schedule = scheduleOf(cron);
  const day = new Date(after.getTime() + offsets(zone, after).before);
  day.setUTCHours(0, 0, 0, 0);
  day.setUTCDate(day.getUTCDate() - 1);
  // 29 February on a given weekday comes every 28 years, or 40 around a century.
  for (let i = 0; i < 366 * 41; i++) {
    if (schedule.fitsDay(day)) {
      const found = firstOfDay(schedule, zone, day.getTime(), after.getTime());
      if (found !== undefined) return new Date(found);
    }
    day.setUTCDate(day.getUTCDate() + 1);
  }
  throw unusable(cron, 'never occurs');
}

/** The runs in (after, until], earliest first; at most `limit` of them. */
export function missedRuns(cron: string, zone: string, after: Date, until: Date, limit = 1000): Date[] {
  const runs: Date[] = [];
  for (let run = nextRun(cron, zone, after); run <= until && runs.length < limit; run = nextRun(cron, zone, run)) runs.push(run);
  return runs;
}

/** Those that have a run in (after, until], in the order given. */
export function due<T extends { cron: string }>(schedules: readonly T[], zone: string, after: Date, until: Date): T[] {
  return schedules.filter((schedule) => nextRun(schedule.cron, zone, after) <= until);
}

interface Schedule {
  seconds: number[];
  minutes: number[];
  hours: number[];
  /** Does this calendar day (its midnight in UTC) fit? */
  fitsDay(day: Date): boolean;
}

/** Parsed once: node-cron keeps every task it makes in a register, and there are only as many as a town has schedules. */
const parsed = new Map<string, Schedule>();

function scheduleOf(cron: string): Schedule {
  const known = parsed.get(cron);
  if (known) return known;
  const problem = cronProblem(cron);
  if (problem) throw unusable(cron, problem);
  const fields = parse(cron);
  const days = [fields.dayOfMonth, fields.month, fields.dayOfWeek].map((values) => values.join(','));
  const matcher = createTask(`0 0 0 ${days.join(' ')}`, () => undefined, { timezone: 'UTC' });
  const ascending = (values: number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  const schedule: Schedule = {
    seconds: ascending(fields.second),
    minutes: ascending(fields.minute),
    hours: ascending(fields.hour),
    fitsDay: (day) => matcher.match(day),
  };
  parsed.set(cron, schedule);
  return schedule;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The first run of a calendar day (its midnight as if in UTC) after an instant; undefined when the day has no more. */
function firstOfDay(schedule: Schedule, zone: string, day: number, after: number): number | undefined {
  const { before, later, change } = offsets(zone, new Date(day + 12 * HOUR));
  const everyHour = schedule.hours.length === 24;
  let best: number | undefined;
  for (const hour of schedule.hours) {
    const start = day + hour * HOUR;
    if (start + HOUR - Math.min(before, later) < after && (change === undefined || change < after)) continue;
    if (best !== undefined && start - Math.max(before, later) > best) break;
    for (const minute of schedule.minutes)
      for (const second of schedule.seconds) {
        const wall = start + minute * MINUTE + second * SECOND;
        for (const instant of instantsOf(wall, before, later, change, everyHour))
          if (instant > after && (best === undefined || instant < best)) best = instant;
      }
  }
  return best;
}

/** The instants at which the wall clock shows a time and the schedule is to run: one, or on the day of a change none or two. */
function instantsOf(wall: number, before: number, later: number, change: number | undefined, everyHour: boolean): number[] {
  if (change === undefined) return [wall - before];
  const first = wall - before < change ? [wall - before] : [];
  const second = wall - later >= change ? [wall - later] : [];
  if (first.length + second.length === 0) return everyHour ? [] : [change];
  return everyHour || first.length === 0 ? [...first, ...second] : first;
}

function unusable(cron: string, problem: string): ConfigError {
  return new ConfigError({
    code: 'SCHEDULE_INVALID',
    place: { path: 'schedule' },
    message: `${JSON.stringify(cron)} ${problem}.`,
    hint: 'Write five parts: minute, hour, day, month, weekday. */15 6-20 * * 1-5 is every 15 minutes from 6 AM to 8:45 PM, Monday to Friday.',
  });
}
