import type { DecoderConfig, Incremental, StreamConfig } from '../config/schema/connector.ts';
import { FatalError } from '../core/errors.ts';
import type { SourceRecord, Value, Values } from '../core/record.ts';
import { valueAt } from '../core/record.ts';
import { parseDuration } from '../core/time.ts';
import { decodeWith } from '../formats/formats.ts';
import { JsonDefect, jsonScanner } from '../formats/json-scan.ts';
import { decodeText } from '../formats/text-decoding.ts';
import type { RequestAnswer, RequestTransport } from '../transports/transport.ts';
import { isoOf, lowerBound } from './bounds.ts';
import { IGNORED, judging } from './error-rules.ts';
import { retrying } from './retry.ts';
import { openSession } from './session.ts';
import { fill, fillAll, fillText, type Variables } from './template.ts';

export { readQuery } from './query-pages.ts';

/** Where a stream without files was read to: texts exactly as the source wrote them. */
export interface StreamState {
  cursor?: string;
  tie?: string;
  /** How many records there were before a snapshot that was refused because it lacked too many of them. */
  before?: number;
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
  /** Told of the columns that a database's tables or an answer's header have. */
  onColumns?: (columns: ReadonlyMap<string, string>) => void;
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
  const rules = stream.error_handler?.rules ?? [];
  const session = openSession(request.login, transport, context.variables, context.name);

  for (let page = 0; ; page++) {
    if (paginator && page >= paginator.max_pages)
      throw new FatalError({
        code: 'PAGES_TOO_MANY',
        place: { system: context.name },
        message: `There are more than ${paginator.max_pages} pages.`,
        hint: 'Raise paginator.max_pages if there really are so many.',
      });
    const variables: Variables = {
      ...context.variables,
      ...bounds,
      page: String((paginator?.first ?? 1) + page),
      offset: String(read),
      size: String(size),
      cursor,
    };
    const ask = async (): Promise<RequestAnswer> => {
      const known = { ...variables, ...(await session.variables()) };
      return transport.request({
        operation: request.operation,
        body: request.body === undefined ? undefined : fill(request.body, known),
        method: request.method,
        path: link ?? (request.path === undefined ? undefined : fillText(request.path, known)),
        query: link ? undefined : fillAll(request.query, known),
        headers: fillAll(request.headers, known),
      });
    };
    const answer = await retrying(() => judging(ask, rules, () => session.forget()), {
      maxRetries: stream.error_handler?.max_retries ?? 5,
      signal: context.signal,
      onRetry: (error, waitMs) =>
        context.note(`${(session.cleaned(error) as Error).message} Trying again in ${(waitMs / 1000).toFixed(1)} s.`),
    }).catch((error: unknown) => {
      throw session.cleaned(error);
    });
    if (answer === IGNORED)
      context.note(`${context.name}: an error that the connector says to ignore was taken for an answer without records.`);
    const { records, envelope } = answer === IGNORED ? { records: [], envelope: {} } : await recordsOf(answer, stream, context, read);
    read += records.length;
    // Of an answer that is ignored, the total stays the one that was said before: the pages may have been cut off.
    if (paginator?.total && answer !== IGNORED) total = Number(textAt(envelope, paginator.total) ?? Number.NaN);
    const before = cursor ?? link;
    cursor = paginator?.kind === 'cursor' && paginator.cursor ? textAt(envelope, paginator.cursor) : undefined;
    link = paginator?.kind === 'link' && answer !== IGNORED ? nextLink(answer.headers.link) : undefined;
    const more =
      paginator !== undefined &&
      (paginator.kind === 'cursor'
        ? cursor !== undefined && cursor !== ''
        : paginator.kind === 'link'
          ? link !== undefined
          : total !== undefined && !Number.isNaN(total)
            ? read < total && records.length > 0
            : records.length >= size);
    if (more && before !== undefined && before === (cursor ?? link))
      throw new FatalError({
        code: 'PAGES_REPEAT',
        place: { system: context.name },
        message: `Page ${page + 1} says that the next page is itself again.`,
        hint: 'Look at paginator in the connector; if it is right, tell the vendor.',
      });
    if (!more) {
      await session.close();
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

async function recordsOf(
  answer: RequestAnswer,
  stream: StreamConfig,
  context: PageContext,
  before: number,
): Promise<{ records: SourceRecord[]; envelope: Values }> {
  if (answer.value) {
    const path = stream.record_selector?.path;
    checkSuccess(stream, answer.value, context.name);
    const found = path ? valueAt(answer.value, path) : answer.value;
    const list: Value[] = found === undefined || found === null ? [] : Array.isArray(found) ? found : [found];
    const records = list.map((value, i) => ({
      values: typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { value },
      number: before + i + 1,
    }));
    return { records, envelope: answer.value };
  }
  const records: SourceRecord[] = [];
  if (!answer.bytes || !stream.decoder) return { records, envelope: {} };
  // The transport bounds an answer; its own figures stand beside the records, so that it is read twice.
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.bytes) chunks.push(Uint8Array.from(chunk));
  const envelope = hasFigures(stream) ? await envelopeOf(chunks, stream.decoder, context.name) : {};
  if (Object.keys(envelope).length > 0) checkSuccess(stream, envelope, context.name);
  for await (const list of decodeWith(stream.decoder, again(chunks), { file: context.name, signal: context.signal }))
    for (const r of list) records.push({ ...r, number: before + r.number });
  checkSuccess(stream, envelope, context.name);
  return { records, envelope };
}

/** Does anything of the stream stand in the answer beside its records? */
function hasFigures({ paginator, retriever }: StreamConfig): boolean {
  return paginator?.total !== undefined || paginator?.cursor !== undefined || retriever.request?.success !== undefined;
}

/** A JSON answer as one object; empty where it is a list. What is no JSON is for the decoder to refuse. */
async function envelopeOf(chunks: readonly Uint8Array[], { json }: DecoderConfig, name: string): Promise<Values> {
  if (!json || json.lines) return {};
  let text = '';
  for await (const piece of decodeText(again(chunks), json.encoding, { file: name })) text += piece;
  try {
    const scanner = jsonScanner(text);
    const value = scanner.readValue(scanner.skipSpace(0));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch (error) {
    if (error instanceof JsonDefect) return {};
    throw error;
  }
}

async function* again(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
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

function formatBound(iso: string | undefined, incremental: Incremental): string | undefined {
  if (iso === undefined || incremental.format === undefined) return iso;
  const part = {
    YYYY: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    DD: iso.slice(8, 10),
    HH: iso.slice(11, 13) || '00',
    mm: iso.slice(14, 16) || '00',
    ss: iso.slice(17, 19) || '00',
  };
  return incremental.format.replace(/YYYY|MM|DD|HH|mm|ss/g, (token) => part[token as keyof typeof part]);
}

function nextLink(header: string | undefined): string | undefined {
  return header && /<([^>]+)>\s*;\s*rel="?next"?/.exec(header)?.[1];
}

function textAt(values: Values, path: string): string | undefined {
  const value = valueAt(values, path);
  return typeof value === 'string' ? value : undefined;
}
