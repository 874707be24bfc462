import { type Holder, type Lock, lockLost, type LockRow } from '../lock-holder.ts';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import type { Knex } from 'knex';
import { sqliteFailure } from './failures.ts';
import { write } from './transactions.ts';
import { processRuns } from '../../core/process-runs.ts';

const HEARTBEAT_MS = 15_000;
const STALE_MS = 90_000;

export async function heldLocks(knex: Knex): Promise<Set<string>> {
  const rows = (await knex('il_lock')) as LockRow[];
  return new Set(rows.filter(isAlive).map((row) => row.name));
}

/** A holder whose process is gone from this host, or that has not been heard of for 90 seconds, holds nothing anymore. */
export async function takeLock(knex: Knex, name: string): Promise<Lock | Holder> {
  const token = randomUUID();
  const me: LockRow = { name, host: hostname(), pid: process.pid, token, heartbeat_at: new Date().toISOString() };
  const take = write(knex, async (trx) => {
    const held = (await trx('il_lock').where({ name }).first()) as LockRow | undefined;
    if (held && isAlive(held)) return held;
    await trx('il_lock').where({ name }).delete();
    await trx('il_lock').insert(me);
    // Before the commit: another call of this process may look as soon as it is done.
    mine.add(token);
    return undefined;
  });
  const holder = await take.catch((error: unknown) => {
    mine.delete(token);
    throw error;
  });
  if (holder) return holder;
  const beat = setInterval(() => {
    knex('il_lock')
      .where({ name, token })
      .update({ heartbeat_at: new Date().toISOString() })
      .catch(() => {
        // The store is closing or busy; the next beat or the release settles it.
      });
  }, HEARTBEAT_MS);
  beat.unref();
  let released = false;
  return {
    name,
    async assertHeld(trx) {
      if ((await trx('il_lock').where({ name, token }).first('name')) === undefined) throw lockLost(name);
    },
    async release() {
      if (released) return;
      released = true;
      clearInterval(beat);
      mine.delete(token);
      await knex('il_lock')
        .where({ name, token })
        .delete()
        .catch((error: unknown) => {
          // On a full disk the row stays. It holds nothing: its token is forgotten here, and elsewhere it is stale after 90 seconds.
          if (!sqliteFailure(String((error as { code?: unknown }).code))) throw error;
        });
    },
  };
}

/** Tokens of this process: a lock row with our own process id but another token was left by an earlier process with that id. */
const mine = new Set<string>();

function isAlive(held: LockRow): boolean {
  if (mine.has(held.token)) return true;
  // Also one from the future: the clock was set back, and a holder that lives says so within 15 seconds.
  if (Math.abs(Date.now() - Date.parse(held.heartbeat_at)) > STALE_MS) return false;
  if (held.host !== hostname()) return true;
  // A thread that makes pages does not know the tokens of its process.
  if (held.pid === process.pid) return !isMainThread;
  return processRuns(held.pid);
}
