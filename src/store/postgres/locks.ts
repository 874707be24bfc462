import { type Holder, type Lock, lockLost, type LockRow } from '../lock-holder.ts';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Knex } from 'knex';
import { type Side, sideOf } from './side.ts';
import { write } from './transactions.ts';

/** The number that stands for a lock among those of the database: PostgreSQL knows them by numbers. */
const NUMBER = "hashtextextended(current_schema() || ' lock ' || $1, 0)";

/** Notices within this time that the connection which holds the locks is gone, and keeps firewalls from forgetting it. */
const HEARTBEAT_MS = 15_000;

/** Names that this process holds, by the connection that holds them: for the server they are all one holder's. */
const held = new WeakMap<Side, Set<string>>();

/** A lock is held as long as the connection of its holder lives: the server knows at once when a process was killed, on whatever host. */
export async function heldLocks(knex: Knex): Promise<Set<string>> {
  const { rows } = (await knex.raw(
    `SELECT name FROM il_lock WHERE EXISTS (
       SELECT 1 FROM pg_locks p WHERE p.locktype = 'advisory' AND p.granted AND p.objsubid = 1
         AND p.database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND (p.classid::bigint << 32 | p.objid::bigint) = hashtextextended(current_schema() || ' lock ' || il_lock.name, 0))`,
  )) as { rows: { name: string }[] };
  return new Set(rows.map(({ name }) => name));
}

export async function takeLock(knex: Knex, name: string): Promise<Lock | Holder> {
  const side = sideOf(knex);
  const names = held.get(side) ?? new Set<string>();
  held.set(side, names);
  const holder = async (): Promise<Holder> => {
    const row = (await knex('il_lock').where({ name }).first('host', 'pid', 'heartbeat_at')) as Holder | undefined;
    // Taken a moment ago, it does not say yet by whom.
    return row ?? { host: 'another host', pid: 0, heartbeat_at: new Date().toISOString() };
  };
  if (names.has(name)) return holder();
  names.add(name);
  const token = randomUUID();
  try {
    const [got] = await side.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${NUMBER}) AS taken`, [name]);
    if (!got!.taken) {
      names.delete(name);
      return await holder();
    }
    // Waits for a transaction of a former holder that is still on its way: see assertHeld.
    await write(knex, async (trx) => {
      await trx('il_lock').where({ name }).delete();
      const row: LockRow = { name, host: hostname(), pid: process.pid, token, heartbeat_at: new Date().toISOString() };
      await trx('il_lock').insert(row);
    });
  } catch (error) {
    names.delete(name);
    await unlock(side, name);
    throw error;
  }
  const session = side.session();
  const beat = setInterval(() => {
    knex('il_lock')
      .where({ name, token })
      .update({ heartbeat_at: new Date().toISOString() })
      .then(() => side.query('SELECT 1'))
      .catch(() => {
        // The next transaction under the lock finds out that it was lost.
      });
  }, HEARTBEAT_MS);
  beat.unref();
  let released = false;
  return {
    name,
    async assertHeld(trx) {
      // Locked until the transaction ends, the row keeps whoever takes the lock over from going on before.
      const row = await trx('il_lock').where({ name, token }).forKeyShare().first('name');
      if (row === undefined || side.session() !== session) throw lockLost(name);
    },
    async release() {
      if (released) return;
      released = true;
      clearInterval(beat);
      names.delete(name);
      await knex('il_lock')
        .where({ name, token })
        .delete()
        .catch(() => {
          // Without the server there is no lock: what is left is a row that says who had it.
        });
      if (side.session() === session) await unlock(side, name);
    },
  };
}

async function unlock(side: Side, name: string): Promise<void> {
  if (side.session() === 0) return;
  await side.query(`SELECT pg_advisory_unlock(${NUMBER})`, [name]).catch(() => {
    // A connection that is gone holds nothing.
  });
}
