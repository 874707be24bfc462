import { ConfigError } from '../core/errors.ts';
import { dayIn, isCalendarDate, momentIn, startOfDay } from '../core/time/time.ts';
import { NotKept } from '../store/landing/as-of.ts';

/** A moment in UTC, and the town's day that it is in. */
export interface AsOf {
  moment: string;
  day: string;
}

/**
 * The moment that a person wrote: 2026-06-08T17:00 by the town's clock, with Z or an offset by that; a day means its end. Throws
 * ConfigError USAGE for anything else, and for what has not come yet.
 */
export function readAsOf(text: string, zone: string, now: Date): AsOf {
  const [, day, time, offset] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  const [year, month, date] = (day ?? '').split('-').map(Number) as [number, number, number];
  const [hour, minute, second] = (time ?? '00:00').split(':').map(Number) as [number, number, number?];
  if (day === undefined || !isCalendarDate(year, month, date) || hour > 23 || minute > 59 || (second ?? 0) >= 60)
    throw usage(
      `${JSON.stringify(text.slice(0, 40))} is not a time.`,
      'Write a day as 2026-06-08, which means its end, or a time as 2026-06-08T17:00.',
    );
  const moment =
    time === undefined
      ? startOfDay(day, zone, 1)
      : offset === undefined
        ? momentIn(zone, day, time)
        : new Date(`${day}T${time}${offset}`).toISOString();
  if (Date.parse(moment) > now.getTime())
    throw usage(
      `${text} has not come yet, so it is not known how things stand then.`,
      'A day means its end. For what is known today, leave --as-of out or give a time.',
    );
  // The end of a day is the first moment of the next.
  return { moment, day: time === undefined ? day : dayIn(zone, new Date(moment)) };
}

/** What cannot be told as of a time is refused, with why. */
export function notKept(report: string, why: string, hint: string): ConfigError {
  return new ConfigError({
    code: 'AS_OF_NOT_KEPT',
    place: { path: '--as-of' },
    message: `The report ${report} cannot be made as of an earlier time: ${why}`,
    hint,
  });
}

/** Makes a report as of a time; a sentence of the store, why it cannot be told, becomes an error for people. */
export async function keptOrRefused<T>(report: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof NotKept)) throw error;
    const { message } = error;
    throw notKept(
      report,
      `${message.slice(0, 1).toLowerCase()}${message.slice(1)}`,
      'A closed period can be told as of any time since it was closed.',
    );
  }
}

function usage(message: string, hint: string): ConfigError {
  return new ConfigError({ code: 'USAGE', place: { path: '--as-of' }, message, hint });
}
