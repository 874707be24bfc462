import { turnsOf } from './turns.ts';
import { due, missedRuns, nextRun } from './when.ts';

export interface ScheduledPipeline {
  id: string;
  /** In the town's zone: minute hour day month weekday, optionally a second in front. */
  cron: string;
  /** Pipelines that this one waits for when both are due, waiting or running. */
  after?: readonly string[];
  /** Remote systems that it reads or writes: one pipeline at a time for each. */
  systems?: readonly string[];
  /** Waits for all that are due with it and come before it. */
  last?: boolean;
}

/** As pino has it: fields first, a constant message second. */
export interface SchedulerLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export interface SchedulerOptions {
  pipelines: readonly ScheduledPipeline[];
  /** IANA name of the town's time zone. */
  zone: string;
  /** Runs one pipeline. What it throws is logged and ends nothing. */
  run(id: string): Promise<void>;
  /** So many pipelines run side by side at most. Default 4. */
  most?: number;
  clock?: () => Date;
  log: SchedulerLog;
}

export interface Scheduler {
  /** When each pipeline runs next. */
  next(): { id: string; at: Date }[];
  /** From now on these run, by the clock of this zone. What is waiting or runs is not touched. Throws ConfigError as startScheduler does. */
  use(pipelines: readonly ScheduledPipeline[], zone: string): void;
  /** Nothing starts anymore; resolves when what is running has ended. What only waits is dropped, and logged. */
  stop(): Promise<void>;
}

/**
 * Runs pipelines when they are due. Each beat looks at the whole stretch since the one before, so a process that slept runs what it
 * missed, once. Pipelines of different systems run side by side, those of one system one after another, in the order of `after`; a slow
 * one holds nobody else up, but those that wait for it.
 * A pipeline that is still waiting or running when it is due again is skipped, with a line in the log. Throws ConfigError for a
 * schedule that is not one.
 */
export function startScheduler({ pipelines, zone: firstZone, run, log, most = 4, clock = () => new Date() }: SchedulerOptions): Scheduler {
  let zone = firstZone;
  let ordered = inOrder(pipelines);
  const turns = turnsOf(most);
  for (const { cron } of ordered) nextRun(cron, zone, clock());
  const active = new Map<string, { since: Date; state: 'waiting' | 'running'; ended: Promise<void> }>();
  let last = clock();
  let stopped = false;

  function beat(): void {
    const now = clock();
    // A clock that was set back: what is between was already run.
    if (now <= last) {
      if (last.getTime() - now.getTime() > 60_000) last = now;
      return;
    }
    const from = last;
    last = now;
    const batch = due(ordered, zone, from, now).filter((pipeline) => !skipped(pipeline, now));
    const begun: Promise<unknown>[] = [];
    for (const { id, cron, after = [], systems = [], last: waits } of batch) {
      const missed = missedRuns(cron, zone, from, now).length - 1;
      if (missed > 0) log.warn({ pipeline: id, missed }, 'schedule: earlier runs were missed, this one replaces them');
      const others = after.flatMap((other) => active.get(other)?.ended ?? []);
      begun.push(begin(id, now, systems, Promise.all([...(waits ? begun : []), ...others])));
    }
  }

  function skipped({ id, cron }: ScheduledPipeline, now: Date): boolean {
    const before = active.get(id);
    if (!before) return false;
    log.warn(
      { pipeline: id, state: before.state, since: before.since.toISOString(), next: nextRun(cron, zone, now).toISOString() },
      'schedule: skipped, the previous run has not ended',
    );
    return true;
  }

  function begin(id: string, now: Date, systems: readonly string[], others: Promise<unknown>): Promise<void> {
    const ended = others.then(() => turns.take(systems, work)).finally(() => active.delete(id));
    async function work(): Promise<void> {
      if (stopped) return log.info({ pipeline: id }, 'schedule: dropped, the scheduler is stopping');
      active.set(id, { since: clock(), state: 'running', ended });
      try {
        await run(id);
      } catch (error) {
        log.error({ pipeline: id, error: error instanceof Error ? error.message : String(error) }, 'schedule: the run failed');
      }
    }
    active.set(id, { since: now, state: 'waiting', ended });
    return ended;
  }

  const isFast = (): boolean => ordered.some(({ cron }) => cron.trim().split(/\s+/).length === 6);
  let fast = isFast();
  let heart = everyBeat(fast ? SECOND_MS : MINUTE_MS, beat);

  return {
    use(next, nextZone) {
      const sorted = inOrder(next);
      for (const { cron } of sorted) nextRun(cron, nextZone, clock());
      // What fell due by the schedules so far runs by them.
      beat();
      [ordered, zone] = [sorted, nextZone];
      if (fast === isFast()) return;
      fast = isFast();
      heart.stop();
      heart = everyBeat(fast ? SECOND_MS : MINUTE_MS, beat);
    },
    next: () => ordered.map(({ id, cron }) => ({ id, at: nextRun(cron, zone, clock()) })),
    async stop() {
      stopped = true;
      heart.stop();
      await Promise.all([...active.values()].map(({ ended }) => ended));
    },
  };
}

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/**
 * Calls `beat` at the beginning of each second or minute. It waits by the monotonic clock for one beat at a time: a wall clock that is set
 * back by an hour does not stop the beats for an hour.
 */
function everyBeat(everyMs: number, beat: () => void): { stop(): void } {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    timer = setTimeout(
      () => {
        wait();
        beat();
      },
      everyMs - (Date.now() % everyMs),
    );
  };
  wait();
  return { stop: () => clearTimeout(timer) };
}

/**
 * One order for all beats in which every pipeline comes after those it waits for, otherwise as given: since every wait then goes to
 * something earlier in this order, no two can wait for each other. In a circle (which validation refuses) the first comes first.
 */
function inOrder(pipelines: readonly ScheduledPipeline[]): ScheduledPipeline[] {
  const byId = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]));
  const order = new Map<string, ScheduledPipeline>();
  const entered = new Set<string>();
  const visit = (pipeline: ScheduledPipeline): void => {
    if (entered.has(pipeline.id)) return;
    entered.add(pipeline.id);
    for (const id of pipeline.after ?? []) if (byId.has(id)) visit(byId.get(id)!);
    order.set(pipeline.id, { ...pipeline, after: (pipeline.after ?? []).filter((id) => order.has(id)) });
  };
  for (const pipeline of pipelines) visit(pipeline);
  return [...order.values()];
}
