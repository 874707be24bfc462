import { openTown } from '../../../src/cli/town.ts';
import { finishRuns } from '../../../src/engine/run/finish-runs.ts';
import { closeEngine } from '../../../src/engine/run/open.ts';
import type { RunResult } from '../../../src/engine/run/result.ts';
import { runPipeline } from '../../../src/engine/run/run.ts';

/** `run-legs.ts FOLDER MOMENT PIPELINE…`: runs them one after the other, at that moment, as one nightly command. JSON: seconds of each. */
const [folder, moment, ...pipelines] = process.argv.slice(2) as [string, string, ...string[]];
const now = (): Date => new Date(moment);
const signal = new AbortController().signal;
const town = await openTown(folder);
const results: RunResult[] = [];
const legs: { pipeline: string; seconds: number; cpuSeconds: number; read: number }[] = [];

async function timed(pipeline: string, work: () => Promise<number>): Promise<void> {
  const [from, used] = [performance.now(), process.cpuUsage()];
  const read = await work();
  const { user, system } = process.cpuUsage(used);
  legs.push({ pipeline, seconds: (performance.now() - from) / 1000, cpuSeconds: (user + system) / 1e6, read });
}

for (const id of pipelines)
  await timed(id, async () => {
    const result = await runPipeline(town, id, { signal, now, began: now(), othersFollow: true });
    if (!['succeeded', 'partial'].includes(result.outcome)) throw new Error(`${id} ${result.outcome}: ${JSON.stringify(result.problems)}`);
    results.push(result);
    return result.counts.read;
  });
await timed('after all of them', async () => {
  await finishRuns(town, results, { signal });
  return 0;
});
await closeEngine(town);
console.log(JSON.stringify(legs));
