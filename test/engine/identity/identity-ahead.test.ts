import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { COLUMNS, people, type PersonRow } from '../../../scripts/bench/identity/people.ts';
import { sqlite } from '../../../src/store/sqlite/dialect.ts';
import { dialectOf } from '../../../src/store/dialect.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);
afterEach(() => vi.restoreAllMocks());

const FOLDER = fileURLToPath(new URL('../../../scripts/bench/identity/town', import.meta.url));
const TOWN: Files = Object.fromEntries(
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(FOLDER, path)).isFile())
    .map((path) => [path, readFileSync(join(FOLDER, path), 'utf8')]),
);
const fileOf = (rows: readonly PersonRow[]): Files => ({
  'inbox/people.csv': [COLUMNS.join(','), ...rows.map((row) => COLUMNS.map((name) => row[name]).join(','))].join('\n') + '\n',
});

/** Enough for a thread: the first 400 rows of a file are not compared ahead. */
const first = [...people(1400, 5)];
/** Some move to another house, of which several are one; some take the name of somebody else who moves; one comes and one goes. */
const second = first
  .map((row, i) => {
    if (i % 4 !== 1) return row;
    const moved = { ...row, phone: `585-555-0${100 + (i % 60)}`, address: `${i % 9} New Street` };
    return i % 3 === 0 ? { ...moved, first: first[i - 1]!.first, last: first[i - 1]!.last, birth_date: first[i - 1]!.birth_date } : moved;
  })
  .filter((_, i) => i !== 700)
  .concat({ ...first[3]!, number: 'P99999999' });

/** A re-export in which many changed, on a town that knows the others. */
async function night(between: (town: TestTown) => Promise<void> = async () => {}): Promise<{ town: TestTown; dump: string[] }> {
  const town = await makeTown({ ...TOWN, ...fileOf(first) }, {});
  await town.run('people');
  await between(town);
  town.write(fileOf(second), 60);
  const { counts, outcome } = await town.run('people');
  expect([outcome, counts.changed, counts.created]).toEqual(['succeeded', 350, 1]);
  return { town, dump: await town.dump() };
}

test('members that a thread compares while the file is read give what comparing them when they are landed gives', async () => {
  const held: boolean[] = [];
  const { unchangedSince } = sqlite;
  const spy = vi.spyOn(sqlite, 'unchangedSince').mockImplementation(async (...args) => {
    const unchanged = await unchangedSince!(...args);
    return async (trx) => {
      held.push(await unchanged(trx));
      return held.at(-1)!;
    };
  });
  const { town, dump } = await night();
  const isFile = dialectOf(town.engine.knex).fileOf(town.engine.knex) !== undefined;
  expect(held).toEqual(isFile ? [true] : []);
  // The thread answers for every third of them only.
  const answered: number[] = [];
  const { postMessage } = Worker.prototype;
  const posting = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, message: unknown) {
    const { said } = message as { said?: unknown[] };
    if (said) answered.push(said.length, said.splice(0, said.length, ...said.filter((_, i) => i % 3 === 1)).length);
    return postMessage.call(this, message);
  });
  if (isFile) expect((await night()).dump).toEqual(dump);
  if (isFile) expect(answered.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(250);
  posting.mockRestore();
  // Somebody else wrote members meanwhile.
  spy.mockImplementation(async () => async () => false);
  expect((await night()).dump).toEqual(dump);
  // Nothing is compared ahead.
  spy.mockImplementation(undefined as never);
  expect((await night()).dump).toEqual(dump);
});
