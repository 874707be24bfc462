import type { SinkConfig } from '../../config/schema/connector.ts';
import type { Problem } from '../../core/errors.ts';
import { type Values, valueAt } from '../../core/record.ts';
import type { QueryTransport } from '../../transports/transport.ts';
import { sameValue } from '../stream/same-value.ts';
import { fillText } from '../template.ts';
import { type Answer, type Outgoing, type PushContext, rejection } from './push.ts';
import { writtenValues } from './sink-values.ts';

type Row = Record<string, string | null>;

/**
 * Writes each record as several rows, one for each item of the list that `target.table.for_each` names: all of them in one transaction, or none.
 * Rows are found by their key, so writing them again changes nothing.
 */
export async function writeLines(
  transport: QueryTransport,
  sink: SinkConfig,
  records: readonly Outgoing[],
  context: PushContext,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const record of records) answers.push(await writeRecord(transport, sink, record, context));
  return answers;
}

async function writeRecord(transport: QueryTransport, sink: SinkConfig, record: Outgoing, context: PushContext): Promise<Answer> {
  const { name, write, key } = sink.target.table!;
  const rows = linesOf(sink, record.values);
  const table = fillText(name, context.variables);
  const results = await transport.write({ table, write: record.operation === 'delete' ? 'delete' : write, key, rows, together: true });
  const refused = results.find((result) => result.state === 'refused');
  if (refused?.state === 'refused') return { state: 'rejected', problem: refused.problem };
  const { acknowledgment } = sink;
  if (acknowledgment?.read_back) {
    const found = await transport.readBack({
      table,
      key,
      columns: [...new Set(rows.flatMap(Object.keys))],
      rows: rows.map((row) => pick(row, key)),
    });
    const types = typesOf(sink);
    const wrong = found.flatMap((row, i) =>
      row
        ? Object.keys(rows[i]!).filter((column) => !sameValue(row[column] ?? null, rows[i]![column] ?? null, types.get(column) ?? 'text'))
        : ['a row that is not there'],
    );
    if (wrong.length)
      return rejection(
        context.name,
        `read again, ${[...new Set(wrong)].join(', ')} ${wrong.length === 1 ? 'is' : 'are'} not what was written.`,
      );
  }
  if (acknowledgment?.row) return { state: 'sent' };
  return { state: acknowledgment?.person ? 'acknowledged' : 'accepted' };
}

/**
 * What the system says by now in the columns of `acknowledgment.row`; undefined while it has said nothing of some row. Of a record with several
 * rows one that is rejected rejects it. Rows that are gone say nothing: somebody may have removed them.
 */
export async function rowAnswer(
  transport: QueryTransport,
  sink: SinkConfig,
  record: Outgoing,
  context: PushContext,
): Promise<Answer | undefined> {
  const { result, accepted, rejected, reason, number } = sink.acknowledgment!.row!;
  const { name, key: columns } = sink.target.table!;
  const key = columns.length ? columns : sink.idempotency_key;
  const found = await transport.readBack({
    table: fillText(name, context.variables),
    key,
    columns: [...new Set([result, ...(reason === undefined ? [] : [reason]), ...(number === undefined ? [] : [number])])],
    rows: linesOf(sink, record.values).map((row) => pick(row, key)),
  });
  const said = found.map((row) => row?.[result]?.trim() ?? '');
  const at = said.findIndex((text) => rejected.includes(text));
  if (at >= 0)
    return rejection(context.name, (reason === undefined ? '' : (found[at]![reason] ?? '')) || `${result} is ${said[at]}.`, said[at]);
  if (!said.every((text) => accepted.includes(text))) return undefined;
  const numbers = number === undefined ? [] : [...new Set(found.map((row) => row?.[number]?.trim() ?? ''))].filter((text) => text !== '');
  return { state: 'accepted', said: said[0]!, ...(numbers.length ? { number: numbers.join(', ') } : {}) };
}

/** The rows of a record: what is the record's own is in each of them. */
export function linesOf(sink: SinkConfig, values: Values): Row[] {
  const list = sink.target.table?.for_each;
  const problems: Problem[] = [];
  const written = writtenValues(sink, values, { file: '', record: 1 }, problems);
  const own = texts(written, values, (name) => name !== list);
  if (list === undefined) return [own];
  const items = valueAt(written, list);
  const given = valueAt(values, list);
  return (Array.isArray(items) ? items : []).map((item, i) => {
    const asGiven = Array.isArray(given) ? given[i] : undefined;
    return isGroup(item) && isGroup(asGiven) ? { ...own, ...texts(item, asGiven, () => true) } : own;
  });
}

/** A value for each field that the mapping gives; the others are left to the table. */
function texts(written: Values, given: Values, wanted: (name: string) => boolean): Row {
  return Object.fromEntries(
    Object.keys(given)
      .filter(wanted)
      .map((name) => {
        const value = written[name] ?? null;
        return [name, typeof value === 'string' ? value : null];
      }),
  );
}

/** The columns of the table that a sink writes: of the record, and of the items of its list. */
export function columnsWritten(sink: SinkConfig): string[] {
  return [...typesOf(sink)].flatMap(([name, type]) => (type === 'list' ? [] : [name]));
}

function typesOf(sink: SinkConfig): Map<string, SinkConfig['schema']['fields'][string]['type']> {
  const list = sink.target.table?.for_each;
  return new Map(
    Object.entries(sink.schema.fields).map(([name, { type }]) => [
      list !== undefined && name.startsWith(`${list}.`) ? name.slice(list.length + 1) : name,
      type,
    ]),
  );
}

function isGroup(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pick(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
}
