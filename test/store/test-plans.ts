import { beforeEach, describe, expect, test } from 'vitest';
import { dialectOf } from '../../src/store/dialect.ts';
import { linesOfReceipts } from '../../src/store/landing/golden.ts';
import { digestsFor } from '../../src/store/landing/digests.ts';
import { addLiveHashes, landedAfter, liveKeys } from '../../src/store/landing/landed.ts';
import { landing } from '../../src/store/landing/landing.ts';
import { storedAfter } from '../../src/store/landing/record-keys.ts';
import { shapeOf } from '../../src/store/ledger/sources.ts';
import { migrateModel } from '../../src/store/model-tables.ts';
import type { Knex } from '../../src/store/open.ts';
import { restrict } from '../../src/store/reconciliation/within.ts';
import { dayId, monthId, noFigures, readSums, replaceSums, type StoredSum, sumsOfBlocks } from '../../src/store/revenue/sums.ts';
import { person } from './entities.ts';
import type { StoreUnderTest } from './stores.ts';
import type { OpenStore } from './test-store.ts';

/** What is asked for each record must not go through whole tables. */
export function testPlans(now: () => OpenStore, kind: StoreUnderTest): void {
  let knex: Knex;
  beforeEach(() => void (knex = now().knex));

  describe('what is asked for each record is found by an index', () => {
    const QUERIES: [name: string, sql: string, bindings: (string | number)[]][] = [
      ['links of a record', 'SELECT * FROM il_link WHERE source_id = ? AND source_key = ?', [1, 'a']],
      [
        'links of a golden record',
        'SELECT * FROM il_link WHERE entity_id = ? AND golden_id = ? AND mapped IS NOT NULL AND deleted_run IS NULL',
        [1, 1],
      ],
      ['golden record by identity', 'SELECT _identity, _id FROM "person" WHERE _identity = ?', ['x']],
      ['golden record by id', 'SELECT * FROM "person" WHERE _id = ?', [1]],
      [
        'next records to be mapped again',
        'SELECT DISTINCT source_key, landed_id FROM il_link WHERE source_id = ? AND source_key > ? AND deleted_run IS NULL ORDER BY source_key LIMIT 10',
        [1, 'a'],
      ],
      ['open reject of a record', "SELECT * FROM il_reject WHERE source_id = ? AND reject_key = ? AND state = 'open'", [1, 'a']],
      ['file by content', 'SELECT * FROM il_file WHERE source_id = ? AND sha256 = ?', [1, 'a']],
      ['file by path', 'SELECT * FROM il_file WHERE source_id = ? AND path = ?', [1, 'a']],
      ['landed record', 'SELECT * FROM il_landed WHERE id = ?', [1]],
      ['history of a golden record', 'SELECT * FROM il_history WHERE entity_id = ? AND golden_id = ? ORDER BY id', [1, 1]],
      ['differences of a reconciliation', 'SELECT * FROM il_difference WHERE pipeline = ? ORDER BY seq', ['r']],
      ['runs of a pipeline', 'SELECT * FROM il_run WHERE pipeline = ? ORDER BY id DESC', ['r']],
      ['members of a golden record', 'SELECT * FROM il_member WHERE entity_id = ? AND golden_id = ?', [1, 1]],
      ['pairs of a member', 'SELECT * FROM il_edge WHERE entity_id = ? AND a = ?', [1, 1]],
      ['pairs of a member by their second end', 'SELECT * FROM il_edge WHERE b = ?', [1]],
      [
        'a match by the beginning of its content id',
        'SELECT * FROM il_match WHERE pipeline IN (?, ?) AND content_id >= ? AND content_id < ?',
        ['a', 'b', 'c', 'd'],
      ],
      ['matches of records', 'SELECT * FROM il_match_record WHERE entity_id IN (?, ?) AND golden_id IN (?, ?)', [1, 2, 3, 4]],
      ['an index of the model', 'SELECT * FROM "person" WHERE kind = ? AND born_on = ?', ['a', 'b']],
    ];
    test.each(QUERIES)('%s', async (_, sql, bindings) => {
      await migrateModel(knex, [person]);
      const plan = await dialectOf(knex).explain(knex, sql, bindings);
      expect(plan).not.toMatch(kind.wholeTable);
    });

    test('links of a member are named by its index', async () => {
      const sql = 'SELECT source_id, source_key, entity_id, item_key, member_id FROM il_link WHERE member_id IN (?, ?)';
      const plan = await dialectOf(knex).explain(knex, sql, [1, 2]);
      expect(plan).toMatch(/il_link_member/);
      expect(plan).not.toMatch(kind.wholeTable);
    });

    test('members that were not compared yet are found without going through those that were', async () => {
      const sql = "SELECT id FROM il_member WHERE entity_id = ? AND golden_id IS NULL AND state = 'new' ORDER BY id LIMIT 250";
      expect(await dialectOf(knex).explain(knex, sql, [1])).toMatch(/golden_id(=\?| IS NULL)/);
    });

    test('pairs by their second end go through no other pairs of the entity', async () => {
      const plan = await dialectOf(knex).explain(knex, 'SELECT * FROM il_edge WHERE b = ?', [1]);
      expect(plan).toMatch(/il_edge_second/);
    });
  });

  describe('a table that was filled a moment ago is read page by page, whatever the planner knows of it', () => {
    const RECORDS = 25_000;
    const PAGES: [name: string, read: (knex: Knex) => Promise<unknown>][] = [
      ['what all records said last', async (knex) => (await addLiveHashes(knex, 1, digestsFor(RECORDS)).next()).value],
      ['their keys', async (knex) => (await liveKeys(knex, 1).next()).value],
      ['the next page of what they said', async (knex) => readTwo(addLiveHashes(knex, 1, digestsFor(RECORDS)))],
      ['records that are mapped again', async (knex) => landedAfter(knex, 1, 'key 005000', 1000)],
      ['records that get a new key', async (knex) => storedAfter(knex, 1, 'key 005000', 1000)],
      [
        'records that get a new key, in a transaction',
        async (knex) => dialectOf(knex).write(knex, async (trx) => storedAfter(trx, 1, 'key 005000', 1000)),
      ],
    ];
    beforeEach(async () => {
      await landing(knex, async ({ insertLanded, insertLinks }, trx) => {
        const shape = await shapeOf(trx, ['a']);
        const numbers = Array.from({ length: RECORDS }, (_, i) => i + 1);
        const key = (n: number): string => `key ${String(n).padStart(6, '0')}`;
        await insertLanded(numbers.map((n) => [n, 1, key(n), 1, null, n, null, shape, '["x"]']));
        await insertLinks(numbers.map((n) => [1, key(n), 1, '', n, n, 'h'.repeat(22)]));
      });
    });
    test.each(PAGES)('%s', async (_, read) => {
      let found: unknown;
      const plans = await kind.plansOf(knex, async () => void (found = await read(knex)));
      expect(found).toBeTruthy();
      const ofLinks = plans.filter((plan) => plan.includes('il_link'));
      expect(ofLinks).not.toEqual([]);
      for (const plan of ofLinks) {
        expect(plan).not.toMatch(kind.sorting);
        expect(plan).not.toMatch(kind.wholeTable);
      }
    });
    test('what is set for that is forgotten when the page is read', async () => {
      const after = await dialectOf(knex).write(knex, async (trx) => {
        await storedAfter(trx, 1, '', 10);
        return dialectOf(trx).explain(trx, 'SELECT count(*) FROM il_landed', []);
      });
      expect(after).toBe(await dialectOf(knex).explain(knex, 'SELECT count(*) FROM il_landed', []));
    });
  });

  test('lines of receipts are found by their source and number, as they are indexed', async () => {
    await knex.schema.createTable('charge', (t) => {
      t.bigInteger('_id').primary();
      t.text('source');
      t.text('receipt_number');
      t.index(['source', 'receipt_number']);
    });
    const lines = Array.from({ length: 4000 }, (_, i) => ({ _id: i, source: 'desk', receipt_number: `R${i >> 1}` }));
    for (let i = 0; i < lines.length; i += 200) await knex('charge').insert(lines.slice(i, i + 200));
    await dialectOf(knex).updateStatistics(knex, ['charge']);
    let found: unknown[] = [];
    const plans = await kind.plansOf(knex, async () => {
      found = await linesOfReceipts(knex, { entity: 'charge', entityId: 1, off: [] }, [
        { source: 'desk', number: 'R7' },
        { source: 'pool', number: 'R7' },
        { source: null, number: 'R8' },
      ]);
    });
    expect(found).toHaveLength(2);
    const ofLines = plans.filter((plan) => /charge|\bg\b/.test(plan));
    expect(ofLines).not.toEqual([]);
    for (const plan of ofLines) expect(plan).not.toMatch(kind.wholeTable);
  });

  test('records in hundreds of ranges of ids are found without reading those between them', async () => {
    await migrateModel(knex, [person]);
    await dialectOf(knex).write(knex, async (trx) => {
      const rows = Array.from({ length: 20_000 }, (_, i) => [i + 1, 1, 1, 1, 1]);
      await (await dialectOf(trx).rowsOf(trx)).insert('person', ['_id', '_created', '_run', '_landed', 'paid'], rows);
    });
    await dialectOf(knex).updateStatistics(knex, ['person']);
    const ranges = Array.from({ length: 400 }, (_, i) => ({ first: 1 + i * 50, last: 2 + i * 50 }));
    const query = knex('person').select('_id');
    restrict(query, '_id', ranges);
    let found: unknown[] = [];
    const plans = await kind.plansOf(knex, async () => void (found = (await query) as unknown[]));
    expect(found).toHaveLength(800);
    for (const plan of plans) expect(plan).not.toMatch(kind.wholeTable);
  });

  describe('sums of the revenue report are read as far as they are asked for', () => {
    const READS: [name: string, table: RegExp, read: (knex: Knex) => Promise<{ count: number }[]>][] = [
      ['of the days of a month', /il_revenue_day|\bd\b/, (knex) => readSums(knex, 'day', { from: '2025-03-01', before: '2025-04-01' })],
      [
        'of blocks that changed',
        /il_revenue_block|\bb\b/,
        async (knex) => [...(await sumsOfBlocks(knex, [3, 4])).values()].flatMap((sums) => [...sums.values()]),
      ],
    ];
    beforeEach(() => dialectOf(knex).write(knex, (trx) => replaceSums(trx, yearsOfSums())));
    test.each(READS)('%s', async (_, table, read) => {
      let found: { count: number }[] = [];
      const plans = await kind.plansOf(knex, async () => void (found = await read(knex)));
      expect(found.length).toBeGreaterThan(50);
      const ofSums = plans.filter((plan) => table.test(plan));
      expect(ofSums).not.toEqual([]);
      const whole = new RegExp(`(?:Seq Scan on|SCAN) (?:${table.source})`);
      for (const plan of ofSums) expect(plan).not.toMatch(whole);
    });
  });
}

/** Two years of receipts of ten departments, each block those of some days: 7,300 sums of days. */
function yearsOfSums(): Map<number, Map<string, StoredSum>> {
  const blocks = new Map<number, Map<string, StoredSum>>();
  for (let i = 0; i < 730; i++) {
    const day = new Date(Date.UTC(2025, 0, 1 + i)).toISOString().slice(0, 10);
    const block = Math.floor(i / 7);
    const sums = blocks.get(block) ?? new Map<string, StoredSum>();
    blocks.set(block, sums);
    for (let department = 0; department < 10; department++) {
      const key = {
        from_day: `${day.slice(0, 7)}-01`,
        corrects: null,
        department: `department ${department}`,
        account: '100-4210',
        tender: 'cash',
        currency: 'USD',
        rest: 0,
        receipt: null,
        sign: 0,
        reasons: '[]',
      };
      const month = monthId(key);
      const id = dayId(month, day);
      sums.set(id, { ...key, ...noFigures(), id, month, day, facts: 1, count: 1, amount: 1250, not_covered: 1250 });
    }
  }
  return blocks;
}

async function readTwo(pages: AsyncGenerator<unknown>): Promise<unknown> {
  await pages.next();
  return (await pages.next()).value;
}
