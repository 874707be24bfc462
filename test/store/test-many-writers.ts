import type { Lock } from '../../src/store/lock-holder.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { dialectOf } from '../../src/store/dialect.ts';
import { landing } from '../../src/store/landing/landing.ts';
import { heldLocks, takeLock } from '../../src/store/locks.ts';
import { migrateModel } from '../../src/store/model-tables.ts';
import type { Knex } from '../../src/store/open.ts';
import { startRun } from '../../src/store/ledger/runs.ts';
import { person } from './entities.ts';
import { link } from './test-landing.ts';
import type { OpenStore } from './test-store.ts';

/** What only a store with many writers does: a database server. */
export function testManyWriters(now: () => OpenStore): void {
  let knex: Knex;
  beforeEach(() => void (knex = now().knex));

  /** Cuts the connections of everybody else off, as a restart of the server does. */
  const cutOthers = async (): Promise<void> => {
    const other = await now().open();
    await other.raw(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
  };

  describe('many writers', () => {
    test('two batches at once do not wait for each other, and get numbers of their own', async () => {
      const other = await now().open();
      const order: string[] = [];
      let letFirstEnd = (): void => {};
      const mayEnd = new Promise<void>((resolve) => (letFirstEnd = resolve));
      const first = landing(knex, async (l) => {
        const id = await l.take('landed', 1000);
        await l.putLinks([link('a', id)]);
        await mayEnd;
        order.push('first');
        return id;
      });
      const second = await landing(other, async (l) => {
        const id = await l.take('landed', 1000);
        await l.putLinks([link('b', id, { sourceId: 2 })]);
        order.push('second');
        return id;
      });
      letFirstEnd();
      expect(Math.abs((await first) - second)).toBeGreaterThanOrEqual(1000);
      expect(order).toEqual(['second', 'first']);
      expect(await knex('il_link').orderBy('source_id').pluck('source_key')).toEqual(['a', 'b']);
    });

    test('of two batches that make the same golden record, the second is done again with the one that the first made', async () => {
      await migrateModel(knex, [person]);
      let attempts = 0;
      const enter = (on: Knex, meanwhile: () => Promise<unknown>): Promise<number> =>
        landing(on, async (l) => {
          attempts++;
          const known = (await l.byIdentity('person', ['["a@x"]'])).get('["a@x"]');
          if (known !== undefined) return known;
          await meanwhile();
          const id = await l.take('golden', 1);
          await l.rows.insert('person', ['_id', '_created', '_run', '_landed', '_identity'], [[id, 1, 1, 1, '["a@x"]']]);
          return id;
        });
      const other = await now().open();
      let theirs = 0;
      const mine = await enter(knex, async () => void (theirs = await enter(other, async () => {})));
      expect([mine, attempts]).toEqual([theirs, 3]);
      expect(await knex('person').pluck('_id')).toEqual([mine]);
    });

    test('a golden record that another batch changed meanwhile is computed again', async () => {
      await migrateModel(knex, [person]);
      await knex('person').insert({ _id: 1, _created: 1, _run: 1, _landed: 1, paid: 1 });
      const other = await now().open();
      const add = (on: Knex, meanwhile: () => Promise<unknown>): Promise<void> =>
        landing(on, async (l) => {
          const [paid] = (await l.goldens('person', ['paid'], [1])).get(1)!;
          await meanwhile();
          await l.rows.update('person', ['paid'], ['_id'], [[(paid as number) + 1, 1]]);
        });
      let first = true;
      await add(knex, async () => {
        if (first) await add(other, async () => {});
        first = false;
      });
      expect(await knex('person').pluck('paid')).toEqual([3]);
    });

    test('two batches that wait for each other both get done', async () => {
      await migrateModel(knex, [person]);
      await knex('person').insert([1, 2].map((_id) => ({ _id, _created: 1, _run: 1, _landed: 1, paid: 0 })));
      const other = await now().open();
      const both = (on: Knex, ids: readonly number[]): Promise<void> =>
        landing(on, async (_, trx) => {
          for (const _id of ids) {
            await trx('person').where({ _id }).increment('paid', 1);
            await trx.raw('SELECT pg_sleep(0.05)');
          }
        });
      await Promise.all([both(knex, [1, 2]), both(other, [2, 1])]);
      expect(await knex('person').orderBy('_id').pluck('paid')).toEqual([2, 2]);
    });

    test('runs are numbered in the order in which they can be seen', async () => {
      const other = await now().open();
      const ids = await Promise.all(Array.from({ length: 12 }, (_, i) => startRun(i % 2 ? knex : other, `p${i}`)));
      expect([...ids].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    });
  });

  describe('a server that goes away', () => {
    test('a batch whose connection is cut off before its commit failed, and the next one succeeds', async () => {
      const cut = landing(knex, async (l) => {
        await l.putLinks([link('a', 1)]);
        await cutOthers();
      });
      await expect(cut).rejects.toThrow();
      await landing(knex, async (l) => l.putLinks([link('b', 1)]));
      expect(await knex('il_link').pluck('source_key')).toEqual(['b']);
    });

    test('a transaction in which a statement failed does not count as committed', async () => {
      const dialect = dialectOf(knex);
      const trx = await dialect.begin(knex);
      await trx('il_link')
        .insert({ source_id: 1 })
        .catch(() => {});
      await expect(dialect.commit(trx)).rejects.toThrow(/STORE_NOT_COMMITTED/);
    });

    test('numbers go on after the connection that takes them was lost', async () => {
      const take = (): Promise<number> => landing(knex, async (l) => l.take('landed', 5));
      expect(await take()).toBe(1);
      await cutOthers();
      await expect.poll(() => take().catch(() => 0)).toBeGreaterThanOrEqual(6);
    });
  });

  describe('locks on a server', () => {
    const taken = async (name: string, on = knex): Promise<Lock> => {
      const lock = await takeLock(on, name);
      if (!('release' in lock)) throw new Error(`${name} is not free`);
      return lock;
    };

    test('the lock of a process that was killed is free at once, wherever it ran', async () => {
      const child = spawn(process.execPath, [fileURLToPath(new URL('hold-lock.ts', import.meta.url)), now().store.url, '/', 'pipeline:x'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      expect(String((await once(child.stdout, 'data'))[0])).toBe('taken');
      expect(await takeLock(knex, 'pipeline:x')).toMatchObject({ pid: child.pid });
      expect(await heldLocks(knex)).toEqual(new Set(['pipeline:x']));
      child.kill('SIGKILL');
      await once(child, 'exit');
      await expect.poll(async () => 'release' in (await takeLock(knex, 'pipeline:x'))).toBe(true);
    });

    test('who is cut off from the server loses the lock, and saves nothing more, also when nobody else took it', async () => {
      const lock = await taken('pipeline:x');
      await cutOthers();
      await expect.poll(() => heldLocks(knex).catch(() => undefined)).toEqual(new Set());
      await expect(landing(knex, async (l) => l.putLinks([link('a', 1)]), { locks: [lock] })).rejects.toThrow(/LOCK_LOST/);
      const again = await taken('pipeline:x', await now().open());
      await lock.release();
      expect(await heldLocks(knex)).toEqual(new Set(['pipeline:x']));
      await again.release();
      expect(await knex('il_link')).toEqual([]);
    });

    test('who takes a lost lock over waits for the batch that its former holder is just committing', async () => {
      const lock = await taken('pipeline:x');
      const other = await now().open();
      const order: string[] = [];
      let next: Promise<void> | undefined;
      await landing(
        knex,
        async (l) => {
          await l.putLinks([link('a', 1)]);
          if (next) return;
          // The connection that holds the lock dies, and the one of the batch lives.
          await other.raw(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()",
          );
          next = expect
            .poll(async () => 'release' in (await takeLock(other, 'pipeline:x')))
            .toBe(true)
            .then(() => void order.push('taken over'));
          await l.links(1, ['a']);
          order.push('committed');
        },
        { locks: [lock] },
      );
      await next;
      expect(order).toEqual(['committed', 'taken over']);
    });
  });
}
