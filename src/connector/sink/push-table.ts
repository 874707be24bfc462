import type { SinkConfig } from '../../config/schema/connector.ts';
import { FatalError } from '../../core/errors.ts';
import type { Values } from '../../core/record.ts';
import type { QueryTransport } from '../../transports/transport.ts';
import { type Answer, type Outgoing, type PushContext, rejection } from './push.ts';
import { sameValue } from '../stream/same-value.ts';
import { fillText } from '../template.ts';
import { writeLines } from './push-lines.ts';
import { writtenValues } from './sink-values.ts';

type Row = Record<string, string | null>;

/**
 * Writes records as rows of the sink's table and says of each what became of it. Rows are found by their key, so writing them again
 * changes nothing. With `acknowledgment.read_back` they are read again, and compared with what was written.
 */
export async function writeTable(
  transport: QueryTransport,
  sink: SinkConfig,
  records: readonly Outgoing[],
  context: PushContext,
): Promise<Answer[]> {
  const { name, write, for_each } = sink.target.table!;
  if (for_each !== undefined) return writeLines(transport, sink, records, context);
  const key = keyColumns(sink);
  const columns = Object.keys(sink.schema.fields);
  const rows = records.map(({ values }) => rowOf(sink, columns, values));
  const answers = new Array<Answer>(records.length);
  for (const operation of ['write', 'create', 'delete'] as const) {
    const at = records.flatMap((record, i) => (operationOf(record) === operation ? [i] : []));
    if (at.length === 0) continue;
    const results = await transport.write({
      table: fillText(name, context.variables),
      write: operation === 'delete' ? 'delete' : operation === 'create' ? 'append' : write,
      // A new row is found by what is its own before the table numbers it: an attempt that was killed makes no second one.
      key: operation === 'create' ? findsNew(sink) : key,
      rows: at.map((i) => (operation === 'delete' ? pick(rows[i]!, key) : operation === 'create' ? withoutEmpty(rows[i]!) : rows[i]!)),
    });
    results.forEach((result, n) => {
      const removing = operation === 'delete' || write === 'delete';
      answers[at[n]!] =
        result.state === 'refused'
          ? { state: 'rejected', problem: result.problem }
          : result.state === 'unchanged' && operation === 'create' && !findsItsOwn(sink)
            ? thereAlready(sink, context)
            : result.state === 'missing' && !removing
              ? rejection(context.name, 'it has no such row to change.')
              : { state: 'accepted' };
    });
  }
  if (sink.acknowledgment?.read_back) await compare(transport, sink, records, rows, answers, context);
  await readNumbers(transport, sink, records, rows, answers, context);
  // What the system says in the rows themselves is looked for by later runs.
  if (sink.acknowledgment?.row) return answers.map((answer) => (answer.state === 'accepted' ? { ...answer, state: 'sent' } : answer));
  return sink.acknowledgment?.person
    ? answers.map((answer) => (answer.state === 'accepted' ? { ...answer, state: 'acknowledged' } : answer))
    : answers;
}

/** What is in the table now must be what was written; a trigger or a type may have made something else of it. */
async function compare(
  transport: QueryTransport,
  sink: SinkConfig,
  records: readonly Outgoing[],
  rows: readonly Row[],
  answers: Answer[],
  context: PushContext,
): Promise<void> {
  const { name, write } = sink.target.table!;
  const at = records.flatMap((record, i) => (answers[i]!.state === 'accepted' && !record.create ? [i] : []));
  if (at.length === 0) return;
  const key = keyColumns(sink);
  const columns = [...new Set(at.flatMap((i) => Object.keys(rows[i]!)))];
  const found = await transport.readBack({
    table: fillText(name, context.variables),
    key,
    columns,
    rows: at.map((i) => pick(rows[i]!, key)),
  });
  found.forEach((row, n) => {
    const i = at[n]!;
    const removed = records[i]!.operation === 'delete' || write === 'delete';
    if (removed) {
      if (row) answers[i] = rejection(context.name, 'the row is still there.');
      return;
    }
    const differ = row
      ? Object.keys(rows[i]!).filter(
          (column) => !sameValue(row[column] ?? null, rows[i]![column] ?? null, sink.schema.fields[column]!.type),
        )
      : [];
    if (!row) answers[i] = rejection(context.name, 'read again after it was written, the row is not there.');
    else if (differ.length)
      answers[i] = rejection(context.name, `read again, ${differ.join(', ')} ${differ.length === 1 ? 'is' : 'are'} not what was written.`);
  });
}

