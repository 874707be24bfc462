import { interlocal } from '../../test/engine/cli.ts';
import { outbox } from '../../test/outbound/base-outbound.ts';
import { serve as pages } from '../../test/web/http.ts';
import { decide, settleByPerson } from '../../src/engine/outbound/decide.ts';
import type { RunResult } from '../../src/engine/run/result.ts';
import { firstDifferences } from '../kill-test/dump.ts';
import { type Fault, FAULTS, type Injected, unmount } from './faults.ts';
import { makeScene, type Scene, type What, WHATS } from './scenes.ts';
import { underServe } from './serve.ts';
import { mulberry32 } from '../sample-town/generate/random.ts';

export interface FaultTestOptions {
  seed: number;
  /** How often each cell is tried, each time at other moments. */
  rounds: number;
  /** Cells by name, `reset/http-sink`. */
  chosen: (name: string) => boolean;
  say(line: string): void;
}

export interface FaultTestResult {
  tried: number;
  skipped: number;
  failed: { cell: string; differences: string[] }[];
}

/** What a town holds that nobody disturbed, and how much went over a connection. */
export interface Undisturbed {
  state: string[];
  bytes: number;
}

/**
 * Tries every fault over everything it can befall. While it lasts, no run says that it succeeded in what did not happen, it is seen (exit
 * code, /health), and the other pipeline goes on. Once it is over, ordinary runs leave what a town holds that nobody disturbed.
 */
export async function faultTest({ seed, rounds, chosen, say }: FaultTestOptions): Promise<FaultTestResult> {
  const result: FaultTestResult = { tried: 0, skipped: 0, failed: [] };
  const undisturbed = new Map<What, Undisturbed>();
  const cells = WHATS.flatMap((what) =>
    FAULTS.filter((f) => f.what.includes(what)).map((fault) => ({ what, fault, name: `${fault.name}/${what}` })),
  );
  for (let round = 0; round < rounds; round++)
    for (const [i, { what, fault, name }] of cells.entries()) {
      if (!chosen(name)) continue;
      const impossible = fault.impossible?.();
      if (impossible) {
        result.skipped++;
        say(`skipped  ${name}: ${impossible}`);
        continue;
      }
      if (!undisturbed.has(what)) undisturbed.set(what, await withoutFault(what));
      const random = mulberry32(seed + round * 1000 + i);
      const began = performance.now();
      const differences = await cell(what, fault, undisturbed.get(what)!, random);
      result.tried++;
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      say(`${differences.length === 0 ? 'ok     ' : 'FAILED '}  ${name}${rounds > 1 ? ` round ${round + 1}` : ''} (${seconds} s)`);
      for (const line of differences) say(`           ${line}`);
      if (differences.length > 0) result.failed.push({ cell: name, differences });
    }
  return result;
}

async function withoutFault(what: What): Promise<Undisturbed> {
  const scene = await makeScene(what);
  try {
    const before = scene.line.largest();
    for (const pipeline of ['clerk', scene.pipeline]) {
      const run = await scene.town.run(pipeline);
      if (run.outcome !== 'succeeded') throw new Error(`${what}: ${pipeline} ${run.outcome} without any fault: ${codes(run)}`);
    }
    return { state: await stateOf(scene), bytes: scene.line.largest() - before };
  } finally {
    await scene.close();
  }
}

async function cell(what: What, fault: Fault, whole: Undisturbed, random: () => number): Promise<string[]> {
  const scene = await makeScene(what);
  const wrong: string[] = [];
  try {
    await scene.town.engine.knex.destroy();
    const injected = fault.inject(scene, whole.bytes, random);
    await (what === 'serve' ? underServe : underRun)(scene, fault, injected, whole, wrong);
    await afterwards(scene, fault, whole, wrong);
  } catch (error) {
    wrong.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    await scene.town.engine.knex.destroy();
    unmount(scene);
    await scene.close();
  }
  return wrong;
}

