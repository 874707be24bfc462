import { afterEach, expect, test } from 'vitest';
import { receipts } from '../base-town.ts';
import { STORE } from '../../store/stores.ts';
import { refuseCommits } from '../refuse-commits.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

/** Batches are of three records. Two of these are rejected, one in the first batch and one in the last. */
const FILE = receipts(
  Array.from({ length: 11 }, (_, i) => ({ number: String(i + 1), ...(i === 1 || i === 10 ? { amount: 'much' } : {}) })),
);

const numbers = async (town: TestTown): Promise<unknown[]> => (await town.rows('receipt')).map((row) => Number(row.number)).sort(ascending);
const ascending = (a: number, b: number): number => a - b;

test('a first load whose COMMIT is refused leaves nothing, and the next run loads all of it', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': FILE });
  const allow = await refuseCommits(town, 'il_landed');
  const failed = await town.run('receipts');
  expect([failed.outcome, failed.counts]).toMatchObject(['failed', { read: 0, created: 0, rejected: 0 }]);
  for (const table of ['receipt', 'il_landed', 'il_link', 'il_reject', 'il_shape']) expect(await read(town, table), table).toEqual([]);
  expect(await town.rows('il_file', ['state', 'records_done'])).toEqual([{ state: 'loading', records_done: 0 }]);
  await allow();
  expect((await town.run('receipts')).counts).toMatchObject({ read: 11, created: 9, rejected: 2 });
  expect(await numbers(town)).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('a first load that is stopped behind any of its batches has those before it, whole, and goes on from there', async () => {
  for (const batches of [1, 2, 3]) {
    const town = await makeTown({ 'inbox/receipts.csv': FILE });
    const abort = new AbortController();
    let saved = 0;
    const stopped = await town.run('receipts', {
      signal: abort.signal,
      onProgress: ({ what }) => void (what === 'receipts.csv' && ++saved === batches && abort.abort()),
    });
    expect([stopped.outcome, stopped.counts.read, stopped.counts.rejected]).toEqual(['aborted', 3 * batches, 1]);
    expect(await town.rows('il_file', ['records_done'])).toEqual([{ records_done: 3 * batches }]);
    expect(await town.rows('il_landed')).toHaveLength(3 * batches - 1);
    expect(await town.rows('receipt')).toHaveLength(3 * batches - 1);
    expect((await town.run('receipts')).counts).toMatchObject({ read: 11 - 3 * batches, rejected: 1 });
    expect(await numbers(town)).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10]);
  }
});

test('a first load whose server lost a batch that it had confirmed stops, instead of going on behind it', async () => {
  for (const [lost, before] of [
    [3, 0],
    [6, 3],
    [11, 9],
  ] as const) {
    const town = await makeTown({ 'inbox/receipts.csv': FILE });
    await loseProgress(town, lost, before);
    const failed = await town.run('receipts');
    expect([failed.outcome, failed.problems.map(({ code }) => code)]).toEqual(['failed', ['STORE_NOT_COMMITTED']]);
    expect(await town.rows('il_file', ['state', 'records_done'])).toEqual([{ state: 'loading', records_done: before }]);
  }
});

/** Once so many records of a file are saved, the ledger is as it was before the last batch of them. */
async function loseProgress(town: TestTown, lost: number, before: number): Promise<void> {
  const { knex } = town.engine;
  if (STORE !== 'postgres') {
    await knex.raw(
      `CREATE TRIGGER lose AFTER UPDATE ON il_file WHEN NEW.records_done = ${lost} BEGIN UPDATE il_file SET records_done = ${before}; END`,
    );
    return;
  }
  await knex.raw(`CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.records_done = ${before}; RETURN NEW; END $$`);
  await knex.raw(`CREATE TRIGGER lose BEFORE UPDATE ON il_file FOR EACH ROW WHEN (NEW.records_done = ${lost}) EXECUTE FUNCTION lose()`);
}

test('a first load in batches leaves the store that one batch would have left, but for the ids', async () => {
  const inBatches = await makeTown({ 'inbox/receipts.csv': FILE });
  const atOnce = await makeTown({
    'pipelines/receipts.yaml': 'pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\n',
    'inbox/receipts.csv': FILE,
  });
  for (const town of [inBatches, atOnce]) expect((await town.run('receipts')).counts).toMatchObject({ read: 11, created: 9, rejected: 2 });
  for (const [table, columns] of [
    ['il_landed', ['source_key', 'record', 'line', 'raw', 'run_id']],
    ['il_link', ['source_key', 'entity_id', 'item_key', 'hash']],
    ['il_reject', ['reject_key', 'record', 'state', 'problems']],
    ['il_shape', ['columns']],
    ['il_file', ['state', 'records_done', 'created_done']],
  ] as const)
    expect(sorted(await read(inBatches, table, columns)), table).toEqual(sorted(await read(atOnce, table, columns)));
  // Each golden record came from the landed record that says the same.
  const landed = new Map((await inBatches.rows('il_landed')).map((row) => [row.id, row.source_key]));
  for (const row of await inBatches.rows('receipt')) expect(landed.get(row._landed)).toBe(row.number);
});

test('a file with more rejects than the pipeline allows stops the run, and nothing behind that batch is in the store', async () => {
  const town = await makeTown({
    'pipelines/receipts.yaml':
      'pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nbatch_size: 3\nmax_rejects: 0\n',
    'inbox/receipts.csv': FILE,
  });
  const run = await town.run('receipts');
  expect([run.outcome, run.problems[0]?.code, run.counts.read]).toEqual(['failed', 'REJECTS_TOO_MANY', 3]);
  expect(await numbers(town)).toEqual([1, 3]);
});

async function read(town: TestTown, table: string, columns: readonly string[] = ['*']): Promise<object[]> {
  return (await town.engine.knex(table).select([...columns])) as object[];
}

function sorted(rows: readonly object[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
