import type { ReadBackConfig, RequestTarget, SinkConfig, Template } from '../../config/schema/connector.ts';
import { ConfigError, FatalError, InterlocalError, type Problem, RecordError, RetriableError } from '../../core/errors.ts';
import { type Values, valueAt } from '../../core/record.ts';
import { answerFacts } from '../../transports/answer-facts.ts';
import type { RequestSpec, RequestTransport } from '../../transports/transport.ts';
import { IGNORED, judging, unlessRuled } from '../error-rules.ts';
import { jsonBody } from './json-body.ts';
import { type Answer, LOOK_THERE, type Outgoing, type PushContext, rejection, shortened } from './push.ts';
import { textAt } from '../source/answer/answer.ts';
import { type Envelope, envelopeOf, judgedEach } from './push-answer.ts';
import { fillRecord, fillRecordBody, fillRecordPath } from './record-template.ts';
import { sameValue } from '../stream/same-value.ts';
import { renderSink, type SinkContext } from './sink.ts';
import { writtenValues } from './sink-values.ts';
import { stepOf } from '../source/session.ts';
import type { Variables } from '../template.ts';

/** What is asked of a service for these records; several only where an encoder writes the body. */
async function requestOf(sink: SinkConfig, records: readonly Outgoing[], context: PushContext, at: SinkContext): Promise<RequestSpec> {
  const target = sink.target.request!;
  const [first] = records;
  const ask = first!.operation === 'delete' ? target.delete! : first!.create ? (sink.creates?.request ?? target) : target;
  const written = writtenOf(sink, first!.values);
  const spec = specOf(sink, ask, written, { ...(await variablesOf(context)), idempotency_key: first!.idempotencyKey }, first!.emptied);
  if (first!.operation === 'delete' || target.body !== undefined || !sink.encoder) return spec;
  const { bytes } = await renderSink(
    sink,
    records.map((r) => r.values),
    at,
  );
  const type = target.content_type ?? (sink.encoder.json ? 'application/json' : sink.encoder.xml ? 'application/xml' : 'text/plain');
  return { ...spec, encoded: { bytes, type } };
}

/** Statuses with which a service says that it did not want what was sent; with others of 4xx nothing could be sent at all. */
const UNWANTED = new Set([400, 409, 410, 412, 413, 415, 422]);
/** With these it did not even look at it. */
const NOT_TAKEN = new Set([429, 503]);
/** Nobody was there to take it, or it was not asked. */
const NOT_SENT = /^(?:CONNECTION_REFUSED|HOST_UNKNOWN|HOST_UNREACHABLE|TLS_\w+|AUTH_FAILED|PATH_OUTSIDE|LOGIN_UNREADABLE)$/;

/**
 * Asks once and says what came of each record. Where it cannot be known whether the record arrived, it is `unknown`, unless the sink is idempotent and
 * it is worth asking again: then the RetriableError is thrown. Throws what no other record would be spared either (a wrong password).
 */
export async function push(
  transport: RequestTransport,
  sink: SinkConfig,
  records: readonly Outgoing[],
  context: PushContext,
  at: SinkContext,
): Promise<Answer[]> {
  const all = (answer: Answer): Answer[] => records.map(() => answer);
  let answer: Envelope | typeof IGNORED;
  try {
    answer = await asked(transport, sink, () => requestOf(sink, records, context, at), context);
  } catch (thrown) {
    const error = context.session?.cleaned(thrown) ?? thrown;
    if (!(error instanceof InterlocalError)) throw error;
    // A value that cannot be written into a request: nothing was sent, and the others can be.
    if (error instanceof RecordError) return all({ state: 'rejected', problem: error.problems[0]! });
    if (error instanceof ConfigError || NOT_SENT.test(error.code) || RULED.has(thrown as object)) throw error;
    const facts = answerFacts(error);
    const fatal = error instanceof FatalError;
    if (facts && (UNWANTED.has(facts.status) || (fatal && facts.faultText !== undefined)))
      return all(rejection(context.name, error.problems.map((p) => p.message).join(' ')));
    // The system says that it did not do it, for now or at all.
    if (facts && (fatal || NOT_TAKEN.has(facts.status) || facts.status < 500 || facts.faultText !== undefined)) throw error;
    if (error instanceof RetriableError && sink.target.request!.idempotent) throw error;
    return all({ state: 'unknown', problem: lost(error.problems[0]!) });
  }
  if (answer === IGNORED) return all({ state: 'accepted' });
  return judgedEach(sink, answer, records, context).map((one) =>
    records[0]!.create && one.state !== 'rejected' ? { ...one, ...numberIn(sink, answer) } : one,
  );
}

