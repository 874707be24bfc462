import { hostname } from 'node:os';
import { beforeEach, describe, expect, test } from 'vitest';
import { beginLanding, landing, type Link } from '../../src/store/landing.ts';
import { heldLocks, takeLock } from '../../src/store/locks.ts';
import type { Knex } from '../../src/store/open.ts';
import type { OpenStore } from './test-store.ts';

/** Batches and locks: all or nothing, one at a time. */
export function testLanding(now: () => OpenStore): void {
  let knex: Knex;
  beforeEach(() => void (knex = now().knex));

  describe('landing', () => {
    const link = (key: string, golden: number | null, more: Partial<Link> = {}): Link => ({
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

    test('ids have no gaps after a batch that was rolled back', async () => {
      expect(await landing(knex, async (l) => l.take('landed', 3))).toBe(1);
      await expect(
        landing(knex, async (l) => {
          await l.take('landed', 100);
          await l.take('golden', 100);
          throw new Error('cut off');
        }),
      ).rejects.toThrow('cut off');
      expect(await landing(knex, async (l) => [await l.take('landed', 1), await l.take('golden', 2), await l.take('golden', 1)])).toEqual([
        4, 1, 3,
      ]);
    });

    test('ids that were not used are given back', async () => {
      await landing(knex, async (l) => {
        await l.take('landed', 10);
        await l.take('landed', -7);
      });
      expect(await landing(knex, async (l) => l.take('landed', 1))).toBe(4);
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

    test('of two batches at once the second waits, and sees what the first left', async () => {
      const other = await now().open();
      const order: string[] = [];
      const first = await beginLanding(knex);
      const second = landing(other, async (l) => {
        order.push('second');
        return l.links(1, ['a']);
      });
      // SQLite waits by sleeping in this thread, so that the first has to be done before the second is let in.
      await first.landing.putLinks([link('a', 7)]);
      order.push('first');
      await first.commit();
      expect((await second).get('a')?.[0]?.golden).toBe(7);
      expect(order).toEqual(['first', 'second']);
    }, 60_000);

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
    const row = (change: Record<string, string | number>) => ({
      name: 'pipeline:x',
      host: hostname(),
      pid: process.pid,
      token: 'earlier',
      heartbeat_at: new Date().toISOString(),
      ...change,
    });

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

    test('of many that want it at once one has it', async () => {
      const all = await Promise.all(Array.from({ length: 10 }, () => takeLock(knex, 'pipeline:x')));
      const taken = all.filter((one) => 'release' in one);
      expect(taken).toHaveLength(1);
      await taken[0]!.release();
    });

    test.each([
      ['a process of this host that is gone', { pid: 2_147_483_000 }, true],
      ['an earlier process that had our number', {}, true],
      [
        'a process that has not been heard of for a long time',
        { host: 'elsewhere', pid: 1, heartbeat_at: new Date(Date.now() - 100_000).toISOString() },
        true,
      ],
      ['a process of this host that lives', { pid: process.ppid }, false],
      ['a process of another host that was heard of just now', { host: 'elsewhere', pid: 2_147_483_000 }, false],
    ] as const)('the lock of %s', async (_, change, free) => {
      await knex('il_lock').insert(row(change));
      expect(await heldLocks(knex)).toEqual(new Set(free ? [] : ['pipeline:x']));
      const lock = await takeLock(knex, 'pipeline:x');
      expect('release' in lock).toBe(free);
      if ('release' in lock) await lock.release();
    });

    test('who lost a lock to another does not take it away from them', async () => {
      const lock = await takeLock(knex, 'pipeline:x');
      await knex('il_lock').update({ token: 'stolen', host: 'elsewhere' });
      if ('release' in lock) await lock.release();
      expect(await knex('il_lock').pluck('token')).toEqual(['stolen']);
    });
  });
}