/** `interlocal run --all` while the fault lasts. */
async function underRun(scene: Scene, fault: Fault, injected: Injected, whole: Undisturbed, wrong: string[]): Promise<void> {
  const command = interlocal(scene.town.folder, ['run', '--all', '--json'], injected.env);
  injected.began?.(command.process);
  const { exit, signal, out, err } = await command.ended;
  await injected.lift();
  const outcomes = outcomesOf(out);
  const mine = outcomes[scene.pipeline] ?? 'not run';
  // It could not even open its store: it says so, and leaves no note of a run.
  if (fault.everywhere && exit !== 0 && /"code":\s*"STORE_(FULL|DISK_ERROR)"/.test(out) && mine === 'not run') return;
  if (signal !== null) wrong.push(`The run ended with ${signal}.`);
  if (/\bINTERNAL\b|^ {4}at /m.test(err)) wrong.push(`The run ended with an error of its own: ${err.slice(-1500)}`);
  if (fault.fails && mine === 'succeeded') wrong.push('The run succeeded while the fault lasted.');
  if ((exit === 0) !== Object.values(outcomes).every((o) => o === 'succeeded')) wrong.push(`The exit code is ${exit} with ${out}`);
  if (!fault.everywhere && outcomes['clerk'] !== 'succeeded')
    wrong.push(`The other pipeline: ${outcomes['clerk'] ?? 'not run'}. ${err.slice(-300)}`);
  await scene.town.reopen();
  if (mine === 'succeeded') {
    const differences = firstDifferences(whole.state, await stateOf(scene), 3);
    if (differences.length > 0) wrong.push('The run said "succeeded", and that is not so:', ...differences.map(named));
  } else if ((await healthOf(scene)) === 'ok') {
    // The newest run counts for /health. Where it is another one, which succeeded, ok is true if nothing is missing.
    const differences = fault.overtakes ? firstDifferences(whole.state, await stateOf(scene), 3) : [];
    if (!fault.overtakes || differences.length > 0) wrong.push(`The run was "${mine}", and /health is ok.`, ...differences.map(named));
  }
}

/** What ordinary runs leave, with a person who looks at the receiver where it is not known what arrived. */
async function afterwards(scene: Scene, fault: Fault, whole: Undisturbed, wrong: string[]): Promise<void> {
  const { town, pipeline } = scene;
  await town.reopen();
  for (let i = 0; i < 3; i++) {
    const runs = [await town.run('clerk'), await town.run(pipeline)];
    const asked = await asPerson(scene);
    if (runs.every((run) => run.outcome === 'succeeded') && !asked) break;
    if (!asked || i === 2)
      wrong.push(`An ordinary run afterwards: ${runs.map((run) => `${run.pipeline} ${run.outcome} ${codes(run)}`).join(', ')}`);
  }
  const differences = firstDifferences(whole.state, await stateOf(scene), 5);
  wrong.push(...differences.map(named));
  const again = await town.run(pipeline);
  if (again.counts.created + again.counts.changed > 0) wrong.push(`One run more did something again: ${JSON.stringify(again.counts)}`);
  const health = await healthOf(scene);
  if (health !== 'ok' && health !== fault.said) wrong.push(`/health is ${health} in the end.`);
}

/** Looks up at the receiver what nobody else can know, and says so. False: there was nothing. */
async function asPerson({ town, received }: Scene): Promise<boolean> {
  const rows = await town.rows('il_outbox', ['id', 'delivery_id', 'outbox_key', 'state', 'latest']);
  const open = rows.filter((row) => row.latest && row.state === 'unknown');
  for (const row of open) {
    const number = (JSON.parse(String(row.outbox_key)) as string[])[0]!;
    const there = received().some((text) => text.includes(number));
    if (there) await settleByPerson(town.engine.knex, Number(row.delivery_id), true, undefined);
    else await decide(town.engine.knex, 'retry', { ids: [Number(row.id)] });
  }
  return open.length > 0;
}

/** Everything that is to be the same. How a delivery came about may differ; that each record got there, and once, may not. */
export async function stateOf({ town, received }: Scene): Promise<string[]> {
  const store = (await town.dump()).filter((line) => !/^(outbox|delivery|outbound) /.test(line));
  const sent = (await outbox(town)).map((row) => `outbox ${row.replace(/ v\d+ /, ' ').replace(/ accepted$/, ' sent')}`);
  return [...store, ...sent, ...received().map((text) => `receiver ${text}`)];
}

async function healthOf({ town }: Scene): Promise<string> {
  const server = await pages(town.engine);
  const { text } = await server.ask('/health');
  await server.close();
  return (JSON.parse(text) as { status: string }).status;
}

function outcomesOf(out: string): Record<string, string> {
  if (out.trim() === '') return {};
  const { runs = [] } = JSON.parse(out) as { runs?: { pipeline: string; outcome: string }[] };
  return Object.fromEntries(runs.map((run) => [run.pipeline, run.outcome]));
}

const named = (difference: string): string => difference.replace('killed only', 'disturbed only');

function codes(run: RunResult): string {
  return run.problems.map((p) => p.code).join();
}
