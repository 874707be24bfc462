import type { StreamConfig } from '../../config/schema/connector.ts';
import { FileError, type Problem } from '../../core/errors.ts';
import type { SourceRecord, Values } from '../../core/record.ts';
import { type Contract, contractOf } from './contract.ts';
import { controlOf, MAX_PROBLEMS } from './control.ts';
import type { Columns } from './drift.ts';
import { textAt } from './figures.ts';

/** Decoded records to records of one stream, in order; one for each file, page sequence or query result. */
export interface Selector {
  /** The records of this list that are the stream's own: right type, parents attached, contract checked, deletions marked. */
  select(list: readonly SourceRecord[]): SourceRecord[];
  /** At the end: throws FileError with every control figure that does not agree. */
  finish(): void;
  newColumns(): readonly string[];
  /** Columns of the records that were the stream's own. */
  columns(): Columns;
}

export function selectorOf(stream: StreamConfig, file: string): Selector {
  const { types, parents, where } = stream.record_selector ?? {};
  const contract: Contract = contractOf(stream, file);
  const controls = (stream.control ?? []).map((config) => controlOf(config, file));
  const latest: Values = {};
  const unreadable = new Map<string, Problem>();
  const { deletes } = stream;
  const lists = Object.entries(stream.schema.fields).flatMap(([name, { separators }]) => (separators ? [{ name, separators }] : []));
  const needed = (parents ?? []).filter((type) => needs(stream, type));
  const plain = !types && !parents && !where && controls.length === 0 && !deletes?.field && lists.length === 0;

  /** The record is of this stream by its type. One that could not be read may be, and is rejected rather than lost. */
  function isOfType(record: SourceRecord): boolean {
    return record.problem !== undefined || !types || types.includes(record.type ?? '');
  }

  function isWanted(values: Values): boolean {
    return (
      !where ||
      where.every(({ field, in: wanted, not_in: unwanted }) =>
        wanted ? wanted.includes(textAt(values, field)) : !unwanted?.includes(textAt(values, field)),
      )
    );
  }

  function noteParent(type: string, { values, problem }: SourceRecord): void {
    const level = parents!.indexOf(type);
    if (level < 0) return;
    // A new batch has no entry yet: the last one of the batch before is not its own.
    for (const inner of parents!.slice(level)) {
      delete latest[inner];
      unreadable.delete(inner);
    }
    if (problem) unreadable.set(type, problem);
    else latest[type] = values;
  }

  /** What belongs to a record that could not be read cannot be used either, and only the file itself can fix it. */
  function orphaned(record: SourceRecord): void {
    const [type, problem] = [...unreadable][0]!;
    const place = { ...problem.place, line: record.line, record: record.number };
    record.problem = {
      ...problem,
      place,
      message: `The record of type ${type} it belongs to (${problem.place.line === undefined ? `record ${problem.place.record}` : `line ${problem.place.line}`}) could not be read: ${problem.message}`,
    };
    record.raw = JSON.stringify(record.values);
  }

  /** A record whose key or required fields are in a parent that did not come yet. */
  function parentless(record: SourceRecord): void {
    const missing = needed.find((type) => !(type in latest));
    if (missing === undefined) return;
    record.problem = {
      code: 'PARENT_MISSING',
      place: { line: record.line, record: record.number, path: missing },
      message: `This record of type ${record.type} belongs to a record of type ${missing}, but none was read before it.`,
      hint: 'The beginning of the file is missing or its order was changed: have it sent again.',
    };
    record.raw = JSON.stringify(record.values);
  }

  return {
    newColumns: () => contract.newColumns(),
    columns: () => contract.columns(),
    select(list) {
      if (plain) {
        for (const record of list) if (!record.deleted) contract.check(record);
        return list as SourceRecord[];
      }
      const own: SourceRecord[] = [];
      for (const record of list) {
        // A row that is gone has its key and nothing else.
        if (record.deleted) {
          own.push(record);
          continue;
        }
        if (parents && record.type !== undefined) noteParent(record.type, record);
        const values = parents && isOfType(record) ? { ...record.values, ...latest } : record.values;
        // Whether a record is wanted may depend on a parent that could not be read: then it is rejected rather than lost.
        const orphan = unreadable.size > 0 && record.problem === undefined && !parents!.includes(record.type ?? '');
        const isOwn = isOfType(record) && (record.problem !== undefined || orphan || isWanted(values));
        for (const control of controls) control.see(record, isOwn);
        if (!isOwn) continue;
        record.values = values;
        if (orphan) orphaned(record);
        else if (record.problem === undefined) parentless(record);
        if (deletes?.field && (deletes.values ?? []).includes(textAt(values, deletes.field))) {
          record.deleted = true;
          if (deletes.unknown === 'reject') record.mustBeKnown = true;
        }
        for (const { name, separators } of lists) {
          const text = values[name];
          if (typeof text === 'string') values[name] = text === '' ? [] : splitAt(text, separators);
        }
        contract.check(record);
        own.push(record);
      }
      return own;
    },
    finish() {
      // A trailer that is missing is missing for each of its figures, and said once.
      const problems = new Map(
        controls.flatMap((control) => control.problems()).map((problem) => [`${problem.place.line} ${problem.message}`, problem]),
      );
      if (problems.size > 0) throw new FileError([...problems.values()].slice(0, MAX_PROBLEMS));
    },
  };
}

/** Does the stream's key, or what it requires, are in records of this type? */
function needs({ primary_key: key, schema }: StreamConfig, type: string): boolean {
  const required = Object.entries(schema.fields).flatMap(([name, field]) => (field.required ? [name] : []));
  return [...(Array.isArray(key) ? key : key.fields), ...required].some((name) => name.startsWith(`${type}.`));
}

/** Longer separators go first, so one may contain another. */
function splitAt(text: string, separators: readonly string[]): string[] {
  return separators
    .toSorted((a, b) => b.length - a.length)
    .reduce((parts, separator) => parts.flatMap((part) => part.split(separator)), [text]);
}
