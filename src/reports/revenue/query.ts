import { ConfigError, didYouMean, type Problem } from '../../core/errors.ts';
import { isCalendarDate } from '../../core/time/time.ts';
import type { PeriodKind } from './revenue.ts';

export const PERIODS = ['day', 'month', 'fiscal-period', 'fiscal-year'] as const satisfies readonly PeriodKind[];

/** What a revenue report is asked for. Dates are inclusive. */
export interface RevenueQuery {
  period: PeriodKind;
  from?: string | undefined;
  to?: string | undefined;
  department?: string | undefined;
}

/** The same as a person typed it, on the command line or in the form; an empty text asks for nothing. */
export type RevenueQueryText = { [name in keyof RevenueQuery]?: string | undefined };

/**
 * Reads what was typed. Throws ConfigError with every problem at once; `nameOf` says what the person knows a value by
 * (`--from` on the command line, "From" in the form).
 */
export function readRevenueQuery(given: RevenueQueryText, nameOf: (name: keyof RevenueQuery) => string): RevenueQuery {
  const problems: Problem[] = [];
  const wrong = (name: keyof RevenueQuery, message: string, hint: string): void =>
    void problems.push({ code: 'USAGE', place: { path: nameOf(name) }, message, hint });

  const period = given.period || 'month';
  if (!(PERIODS as readonly string[]).includes(period)) {
    const meant = didYouMean(period, PERIODS);
    wrong(
      'period',
      `${JSON.stringify(period.slice(0, 60))} is not a period.`,
      meant ? `Did you mean ${meant}?` : `Known: ${PERIODS.join(', ')}.`,
    );
  }
  for (const name of ['from', 'to'] as const)
    if (given[name] && !isDate(given[name]))
      wrong(name, `${JSON.stringify(given[name].slice(0, 60))} is not a date.`, 'Write it as YYYY-MM-DD, such as 2026-07-01.');
  if (problems.length === 0 && given.from && given.to && given.from > given.to)
    wrong('to', `${given.to} is before ${given.from}.`, 'Give the earlier date first.');
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    period: period as PeriodKind,
    from: given.from || undefined,
    to: given.to || undefined,
    department: given.department || undefined,
  };
}

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return parts !== null && isCalendarDate(Number(parts[1]), Number(parts[2]), Number(parts[3]));
}
