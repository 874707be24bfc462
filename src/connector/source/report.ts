import type { Span } from './stream-state.ts';
import type { Asking } from './page.ts';
import type { StreamState } from './stream-state.ts';
import type { OrderedReport } from './stream-state.ts';
import type { Page, PageContext } from './page.ts';
import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ReportConfig } from '../../config/schema/connector.ts';
import { AbortedError, FatalError, RetriableError } from '../../core/errors.ts';
import { nameList } from '../../core/text/name-list.ts';
import type { Values } from '../../core/record.ts';
import { parseDuration } from '../../core/time/time.ts';
import { retryAfter } from '../../transports/web/status.ts';
import { ownWords, redactor } from '../../transports/redact.ts';
import type { RequestAnswer } from '../../transports/transport.ts';
import { textAt } from './answer/answer.ts';
import { jsonObject } from './answer/inside.ts';
import { answerText } from './answer/text.ts';
import { IGNORED } from '../error-rules.ts';
import { fill, fillText, type Variables } from '../template.ts';

/** Services throw reports away; one that is older than this is ordered again. */
const MAX_KEPT_MS = 24 * 3_600_000;

interface ReportRead {
  variables: Variables;
  span: Span;
  /** Before it is read. */
  state: StreamState;
  /** By an earlier run. */
  ordered: OrderedReport | undefined;
  /** Fetches it: with `{{ report }}`, or from a link. */
  read(variables: Variables, link?: string): AsyncGenerator<Page>;
}

/**
 * Orders a report, or takes up one that an earlier run ordered, waits for it and reads it. That it was ordered is saved at once;
 * it is forgotten with its last page (who calls gives that its state), or when it failed. Throws FatalError REPORT_FAILED with the service's own words, and
 * RetriableError REPORT_NOT_READY: the next run asks after the same report.
 */
export async function* fetchable(config: ReportConfig, asking: Asking, context: PageContext, spec: ReportRead): AsyncGenerator<Page> {
  const { variables, span, state } = spec;
  const order = orderOf(config, variables);
  let report = usable(spec.ordered, order, span, context);
  let taken = report !== undefined;
  for (;;) {
    if (!report) {
      const id = await submit(config, asking, context, variables);
      report = { id, order, at: context.now.toISOString(), ...span };
      context.note(`${context.name}: report ${id} was ordered.`);
      yield { records: [], state: { ...state, report }, commit: true };
    }
    const known: Variables = { ...variables, report: report.id };
    try {
      const link = await ready(config, asking, context, known, report.id);
      yield* spec.read(known, link);
      return;
    } catch (error) {
      // Asked for again, it would be refused again. What passes by itself, or a person stopped, goes on with the next run.
      if (!(error instanceof FatalError)) throw error;
      if (!taken || error.code === 'REPORT_FAILED') {
        yield { records: [], state, commit: true };
        throw error;
      }
      context.note(`${context.name}: report ${report.id}, which an earlier run ordered, is no longer available. ${error.message}`);
      report = undefined;
      taken = false;
    }
  }
}

function usable(
  ordered: OrderedReport | undefined,
  order: string,
  span: Span,
  { now, name, note }: PageContext,
): OrderedReport | undefined {
  if (!ordered || ordered.order !== order || ordered.from !== span.from || ordered.to !== span.to) return undefined;
  if (now.getTime() - Date.parse(ordered.at) > MAX_KEPT_MS) return undefined;
  note(`${name}: report ${ordered.id}, ordered by an earlier run, is being checked.`);
  return ordered;
}

function orderOf({ submit }: ReportConfig, variables: Variables): string {
  // A hash of a secret would give short ones away.
  const clean = redactor(() => []);
  const { body, header, path, query, ...others } = submit;
  const filled = [
    others,
    body === undefined ? null : fill(body, variables),
    path === undefined ? null : fillText(path, variables),
    query === undefined ? null : fill(query, variables),
    ...(header === undefined ? [] : [fill(header, variables)]),
  ];
  return hash('sha256', clean(JSON.stringify(filled)), 'hex').slice(0, 32);
}

async function submit(config: ReportConfig, asking: Asking, context: PageContext, variables: Variables): Promise<string> {
  const answer = await asking.ask(config.submit, variables, async (raw) => ({
    headers: raw.headers,
    values: config.header === undefined ? await valuesOf(raw, config, context.name) : {},
  }));
  const id =
    answer === IGNORED
      ? undefined
      : config.header === undefined
        ? textAt(answer.values, config.id!)
        : answer.headers[config.header.toLowerCase()];
  if (id) return id;
  const where = config.header === undefined ? config.id! : `the header ${config.header}`;
  const has = answer === IGNORED ? 'nothing' : nameList(Object.keys(config.header === undefined ? answer.values : answer.headers));
  throw new FatalError({
    code: 'REPORT_NOT_ORDERED',
    place: { system: context.name, path: 'report.submit' },
    message: `The answer to the order of the report has no report at ${where}; it has ${has || 'nothing'}.`,
    hint: 'Correct report.id in the connector; some services answer a wrong order like this.',
  });
}