/** The number that a new record has in the system, where the answer says it whole. */
function numberIn({ creates }: SinkConfig, { values }: Envelope): Pick<Answer, 'created'> {
  const parts = (creates?.key ?? []).map((path) => textAt(values, path)?.trim() ?? '');
  return parts.length === 0 || parts.includes('') ? {} : { created: parts.join(creates!.join) };
}

function lost(problem: Problem): Problem {
  return {
    ...problem,
    message: `${problem.message} It is not known whether the system has the record.`,
    hint: LOOK_THERE,
  };
}

/** Are these records in the remote system, and as they were written? `missing` for one that is not there. */
export async function readBackEach(
  transport: RequestTransport,
  sink: SinkConfig,
  records: readonly Outgoing[],
  context: PushContext,
): Promise<(Answer | 'missing')[]> {
  const found: (Answer | 'missing')[] = [];
  for (const record of records) found.push(await readBack(transport, sink, record, context));
  return found;
}

async function readBack(
  transport: RequestTransport,
  sink: SinkConfig,
  record: Outgoing,
  context: PushContext,
): Promise<Answer | 'missing'> {
  const config = sink.acknowledgment!.read_back as ReadBackConfig;
  const written = writtenOf(sink, record.values);
  const spec = async (): Promise<RequestSpec> => ({
    ...specOf(sink, config, written, { ...(await variablesOf(context)), idempotency_key: record.idempotencyKey }),
    method: config.method ?? 'GET',
  });
  let answer: Envelope | typeof IGNORED;
  try {
    answer = await asked(transport, sink, spec, context);
  } catch (error) {
    if (answerFacts(error)?.status === 404) return 'missing';
    throw context.session?.cleaned(error) ?? error;
  }
  if (answer === IGNORED) return 'missing';
  const { values, text, unread } = answer;
  if (unread !== undefined)
    throw new FatalError({
      code: 'ANSWER_UNREADABLE',
      place: { system: context.name, path: 'acknowledgment.read_back' },
      message: `Interlocal asked the system whether the record arrived and got ${unread}, so that is still not known. The record was not sent again.`,
      hint: 'Run the pipeline again, which asks once more. If this continues, ask the owner of the system.',
    });
  const found = valueAt(values, config.found.path);
  const value = typeof found === 'string' ? found : undefined;
  const there = config.found.in
    ? value !== undefined && config.found.in.includes(value)
    : found !== undefined && found !== null && found !== '';
  if (!there) return 'missing';
  const differ = Object.entries(config.equal).filter(
    ([path, field]) => !sameValue(textAt(values, path) ?? null, textAt(written, field) ?? null, sink.schema.fields[field]?.type ?? 'text'),
  );
  const number = config.number === undefined ? undefined : textAt(values, config.number)?.trim();
  if (differ.length === 0)
    return {
      state: 'accepted',
      said: shortened(text),
      ...(record.create ? numberIn(sink, answer) : {}),
      ...(number === undefined || number === '' ? {} : { number }),
    };
  return rejection(context.name, `it is there, but ${differ.map(([path]) => path).join(', ')} is not what was written.`, text);
}

/** Every request that a sink makes, filled in with a record: to look at them without asking. */
export function requestsOf(sink: SinkConfig, values: Values, given: Variables): RequestSpec[] {
  const { login, delete: remove, ...write } = sink.target.request!;
  const back = sink.acknowledgment?.read_back;
  const variables = { ...given, session: 'session', idempotency_key: '0'.repeat(32) };
  const logs = [login, login?.logout].flatMap((one) => (one ? [stepOf(one, variables)] : []));
  const asks = [write, ...(remove ? [remove] : []), ...(typeof back === 'object' ? [{ method: 'GET' as const, ...back }] : [])];
  return [...logs, ...asks.map((ask) => specOf(sink, ask, writtenOf(sink, values), variables))];
}

