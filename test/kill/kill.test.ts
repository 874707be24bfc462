import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { killTest } from '../../scripts/kill-test/kill-test.ts';
import { STORE, storeOfTown } from '../store/stores.ts';

const folder = mkdtempSync(join(tmpdir(), 'interlocal-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// The full count runs with `npm run test:kill`; this is the part that every change has to pass.
// The sample town over PostgreSQL costs the same again: fewer kills, of the same kinds.
const KILLS = STORE === 'postgres' ? 4 : 6;

test('a run that is killed at any moment and run again leaves the store of an undisturbed run', { timeout: 900_000 }, async () => {
  const store = await storeOfTown();
  const result = await killTest({
    folder,
    kills: KILLS,
    killsPerTown: KILLS / 2,
    seed: 7,
    households: 80,
    store: store?.url,
    say: () => {},
  });
  expect(result.differing).toEqual([]);
  expect(result.kills).toBe(KILLS);
});