function operationOf({ operation, create }: Outgoing): 'write' | 'create' | 'delete' {
  return create ? 'create' : operation;
}

/** What has no value is left to the table: the number that it gives a new row. */
function withoutEmpty(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

function findsNew({ creates }: SinkConfig): string[] {
  return creates?.find_by ?? (creates?.reference === undefined ? [] : [creates.reference]);
}

/** Only the reference is a new record's own. Other columns may find somebody else's row. */
function findsItsOwn(sink: SinkConfig): boolean {
  const reference = sink.creates?.reference;
  return reference !== undefined && findsNew(sink).includes(reference);
}

/** Whose row it is cannot be known, so it is neither linked nor taken for the new one. */
function thereAlready(sink: SinkConfig, context: PushContext): Answer {
  return {
    state: 'rejected',
    problem: {
      code: 'DELIVERY_REJECTED',
      place: { system: context.name },
      message: `No new row was made, because the table already has one with the same ${findsNew(sink).join(', ')}. It may be another person's, or left by a run that was interrupted.`,
      hint: 'Look at that row. If it is the same person, run interlocal deliver dismiss NUMBER --reason TEXT and then the pipeline that reads that system, which compares the two. If it is somebody else, add the new row there by hand.',
    },
  };
}

/** The numbers that the table gave to new rows, which are found again by columns of their own. */
async function readNumbers(
  transport: QueryTransport,
  sink: SinkConfig,
  records: readonly Outgoing[],
  rows: readonly Row[],
  answers: Answer[],
  context: PushContext,
): Promise<void> {
  const { key, join } = sink.creates ?? {};
  const find_by = findsNew(sink);
  const at = records.flatMap((record, i) => (record.create && answers[i]!.state === 'accepted' ? [i] : []));
  if (at.length === 0 || !key) return;
  const found = await transport.readBack({
    table: fillText(sink.target.table!.name, context.variables),
    key: find_by,
    columns: [...new Set([...find_by, ...key])],
    rows: at.map((i) => pick(rows[i]!, find_by)),
  });
  found.forEach((row, n) => {
    const parts = key.map((column) => row?.[column]?.trim() ?? '');
    if (!parts.includes('')) answers[at[n]!] = { ...answers[at[n]!]!, created: parts.join(join) };
  });
}

/** Throws FatalError when there is nothing to find a row by, which the configuration is checked for. */
export function keyColumns(sink: SinkConfig): string[] {
  const { key } = sink.target.table!;
  const columns = key.length ? key : sink.idempotency_key;
  if (columns.length === 0)
    throw new FatalError({
      code: 'KEY_MISSING',
      place: { path: 'key' },
      message: 'The connector does not say by which key the rows of this sink are found.',
      hint: 'Add idempotency_key to the sink in the connector.',
    });
  return [...columns];
}

/** A row of the table: a value for each field that the mapping gives, the others are left to the table. */
function rowOf(sink: SinkConfig, columns: readonly string[], values: Values): Row {
  const written = writtenValues(sink, values, { file: '', record: 1 }, []);
  const row: Row = {};
  for (const column of columns) {
    if (!Object.hasOwn(values, column)) continue;
    const value = written[column] ?? null;
    row[column] = typeof value === 'string' ? value : null;
  }
  return row;
}

function pick(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
}
