import { expect, test } from 'vitest';
import { AbortedError, FatalError, RetriableError } from '../../core/errors.ts';
import { retrying } from './retry.ts';

const busy = (waitMs?: number): RetriableError => new RetriableError({ code: 'BUSY', place: {}, message: 'Busy.' }, { waitMs });

/** Fails with these, one after another, then works. */
function failing(...errors: unknown[]): { work: () => Promise<string>; tries(): number } {
  let tries = 0;
  return {
    tries: () => tries,
    work: async () => {
      const error = errors[tries++];
      if (error !== undefined) throw error;
      return 'done';
    },
  };
}

test('what is refused for now is tried again until it works', async () => {
  const { work, tries } = failing(busy(), busy());
  expect(await retrying(work, { maxRetries: 5, baseMs: 1 })).toBe('done');
  expect(tries()).toBe(3);
});

test('the waits double, with some chance in them; a wait that was asked for is kept to', async () => {
  const waits: number[] = [];
  const { work } = failing(busy(), busy(), busy(), busy(7));
  await retrying(work, { maxRetries: 9, baseMs: 8, onRetry: (_, wait, attempt) => void waits.push(attempt, wait) });
  expect(waits.filter((_, i) => i % 2 === 0)).toEqual([1, 2, 3, 4]);
  const [a, b, c, d] = waits.filter((_, i) => i % 2 === 1);
  for (const [wait, full] of [
    [a, 8],
    [b, 16],
    [c, 32],
  ] as const)
    expect(wait! >= full / 2 && wait! <= full, String(wait)).toBe(true);
  expect(d).toBe(7);
});

test('after so many tries the last reason is told', async () => {
  const { work, tries } = failing(busy(), busy(), busy(), busy());
  await expect(retrying(work, { maxRetries: 2, baseMs: 1 })).rejects.toThrow('Busy.');
  expect(tries()).toBe(3);
});

test('what trying again cannot fix is not tried again', async () => {
  for (const error of [new FatalError({ code: 'NO', place: {}, message: 'No.' }), new TypeError('ours')]) {
    const { work, tries } = failing(error);
    await expect(retrying(work, { maxRetries: 5, baseMs: 1 })).rejects.toBe(error);
    expect(tries()).toBe(1);
  }
});

test('who asks for hours is not waited for: a later run asks again', async () => {
  for (const wait of [3_600_000, 40 * 86_400_000]) {
    const { work, tries } = failing(busy(wait));
    await expect(retrying(work, { maxRetries: 5 })).rejects.toThrow('Busy.');
    expect(tries()).toBe(1);
  }
});

test('a person who stops the run does not wait for the wait to end', async () => {
  const abort = new AbortController();
  const { work, tries } = failing(busy(60_000), busy());
  const result = retrying(work, { maxRetries: 5, signal: abort.signal, onRetry: () => setTimeout(() => abort.abort(), 5) });
  await expect(result).rejects.toBeInstanceOf(AbortedError);
  expect(tries()).toBe(1);
});

test('once it is given up, the reason says so, and what to do if it continues; what does not pass by itself keeps its hint', async () => {
  const told = async (options: { passes?: boolean; waitMs?: number }, hint?: string): Promise<string | undefined> =>
    retrying(() => Promise.reject(new RetriableError({ code: 'BUSY', place: {}, message: 'Busy.', hint }, options)), {
      maxRetries: 1,
      baseMs: 1,
    }).then(
      () => undefined,
      (e: RetriableError) => e.problems[0]!.hint,
    );
  expect(await told({ passes: true, waitMs: 86_400_000 })).toBe(
    'The system asks to wait 24 hours, but a run waits at most ten minutes. The next run tries again.',
  );
  expect(await told({ passes: true }, 'If this continues, ask the owner.')).toBe(
    'This was tried 2 times. The next run tries again. If this continues, ask the owner.',
  );
  expect(await told({}, 'The night batch runs until six.')).toBe('The night batch runs until six.');
});
