import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { RunResult } from '../../../src/engine/run/result.ts';
import { receipts, tillStream } from '../base-town.ts';
import { cases } from '../cut.ts';
import { COMPARED, LOOKED_UP, RE_EXPORTED } from './re-exports.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

/** More than are read one by one at the beginning of a file. */
const ALWAYS = Array.from({ length: 450 }, (_, i) => ({ number: `A${i}`, amount: `${i}.00` }));

interface Seen {
  result: RunResult;
  /** What the run said that it was doing. */
  doing: Set<string>;
}

async function run(town: TestTown): Promise<Seen> {
  const doing = new Set<string>();
  const result = await town.run('receipts', { onProgress: ({ what }) => doing.add(what.split(' ')[0]!) });
  return { result, doing };
}

const told = ({ result: { outcome, counts, problems, notes } }: Seen) => ({ outcome, counts, problems, notes });

const row = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3 }), fc.constantFrom('CA', 'CA', 'XX', '')) },
  { weight: 1, arbitrary: fc.constant('"B1",2026-01-05,"7.00",CA,"two\nlines"') },
  { weight: 1, arbitrary: fc.constant(',2026-01-05,7.00,CA,without a key') },
  { weight: 1, arbitrary: fc.constant('B2,no date,7.00,CA,') },
  { weight: 1, arbitrary: fc.constant('B3,2026-01-05') },
  // One of those that are always there, again or changed.
  { weight: 1, arbitrary: fc.constantFrom('A3,2026-01-05,3.00,CA,', 'A440,2026-01-05,440.00,CA,', 'A441,2026-01-05,1.00,CA,') },
);
const file = fc
  .record({ rows: fc.array(row, { maxLength: 8 }), without: fc.option(fc.integer({ min: 0, max: 449 })), first: fc.boolean() })
  .map(({ rows, without, first }) => {
    const some = rows.map((r) =>
      typeof r === 'string'
        ? r
        : { number: `B${r[0]}`, amount: `${r[1]}.00`, tender: r[2] === '' ? 'CA' : r[2], note: r[2] === '' ? 'x' : '' },
    );
    const always = ALWAYS.filter((_, i) => i !== without);
    return receipts(first ? [...some, ...always] : [...always, ...some]);
  });

test.each(RE_EXPORTED)(
  'a source %s: whatever a file repeats, compared at once or looked up one by one, the store is the same',
  async (_, stream) => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 2, maxLength: 4 }), async (files) => {
        const towns = [await makeTown({ ...stream, ...COMPARED }), await makeTown({ ...stream, ...LOOKED_UP })] as const;
        for (const [i, text] of files.entries()) {
          const seen: Seen[] = [];
          for (const town of towns) {
            town.write({ 'inbox/receipts.csv': text }, 60 * i);
            seen.push(await run(town));
          }
          expect(told(seen[0]!)).toEqual(told(seen[1]!));
          if (!seen[0]!.doing.has('checking')) compared++;
          expect(await towns[0].dump()).toEqual(await towns[1].dump());
        }
        for (const town of towns) await town.close();
      }),
      { numRuns: cases(8), examples: [[[receipts(ALWAYS), receipts([...ALWAYS, { number: 'B1' }])]]] },
    );
    expect(compared).toBeGreaterThan(0);
  },
  120_000,
);

test('a nightly full export with one record more and one changed is read once, and only those two are landed', async () => {
  const town = await makeTown({ ...COMPARED, 'inbox/receipts.csv': receipts(ALWAYS) });
  expect((await run(town)).doing).toContain('checking');
  const more = receipts([...ALWAYS.slice(0, 448), { number: 'A448', amount: '0.01' }, ALWAYS[449]!, { number: 'new' }]);
  town.write({ 'inbox/receipts.csv': more }, 60);
  const { result, doing } = await run(town);
  expect(result.counts).toMatchObject({ read: 451, created: 1, changed: 1, unchanged: 449, rejected: 0 });
  expect(doing).not.toContain('checking');
  const [last] = await town.rows('il_file', ['state', 'records_done', 'created_done']).then((rows) => rows.slice(-1));
  expect(last).toEqual({ state: 'loaded', records_done: 451, created_done: 1 });
  expect((await town.rows('il_landed', ['source_key', 'record', 'line'])).slice(-2)).toEqual([
    { source_key: 'A448', record: 449, line: 450 },
    { source_key: 'new', record: 451, line: 452 },
  ]);
});

