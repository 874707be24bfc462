import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startScheduler } from './scheduler.ts';
import type { Scheduler, SchedulerOptions } from './scheduler.ts';

interface Line {
  level: string;
  message: string;
  [field: string]: unknown;
}

// A clock of the test's own: nothing is waited for, and no test depends on the hour at which it runs.
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-10T12:10:00.300Z') }));
let scheduler: Scheduler | undefined;
afterEach(async () => {
  if (scheduler) await during(10, scheduler.stop());
  scheduler = undefined;
  vi.useRealTimers();
});

function start(options: Omit<SchedulerOptions, 'log' | 'zone'>): { lines: Line[] } {
  const lines: Line[] = [];
  const line = (level: string) => (fields: Record<string, unknown>, message: string) => void lines.push({ level, message, ...fields });
  scheduler = startScheduler({
    zone: 'America/New_York',
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    ...options,
  });
  return { lines };
}

const seconds = (n: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, n * 1000));
const pass = async (n: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(n * 1000));
/** Lets so many seconds pass in which the work ends. */
const during = async (n: number, work: Promise<void>): Promise<void> => void (await Promise.all([work, pass(n)]));
async function until(condition: () => boolean): Promise<void> {
  for (let passed = 0; !condition(); passed += 0.02) {
    if (passed > 10) throw new Error('it did not come true within 10 seconds');
    await pass(0.02);
  }
}