/** The request that a record would make, to show it; options of the connection are in it as their names, so nothing secret does. */
export function requestShown(sink: SinkConfig, record: Outgoing): RequestSpec {
  const target = sink.target.request!;
  const ask: Ask = record.operation === 'delete' ? target.delete! : record.create ? (sink.creates?.request ?? target) : target;
  return specOf(
    sink,
    ask,
    writtenOf(sink, record.values),
    { session: '(session)', idempotency_key: record.idempotencyKey },
    record.emptied,
  );
}

/** Asks, by the sink's own rules of what an error means; a session that has ended is opened again, once. */
async function asked(
  transport: RequestTransport,
  sink: SinkConfig,
  spec: () => Promise<RequestSpec>,
  { session, name }: PushContext,
): Promise<Envelope | typeof IGNORED> {
  const rules = sink.error_handler?.rules ?? [];
  let unruled: unknown;
  const ask = async (): Promise<Envelope> => {
    try {
      return await envelopeOf(await unlessRuled(await transport.request(await spec()), rules, name), session, name);
    } catch (error) {
      throw (unruled = error);
    }
  };
  try {
    return await judging(ask, rules, session && (() => session.forget()));
  } catch (error) {
    if (error !== unruled && error instanceof RetriableError) RULED.add(error);
    throw error;
  }
}

/** Errors of which a rule of the connector says that the request is to be made again. */
const RULED = new WeakSet<object>();

async function variablesOf({ variables, session }: PushContext): Promise<Variables> {
  return { ...variables, ...(await session?.variables()) };
}

type Ask = Pick<RequestTarget, 'operation' | 'path' | 'query' | 'headers' | 'header' | 'body'> & { method?: RequestSpec['method'] };

function specOf(sink: SinkConfig, ask: Ask, values: Values, variables: Variables, emptied: readonly string[] = []): RequestSpec {
  const texts = (given: Record<string, string> | undefined): Record<string, string> | undefined =>
    given && Object.fromEntries(Object.entries(given).map(([name, text]) => [name, textOf(fillRecord(text, values, variables))]));
  const headers = texts(ask.headers);
  return {
    operation: ask.operation,
    method: ask.method,
    path: ask.path === undefined ? undefined : fillRecordPath(ask.path, values, variables),
    query: texts(ask.query),
    headers,
    header: ask.header && Object.fromEntries(Object.entries(ask.header).map(([name, of]) => [name, fillRecord(of, values, variables)])),
    ...(ask.body === undefined
      ? {}
      : bodyOf(
          sink,
          sink.corrections === 'changed' ? withoutMissing(ask.body, values, emptied) : ask.body,
          headers ?? {},
          values,
          variables,
        )),
  };
}

const FIELD = /^\{\{\s*record\.([^}\s]+(?:\s+[^}\s]+)*)\s*\}\}$/;

/** A correction holds what was corrected or emptied: what is not in it is left out of the body, so no system takes it for emptied. */
function withoutMissing(template: Template, values: Values, emptied: readonly string[]): Template {
  if (template === null || typeof template !== 'object') return template;
  if (Array.isArray(template)) return template.map((item) => withoutMissing(item, values, emptied));
  const kept = Object.entries(template).filter(([, item]) => {
    const field = typeof item === 'string' ? FIELD.exec(item)?.[1] : undefined;
    return field === undefined || emptied.includes(field) || (valueAt(values, field) ?? null) !== null;
  });
  return Object.fromEntries(kept.map(([name, item]) => [name, withoutMissing(item, values, emptied)]));
}

function bodyOf(
  sink: SinkConfig,
  body: Template,
  headers: Record<string, string>,
  values: Values,
  variables: Variables,
): Pick<RequestSpec, 'body' | 'encoded'> {
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  if (!sink.json_types) return { body: fillRecordBody(body, values, variables, type) };
  return { encoded: { bytes: Buffer.from(jsonBody(body, sink, values, variables)), type: type ?? 'application/json' } };
}

function writtenOf(sink: SinkConfig, values: Values): Values {
  // What the system would not take was told when the record was put into the outbox.
  return writtenValues(sink, values, { file: '', record: 1 }, []);
}

function textOf(value: ReturnType<typeof fillRecord>): string {
  return typeof value === 'string' ? value : '';
}
