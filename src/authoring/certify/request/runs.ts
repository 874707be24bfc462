import { isDeepStrictEqual } from 'node:util';
import { fails, holds, type Verdict } from '../finding.ts';
import type { Bench, Contents } from '../bench.ts';
import { changesOf } from '../file/life.ts';
import { goodOf, sameValues, saidOf } from '../reading.ts';
import type { Behavior } from './replay-server.ts';
import type { RequestContext } from './context.ts';

/** The store after one undisturbed run. */
export async function undisturbed(context: RequestContext): Promise<Contents> {
  return context.withBench(async (bench) => (await runNow(context, bench), bench.contents()));
}

export async function runNow(context: RequestContext, bench: Bench, behavior?: Behavior) {
  context.server.rewind(behavior);
  return bench.run();
}

/** Runs once as recorded, then once with something wrong: the second must fail and change nothing. */
export async function mustRefuse(context: RequestContext, behavior: Behavior, what: string, code?: string): Promise<Verdict> {
  return context.withBench(async (bench) => {
    await runNow(context, bench);
    const before = await bench.contents();
    const run = await runNow(context, bench, behavior);
    if (run.outcome !== 'failed')
      return fails(`${what}: the run ended as ${run.outcome}.`, 'Check error_handler.rules and retriever.success.');
    if (code && !run.problems.some((p) => p.code === code))
      return fails(`${what}: the run failed with ${saidOf(run.problems)}`, `${code} was expected.`);
    const after = await bench.contents();
    if (!isDeepStrictEqual(before, after)) return fails(`${what}: the store changed (${changesOf(before, after)}).`, 'Report this.');
    return holds(`${run.problems[0]!.code}; the store stayed as it was.`);
  });
}

/** The same records as recorded, those that are rejected left out. */
export function sameAsRecorded(
  { reading }: RequestContext,
  records: readonly { values: Parameters<typeof sameValues>[0]; problem?: unknown }[],
): boolean {
  const good = records.filter((r) => !r.problem);
  const before = goodOf(reading);
  return good.length === before.length && good.every((r, i) => sameValues(r.values, before[i]!.values));
}
