import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paceOf, sharedPace, type Clock } from './rate-limit.ts';

/** A clock that stands still but for what is slept, so a test takes no time. */
function stillClock(): Clock & { at: number } {
  const clock = {
    at: 0,
    now: () => clock.at,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      clock.at += ms;
    },
  };
  return clock;
}

test('so many requests go at once, and the next when the first is long enough ago', async () => {
  const clock = stillClock();
  const pace = paceOf({ requests: 3, per: '1m' }, clock);
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    await pace.turn();
    times.push(clock.at);
    clock.at += 1000;
  }
  expect(times).toEqual([0, 1000, 2000, 60_000, 61_000, 62_000, 120_000]);
});

test('no stretch of that length ever has more, however requests come; and none waits longer than it must', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 40 }),
      async (requests, gaps) => {
        const clock = stillClock();
        const pace = paceOf({ requests, per: '1s' }, clock);
        const times: number[] = [];
        for (const gap of gaps) {
          clock.at += gap;
          const wanted = clock.at;
          await pace.turn();
          times.push(clock.at);
          const before = times.at(-1 - requests);
          expect(clock.at).toBe(before === undefined ? wanted : Math.max(wanted, before + 1000));
        }
      },
    ),
  );
});

test('requests that come together each have a turn of their own', async () => {
  const slept: number[] = [];
  const pace = paceOf({ requests: 1, per: '1s' }, { now: () => 0, sleep: async (ms) => void slept.push(ms) });
  await Promise.all([pace.turn(), pace.turn(), pace.turn()]);
  expect(slept).toEqual([1000, 2000]);
});

test('who stops a run does not wait for a turn', async () => {
  const pace = paceOf({ requests: 1, per: '1h' });
  await pace.turn();
  const stop = new AbortController();
  const waiting = pace.turn(stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow('Stopped on request, while waiting to send a request.');
});

test('everything that asks one system shares its pace', () => {
  const limit = { requests: 5, per: '1s' };
  expect(sharedPace('town clerk', limit)).toBe(sharedPace('town clerk', { ...limit }));
  expect(sharedPace('town pool', limit)).not.toBe(sharedPace('town clerk', limit));
});
