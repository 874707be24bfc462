import type { GroupKey } from '../../config/schema/pipeline.ts';
import { calendarDay, fiscalYear } from '../../core/time/time.ts';

export type Row = Readonly<Record<string, string | number | null>>;

/** The columns that a key is made from. */
export function keyColumns(key: GroupKey): string[] {
  return [columnOf(key)];
}

/** By what dates are counted: the town's time zone, and its first day of the fiscal year, MM-DD. */
export interface Calendar {
  zone: string;
  starts: string;
}

/**
 * What a record counts as under a key: the value of a field, or the day, the month `2026-03` or the fiscal year `2025/2026` of a
 * date. '' where the field is empty or absent. A key's own `starts` goes before the calendar's. A moment counts by the town's
 * day: 2026-07-01 02:30 UTC is June 30 in New York, and there the year before.
 */
export function keyPart(key: GroupKey, row: Row, calendar: Calendar): string {
  const value = row[columnOf(key)];
  if (value === null || value === undefined) return '';
  const text = String(value);
  if (typeof key === 'string' || key.field !== undefined || text === '') return text;
  const day = calendarDay(text, calendar.zone);
  if (key.day !== undefined) return day;
  return key.month !== undefined ? day.slice(0, 7) : fiscalYear(day, key.starts ?? calendar.starts);
}

function columnOf(key: GroupKey): string {
  if (typeof key === 'string') return key;
  return (key.field ?? key.day ?? key.month ?? key.fiscal_year)!;
}
