import type { StreamConfig } from '../config/schema/connector.ts';
import { FatalError } from '../core/errors.ts';
import { valueAt } from '../core/record.ts';
import type { Values } from '../core/record.ts';
import { parseDuration } from '../core/time.ts';
import type { QueryTransport } from '../transports/transport.ts';
import { isBefore, isoOf, lowerBound } from './bounds.ts';
import type { Page, PageContext, StreamState } from './pages.ts';
import { fillAll, fillText } from './template.ts';

/** Reads a query stream in keyset order; each list may be saved with the position of its last row. */
export async function* readQuery(stream: StreamConfig, transport: QueryTransport, context: PageContext): AsyncGenerator<Page> {
  const { incremental } = stream;
  if (incremental?.kind === 'rowversion') return yield* readByRowversion(stream, transport, context);
  const from = incremental && lowerBound(incremental, context);
  const state: StreamState = { ...context.state };
  const lists = transport.query({
    ...querySpec(stream, context, from?.cursor),
    after: from && {
      cursor: incremental!.cursor,
      cursorValue: from.cursor,
      tie: incremental!.tie_breaker,
      tieValue: from.tie,
      inclusive: from.tie === undefined,
    },
    before:
      incremental?.delay === undefined
        ? undefined
        : { cursor: incremental.cursor, value: isoOf(new Date(context.now.getTime() - parseDuration(incremental.delay)!)) },
  });
  for await (const records of lists) {
    if (!incremental) yield { records };
    else {
      const last = records.at(-1);
      const cursor = last && textAt(last.values, incremental.cursor);
      // A row read again within the lookback must not move the position back.
      if (cursor !== undefined && (state.cursor === undefined || !isBefore(cursor, state.cursor, incremental.kind))) {
        state.cursor = cursor;
        if (incremental.tie_breaker) state.tie = textAt(last!.values, incremental.tie_breaker);
      }
      yield { records, state: { ...state } };
    }
  }
}

/**
 * Rows by SQL Server's rowversion. The upper bound is asked for before the read begins: a transaction that is still open
 * holds it back, so that no row committed later can have a lower version than the position that is saved. @@DBTS and the
 * greatest version read do not have this. See Microsoft's documentation of MIN_ACTIVE_ROWVERSION.
 */
async function* readByRowversion(stream: StreamConfig, transport: QueryTransport, context: PageContext): AsyncGenerator<Page> {
  const { cursor } = stream.incremental!;
  const upper = (await transport.scalar('SELECT MIN_ACTIVE_ROWVERSION()'))?.toUpperCase().replace('0X', '0x');
  if (upper === undefined || !/^0x[0-9A-F]{16}$/.test(upper))
    throw new FatalError({
      code: 'ROWVERSION_UNKNOWN',
      place: { system: context.name },
      message: 'The server does not say which row versions are complete (MIN_ACTIVE_ROWVERSION).',
      hint: 'Use a cursor of kind datetime or sequence with this server.',
    });
  let from = lowerBound(stream.incremental!, context)?.cursor;
  if (from !== undefined && isBefore(upper, from, 'rowversion')) {
    context.note(
      `${context.name}: the server's row versions (${upper}) lie before the saved position (${from}), so its database was restored or replaced; everything is read again.`,
    );
    from = undefined;
  }
  const lists = transport.query({
    ...querySpec(stream, context, from),
    after: from === undefined ? undefined : { cursor, cursorValue: from, inclusive: true },
    before: { cursor, value: upper },
  });
  for await (const records of lists) {
    const last = textAt(records.at(-1)?.values ?? {}, cursor);
    yield { records, state: last === undefined ? undefined : { cursor: last } };
  }
  yield { records: [], state: { cursor: upper } };
}

/** What both have in common: what is read, and in which order. */
function querySpec(stream: StreamConfig, context: PageContext, cursor: string | undefined): Parameters<QueryTransport['query']>[0] {
  const query = stream.retriever.query!;
  const { incremental } = stream;
  const keys = Array.isArray(stream.primary_key) ? stream.primary_key : stream.primary_key.fields;
  return {
    tables: query.tables?.map((t) => fillText(t, context.variables)),
    sql: query.sql,
    parameters: fillAll(query.parameters, { ...context.variables, cursor }),
    columns: Object.entries(stream.schema.fields)
      .filter(([name]) => name !== query.table_field)
      .map(([name, f]) => ({ name, type: f.type === 'list' || f.type === 'object' ? ('text' as const) : f.type })),
    tableField: query.table_field,
    onColumns: context.onColumns,
    where: query.where?.map((w) => ({ ...w, value: fillText(w.value, context.variables) })),
    orderBy: incremental
      ? [incremental.cursor, ...(incremental.tie_breaker ? [incremental.tie_breaker] : [])]
      : keys.filter((k) => k !== query.table_field),
  };
}

function textAt(values: Values, path: string): string | undefined {
  const value = valueAt(values, path);
  return typeof value === 'string' ? value : undefined;
}
