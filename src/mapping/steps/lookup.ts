import type { LookupTable } from '../../config/project.ts';
import { didYouMean } from '../../core/errors.ts';
import { compileDate } from './dates.ts';
import { Fault } from '../fault.ts';
import { compileRead, type Scope } from '../source.ts';
import type { FieldRule } from '../../config/schema/mapping.ts';
import type { MappingSettings } from '../mapping.ts';

export type LookupRule = NonNullable<FieldRule['lookup']>;
export type Lookup = (code: string, scope: Scope) => string | null | Fault;

/** Rows of one code, by the days they hold for (inclusive; '' and '9999-12-31' are without bound). */
interface Dated {
  from: string;
  to: string;
  value: string | null;
  row: number;
}

/**
 * Indexes a lookup table once. A code that has dated rows is looked up for the day in the source field `on`; the row
 * whose valid_from..valid_to holds that day counts. `complain` hears what is wrong with rule or table; then undefined.
 */
export function compileLookup(
  rule: LookupRule,
  settings: MappingSettings,
  complain: (path: string, message: string, hint?: string) => void,
): Lookup | undefined {
  const table = settings.lookups.get(rule.table);
  if (!table) {
    const near = didYouMean(rule.table, settings.lookups.keys());
    complain(
      'lookup.table',
      `There is no lookup table ${rule.table}.`,
      near ? `Did you mean ${near}?` : `Add mappings/lookups/${rule.table}.csv with the columns from and to.`,
    );
    return undefined;
  }
  if (!table.columns.includes(rule.column)) {
    complain('lookup.column', `${table.file} has no column ${rule.column}; it has ${table.columns.join(', ')}.`);
    return undefined;
  }
  const { plain, dated, wrong } = indexTable(table, rule.column);
  for (const problem of wrong) complain('lookup.table', problem);
  if (dated.size && rule.on === undefined)
    complain(
      'lookup.on',
      `${table.file} has rows that are valid for a period only, but the lookup does not say for which day.`,
      'Add on: with the source field that has the date.',
    );
  if (wrong.length || (dated.size && rule.on === undefined)) return undefined;

  const unknown = compileUnknown(rule, table);
  if (dated.size === 0 || rule.on === undefined)
    return (code) => {
      const value = plain.get(code);
      return value !== undefined ? value : unknown(code);
    };
  const dayOf = compileDay(rule.on, rule.on_format, settings, complain);
  return (code, scope) => {
    const value = plain.get(code);
    if (value !== undefined) return value;
    const rows = dated.get(code);
    if (rows === undefined) return unknown(code);
    const day = dayOf(scope);
    if (day instanceof Fault) return day;
    for (const row of rows) if (row.from <= day && day <= row.to) return row.value;
    return unknown(code, day);
  };
}

/** All values that a lookup can give, to be held against the values that a code field allows. */
export function valuesOfLookup(rule: LookupRule, table: LookupTable): string[] {
  const values = new Set(table.rows.map((row) => row[rule.column] ?? ''));
  if (typeof rule.unknown === 'object') values.add(rule.unknown.value);
  values.delete('');
  return [...values];
}

function compileUnknown(rule: LookupRule, table: LookupTable): (code: string, day?: string) => string | null | Fault {
  const { unknown } = rule;
  if (unknown === 'keep') return (code) => code;
  if (unknown === 'null') return () => null;
  if (typeof unknown === 'object') return () => unknown.value;
  // A town never edits the tables shipped with Interlocal: one of the same name in its own folder takes their place.
  const own = `mappings/lookups/${table.name}.csv`;
  const hint =
    table.file === own
      ? `If the code is right, add it to ${own} and run interlocal rejects replay. If it is wrong, have it corrected in the system that the record comes from.`
      : `If the code is right, copy the table to ${own} in your town's folder, add the code there, and run interlocal rejects replay. If it is wrong, have it corrected in the system that the record comes from.`;
  return (code, day) =>
    new Fault(
      'CODE_UNKNOWN',
      `is not in ${table.file === own ? own : `the lookup table ${table.name} that comes with Interlocal`}${day ? ` for ${day}` : ''}`,
      { shown: code, hint },
    );
}

function compileDay(
  field: string,
  format: string,
  settings: MappingSettings,
  complain: (path: string, message: string) => void,
): (scope: Scope) => string | Fault {
  const read = compileRead(field, true, settings);
  const parse = compileDate([format], settings.timeZone, (message) => complain('lookup.on_format', message));
  return (scope) => {
    const text = read(scope);
    if (text === null) return new Fault('CODE_UNKNOWN', 'is empty, but the code has rows by date', { field });
    if (text instanceof Fault) return text;
    const day = parse?.(text) ?? '';
    if (day instanceof Fault) day.field = field;
    return day;
  };
}

function indexTable(
  table: LookupTable,
  column: string,
): { plain: Map<string, string | null>; dated: Map<string, Dated[]>; wrong: string[] } {
  const all = new Map<string, Dated[]>();
  const wrong: string[] = [];
  table.rows.forEach((row, i) => {
    const entry = { from: row['valid_from'] || '', to: row['valid_to'] || '9999-12-31', value: row[column] || null, row: i + 2 };
    for (const day of [row['valid_from'], row['valid_to']])
      if (day && compileIso(day) instanceof Fault) wrong.push(`${table.file}, row ${entry.row}: "${day}" is not a date YYYY-MM-DD.`);
    if (entry.from > entry.to) wrong.push(`${table.file}, row ${entry.row}: valid_from ${entry.from} is after valid_to ${entry.to}.`);
    const code = row['from'] ?? '';
    const rows = all.get(code);
    if (rows) rows.push(entry);
    else all.set(code, [entry]);
  });
  const plain = new Map<string, string | null>();
  const dated = new Map<string, Dated[]>();
  for (const [code, rows] of all) {
    rows.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : a.row - b.row));
    for (let i = 1; i < rows.length; i++) {
      const [before, row] = [rows[i - 1]!, rows[i]!];
      if (row.from <= before.to)
        wrong.push(
          `${table.file}, rows ${before.row} and ${row.row}: both are valid for the code "${code}"${row.from ? ` on ${row.from}` : ''}.`,
        );
    }
    if (rows.length === 1 && rows[0]!.from === '' && rows[0]!.to === '9999-12-31') plain.set(code, rows[0]!.value);
    else dated.set(code, rows);
  }
  return { plain, dated, wrong };
}

const compileIso = compileDate(['YYYY-MM-DD'], 'UTC', () => {})!;
