import type { StreamState } from '../../../connector/source/stream-state.ts';

import type { RequestCheck } from './request-check.ts';
import { counted } from '../../../core/text/counted.ts';
import { isDeepStrictEqual } from 'node:util';
import { fails, holds, holdsBut, holdsFor, type Verdict } from '../finding.ts';
import { pieceOf } from '../recordings/steps.ts';
import { paceOf } from '../../../transports/rate-limit.ts';
import type { RateLimit } from '../../../config/schema/connector.ts';
import type { Bench, Contents } from '../bench.ts';
import { changesOf } from '../file/life.ts';
import { saidOf } from '../reading.ts';
import type { Behavior } from './replay-server.ts';
import type { RequestContext } from './context.ts';
import { runNow, undisturbed } from './runs.ts';
import { listSources } from '../../../store/ledger/sources.ts';

/** What is asked for piece by piece, and how often. */
export const PARTITION_CHECKS: readonly RequestCheck[] = [
  { check: 'partition_fails', title: 'A partition that fails keeps its position, and the others are read', run: partitionFails },
  { check: 'rate_limit', title: 'The service is not asked more often than it allows', run: rateLimit },
];

async function partitionFails(context: RequestContext): Promise<Verdict> {
  const { stream, server } = context;
  if (!stream.partition) return undefined;
  const whole = await undisturbed(context);
  const pieces = [...new Set(server.asked.flatMap((asked) => pieceOf(asked, stream) ?? []))];
  if (pieces.length < 2)
    return holdsBut(
      `Only ${counted(pieces.length, 'partition')} is recorded, so what happens to the others when one fails is not proven.`,
      'Record the answers of two or three partitions.',
    );
  // The second of three: one before it, and one after.
  const broken = pieces[Math.floor(pieces.length / 2)]!;
  const status = [400, 410, 422].find((s) => !stream.error_handler?.rules.some((rule) => rule.status?.includes(s))) ?? 400;
  const behavior: Behavior = (asked) =>
    pieceOf(asked, stream) === broken ? { status, headers: {}, body: 'certify: not this one' } : undefined;
  return context.withBench(async (bench) => {
    const run = await runNow(context, bench, behavior);
    if (run.outcome !== 'failed')
      return fails(`One partition was answered with ${status}, and the run ended as ${run.outcome}.`, 'Check error_handler.rules.');
    const part = await bench.contents();
    const strange = Object.keys(part.records).filter((key) => !isDeepStrictEqual(part.records[key], whole.records[key]));
    if (strange.length > 0)
      return fails(`The record ${strange[0]} is not as it should be.`, 'This is a bug in Interlocal: please report it with the recording.');
    const positions = Object.values(await positionsOf(bench)).filter((state) => state.cursor !== undefined).length;
    if (stream.incremental && positions !== pieces.length - 1)
      return fails(
        `Of ${pieces.length} partitions, of which one failed, ${positions} have a new position.`,
        'This is a bug in Interlocal: please report it with the recording.',
      );
    const next = await runNow(context, bench);
    if (next.outcome === 'failed') return fails(`The next run failed too: ${saidOf(next.problems)}`, 'Check how {{ partition }} is used.');
    const after = await bench.contents();
    if (!isDeepStrictEqual(inAnyOrder(after), inAnyOrder(whole)))
      return fails(`After the next run the store differs from that of an undisturbed one (${changesOf(whole, after)}).`, 'Report this.');
    await runNow(context, bench, behavior);
    if (!isDeepStrictEqual(await bench.contents(), after))
      return fails('After everything was read once, a failing partition changed the store.', 'Report this.');
    return holds(
      `${counted(pieces.length, 'partition')}, one answered with ${status}: ${Object.keys(part.records).length} of ${counted(Object.keys(whole.records).length, 'record')} read, the others by the next run; nothing was deleted.`,
    );
  });
}

async function positionsOf(bench: Bench): Promise<Record<string, StreamState>> {
  const [row] = await listSources(bench.knex);
  return (JSON.parse(row?.state ?? '{}') as StreamState).partitions ?? {};
}

/** What was read later has later ids, and that is not a difference. */
function inAnyOrder(contents: Contents): Contents {
  return { ...contents, golden: [...contents.golden].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) };
}

/** On a clock that stands still but for the waiting, so an hour's worth of it takes none. */
async function rateLimit(context: RequestContext): Promise<Verdict> {
  const { connector, server } = context;
  const limit = connector.rate_limit ?? (connector.transport_options['rate_limit'] as RateLimit | undefined);
  if (!limit) return undefined;
  let now = 0;
  let turns = 0;
  const pace = paceOf(limit, { now: () => now, sleep: async (ms) => void (now += ms) });
  const read = await context.read(undefined, undefined, { turn: (signal) => (turns++, pace.turn(signal)) });
  if (read.refused) return fails(saidOf(read.refused), 'Correct the connector as the message says, then certify again.');
  if (turns < server.asked.length)
    return fails(`${server.asked.length} requests were sent, but only ${turns} of them waited for their turn.`, 'Report this.');
  return holdsFor(
    turns,
    `${counted(turns, 'request')}, at most ${limit.requests} in ${limit.per}: ${Math.round(now / 1000)} s of waiting.`,
    'no request is recorded',
  );
}
