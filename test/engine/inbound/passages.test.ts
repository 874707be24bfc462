import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { receipts } from '../base-town.ts';
import { cases } from '../cut.ts';
import { COMPARED, LOOKED_UP, RE_EXPORTED } from './re-exports.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

type Receipt = Parameters<typeof receipts>[0][number];

const some = (count: number, prefix = 'A'): Receipt[] =>
  Array.from({ length: count }, (_, i) => ({ number: `${prefix}${i}`, amount: `${i}.00`, note: i % 50 === 7 ? '"two\nlines"' : '' }));
/** More than are read one by one at the beginning of a file, and some passages behind them. */
const ALWAYS = some(700);

async function load(
  town: TestTown,
  records: Receipt[],
  minutes: number,
  name = 'receipts',
): Promise<{ counts: object; compared: boolean }> {
  town.write({ [`inbox/${name}.csv`]: receipts(records) }, minutes);
  let compared = true;
  const { counts } = await town.run('receipts', { onProgress: ({ what }) => void (what.startsWith('checking') && (compared = false)) });
  return { counts, compared };
}

const passages = async (town: TestTown): Promise<{ name: string; digests: string }[]> =>
  (await town.engine.knex('il_passage').select('name', 'digests')) as { name: string; digests: string }[];

const change = fc.record({
  at: fc.integer({ min: 0, max: 699 }),
  taken: fc.integer({ min: 0, max: 3 }),
  put: fc.array(
    fc.record({
      number: fc.integer({ min: 1, max: 4 }).map((n) => `B${n}`),
      amount: fc.constantFrom('1.00', '2.00', '3.00'),
      tender: fc.constantFrom('CA', 'CA', 'CA', 'XX'),
    }),
    { maxLength: 2 },
  ),
  again: fc.option(fc.integer({ min: 400, max: 699 }), { freq: 8 }),
});

test.each(RE_EXPORTED)(
  'a source %s: whatever passages are left out, the store is what it is when each record is looked up',
  async (_, stream) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 2 }), { minLength: 2, maxLength: 4 }), async (nights) => {
        const towns = [await makeTown({ ...stream, ...COMPARED }), await makeTown({ ...stream, ...LOOKED_UP })] as const;
        for (const [i, changes] of [[], [], ...nights].entries()) {
          const now = [...ALWAYS, { number: `night ${i}` }];
          for (const { at, taken, put, again } of changes) now.splice(at, taken, ...put, ...(again === null ? [] : [ALWAYS[again]!]));
          const [compared, lookedUp] = [await load(towns[0], now, 60 * i), await load(towns[1], now, 60 * i)];
          expect(compared.counts).toEqual(lookedUp.counts);
          expect(await towns[0].dump()).toEqual(await towns[1].dump());
        }
        for (const town of towns) await town.close();
      }),
      { numRuns: cases(6) },
    );
  },
  180_000,
);

test('of a nightly export, the passages that came again stay, and those with a change are replaced', async () => {
  const town = await makeTown({ ...COMPARED });
  await load(town, ALWAYS, 0);
  expect(await load(town, [...ALWAYS, { number: 'new' }], 60)).toMatchObject({ compared: true, counts: { created: 1, unchanged: 700 } });
  const learned = await passages(town);
  const changed = [...ALWAYS.slice(0, 600), { number: 'A600', amount: '0.01' }, ...ALWAYS.slice(601), { number: 'new' }];
  expect(await load(town, changed, 120)).toMatchObject({ compared: true, counts: { changed: 1, unchanged: 700 } });
  const now = await passages(town);
  const same = now.filter(({ name }) => learned.some((l) => l.name === name));
  expect([now.length - same.length, learned.length - same.length]).toEqual([1, 1]);
  expect(same.length).toBeGreaterThan(5);
});

test('a record that another file changed in between is landed again, although its passage is known', async () => {
  const town = await makeTown({ ...COMPARED });
  await load(town, ALWAYS, 0);
  await load(town, [...ALWAYS, { number: 'new' }], 60);
  await load(town, [{ number: 'A650', amount: '0.01' }], 120, 'receipts-more');
  expect(await town.rows('receipt', ['amount']).then((rows) => rows.filter(({ amount }) => amount === 1))).toHaveLength(1);
  const { counts, compared } = await load(town, [...ALWAYS, { number: 'newer' }], 180);
  expect(counts).toMatchObject({ created: 1, changed: 1, unchanged: 699 });
  expect(compared).toBe(true);
  expect(await town.rows('receipt', ['amount']).then((rows) => rows.filter(({ amount }) => amount === 1))).toEqual([]);
  // And it is known again.
  expect(await load(town, [...ALWAYS, { number: 'newest' }], 240)).toMatchObject({
    compared: true,
    counts: { created: 1, unchanged: 700 },
  });
});

test('a large first load keeps its passages, and they are left out in the next export', async () => {
  const many = some(50_001);
  const town = await makeTown({ ...COMPARED });
  await load(town, many, 0);
  const first = await passages(town);
  expect(first.length).toBeGreaterThan(500);
  const digests = new Set((await town.engine.knex('il_link').pluck('hash')) as string[]);
  for (const { digests: rows } of first)
    for (let at = 0; at < rows.length; at += 22) expect(digests.has(rows.slice(at, at + 22))).toBe(true);
  expect(await load(town, [{ number: 'new' }, ...many], 60)).toMatchObject({ compared: true, counts: { created: 1, unchanged: 50_001 } });
  const next = new Set((await passages(town)).map(({ name }) => name));
  expect(first.filter(({ name }) => !next.has(name)).length).toBeLessThan(10);
});