/** Asks until it is done; gives the link to it where the service says one. */
async function ready(
  config: ReportConfig,
  asking: Asking,
  context: PageContext,
  variables: Variables,
  id: string,
): Promise<string | undefined> {
  const every = parseDuration(config.every)!;
  const timeout = parseDuration(config.timeout)!;
  let before: string | undefined;
  for (let waited = 0; ;) {
    const answer = await asking.ask(config.poll, variables, async (raw) => ({
      values: config.status !== undefined || config.link !== undefined ? await valuesOf(raw, config, context.name) : await nothing(raw),
      status: String(raw.status),
      wait: retryAfter(raw.headers['retry-after']),
    }));
    const status = answer === IGNORED ? undefined : config.status === undefined ? answer.status : textAt(answer.values, config.status);
    if (answer !== IGNORED && status !== undefined && config.failed.includes(status))
      throw failed(config, context, id, status, answer.values);
    if (answer !== IGNORED && status !== undefined && config.done.includes(status)) return linkIn(config, context, id, answer.values);
    if (answer !== IGNORED && status === undefined && config.status !== undefined)
      throw withoutStatus(config.status, context, answer.values);
    const wait = Math.max(every, (answer === IGNORED ? undefined : answer.wait) ?? 0);
    if (waited + wait > timeout)
      throw new RetriableError({
        code: 'REPORT_NOT_READY',
        place: { system: context.name },
        message: `The report ${id} is not ready after ${config.timeout} (${status ?? 'an error that is ignored'}).`,
        hint: 'The next run checks for the same report; raise report.timeout in the connector if it always takes this long.',
      });
    if (status !== before) context.note(`${context.name}: report ${id} is not ready yet (${status ?? 'an error that is ignored'}).`);
    before = status;
    waited += wait;
    await sleep(wait, context);
  }
}

async function sleep(ms: number, { sleep: given, signal }: PageContext): Promise<void> {
  try {
    await (given ? given(ms, signal) : pause(ms, undefined, { signal }));
  } catch {
    throw new AbortedError({ code: 'ABORTED', place: {}, message: 'Stopped while a report was being prepared.' });
  }
}

function failed({ message }: ReportConfig, { name }: PageContext, id: string, status: string, values: Values): FatalError {
  const said = message === undefined ? undefined : textAt(values, message);
  const words = said
    ? ` It said: ${ownWords(
        said,
        redactor(() => []),
      )}`
    : '';
  return new FatalError({
    code: 'REPORT_FAILED',
    place: { system: name },
    message: `The system could not prepare the report ${id} (${status}).${words}`,
    hint: 'Nothing was read; the next run orders it again. If this continues, ask the owner of the system.',
  });
}

function linkIn({ link }: ReportConfig, { name }: PageContext, id: string, values: Values): string | undefined {
  if (link === undefined) return undefined;
  const found = textAt(values, link);
  if (found) return found;
  throw new FatalError({
    code: 'REPORT_UNREADABLE',
    place: { system: name, path: 'report.link' },
    message: `The report ${id} is ready, but the answer has no address for it at ${link}; it has ${nameList(Object.keys(values)) || 'nothing'}.`,
    hint: 'Correct report.link in the connector.',
  });
}

function withoutStatus(path: string, { name }: PageContext, values: Values): FatalError {
  return new FatalError({
    code: 'REPORT_UNREADABLE',
    place: { system: name, path: 'report.status' },
    message: `The answer about the report has no ${path}; it has ${nameList(Object.keys(values)) || 'nothing'}.`,
    hint: 'Correct report.status in the connector.',
  });
}

const MAX_BYTES = 1_048_576;

/** What an answer to submit or poll says. */
async function valuesOf(answer: RequestAnswer, { answers }: ReportConfig, name: string): Promise<Values> {
  if (answer.value) return answer.value;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.bytes ?? []) {
    parts.push(Uint8Array.from(part));
    if ((size += part.length) > MAX_BYTES) break;
  }
  const text = answerText(Buffer.concat(parts), answer.headers['content-type'], name).replace(/^\ufeff/, '');
  if (answers === 'json') return jsonObject(text) ?? {};
  const { xmlValues } = await import('./answer/xml-answer.ts');
  return xmlValues(text);
}

/** Read to its end, so the connection is free for the next. */
async function nothing(answer: RequestAnswer): Promise<Values> {
  for await (const part of answer.bytes ?? []) if (part.length > MAX_BYTES) break;
  return {};
}
