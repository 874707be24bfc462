import type { StreamState } from './stream-state.ts';
import type { Page, PageContext } from './page.ts';
import type { StreamConfig } from '../../config/schema/connector.ts';
import { FatalError, InterlocalError, type Problem, RecordError, RetriableError } from '../../core/errors.ts';
import { answerFacts } from '../../transports/answer-facts.ts';
import type { QueryTransport, RequestTransport } from '../../transports/transport.ts';
import { openAsking } from './asking.ts';
import { readRequests } from './pages.ts';
import { markedWith, type Partition, partitionsOf, withoutInto } from './partitions.ts';
import { readQuery } from './query/pages.ts';

/** After so many partitions that could not be read, the rest is not asked for: it is not the partitions that are at fault. */
const MAX_FAILED = 10;

/**
 * Reads a stream that is asked for, of a service or a database, partition by partition where it has them, each with its own
 * position. A partition that cannot be read is left where it was, and the others are read; then FatalError says all that went wrong.
 */
export async function* readStream(
  stream: StreamConfig,
  transport: QueryTransport | RequestTransport,
  context: PageContext,
): AsyncGenerator<Page> {
  if (!stream.partition) return yield* readOne(stream, transport, context);
  const { list, complete } = await partitionsOf(stream, context, (parent, own) => readStream(parent, transport, own));
  if (!complete) yield { records: [], incomplete: true };
  const asking = transport.kind === 'request' ? openAsking(stream, transport, context) : undefined;
  const asked = transport.kind === 'query' ? withoutInto(stream) : stream;
  const positions = positionsOf(context.state);
  const { partitions: _, ...others } = context.state;
  const failures: { partition: Partition; error: InterlocalError }[] = [];
  let number = 0;
  for (const partition of list) {
    const own: PageContext = {
      ...context,
      variables: { ...context.variables, ...partition.variables },
      state: positions[partition.value] ?? {},
      asking,
    };
    const mark = markedWith(stream, partition, context.name);
    try {
      for await (const page of readOne(asked, transport, own)) {
        for (const record of page.records) {
          record.number = ++number;
          mark(record);
        }
        if (page.state) keep(positions, partition.value, page.state);
        // That a page is the last, or the whole, is said of the partition and not of the stream.
        const { records, commit, incomplete } = page;
        yield { records, commit, incomplete, ...(page.state && { state: { ...others, partitions: positions } }) };
      }
    } catch (error) {
      // What was read of the others is kept, whatever follows.
      yield { records: [], commit: true };
      const again =
        failures.at(-1)?.error instanceof RetriableError && list.indexOf(failures.at(-1)!.partition) === list.indexOf(partition) - 1;
      if (!isOfPartition(error) || (error instanceof RetriableError && again)) throw named(error, partition);
      failures.push({ partition, error });
      context.note(`${context.name}: the partition ${partition.value} could not be read; the others were.`);
      if (failures.length >= MAX_FAILED) break;
    }
  }
  await asking?.close();
  if (failures.length === 0) return;
  yield { records: [], commit: true };
  throw summed(failures);
}

function readOne(stream: StreamConfig, transport: QueryTransport | RequestTransport, context: PageContext): AsyncGenerator<Page> {
  return transport.kind === 'query' ? readQuery(stream, transport, context) : readRequests(stream, transport, context);
}

/** Without a prototype: a partition may be called __proto__. Written again with each position, it would take its square in time. */
function positionsOf({ partitions }: StreamState): Record<string, StreamState> {
  return Object.assign(Object.create(null) as Record<string, StreamState>, partitions);
}

function keep(positions: Record<string, StreamState>, value: string, state: StreamState): void {
  if (Object.keys(state).length > 0) positions[value] = state;
  else delete positions[value];
}

/** Is it this partition that cannot be had, or everything? Where the login fails, asking on would only lock the account. */
function isOfPartition(error: unknown): error is InterlocalError {
  if (error instanceof RecordError) return true;
  if (error instanceof RetriableError) return answerFacts(error) !== undefined;
  return error instanceof FatalError && !OF_THE_SERVICE.has(error.code);
}

const OF_THE_SERVICE = new Set([
  'AUTH_FAILED',
  'LOGIN_UNREADABLE',
  'TLS_UNTRUSTED',
  'TLS_FAILED',
  'REDIRECT_REFUSED',
  'START_UNREADABLE',
  'TOO_SLOW',
]);

function named(error: unknown, partition: Partition): unknown {
  if (!(error instanceof InterlocalError) || !(error instanceof FatalError || error instanceof RetriableError)) return error;
  const problems = problemsOf(error, partition);
  return error instanceof RetriableError ? error.worded(problems) : new FatalError(problems, { cause: error.cause });
}

function problemsOf(error: InterlocalError, { value }: Partition): Problem[] {
  return error.problems.map((p) => ({ ...p, message: `Partition ${value}: ${p.message}` }));
}

/** What passes by itself is tried again only when nothing else went wrong. */
function summed(failures: readonly { partition: Partition; error: InterlocalError }[]): InterlocalError {
  const problems = failures.flatMap(({ partition, error }) => problemsOf(error, partition));
  return failures.every(({ error }) => error instanceof RetriableError) ? new RetriableError(problems) : new FatalError(problems);
}
