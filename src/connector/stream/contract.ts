import { isNested } from '../../config/checks/source-fields.ts';
import type { StreamConfig } from '../../config/schema/connector.ts';
import { FileError, type Problem } from '../../core/errors.ts';
import { nameList } from '../../core/text/name-list.ts';
import { EMPTY_ROWS_HINT, hasNoValue, placesAt, type SourceRecord, type Value, type Values } from '../../core/record.ts';
import { type Columns, columnWatch } from './drift.ts';
import { isPersonal, mayBeAbsent, isTable } from './field-paths.ts';
import { shapesOf, type WrongShape } from './field-shapes.ts';
import { typeCheck } from './field-types.ts';

/** The schema contract: what a stream promises of its records, and what happens when the source breaks the promise. */
export interface Contract {
  /** Checks one record in place: it may get a problem, or a value taken out. Throws FileError where the promise is frozen. */
  check(record: SourceRecord): void;
  /** Columns that were not in the manifest, in the order they appeared. */
  newColumns(): readonly string[];
  /** All columns that came, with what stood in the first records. */
  columns(): Columns;
}

interface Typed {
  name: string;
  personal: boolean;
  type: string;
  format: string | undefined;
  check(text: string): boolean;
}

export function contractOf(stream: StreamConfig, file: string): Contract {
  const { fields, drift } = stream.schema;
  const declared = Object.entries(fields);
  const nested = declared.flatMap(([name]) => (isNested(name, stream) ? [name] : []));
  const apart = <T extends { name: string }>(list: readonly T[]): { own: T[]; inside: T[] } => ({
    own: list.filter(({ name }) => !nested.includes(name)),
    inside: list.filter(({ name }) => nested.includes(name)),
  });
  // Most fields are the record's own, and a million records pass here: those inside others go their own way.
  const required = apart(declared.filter(([, f]) => f.required).map(([name]) => ({ name, mayBeAbsent: mayBeAbsent(name, stream) })));
  const optional = apart(declared.filter(([, f]) => f.optional).map(([name]) => ({ name })));
  const typed = apart(
    declared.flatMap(([name, f]): Typed[] => {
      const check = typeCheck(f);
      return check ? [{ name, personal: isPersonal(name, stream), type: f.type, format: f.format, check }] : [];
    }),
  );
  // The columns of a file without a header are named by the connector, so none of them is new.
  const laidOut = Object.values(stream.decoder?.csv?.record_types ?? {}).flat();
  const known = new Set([
    ...laidOut,
    ...(stream.record_selector?.parents ?? []),
    ...nested.map((name) => name.slice(0, name.indexOf('.'))),
  ]);
  const table = isTable(stream);
  const holdShapes = shapesOf(stream);
  const watch = columnWatch();
  const seen = new Set<string>();
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
    const unknown = lastColumns.filter((name) => !Object.hasOwn(fields, name) && !known.has(name));
    strange = unknown.length > 0;
    if (!strange || seenShapes.has(columns)) return;
    seenShapes.add(columns);
    for (const name of unknown) seen.add(name);
    if (drift.columns === 'freeze')
      throw new FileError({
        code: 'COLUMN_NEW',
        place: { file, record: record.number, line: record.line },
        message: `The source has ${unknown.length === 1 ? 'a column' : 'columns'} that the connector does not know: ${nameList(unknown)}. Nothing of it was used.`,
        hint: 'In the connector, add the new columns to schema.fields of the stream, or set schema.drift.columns: quarantine_value to go on without them.',
      });
  }

  return {
    newColumns: () => [...seen],
    columns: () => watch.columns(),
    check(record) {
      if (record.problem) return;
      if (declared.length > 0) lookAtColumns(record);
      watch.values(record.values);
      const { values } = record;
      for (const name of nested) watch.inside(name, values);
      holdShapes?.(values, (found) => notOfShape(record, found));
      if (record.problem) return;
      // What may be missing is not a value: mappings and hashes see the same fields in every record.
      let missing: string[] | undefined;
      for (const { name } of optional.own)
        if (values[name] === undefined) {
          values[name] = null;
          if (table) (missing ??= []).push(name);
        }
      if (missing) record.missing = missing;
      for (const { name } of optional.inside) {
        const { groups, name: last } = placesAt(values, name);
        for (const group of groups) if (group[last] === undefined) group[last] = null;
      }
      if (strange && drift.columns === 'quarantine_row') {
        record.problem = problemAt(
          record,
          'COLUMN_NEW',
          undefined,
          `The record has columns that the connector does not know: ${nameList(seen)}.`,
          'In the connector, add them to schema.fields of the stream, then run interlocal rejects replay.',
        );
        return;
      }
      const lacking =
        required.own.find(({ name }) => isEmpty(values[name])) ??
        required.inside.find(({ name, mayBeAbsent }) => {
          const { groups, name: last, absent } = placesAt(values, name);
          return (absent && !mayBeAbsent) || groups.some((group) => isEmpty(group[last]));
        });
      if (lacking) {
        record.problem = problemAt(
          record,
          'FIELD_REQUIRED',
          lacking.name,
          `"${lacking.name}" is empty, but this system must always provide it.`,
          hasNoValue(values) ? EMPTY_ROWS_HINT : 'Have it filled in in the system that the record comes from, then run the pipeline again.',
        );
        return;
      }
      for (const field of typed.own) {
        lookAtType(record, field, values, field.name);
        if (record.problem) return;
      }
      for (const field of typed.inside) {
        const { groups, name: last } = placesAt(values, field.name);
        for (const group of groups) {
          lookAtType(record, field, group, last);
          if (record.problem) return;
        }
      }
    },
  };

  function lookAtType(record: SourceRecord, { name, personal, type, format, check }: Typed, group: Values, last: string): void {
    const value = group[last];
    if (value === null || value === undefined || (typeof value === 'string' && check(value))) return;
    const shown = personal ? '(personal value hidden)' : JSON.stringify(value);
    const problem = problemAt(
      record,
      'TYPE_CHANGED',
      name,
      `"${name}" must be ${/^[aei]/.test(type) ? 'an' : 'a'} ${type}${format === undefined ? '' : ` written as ${format}`}, but is ${shown}.`,
      'Have it corrected in the system that the record comes from, then run the pipeline again. If the system always writes it so, change the type of the field in the connector.',
    );
    if (drift.data_type === 'freeze') throw new FileError(problem);
    if (drift.data_type === 'quarantine_row') record.problem = problem;
    if (drift.data_type === 'quarantine_value') group[last] = null;
  }

  /** true: the record is rejected. */
  function notOfShape(record: SourceRecord, { name, type, value, set }: WrongShape): boolean {
    const is = typeof value !== 'string' ? 'is a list' : isPersonal(name, stream) ? 'is a plain text' : `is ${JSON.stringify(value)}`;
    const problem = problemAt(
      record,
      'TYPE_CHANGED',
      name,
      type === 'object'
        ? `"${name}" must be a group of fields, but ${is}.`
        : `"${name}" must be a list of groups of fields, but an item of it ${is}.`,
      `Fix it at the source and run again. If the system writes both forms, declare ${name}.text in the schema; it then holds the text in either case.`,
    );
    if (drift.data_type === 'freeze') throw new FileError(problem);
    if (drift.data_type === 'quarantine_row') record.problem = problem;
    if (drift.data_type === 'quarantine_value') set(null);
    return record.problem !== undefined;
  }

  function problemAt(record: SourceRecord, code: string, path: string | undefined, message: string, hint: string): Problem {
    return { code, place: { file, line: record.line, record: record.number, path }, message, hint };
  }
}

function isEmpty(value: Value | undefined): boolean {
  return value === null || value === undefined || value === '';
}
