import { setTimeout as sleep } from 'node:timers/promises';
import { interlocal } from '../../test/engine/cli.ts';
import type { Fault, Injected } from './faults.ts';
import type { Scene } from './scenes.ts';

interface Health {
  status: string;
  pipelines: { pipeline: string; outcome: string | null; ended_at: string | null }[];
}

/** A loaded machine takes its time for a start and some runs. */
const PATIENCE_MS = 60_000;

/** `interlocal serve` with a run every two seconds, while the fault lasts and until it is well again by itself. */
export async function underServe(scene: Scene, fault: Fault, injected: Injected, _: unknown, wrong: string[]): Promise<void> {
  const command = interlocal(scene.town.folder, ['serve', '--port', '0', '--json'], injected.env);
  let out = '';
  command.process.stdout!.on('data', (bytes: Buffer) => (out += bytes.toString()));
  injected.began?.(command.process);
  let ended = false;
  void command.ended.then(() => (ended = true));
  const health = async (): Promise<Health | undefined> => {
    const answer = await fetch(`${urlIn(out)}/health`, { signal: AbortSignal.timeout(20_000) }).catch(() => undefined);
    return answer && ((await answer.json()) as Health);
  };
  const of = (now: Health | undefined, pipeline: string) => now?.pipelines.find((p) => p.pipeline === pipeline);
  const until = async (what: string, fits: (now: Health | undefined) => boolean): Promise<void> => {
    const end = performance.now() + PATIENCE_MS;
    for (let last: Health | undefined; !fits(last); last = await health()) {
      if (ended) throw new Error(`serve ended by itself: ${(await command.ended).err.slice(-500)}`);
      if (performance.now() > end) return void wrong.push(`Never came: ${what}. /health is ${JSON.stringify(last).slice(0, 600)}`);
      await sleep(200);
    }
  };
  try {
    for (const end = performance.now() + PATIENCE_MS; urlIn(out) === undefined; await sleep(100)) {
      if (ended) throw new Error(`serve did not start: ${(await command.ended).err.slice(-500)}`);
      if (performance.now() > end) throw new Error('serve did not start in time.');
    }
    await Promise.race([injected.happened, sleep(PATIENCE_MS, undefined, { ref: false })]);
    if (fault.fails)
      await until(
        'not ok while the fault lasts',
        (now) => now !== undefined && now.status !== 'ok' && of(now, 'receipts')?.outcome !== 'succeeded',
      );
    if (!fault.everywhere) {
      const since = of(await health(), 'clerk')?.ended_at;
      await until(
        'another run of the other pipeline',
        (now) => of(now, 'clerk')?.outcome === 'succeeded' && of(now, 'clerk')!.ended_at !== since,
      );
    }
    await injected.lift();
    // A run that ended before the fault did counts for nothing: two more.
    for (let i = 0; i < 2; i++) {
      const since = of(await health(), 'receipts')?.ended_at;
      await until(
        'a run that succeeds afterwards',
        (now) => of(now, 'receipts')?.outcome === 'succeeded' && of(now, 'receipts')!.ended_at !== since,
      );
    }
    await until('ok afterwards', (now) => now?.status === 'ok' || now?.status === fault.said);
  } finally {
    command.process.kill('SIGTERM');
    const late = setTimeout(() => command.process.kill('SIGKILL'), 30_000);
    const { exit, signal, err } = await command.ended;
    clearTimeout(late);
    if (exit !== 0) wrong.push(`serve ended with ${exit ?? signal} when it was asked to end: ${err.slice(-300)}`);
    if (/\bINTERNAL\b|^ {4}at /m.test(err)) wrong.push(`serve had an error of its own: ${err.slice(-300)}`);
  }
}

/** Where it says that it serves. */
function urlIn(out: string): string | undefined {
  return /"url":\s*"(http:[^"]+)"/.exec(out)?.[1];
}
