import { hash } from 'node:crypto';
import { hostname } from 'node:os';
import { beforeEach, describe, expect, test } from 'vitest';
import { dialectOf } from '../../src/store/dialect.ts';
import { digestsFor } from '../../src/store/landing/digests.ts';
import { addLiveHashes } from '../../src/store/landing/landed.ts';
import { beginLanding, landing, type Link } from '../../src/store/landing/landing.ts';
import { heldLocks, takeLock } from '../../src/store/locks.ts';
import { migrateModel } from '../../src/store/model-tables.ts';
import type { Knex } from '../../src/store/open.ts';
import { totals } from '../../src/store/reconciliation/totals.ts';
import { person } from './entities.ts';
import type { Cell, PackedInsert } from '../../src/store/rows.ts';
import type { OpenStore } from './test-store.ts';

/** A link with these values and usual others. */
export const link = (key: string, golden: number | null, more: Partial<Link> = {}): Link => ({
  sourceId: 1,
  sourceKey: key,
  entityId: 1,
  itemKey: '',
  member: null,
  golden,
  landed: 1,
  hash: 'h',
  mapped: null,
  deletedRun: null,
  ...more,
});

/** Batches and locks: all or nothing, one at a time. */
export function testLanding(now: () => OpenStore): void {
  let knex: Knex;
  beforeEach(() => void (knex = now().knex));

  describe('landing', () => {
    test('a batch that failed is not there, and a statement that failed within it is not forgotten', async () => {
      const failing = landing(knex, async (l, trx) => {
        await l.putLinks([link('a', 1)]);
        await trx('il_no_such_table').catch(() => {});
        await l.putLinks([link('b', 1)]);
      });
      // One database goes on after a failed statement, and the other does not; neither commits a part.
      const saved = await failing.then(
        () => ['a', 'b'],
        () => [],
      );
      expect(await knex('il_link').orderBy('source_key').pluck('source_key')).toEqual(saved);
    });

    describe('what all records of a source said last', () => {
      const MANY = 60_000;
      const digest = (n: number): string => hash('sha256', String(n), 'base64').slice(0, 22);
      const key = (n: number): string => `key ${String(n).padStart(6, '0')}`;
      const rowsOf = (numbers: readonly number[], said = digest): Cell[][] => numbers.map((n) => [1, key(n), 1, '', n, n, said(n)]);
      const upTo = (many: number): number[] => Array.from({ length: many }, (_, i) => i);

      test.each([
        ['few enough for this thread', MANY - 20_000],
        ['so many that another thread reads them, where the store has one', MANY],
      ])('%s: it is found, and what was never said is not', async (_, many) => {
        await landing(knex, async ({ insertLinks }) => insertLinks(rowsOf(upTo(many))));
        const known = digestsFor(many);
        let count = 0;
        for await (const part of addLiveHashes(knex, 1, known)) {
          expect(part.unique).toBe(true);
          count += part.count;
        }
        expect(count).toBe(many);
        expect(upTo(many).filter((n) => known.find(digest(n)) < 0)).toEqual([]);
        expect(known.find(digest(many))).toBe(-1);
      });

      test('two that said the same are told, and reading ends when nobody asks further', async () => {
        const same = (n: number): string => digest(n === 35_000 ? 100 : n);
        await landing(knex, async ({ insertLinks }) => insertLinks(rowsOf(upTo(MANY), same)));
        const parts: boolean[] = [];
        for await (const { unique } of addLiveHashes(knex, 1, digestsFor(MANY))) {
          parts.push(unique);
          if (!unique) break;
        }
        expect(parts).toEqual([true, false]);
      });

      test('a store that fails while they are read says why', async () => {
        await landing(knex, async ({ insertLinks }) => insertLinks(rowsOf(upTo(10))));
        await knex.schema.renameTable('il_link', 'il_link_away');
        await expect(addLiveHashes(knex, 1, digestsFor(MANY)).next()).rejects.toThrow(/il_link/);
      });
    });

    test('any text comes back as it was, and in the order of its bytes', async () => {
      const keys = [
        'a',
        'B',
        'Z',
        '_',
        'ä',
        'é',
        'e',
        '\u{10000}',
        '\uffee',
        'a b',
        'a\tb',
        'a\nb\r',
        "a'b\\c\\N",
        'nul\0byte',
        '\ufdd0',
        '\ufdd00\0',
      ];
      await landing(knex, async (l) => l.putLinks(keys.map((key) => link(key, 1, { mapped: JSON.stringify(key) }))));
      const many = Array.from({ length: 60 }, (_, i) => [i + 1, 1, keys[i % keys.length]!, 1, null, i, null, 1, keys[i % keys.length]!]);
      await landing(knex, async (l) => l.insertLanded(many));
      const bytes = (text: string): Buffer => Buffer.from(text);
      // A text with a character that no text has is nowhere in particular in that order.
      const ordinary = (list: string[]): string[] => list.filter((key) => !/[\0\ufdd0]/.test(key));
      const stored = (await knex('il_link').orderBy('source_key').pluck('source_key')) as string[];
      expect([...stored].sort()).toEqual([...keys].sort());
      expect(ordinary(stored)).toEqual(ordinary(keys).sort((a, b) => Buffer.compare(bytes(a), bytes(b))));
      expect(await knex('il_landed').orderBy('id').pluck('raw')).toEqual(many.map((row) => row[8]));
      await landing(knex, async (l) => expect([...(await l.links(1, keys)).keys()]).toEqual(keys));
      expect(await knex('il_link').where({ source_key: 'nul\0byte' }).pluck('mapped')).toEqual([JSON.stringify('nul\0byte')]);
      expect(await knex('il_link').where({ source_key: 'A' })).toEqual([]);
      await landing(knex, async (l) => l.removeLinks(keys.map((key) => link(key, 1))));
      expect(await knex('il_link')).toEqual([]);
    });

    test('amounts up to 9,007,199,254,740,991 are exact, and sums beyond are an error instead of nearly right', async () => {
      await migrateModel(knex, [person]);
      const put = (id: number, paid: number): Promise<void> =>
        landing(knex, async (l) =>
          l.rows.insert('person', ['_id', '_created', '_run', '_landed', 'kind', 'paid'], [[id, 1, 1, 1, 'a', paid]]),
        );
      const sums = async (): Promise<number[]> => {
        const found: number[] = [];
        for await (const total of totals(knex, { entity: 'person', entityId: 1, amount: 'paid', where: {}, off: [] }, ['kind']))
          found.push(total.minor);
        return found;
      };
      await put(1, Number.MAX_SAFE_INTEGER);
      await put(2, -1);
      expect(await sums()).toEqual([Number.MAX_SAFE_INTEGER - 1]);
      await put(3, 2);
      await expect(sums()).rejects.toThrow(/STORE_NUMBER_TOO_LARGE/);
    });

    test('a batch is all or nothing', async () => {
      const batch = await beginLanding(knex);
      await batch.landing.putLinks([link('a', 1)]);
      await batch.rollback();
      expect(await knex('il_link')).toEqual([]);
      const next = await beginLanding(knex);
      await next.landing.putLinks([link('a', 1), link('b', 2)]);
      await next.commit();
      expect(await knex('il_link').pluck('source_key')).toEqual(['a', 'b']);
    });

    test('links come back as they were put, by key and by golden record', async () => {
      const links = [
        link('a', 1, { mapped: '{}' }),
        link('a', 2, { itemKey: 'x y', mapped: '{}' }),
        link("b'|\\", 1, { mapped: '{"n":1}' }),
        link('c', 1, { deletedRun: 4, mapped: '{}' }),
        link('d', null),
      ];
      await landing(knex, async (l) => l.putLinks(links));
      await landing(knex, async (l) => {
        const found = await l.links(1, ['a', "b'|\\", 'c', 'd', 'e']);
        expect([...found.values()].flat()).toEqual(links);
        expect((await l.linksOfGolden(1, [1])).map((k) => k.sourceKey)).toEqual(['a', "b'|\\"]);
        await l.removeLinks([links[1]!]);
        await l.putLinks([link('a', 9)]);
        expect((await l.links(1, ['a'])).get('a')).toEqual([link('a', 9)]);
      });
    });

    test('columns that are the same in all rows of a batch, in many ways, change nothing in what is stored', async () => {
      const raws = ['same', null].flatMap((same) => [1, 2, 3, 4, 5, 6].map((way) => ({ same, way })));
      const expected: unknown[] = [];
      await landing(knex, async ({ rows }) => {
        for (const [batch, { same, way }] of raws.entries()) {
          const list = Array.from({ length: 47 }, (_, i) => {
            const cell = (column: number, other: string): string => (column % way === 0 && same !== null ? same : `${other} ${i}`);
            return [batch * 100 + i, way, cell(1, 'key'), 1, same === null ? null : i, i, way === 3 ? i : null, 1, cell(2, 'raw')];
          });
          const columns = ['id', 'source_id', 'source_key', 'run_id', 'file_id', 'record', 'line', 'shape_id', 'raw'];
          await rows.insert('il_landed', columns, list);
          for (const row of list) expected.push(Object.fromEntries(columns.map((name, i) => [name, row[i]])));
        }
      });
      expect(await knex('il_landed').orderBy('id')).toEqual(expected);
    });

    test('rows that were made before the transaction are those that would have been inserted', async () => {
      const texts = ['plain', '', '\\N', 'a\tb\nc\\d\r', 'Ä 東京 😀', 'a\0b\ufdd0', 'x'.repeat(5000), '\\'.repeat(300)];
      const list = texts.map((text, i) => [i + 1, 1, `key ${i}`, 1, i % 2 ? null : i, 9_007_199_254_740_991, -i, 1, text]);
      const columns = ['id', 'source_id', 'source_key', 'run_id', 'file_id', 'record', 'line', 'shape_id', 'raw'];
      const packed = dialectOf(knex).packed(columns.length);
      packed.add(list.slice(0, 3));
      packed.add(list.slice(3));
      // The first attempt fails, as when another writer came in between.
      const failed = landing(knex, async ({ rows }) => {
        await rows.insertPacked([{ table: 'il_landed', columns, packed }]);
        throw new Error('failed');
      });
      await expect(failed).rejects.toThrow('failed');
      await landing(knex, async ({ rows }) => rows.insertPacked([{ table: 'il_landed', columns, packed }]));
      packed.release();
      expect(await knex('il_landed').orderBy('id')).toEqual(
        list.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] === 0 ? 0 : row[i]]))),
      );
    });

    test('a failure at the first of many rows is told, and the store takes others afterwards', async () => {
      const columns = ['id', 'source_id', 'source_key', 'run_id', 'file_id', 'record', 'line', 'shape_id', 'raw'];
      const list = Array.from({ length: 8_000 }, (_, i) => [i + 1, 1, i === 0 ? null : `key ${i}`, 1, null, i, null, 1, 'x'.repeat(1000)]);
      const packed = dialectOf(knex).packed(columns.length);
      packed.add(list);
      await expect(landing(knex, async ({ rows }) => rows.insertPacked([{ table: 'il_landed', columns, packed }]))).rejects.toThrow(
        /not.null/i,
      );
      expect(await knex('il_landed')).toEqual([]);
      await landing(knex, async (l) => l.insertLanded(list.slice(2, 70)));
      expect(await knex('il_landed')).toHaveLength(68);
    });

    test('a failure in the rows of one table keeps those of the tables before and behind it out as well', async () => {
      const landed = ['id', 'source_id', 'source_key', 'run_id', 'file_id', 'record', 'line', 'shape_id', 'raw'];
      const insert = (table: string, columns: readonly string[], list: Cell[][]): PackedInsert => {
        const packed = dialectOf(knex).packed(columns.length);
        packed.add(list);
        return { table, columns, packed };
      };
      const numbers = Array.from({ length: 3_000 }, (_, i) => i + 1);
      const landedRows = (raw: string | null): PackedInsert =>
        insert(
          'il_landed',
          landed,
          numbers.map((i) => [i, 1, `key ${i}`, 1, null, i, null, 1, i === 1500 ? raw : 'x'.repeat(500)]),
        );
      const shapes = insert('il_shape', ['id', 'columns'], [[1, '["a"]']]);
      const last = insert('il_entity', ['id', 'name'], [[900, 'last']]);
      const failed = landing(knex, async ({ rows }) => rows.insertPacked([shapes, landedRows(null), last]));
      await expect(failed).rejects.toThrow(/not.null/i);
      for (const table of ['il_shape', 'il_landed']) expect(await knex(table), table).toEqual([]);
      expect(await knex('il_entity').where({ id: 900 })).toEqual([]);
      await landing(knex, async ({ rows }) => rows.insertPacked([shapes, landedRows('[]'), last]));
      expect(await knex('il_landed')).toHaveLength(3_000);
      expect(await knex('il_shape')).toEqual([{ id: 1, columns: '["a"]' }]);
      expect(await knex('il_entity').where({ id: 900 }).pluck('name')).toEqual(['last']);
    });

    test('many rows in one batch are all there, each with its own values', async () => {
      const rows = Array.from({ length: 47 }, (_, i) => [i + 1, 1, `k${i}`, 1, null, i, null, 1, `["${i}"]`]);
      await landing(knex, async (l) => l.insertLanded(rows));
      expect(
        (await knex('il_landed').orderBy('id').select('source_key', 'raw')).map(
          (r: { source_key: string; raw: string }) => `${r.source_key}${r.raw}`,
        ),
      ).toEqual(rows.map((r) => `${r[2]}${r[8]}`));
    });
  });

  describe('locks', () => {
    test('a lock is taken once, and again when it was released', async () => {
      const lock = await takeLock(knex, 'pipeline:x');
      if (!('release' in lock)) throw new Error('not taken');
      expect(await takeLock(knex, 'pipeline:x')).toMatchObject({ host: hostname(), pid: process.pid });
      expect(await heldLocks(knex)).toEqual(new Set(['pipeline:x']));
      const other = await takeLock(knex, 'pipeline:y');
      await lock.release();
      await lock.release();
      const again = await takeLock(knex, 'pipeline:x');
      for (const one of [again, other]) if ('release' in one) await one.release();
      expect('release' in again && 'release' in other).toBe(true);
      expect(await knex('il_lock')).toEqual([]);
    });

    test('a lock that was left with a time in the future, by a clock that was ahead, holds nothing for a year', async () => {
      const year = new Date(Date.now() + 365 * 86_400_000).toISOString();
      await knex('il_lock').insert({ name: 'pipeline:x', host: 'a-container-of-before', pid: 1, token: 'old', heartbeat_at: year });
      expect(await heldLocks(knex)).toEqual(new Set());
      const lock = await takeLock(knex, 'pipeline:x');
      expect(lock).toHaveProperty('release');
      if ('release' in lock) await lock.release();
    });

    test('of many that want it at once one has it', async () => {
      const all = await Promise.all(Array.from({ length: 10 }, () => takeLock(knex, 'pipeline:x')));
      const taken = all.filter((one) => 'release' in one);
      expect(taken).toHaveLength(1);
      await taken[0]!.release();
    });

    test('who lost a lock to another does not take it away from them, and saves nothing more', async () => {
      const lock = await takeLock(knex, 'pipeline:x');
      if (!('release' in lock)) throw new Error('not taken');
      await landing(knex, async (l) => l.putLinks([link('a', 1)]), { locks: [lock] });
      await knex('il_lock').update({ token: 'stolen', host: 'elsewhere' });
      await expect(landing(knex, async (l) => l.putLinks([link('b', 1)]), { locks: [lock] })).rejects.toThrow(/LOCK_LOST/);
      await expect(beginLanding(knex, [lock])).rejects.toThrow(/LOCK_LOST/);
      await lock.release();
      expect(await knex('il_lock').pluck('token')).toEqual(['stolen']);
      expect(await knex('il_link').pluck('source_key')).toEqual(['a']);
    });
  });
}
