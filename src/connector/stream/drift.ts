import type { StreamConfig } from '../../config/schema/connector.ts';
import type { Problem } from '../../core/errors.ts';
import { shortName } from '../../core/text/name-list.ts';
import { placesAt, type Value, type Values } from '../../core/record.ts';

/** Columns of a source by name, with what is in them: `a whole number`, `nvarchar(40)`; '' where nothing did. */
export type Columns = ReadonlyMap<string, string>;

/** The columns of the last run that read the source well. */
export interface RememberedColumns {
  run: number;
  /** Calendar date of that run. */
  on: string;
  columns: Record<string, string>;
}

/** Codes of problems that come of a source whose layout changed. */
const OF_DRIFT = new Set([
  'COLUMN_MISSING',
  'COLUMN_NEW',
  'TYPE_CHANGED',
  'FIELD_REQUIRED',
  'SQL_COLUMN_UNKNOWN',
  'SQL_COLUMN_TYPE',
  'RECORD_LENGTH',
  'RAGGED_ROW',
]);

export function isOfDrift({ code }: Pick<Problem, 'code'>): boolean {
  return OF_DRIFT.has(code);
}

/**
 * What changed since the source was last read well, as one sentence: columns that are gone, that are new, that hold
 * something else. undefined when nothing did, or nothing is remembered. Of fields that the stream takes as text only a
 * server's own types count: what is in them may be anything.
 */
export function changesSince(
  before: RememberedColumns | undefined,
  now: Columns,
  fields: StreamConfig['schema']['fields'],
): string | undefined {
  if (!before || now.size === 0) return undefined;
  const quoted = (names: string[]): string => names.map((name) => JSON.stringify(shortName(name))).join(', ');
  const gone = Object.keys(before.columns).filter((name) => !now.has(name));
  const fresh = [...now.keys()].filter((name) => !Object.hasOwn(before.columns, name));
  const parts: string[] = [];
  if (gone.length) parts.push(`${quoted(gone.slice(0, MOST))} ${gone.length === 1 ? 'is' : 'are'} gone`);
  if (fresh.length) parts.push(`${quoted(fresh.slice(0, MOST))} ${fresh.length === 1 ? 'is' : 'are'} new`);
  for (const [name, kind] of now) {
    const was = Object.hasOwn(before.columns, name) ? before.columns[name] : undefined;
    if (!was || !kind || was === kind || (isObserved(was) && isText(fields, name))) continue;
    parts.push(`${JSON.stringify(shortName(name))} was ${was} and is ${kind} now`);
  }
  return parts.length ? `Since run #${before.run} of ${before.on}: ${parts.slice(0, MOST).join('; ')}.` : undefined;
}

/** Longer lists help nobody. */
const MOST = 12;
/** So many records are looked into: more cost time on every run, and say the same. */
export const LOOKED_INTO = 200;

const OBSERVED = ['a whole number', 'a number', 'a date', 'text', 'a list', 'a group of fields'];

function isObserved(kind: string): boolean {
  return OBSERVED.includes(kind);
}

function isText(fields: StreamConfig['schema']['fields'], name: string): boolean {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return !field || field.type === 'text' || field.type === 'list' || field.type === 'object';
}

/** Notes which columns records have, and of the first ones what is in them. */
export interface ColumnWatch {
  /** Names alone; called when a record has others than the one before it. */
  names(columns: readonly string[]): void;
  /** The values of a record; cheap once enough were looked into. */
  values(values: Readonly<Record<string, Value>>): void;
  /** A declared field inside a group or list of the record that was given last. */
  inside(path: string, values: Values): void;
  columns(): Columns;
}

export function columnWatch(): ColumnWatch {
  const seen = new Map<string, string>();
  let looked = 0;
  return {
    columns: () => seen,
    names(columns) {
      for (const name of columns) if (!seen.has(name)) seen.set(name, '');
    },
    values(values) {
      if (looked >= LOOKED_INTO) return;
      looked++;
      for (const name in values) note(name, values[name]!);
    },
    inside(path, values) {
      if (looked >= LOOKED_INTO) return;
      const { groups, name } = placesAt(values, path);
      for (const group of groups) {
        const value = group[name];
        if (value === undefined) continue;
        if (!seen.has(path)) seen.set(path, '');
        note(path, value);
      }
    },
  };

  function note(name: string, value: Value): void {
    const kind = kindOf(value);
    const before = seen.get(name);
    if (kind === undefined || before === undefined || before === kind) return;
    seen.set(name, before === '' ? kind : isNumber(before) && isNumber(kind) ? 'a number' : 'text');
  }
}

function isNumber(kind: string): boolean {
  return kind === 'a whole number' || kind === 'a number';
}

function kindOf(value: Value): string | undefined {
  if (value === null || value === '') return undefined;
  if (typeof value !== 'string') return Array.isArray(value) ? 'a list' : 'a group of fields';
  const text = value.trim();
  if (/^[-+]?\d+$/.test(text)) return 'a whole number';
  if (/^[-+(]?[$£€]?[-+]?(\d[\d,' ]*)?[.,]\d+\)?-?$/.test(text)) return 'a number';
  return /^\d{4}-\d\d-\d\d|^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}/.test(text) ? 'a date' : 'text';
}
