import type { Incremental, StreamConfig } from '../config/schema/connector.ts';
import { FatalError } from '../core/errors.ts';
import type { SourceRecord, Value, Values } from '../core/record.ts';
import { valueAt } from '../core/record.ts';
import { parseDuration } from '../core/time.ts';
import { decodeWith } from '../formats/formats.ts';
import type { QueryTransport, RequestAnswer, RequestTransport } from '../transports/transport.ts';
import { retrying } from './retry.ts';
import { fill, fillAll, fillText, type Variables } from './template.ts';

/** Where a stream without files was read to: texts exactly as the source wrote them. */
export interface StreamState {
  cursor?: string;
  tie?: string;
}

/** A list of records; `state`, when given, may be saved together with them. */
export interface Page {
  records: SourceRecord[];
  state?: StreamState;
}

export interface PageContext {
  /** For messages: the connection and stream. */
  name: string;
  variables: Variables;
  state: StreamState;
  now: Date;
  signal?: AbortSignal;
  note(text: string): void;
}

/** Reads a query stream in keyset order; each list may be saved with the position of its last row. */
export async function* readQuery(stream: StreamConfig, transport: QueryTransport, context: PageContext): AsyncGenerator<Page> {
  const query = stream.retriever.query!;
  const { incremental } = stream;
  const { fields } = stream.schema;
  const columns = Object.entries(fields)
    .filter(([name]) => name !== query.table_field)
    .map(([name, f]) => ({ name, type: f.type === 'list' || f.type === 'object' ? ('text' as const) : f.type }));
  const from = incremental && lowerBound(incremental, context);
  const keys = Array.isArray(stream.primary_key) ? stream.primary_key : stream.primary_key.fields;
  const state: StreamState = { ...context.state };
  const lists = transport.query({
    tables: query.tables?.map((t) => fillText(t, context.variables)),
    sql: query.sql,
    parameters: fillAll(query.parameters, { ...context.variables, cursor: from?.cursor }),
    columns,
    tableField: query.table_field,
    where: query.where?.map((w) => ({ ...w, value: fillText(w.value, context.variables) })),
    after: from && { cursor: incremental!.cursor, cursorValue: from.cursor, tie: incremental!.tie_breaker, tieValue: from.tie, inclusive: from.tie === undefined },
    before: incremental?.delay === undefined ? undefined : { cursor: incremental.cursor, value: isoOf(new Date(context.now.getTime() - parseDuration(incremental.delay)!)) },
    orderBy: incremental ? [incremental.cursor, ...(incremental.tie_breaker ? [incremental.tie_breaker] : [])] : keys.filter((k) => k !== query.table_field),
  });
  for await (const records of lists) {
    if (!incremental) yield { records };
    else {
      const last = records.at(-1);
      const cursor = last && textAt(last.values, incremental.cursor);
      // A row read again within the lookback must not move the position back.
      if (cursor !== undefined && (state.cursor === undefined || cursor >= state.cursor)) {
        state.cursor = cursor;
        if (incremental.tie_breaker) state.tie = textAt(last!.values, incremental.tie_breaker);
      }
      yield { records, state: { ...state } };
    }
  }
}

/**
 * Reads a request stream page by page. Pages come in no order that could be trusted, so that the position is saved
 * only with the last one: after a failure the whole stretch is read again, and what is known is recognised.
 */
export async function* readRequests(stream: StreamConfig, transport: RequestTransport, context: PageContext): AsyncGenerator<Page> {
  const request = stream.retriever.request!;
  const { paginator, incremental } = stream;
  const size = paginator?.size ?? 0;
  const until = incremental && new Date(context.now.getTime() - (parseDuration(incremental.delay ?? '0s') ?? 0));
  const bounds: Variables = incremental
    ? { from: formatBound(lowerBound(incremental, context)?.cursor, incremental), to: formatBound(isoOf(until!), incremental) }
    : {};
  let read = 0;
  let total: number | undefined;
  let cursor: string | undefined;
  let link: string | undefined;

  for (let page = 0; ; page++) {
    if (paginator && page >= paginator.max_pages)
      throw new FatalError({ code: 'PAGES_TOO_MANY', place: { system: context.name }, message: `There are more than ${paginator.max_pages} pages.`, hint: 'Raise paginator.max_pages if there really are so many.' });
    const variables: Variables = {
      ...context.variables,
      ...bounds,
      page: String((paginator?.first ?? 1) + page),
      offset: String(read),
      size: String(size),
      cursor,
    };
    const answer = await retrying(
      () =>
        transport.request({
          operation: request.operation,
          body: request.body === undefined ? undefined : fill(request.body, variables),
          method: request.method,
          path: link ?? (request.path === undefined ? undefined : fillText(request.path, variables)),
          query: link ? undefined : fillAll(request.query, variables),
          headers: fillAll(request.headers, variables),
        }),
      {
        maxRetries: stream.error_handler?.max_retries ?? 5,
        signal: context.signal,
        onRetry: (error, waitMs) => context.note(`${error.message} Trying again in ${(waitMs / 1000).toFixed(1)} s.`),
      },
    );
    const { records, envelope } = await recordsOf(answer, stream, context, read);
    checkSuccess(stream, envelope, context.name);
    read += records.length;
    if (paginator?.total) total = Number(textAt(envelope, paginator.total) ?? Number.NaN);
    cursor = paginator?.kind === 'cursor' && paginator.cursor ? textAt(envelope, paginator.cursor) : undefined;
    link = paginator?.kind === 'link' ? nextLink(answer.headers.link) : undefined;
    const more =
      paginator !== undefined &&
      (paginator.kind === 'cursor' ? cursor !== undefined && cursor !== '' : paginator.kind === 'link' ? link !== undefined : total !== undefined && !Number.isNaN(total) ? read < total && records.length > 0 : records.length >= size);
    if (!more) {
      if (total !== undefined && total !== read)
        throw new FatalError({
          code: 'TOTAL_DIFFERS',
          place: { system: context.name },
          message: `The system says that there are ${Number.isNaN(total) ? 'an unknown number of' : total} records, but gave ${read}.`,
          hint: 'Records may have changed while they were read: run again. If it stays so, tell the vendor.',
        });
      yield { records, state: until && { cursor: isoOf(until) } };
      return;
    }
    yield { records };
  }
}

