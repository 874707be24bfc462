import { expect, test } from 'vitest';
import { turnsOf } from './turns.ts';

/** Work that ends when it is told to. */
function job(): { work: () => Promise<void>; begun: boolean; end: () => Promise<void> } {
  let end: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const made = {
    begun: false,
    work: () => ((made.begun = true), ended),
    end: async () => {
      end();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return made;
}

test('different systems work side by side, one system does one thing at a time, in the order of asking', async () => {
  const turns = turnsOf(4);
  const [a, b, again, third] = [job(), job(), job(), job()];
  const all = [
    turns.take(['finance'], a.work),
    turns.take(['finance'], again.work),
    turns.take(['finance', 'clerk'], third.work),
    turns.take(['bank'], b.work),
  ];
  expect([a.begun, again.begun, third.begun, b.begun]).toEqual([true, false, false, true]);
  await a.end();
  expect([again.begun, third.begun]).toEqual([true, false]);
  await again.end();
  expect(third.begun).toBe(true);
  await b.end();
  await third.end();
  await Promise.all(all);
});

test('no more work at once than is allowed, and work that fails makes room', async () => {
  const turns = turnsOf(2);
  const jobs = Array.from({ length: 3 }, job);
  const failing = turns.take(['x'], () => Promise.reject(new Error('failed')));
  await expect(failing).rejects.toThrow('failed');
  const all = jobs.map(({ work }, i) => turns.take([`system ${i}`], work));
  expect(jobs.map((j) => j.begun)).toEqual([true, true, false]);
  await jobs[0]!.end();
  expect(jobs[2]!.begun).toBe(true);
  for (const one of jobs) await one.end();
  await Promise.all(all);
});