test.each<[string, Files]>([
  ['another contract', tillStream({ fields: ', till: { optional: true }' })],
  ['another key', tillStream({ key: '[number, received_on]' })],
])('after %s nothing is taken for unchanged without a look', async (_, stream) => {
  const town = await makeTown({ ...COMPARED, 'inbox/receipts.csv': receipts(ALWAYS) });
  await run(town);
  town.write({ ...stream, 'inbox/receipts.csv': receipts([...ALWAYS, { number: 'new' }]) }, 60);
  await town.reopen();
  expect((await run(town)).doing).toContain('checking');
});

test('a record that comes twice in a re-export is rejected, also where both are as before', async () => {
  const town = await makeTown({ ...COMPARED, 'inbox/receipts.csv': receipts(ALWAYS) });
  await run(town);
  town.write({ 'inbox/receipts.csv': receipts([...ALWAYS, ALWAYS[445]!]) }, 60);
  const { result } = await run(town);
  expect(result.counts).toMatchObject({ read: 451, unchanged: 450, rejected: 1 });
  expect(await town.rejects()).toMatchObject([{ key: 'A445#2', problems: [{ code: 'KEY_REPEATED' }] }]);
});

test('a record that was rejected and is as it was before that is no reject anymore', async () => {
  const town = await makeTown({ ...COMPARED, 'inbox/receipts.csv': receipts(ALWAYS) });
  await run(town);
  town.write({ 'inbox/receipts.csv': receipts([...ALWAYS.slice(0, 449), { number: 'A449', amount: '449.00', tender: 'XX' }]) }, 60);
  expect((await run(town)).result.counts).toMatchObject({ rejected: 1, unchanged: 449 });
  town.write({ 'inbox/receipts.csv': `${receipts(ALWAYS)}new,2026-01-05,1.00,CA,\n` }, 120);
  expect((await run(town)).result.counts).toMatchObject({ rejected: 0, unchanged: 450, created: 1 });
  expect(await town.rejects()).toEqual([]);
});

test('of a large file, what it is compared with is read while it is hashed, with the same result', async () => {
  const note = 'x'.repeat(80_000);
  const large = ALWAYS.map((receipt) => ({ ...receipt, note }));
  const town = await makeTown({ ...COMPARED, 'inbox/receipts.csv': receipts(large) });
  await run(town);
  const next = receipts([...large.slice(0, 448), { number: 'A448', amount: '0.01', note }, large[449]!, { number: 'new' }]);
  town.write({ 'inbox/receipts.csv': next }, 60);
  const { result, doing } = await run(town);
  expect(result.counts).toMatchObject({ read: 451, created: 1, changed: 1, unchanged: 449, rejected: 0 });
  expect(doing).not.toContain('checking');
  // The same again: what was read for nothing is left alone.
  town.write({ 'inbox/receipts-2.csv': next }, 120);
  expect((await run(town)).result).toMatchObject({
    outcome: 'succeeded',
    notes: expect.arrayContaining([expect.stringContaining('receipts-2.csv has nothing new')]),
  });
  // So much that differs is read record by record.
  town.write({ 'inbox/receipts-2.csv': receipts(large.map(({ number }) => ({ number, amount: '9.00', note }))) }, 180);
  const other = await run(town);
  expect(other.doing).toContain('checking');
  expect(other.result.counts).toMatchObject({ read: 450, changed: 449, unchanged: 1, rejected: 0 });
}, 60_000);
