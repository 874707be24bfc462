import { hostname } from 'node:os';
import { beforeEach, describe, expect, test } from 'vitest';
import { beginLanding, landing } from '../../src/store/landing/landing.ts';
import { heldLocks, takeLock } from '../../src/store/locks.ts';
import type { Knex } from '../../src/store/open.ts';
import { link } from './test-landing.ts';
import type { OpenStore } from './test-store.ts';

/** What only a store with one writer at a time does: a file. */
export function testOneWriter(now: () => OpenStore): void {
  let knex: Knex;
  beforeEach(() => void (knex = now().knex));

  describe('one writer at a time', () => {
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

    test('of two batches at once the second waits, and sees what the first left', async () => {
      const other = await now().open();
      const order: string[] = [];
      const first = await beginLanding(knex);
      const second = landing(other, async (l) => {
        order.push('second');
        return l.links(1, ['a']);
      });
      // SQLite waits by sleeping in this thread, so the first has to be done before the second is let in.
      await first.landing.putLinks([link('a', 7)]);
      order.push('first');
      await first.commit();
      expect((await second).get('a')?.[0]?.golden).toBe(7);
      expect(order).toEqual(['first', 'second']);
    }, 60_000);
  });

  describe('locks in a file', () => {
    const row = (change: Record<string, string | number>) => ({
      name: 'pipeline:x',
      host: hostname(),
      pid: process.pid,
      token: 'earlier',
      heartbeat_at: new Date().toISOString(),
      ...change,
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
  });
}
