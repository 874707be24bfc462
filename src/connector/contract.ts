import type { StreamConfig } from '../config/schema/connector.ts';
import { FileError, type Problem } from '../core/errors.ts';
import type { SourceRecord, Value } from '../core/record.ts';
import { isCalendarDate } from '../core/time.ts';
import { type Columns, columnWatch } from './drift.ts';

/** The schema contract: what a stream promises of its records, and what happens when the source breaks the promise. */
export interface Contract {
  /** Checks one record in place: it may get a problem, or a value taken out. Throws FileError where the promise is frozen. */
  check(record: SourceRecord): void;
  /** Columns that were not in the manifest, in the order they appeared. */
  newColumns(): readonly string[];
  /** All columns that came, with what stood in the first records. */
  columns(): Columns;
}

type Check = (value: string) => boolean;

const CHECKS: Record<'integer' | 'decimal' | 'date' | 'datetime' | 'boolean', Check> = {
  integer: (v) => /^\s*[-+]?\d+\s*$/.test(v),
  decimal: (v) => /^\s*[-+(]?\s*[$£€]?[-+]?[\d,.' ]*\d[\d,.' ]*\)?[-+]?\s*$/.test(v),
  date: (v) => /\d/.test(v),
  datetime: (v) => /\d/.test(v),
  boolean: (v) => /^\s*(true|false|yes|no|y|n|t|f|0|1)\s*$/i.test(v),
};

export function contractOf(stream: StreamConfig, file: string): Contract {
  const { fields, drift } = stream.schema;
  const declared = Object.entries(fields);
  const required = declared.filter(([, f]) => f.required).map(([name]) => name);
  const optional = declared.filter(([, f]) => f.optional).map(([name]) => name);
  const typed = declared.flatMap(([name, f]) => {
    if (f.type === 'text' || f.type === 'list' || f.type === 'object') return [];
    const iso = f.type === 'date' && (f.format === undefined || f.format === 'YYYY-MM-DD');
    return [{ name, type: f.type, check: iso ? isIsoDate : CHECKS[f.type] }];
  });
  const watch = columnWatch();
  const seen: string[] = [];
  const seenShapes = new Set<string>();
  let lastColumns: string[] = [];
  let strange = false;

  function lookAtColumns(record: SourceRecord): void {
    let i = 0;
    let same = true;
    for (const name in record.values) if (name !== lastColumns[i++]) same = false;
    if (same && i === lastColumns.length) return;
    lastColumns = Object.keys(record.values);
    watch.names(lastColumns);
    const columns = lastColumns.join('\u001f');
    const unknown = lastColumns.filter((name) => !Object.hasOwn(fields, name) && !(stream.record_selector?.parents ?? []).includes(name));
    strange = unknown.length > 0;
    if (!strange || seenShapes.has(columns)) return;
    seenShapes.add(columns);
    for (const name of unknown) if (!seen.includes(name)) seen.push(name);
    if (drift.columns === 'freeze')
      throw new FileError({
        code: 'COLUMN_NEW',
        place: { file, record: record.number, line: record.line },
        message: `There ${unknown.length === 1 ? 'is a column' : 'are columns'} that the connector does not know: ${unknown.join(', ')}.`,
        hint: "The source has changed. Add them to the stream's schema, or set schema.drift.columns to quarantine_value to go on without them.",
      });
  }

  return {
    newColumns: () => seen,
    columns: () => watch.columns(),
    check(record) {
      if (record.problem) return;
      if (declared.length > 0) lookAtColumns(record);
      watch.values(record.values);
      // What may be missing is no value: mappings and hashes see the same fields in every record.
      for (const name of optional) if (record.values[name] === undefined) record.values[name] = null;
      if (strange && drift.columns === 'quarantine_row') {
        record.problem = problemAt(
          record,
          'COLUMN_NEW',
          undefined,
          `It has columns that the connector does not know: ${seen.join(', ')}.`,
          "Add them to the stream's schema, then replay.",
        );
        return;
      }
      for (const name of required) {
        const value = record.values[name];
        if (value === null || value === undefined || value === '') {
          record.problem = problemAt(
            record,
            'FIELD_REQUIRED',
            name,
            `"${name}" is empty, and this system must always give it.`,
            'Fill it in at the source, then run again.',
          );
          return;
        }
      }
      for (const { name, type, check } of typed) {
        const value: Value | undefined = record.values[name];
        if (value === null || value === undefined || (typeof value === 'string' && check(value))) continue;
        const shown = fields[name]!.class === 'personal' ? '(personal value hidden)' : JSON.stringify(value);
        const problem = problemAt(
          record,
          'TYPE_CHANGED',
          name,
          `"${name}" must be ${/^[aei]/.test(type) ? 'an' : 'a'} ${type}, but is ${shown}.`,
          'Mend it at the source and run again, or change its type in the connector.',
        );
        if (drift.data_type === 'freeze') throw new FileError(problem);
        if (drift.data_type === 'quarantine_row') {
          record.problem = problem;
          return;
        }
        if (drift.data_type === 'quarantine_value') record.values[name] = null;
      }
    },
  };

  function problemAt(record: SourceRecord, code: string, path: string | undefined, message: string, hint: string): Problem {
    return { code, place: { file, line: record.line, record: record.number, path }, message, hint };
  }
}

function isIsoDate(text: string): boolean {
  const value = text.trim();
  if (value.length !== 10 || value[4] !== '-' || value[7] !== '-') return false;
  const year = digits(value, 0, 4);
  const month = digits(value, 5, 7);
  const day = digits(value, 8, 10);
  return year >= 0 && month >= 0 && day >= 0 && isCalendarDate(year, month, day);
}

/** The number in this stretch of a text, or -1. */
function digits(text: string, from: number, to: number): number {
  let n = 0;
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i) - 48;
    if (c < 0 || c > 9) return -1;
    n = n * 10 + c;
  }
  return n;
}
