import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addCounts, escalate, EXIT_CODES, noCounts, OUTCOMES } from './outcome.ts';

const outcome = fc.constantFrom(...OUTCOMES);

test('an outcome only gets worse, in whatever order things happen', () => {
  fc.assert(
    fc.property(outcome, outcome, outcome, (a, b, c) => {
      expect(escalate(a, b)).toBe(escalate(b, a));
      expect(escalate(escalate(a, b), c)).toBe(escalate(a, escalate(b, c)));
      expect(OUTCOMES.indexOf(escalate(a, b))).toBe(Math.max(OUTCOMES.indexOf(a), OUTCOMES.indexOf(b)));
    }),
  );
});

test('scripts can rely on the exit codes', () => {
  expect(EXIT_CODES).toEqual({ succeeded: 0, partial: 3, aborted: 130, failed: 1 });
});

test('counts add up name by name', () => {
  const counts = noCounts();
  addCounts(counts, { read: 5, created: 1, changed: 1, unchanged: 1, skipped: 0, rejected: 1, deleted: 1 });
  addCounts(counts, { ...noCounts(), read: 2, deleted: 2 });
  expect(counts).toEqual({ read: 7, created: 1, changed: 1, unchanged: 1, skipped: 0, rejected: 1, deleted: 3 });
});