describe('the scheduler', () => {
  it('runs a pipeline each time it is due', async () => {
    let count = 0;
    start({ pipelines: [{ id: 'payments', cron: '* * * * * *' }], run: () => Promise.resolve(void count++) });
    await until(() => count >= 2);
  });

  it('never runs one pipeline twice at once, and says why it skipped', async () => {
    let at = 0;
    let most = 0;
    let count = 0;
    const { lines } = start({
      pipelines: [{ id: 'payments', cron: '* * * * * *' }],
      run: async () => {
        most = Math.max(most, ++at);
        await seconds(1.6);
        at--;
        count++;
      },
    });
    await until(() => count >= 2);
    expect(most).toBe(1);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'schedule: skipped, the previous run has not ended',
        pipeline: 'payments',
        state: 'running',
      }),
    );
  });

  it('runs what is due together one after another, in the order of after', async () => {
    const events: string[] = [];
    start({
      pipelines: [
        { id: 'reconcile', cron: '* * * * * *', after: ['bank', 'receipts'] },
        { id: 'bank', cron: '* * * * * *' },
        { id: 'receipts', cron: '* * * * * *' },
      ],
      most: 1,
      run: async (id) => {
        events.push(`${id} starts`);
        await seconds(0.05);
        events.push(`${id} ends`);
      },
    });
    await until(() => events.length >= 6);
    expect(events.slice(0, 6)).toEqual([
      'bank starts',
      'bank ends',
      'receipts starts',
      'receipts ends',
      'reconcile starts',
      'reconcile ends',
    ]);
  });

  it('a slow pipeline holds up those of its own system and those that wait for it, and nobody else', async () => {
    const events: string[] = [];
    let end: () => void = () => {};
    const slow = new Promise<void>((resolve) => (end = resolve));
    start({
      pipelines: [
        { id: 'bank', cron: '* * * * * *', systems: ['bank'] },
        { id: 'bank-returns', cron: '* * * * * *', systems: ['bank'] },
        { id: 'clerk', cron: '* * * * * *', systems: ['clerk'] },
        { id: 'clerk-check', cron: '* * * * * *', after: ['clerk'] },
        { id: 'figures', cron: '* * * * * *', last: true },
      ],
      run: async (id) => {
        events.push(id);
        if (id === 'bank') await slow;
      },
    });
    await until(() => events.filter((id) => id === 'clerk-check').length >= 2);
    expect(events).not.toContain('bank-returns');
    expect(events).not.toContain('figures');
    end();
    await until(() => events.includes('bank-returns') && events.includes('figures'));
  });

  it('a pipeline waits for one it comes after even when that began in an earlier beat', async () => {
    const events: string[] = [];
    // Due at second 0 and second 1 of a clock that begins just before the full minute.
    vi.setSystemTime(Date.UTC(2026, 0, 10, 12, 0, 0) - 100);
    start({
      pipelines: [
        { id: 'reconcile', cron: '1 0 * * * *', after: ['bank'] },
        { id: 'bank', cron: '0 0 * * * *' },
      ],
      run: async (id) => {
        events.push(`${id} starts`);
        if (id === 'bank') await seconds(2.5);
        events.push(`${id} ends`);
      },
    });
    await until(() => events.length >= 4);
    expect(events).toEqual(['bank starts', 'bank ends', 'reconcile starts', 'reconcile ends']);
  });

  it('a run that fails is logged and the next ones go on', async () => {
    const ran: string[] = [];
    const { lines } = start({
      pipelines: [
        { id: 'broken', cron: '* * * * * *' },
        { id: 'sound', cron: '* * * * * *' },
      ],
      run: (id) => {
        ran.push(id);
        return id === 'broken' ? Promise.reject(new Error('the server is away')) : Promise.resolve();
      },
    });
    await until(() => ran.filter((id) => id === 'broken').length >= 2);
    expect(ran).toContain('sound');
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', pipeline: 'broken', error: 'the server is away' }));
  });

  it('after the computer slept, what was missed runs once and says for how many', async () => {
    const ran: string[] = [];
    const { lines } = start({
      pipelines: [{ id: 'hourly', cron: '0 0 * * * *' }],
      run: (id) => Promise.resolve(void ran.push(id)),
    });
    vi.setSystemTime(Date.now() + 5 * 3_600_000);
    await until(() => ran.length > 0);
    await pass(1.2);
    expect(ran).toHaveLength(1);
    expect(lines).toContainEqual(expect.objectContaining({ pipeline: 'hourly', missed: 4 }));
  });

  it('a clock that is set back by an hour stops no schedule for an hour, and runs nothing twice for it', async () => {
    const ran: Record<string, number> = { 'each second': 0, hourly: 0 };
    start({
      pipelines: [
        { id: 'each second', cron: '* * * * * *' },
        { id: 'hourly', cron: '0 40 * * * *' },
      ],
      run: (id) => Promise.resolve(void ran[id]!++),
    });
    await until(() => ran['each second']! >= 1);
    // Only the wall clock jumps, as on a real machine: timers go by the monotonic one.
    vi.setSystemTime(Date.now() - 3_600_000);
    const before = ran['each second']!;
    await until(() => ran['each second']! >= before + 2);
    expect(ran['hourly']).toBe(0);
  });

  it('stopping waits for what is running, drops what waits, and starts nothing more', async () => {
    const events: string[] = [];
    const { lines } = start({
      pipelines: [
        { id: 'first', cron: '* * * * * *' },
        { id: 'second', cron: '* * * * * *' },
      ],
      most: 1,
      run: async (id) => {
        events.push(`${id} starts`);
        await seconds(0.7);
        events.push(`${id} ends`);
      },
    });
    await until(() => events.length >= 1);
    await during(1, scheduler!.stop());
    expect(events).toEqual(['first starts', 'first ends']);
    expect(lines).toContainEqual(expect.objectContaining({ pipeline: 'second', message: 'schedule: dropped, the scheduler is stopping' }));
    await pass(1.2);
    expect(events).toHaveLength(2);
  });

  it('a schedule that is not one refuses to start', () => {
    expect(() => start({ pipelines: [{ id: 'x', cron: 'nightly' }], run: () => Promise.resolve() })).toThrow(/"nightly" is not a schedule/);
  });

  it('says when each pipeline runs next', () => {
    start({
      clock: () => new Date('2026-01-10T00:00:00Z'),
      pipelines: [{ id: 'nightly', cron: '30 2 * * *' }],
      run: () => Promise.resolve(),
    });
    expect(scheduler!.next()).toEqual([{ id: 'nightly', at: new Date('2026-01-10T07:30:00Z') }]);
  });
});
