import { afterAll, describe, expect, test } from 'vitest';
import { attemptCase } from '../../scripts/fuzz/attempt.ts';
import { subjects } from '../../scripts/fuzz/subjects.ts';
import { TRY_ALL } from '../effort.ts';

/** A slice of `npm run fuzz`, the same every time: some thousand cases. The long run watches time and memory too. */
const SEED = 1;
const CASES: Record<string, number> = { engine: 8, town: 10, manifest: 20, mapping: 20, worst: 20 };
const USUAL = TRY_ALL ? 120 : 50;

const all = await subjects();
afterAll(async () => {
  for (const subject of all) await subject.close?.();
});

describe('whatever is done to a file', () => {
  test.each(all.map((subject) => [subject.name, subject] as const))(
    '%s: it is read as it is, or records are rejected, or it is refused with a code',
    { timeout: 120_000 },
    async (name, subject) => {
      const states = new Set<string>();
      for (let index = 0; index < (CASES[name] ?? USUAL); index++) {
        const attempt = await attemptCase(subject, SEED, index);
        expect(attempt.fault, `npm run fuzz -- --format "${name}" --seed ${SEED} --case ${index}`).toBeUndefined();
        states.add(attempt.verdict!.state);
      }
      // Changes that are always refused, or never, would prove little; JSON can write whatever there is.
      if (!(name in CASES) && !name.startsWith('round-trip json')) expect(states.size).toBeGreaterThan(1);
    },
  );
});
