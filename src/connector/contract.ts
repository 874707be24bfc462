import type { StreamConfig } from '../config/schema/connector.ts';
import { FileError, type Problem } from '../core/errors.ts';
import { placesAt, type SourceRecord, type Value } from '../core/record.ts';
import { type Columns, columnWatch } from './drift.ts';
import { isNested, isPersonal, mayBeAbsent } from './field-paths.ts';
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

export function contractOf(stream: StreamConfig, file: string): Contract {
  const { fields, drift } = stream.schema;
  const declared = Object.entries(fields);
  const nested = declared.flatMap(([name]) => (isNested(name, stream) ? [name] : []));
  const required = declared
    .filter(([, f]) => f.required)
    .map(([name]) => ({ name, within: nested.includes(name), mayBeAbsent: mayBeAbsent(name, stream) }));
  const optional = declared.filter(([, f]) => f.optional).map(([name]) => ({ name, within: nested.includes(name) }));
  const typed = declared.flatMap(([name, f]) => {
    const check = typeCheck(f);
    return check
      ? [{ name, within: nested.includes(name), personal: isPersonal(name, stream), type: f.type, format: f.format, check }]
      : [];
  });
  const groupsAround = new Set([...(stream.record_selector?.parents ?? []), ...nested.map((name) => name.slice(0, name.indexOf('.')))]);
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
    const unknown = lastColumns.filter((name) => !Object.hasOwn(fields, name) && !groupsAround.has(name));
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
      // Fields of the record itself: most are, and a million records pass here.
      const itself = [record.values];
      for (const name of nested) watch.inside(name, record.values);
      // What may be missing is no value: mappings and hashes see the same fields in every record.
      for (const { name, within } of optional) {
        const { groups, name: last } = within ? placesAt(record.values, name) : { groups: itself, name };
        for (const group of groups) if (group[last] === undefined) group[last] = null;
      }
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
      for (const { name, within, mayBeAbsent } of required) {
        const { groups, name: last, absent } = within ? placesAt(record.values, name) : { groups: itself, name, absent: false };
        if (groups.every((group) => !isEmpty(group[last])) && (mayBeAbsent || !absent)) continue;
        record.problem = problemAt(
          record,
          'FIELD_REQUIRED',
          name,
          `"${name}" is empty, and this system must always give it.`,
          'Fill it in at the source, then run again.',
        );
        return;
      }
      for (const { name, within, personal, type, format, check } of typed) {
        const { groups, name: last } = within ? placesAt(record.values, name) : { groups: itself, name };
        for (const group of groups) {
          const value = group[last];
          if (value === null || value === undefined || (typeof value === 'string' && check(value))) continue;
          const shown = personal ? '(personal value hidden)' : JSON.stringify(value);
          const problem = problemAt(
            record,
            'TYPE_CHANGED',
            name,
            `"${name}" must be ${/^[aei]/.test(type) ? 'an' : 'a'} ${type}${format === undefined ? '' : ` written as ${format}`}, but is ${shown}.`,
            'Mend it at the source and run again, or change its type in the connector.',
          );
          if (drift.data_type === 'freeze') throw new FileError(problem);
          if (drift.data_type === 'quarantine_row') {
            record.problem = problem;
            return;
          }
          if (drift.data_type === 'quarantine_value') group[last] = null;
        }
      }
    },
  };

  function problemAt(record: SourceRecord, code: string, path: string | undefined, message: string, hint: string): Problem {
    return { code, place: { file, line: record.line, record: record.number, path }, message, hint };
  }
}

function isEmpty(value: Value | undefined): boolean {
  return value === null || value === undefined || value === '';
}
