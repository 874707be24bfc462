import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { receipts } from '../base-town.ts';
import { interlocal } from '../cli.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

/** A large first load, which a thread of its own writes into a store in a file. */
const RECORDS = 60_001;
const BATCH = 10_000;
const FILES = {
  'pipelines/receipts.yaml': `pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nbatch_size: ${BATCH}\n`,
  'inbox/receipts.csv': receipts(
    Array.from({ length: RECORDS }, (_, i) => ({ number: String((i * 7919) % RECORDS), ...(i % 15_000 === 7 ? { amount: 'much' } : {}) })),
  ),
};

async function done(town: TestTown): Promise<number> {
  const file = (await town.engine.knex('il_file').first('records_done')) as { records_done: number } | undefined;
  return Number(file?.records_done ?? 0);
}

test('a large first load that is killed again and again leaves the store of one that nobody disturbed', async () => {
  const undisturbed = await makeTown(FILES);
  await undisturbed.run('receipts');
  const wanted = await undisturbed.dump();

  const town = await makeTown(FILES);
  let before = 0;
  for (const batches of [0, 1, 3]) {
    const command = interlocal(town.folder, ['run', 'receipts', '--json']);
    // While the batch behind these is made or written.
    while ((await town.rows('il_run')).every(({ outcome }) => outcome !== null)) await sleep(5);
    while ((await done(town)) < batches * BATCH) await sleep(5);
    await sleep(40 * batches);
    command.process.kill('SIGKILL');
    expect((await command.ended).signal).toBe('SIGKILL');
    await town.reopen();
    const kept = await done(town);
    expect(kept % BATCH).toBe(0);
    expect(kept).toBeGreaterThanOrEqual(before);
    // Of a batch either all is kept or nothing.
    expect((await town.rows('il_landed', ['id'])).length + (await town.rejects()).length).toBe(kept);
    before = kept;
  }
  expect(before).toBeGreaterThanOrEqual(3 * BATCH);
  expect(await town.run('receipts')).toMatchObject({ outcome: 'partial', counts: { read: RECORDS - before } });
  expect(await town.dump()).toEqual(wanted);
});
