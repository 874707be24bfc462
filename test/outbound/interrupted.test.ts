import { renameSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { receipts } from '../engine/base-town.ts';
import { cutAt, cutsOf } from '../engine/cut.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { delivered, ledger, outbox } from './base-outbound.ts';

afterEach(closeTowns);

const NOW = (): Date => new Date('2026-03-02T15:00:00Z');
const SINK = '    max_records: 2\n';

async function ready(): Promise<TestTown> {
  const town = await makeTown({
    ...ledger({ sink: SINK }),
    'inbox/receipts-1.csv': receipts(['1', '2', '3', '1234567', '5'].map((number) => ({ number }))),
  });
  await town.run('receipts');
  return town;
}

/** The ledger takes every file that it sees, at once. */
function takeAll(town: TestTown): void {
  mkdirSync(join(town.folder, 'ledger/taken'), { recursive: true });
  for (const name of Object.keys(delivered(town)).filter((n) => !n.startsWith('.')))
    renameSync(join(town.folder, 'ledger', name), join(town.folder, 'ledger/taken', name));
}

/** What the ledger has, record by record, however it was cut into files. */
function booked(town: TestTown): string[] {
  return Object.values(delivered(town, 'ledger/taken'))
    .flatMap((text) => text.split('\n').slice(1))
    .filter((line) => line !== '')
    .sort();
}

test(
  'killed before or after any commit and run again, each record is in the remote system once, though it takes files at once',
  { timeout: 300_000 },
  async () => {
    const whole = await ready();
    const counting = await cutAt(whole.engine.knex, Number.POSITIVE_INFINITY, 'before');
    await whole.run('to-ledger', { now: NOW });
    takeAll(whole);
    const expected = { booked: booked(whole), outbox: await outbox(whole), files: Object.keys(delivered(whole, 'ledger/taken')) };
    expect(expected.booked).toHaveLength(4);
    expect(counting.commits()).toBeGreaterThan(8);
    const asked: string[] = [];
    for (const { n, how } of cutsOf(counting.commits(), 'all')) {
      const town = await ready();
      await cutAt(town.engine.knex, n, how);
      await town.run('to-ledger', { now: NOW }).catch(() => {});
      takeAll(town);
      await town.reopen();
      await town.run('to-ledger', { now: NOW });
      takeAll(town);
      // Killed between a move and its note, with the file taken meanwhile, it is not known whether it got there: a person is asked.
      const states = await outbox(town);
      if (states.some((row) => row.endsWith(' unknown'))) asked.push(`${how} ${n}`);
      const known = states.map((row) => row.replace(/ unknown$/, ' sent'));
      const got = { booked: booked(town), outbox: known, files: Object.keys(delivered(town, 'ledger/taken')) };
      expect(got, `cut ${how} commit ${n}`).toEqual(expected);
      expect(Object.keys(delivered(town)), `nothing half-written, cut ${how} commit ${n}`).toEqual([]);
      await town.close();
    }
    expect(asked).toHaveLength(expected.files.length);
    expect(asked.every((cut) => cut.startsWith('before'))).toBe(true);
  },
);
