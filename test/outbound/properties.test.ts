import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { startRun } from '../../src/store/ledger/runs.ts';
import { type Receipt, receipts, tillStream } from '../engine/base-town.ts';
import { cases, type Cut, cutAt } from '../engine/cut.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { delivered, ledger, outbox } from './base-outbound.ts';

afterEach(closeTowns);

const NOW = (): Date => new Date('2026-03-02T15:00:00Z');

type Step = { land: Receipt[] } | { send: { cut?: number; how: Cut } } | { take: true };

const receipt = fc.record({
  number: fc.constantFrom('1', '2', '3', '4'),
  amount: fc.constantFrom('1.00', '2.00', '3.00'),
  note: fc.constantFrom('', '', '', 'gone'),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.uniqueArray(receipt, { minLength: 1, maxLength: 3, selector: (r) => r.number }).map((land) => ({ land })) },
  {
    weight: 3,
    arbitrary: fc
      .record({ cut: fc.option(fc.integer({ min: 1, max: 14 }), { nil: undefined }), how: fc.constantFrom<Cut>('before', 'after') })
      .map((send) => ({ send })),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ take: true }) },
);

/** Number and amount of each line that the ledger got, in the order in which it got them. */
async function play(
  steps: readonly Step[],
  cuts: boolean,
  changes: 'hold' | 'send',
): Promise<{ booked: string[]; outbox: string[]; town: TestTown }> {
  const town = await makeTown({
    ...ledger({ sink: `    changes: ${changes}\n    deletions: hold\n` }),
    ...tillStream({ more: '    deletes: { field: note, values: [gone] }\n' }),
  });
  let file = 0;
  const take = (): void => {
    mkdirSync(join(town.folder, 'ledger/taken'), { recursive: true });
    for (const name of Object.keys(delivered(town)).filter((n) => !n.startsWith('.')))
      renameSync(join(town.folder, 'ledger', name), join(town.folder, 'ledger/taken', name));
  };
  const send = () => town.run('to-ledger', { now: NOW });
  for (const one of [...steps, { send: { how: 'before' } } as Step, { take: true } as Step]) {
    if ('land' in one) {
      town.write({ [`inbox/receipts-${String(++file).padStart(3, '0')}.csv`]: receipts(one.land) }, file);
      await town.run('receipts');
    } else if ('take' in one) take();
    else if (cuts && one.send.cut !== undefined) {
      await cutAt(town.engine.knex, one.send.cut, one.send.how);
      await send().catch(() => {});
      await town.reopen();
      await send();
    } else await send();
  }
  const booked = Object.values(delivered(town, 'ledger/taken')).flatMap((text) =>
    text
      .split('\n')
      .slice(1)
      .filter(Boolean)
      .map((line) =>
        line
          .split(',')
          .filter((_, i) => i === 0 || i === 2)
          .join(' '),
      ),
  );
  return { booked, outbox: (await outbox(town)).sort(), town };
}

async function goldens(town: TestTown): Promise<Map<string, string>> {
  return new Map((await town.rows('receipt')).map((row) => [String(row.number), (Number(row.amount) / 100).toFixed(2)]));
}

test(
  'whatever changes and wherever runs are cut off, the ledger gets what an undisturbed town sends, and nothing twice',
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 7 }),
        fc.constantFrom<'hold' | 'send'>('hold', 'send'),
        async (steps, changes) => {
          const plain = await play(steps, false, changes);
          const cut = await play(steps, true, changes);
          expect(cut.booked).toEqual(plain.booked);
          expect(cut.outbox).toEqual(plain.outbox);
          const now = await goldens(plain.town);
          for (const number of now.keys()) {
            const lines = plain.booked.filter((line) => line.startsWith(`${number} `));
            if (changes === 'hold') expect(lines.length, `${number} is booked once`).toBe(1);
            // A record that was gone and came back needs review, as does one whose deletion is held.
            else if (!plain.outbox.some((row) => row.startsWith(`${number} `) && row.includes('held')))
              expect(lines.at(-1), `the ledger has the newest of ${number}`).toBe(`${number} ${now.get(number)}`);
          }
          await plain.town.close();
          await cut.town.close();
        },
      ),
      { numRuns: cases(25) },
    );
  },
);

test('records of a run that ends after a later one are not passed over', async () => {
  const town = await makeTown({ ...ledger(), 'inbox/receipts-1.csv': receipts([{ number: '1' }]) });
  // An older run is under way in another process when this town sends.
  const slow = await startRun(town.engine.knex, 'orders');
  await town.run('receipts');
  await town.run('to-ledger', { now: NOW });
  expect(await outbox(town)).toEqual(['1 v1 sent']);
  // It commits what it had in hand, and ends.
  await town.engine.knex('receipt').insert({
    _id: 9000,
    _created: slow,
    _run: slow,
    _landed: 1,
    number: '9',
    received_on: '2026-01-06',
    amount: 700,
    amount_currency: 'USD',
    tender: 'cash',
    tender_raw: 'CA',
  });
  await town.engine.knex('il_run').where({ id: slow }).update({ ended_at: new Date().toISOString(), outcome: 'succeeded' });
  await town.run('to-ledger', { now: NOW });
  expect(await outbox(town)).toEqual(['1 v1 sent', '9 v1 sent']);
});
