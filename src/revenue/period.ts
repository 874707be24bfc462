import type { GroupKey } from '../config/schema/pipeline.ts';
import { fiscalYear } from '../core/time.ts';

export type Row = Readonly<Record<string, string | number | null>>;

/** The columns that a key is made from. */
export function keyColumns(key: GroupKey): string[] {
  return [columnOf(key)];
}

/**
 * What a record counts as under a key: the value of a field, the month `2026-03` or the fiscal year `2025/2026` of a
 * date. '' where the field is empty or absent. `starts` is the town's first day of the fiscal year, MM-DD; a key's own
 * `starts` goes before it. Dates are calendar dates; a moment counts by its UTC day.
 */
export function keyPart(key: GroupKey, row: Row, starts: string): string {
  const value = row[columnOf(key)];
  if (value === null || value === undefined) return '';
  const text = String(value);
  if (typeof key === 'string' || key.field !== undefined || text === '') return text;
  return key.month !== undefined ? text.slice(0, 7) : fiscalYear(text, key.starts ?? starts);
}

function columnOf(key: GroupKey): string {
  if (typeof key === 'string') return key;
  return (key.field ?? key.month ?? key.fiscal_year)!;
}