async function recordsOf(answer: RequestAnswer, stream: StreamConfig, context: PageContext, before: number): Promise<{ records: SourceRecord[]; envelope: Values }> {
  if (answer.value) {
    const path = stream.record_selector?.path;
    const found = path ? valueAt(answer.value, path) : answer.value;
    const list: Value[] = found === undefined || found === null ? [] : Array.isArray(found) ? found : [found];
    const records = list.map((value, i) => ({ values: typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { value }, number: before + i + 1 }));
    return { records, envelope: answer.value };
  }
  const records: SourceRecord[] = [];
  if (!answer.bytes || !stream.decoder) return { records, envelope: {} };
  const decoder = stream.decoder;
  const envelopePaths = stream.paginator?.total ?? stream.paginator?.cursor ?? stream.retriever.request?.success?.[0]?.path;
  if (decoder.json && !decoder.json.lines && envelopePaths !== undefined) {
    // The page's own figures stand beside the records: read the document whole (it is bounded), then take the list.
    let envelope: Values = {};
    for await (const list of decodeWith({ json: { ...decoder.json, rows: '' } }, answer.bytes, { file: context.name })) envelope = list[0]?.values ?? {};
    const found = decoder.json.rows ? valueAt(envelope, decoder.json.rows) : [];
    const list = Array.isArray(found) ? found : [];
    list.forEach((value, i) => records.push({ values: value as Values, number: before + i + 1 }));
    return { records, envelope };
  }
  for await (const list of decodeWith(decoder, answer.bytes, { file: context.name, signal: context.signal })) for (const r of list) records.push({ ...r, number: before + r.number });
  return { records, envelope: {} };
}

function checkSuccess(stream: StreamConfig, envelope: Values, name: string): void {
  for (const { path, in: wanted } of stream.retriever.request?.success ?? []) {
    const value = textAt(envelope, path);
    if (value === undefined || !wanted.includes(value))
      throw new FatalError({
        code: 'ANSWER_REFUSED',
        place: { system: name, path },
        message: `The system answered ${path} = ${value === undefined ? 'nothing' : `"${value}"`} where ${wanted.map((w) => `"${w}"`).join(' or ')} means success.`,
        hint: "Look the code up in the vendor's manual; nothing was read.",
      });
  }
}

function lowerBound(incremental: Incremental, { state, variables }: PageContext): { cursor: string; tie?: string } | undefined {
  const cursor = state.cursor ?? (incremental.start === undefined ? undefined : fillText(incremental.start, variables));
  if (cursor === undefined) return undefined;
  if (incremental.lookback === undefined || state.cursor === undefined || incremental.kind !== 'datetime') return { cursor, tie: state.cursor === undefined ? undefined : state.tie };
  // Only the lower bound of the reading moves; the saved position stays the source's own text.
  const at = Date.parse(/[zZ]|[-+]\d\d:?\d\d$/.test(cursor) ? cursor : `${cursor}${cursor.includes('T') || cursor.includes(' ') ? '' : 'T00:00:00'}Z`);
  return Number.isNaN(at) ? { cursor } : { cursor: isoOf(new Date(at - parseDuration(incremental.lookback)!)) };
}

function isoOf(date: Date): string {
  return date.toISOString().slice(0, 23);
}

function formatBound(iso: string | undefined, incremental: Incremental): string | undefined {
  if (iso === undefined || incremental.format === undefined) return iso;
  const part = { YYYY: iso.slice(0, 4), MM: iso.slice(5, 7), DD: iso.slice(8, 10), HH: iso.slice(11, 13) || '00', mm: iso.slice(14, 16) || '00', ss: iso.slice(17, 19) || '00' };
  return incremental.format.replace(/YYYY|MM|DD|HH|mm|ss/g, (token) => part[token as keyof typeof part]);
}

function nextLink(header: string | undefined): string | undefined {
  return header && /<([^>]+)>\s*;\s*rel="?next"?/.exec(header)?.[1];
}

function textAt(values: Values, path: string): string | undefined {
  const value = valueAt(values, path);
  return typeof value === 'string' ? value : undefined;
}
