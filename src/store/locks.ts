import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import { FatalError } from '../core/errors.ts';
import { storeFailure } from './failures.ts';
import type { Knex } from './open.ts';

/** A held lock; `release` is safe to call twice. */
export interface Lock {
  release(): Promise<void>;
  /** Throws FatalError LOCK_LOST when another process has taken it: this one stood still for too long. `trx` may write. */
  confirm(trx: Knex): Promise<void>;
}

/** Who holds a lock, for the person who waits for it. */
export interface Holder {
  host: string;
  pid: number;
  heartbeat_at: string;
}

/** The names of the locks whose holders live. */
export async function heldLocks(knex: Knex): Promise<Set<string>> {
  const rows = (await knex('il_lock')) as (Holder & { name: string; token: string })[];
  return new Set(rows.filter(isAlive).map((row) => row.name));
}

const HEARTBEAT_MS = 15_000;
const STALE_MS = 90_000;

/**
 * Takes the named lock, or says who holds it. A holder whose process is gone from this host, or that has not been heard
 * of for 90 seconds, holds nothing any more.
 */
export async function takeLock(knex: Knex, name: string): Promise<Lock | Holder> {
  const token = randomUUID();
  const me = { name, host: hostname(), pid: process.pid, token, heartbeat_at: new Date().toISOString() };
  const take = knex.transaction(async (trx) => {
    await trx.raw("INSERT INTO il_sequence (name, next) VALUES ('lock', 1) ON CONFLICT (name) DO UPDATE SET next = next");
    const held = (await trx('il_lock').where({ name }).first()) as (Holder & { token: string }) | undefined;
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
    async confirm(trx) {
      if (await trx('il_lock').where({ name, token }).first('name')) return;
      throw new FatalError({
        code: 'LOCK_LOST',
        place: { system: name.replace(/^\w+:/, '') },
        message: 'This run stood still for more than 90 seconds, and another one took its place. It stopped and wrote nothing more.',
        hint: 'Nothing needs to be done here: the other run does the work. If it comes again, look why the machine or its disk stands still.',
      });
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
          if (!storeFailure(error)) throw error;
        });
    },
  };
}

/** Tokens of this process: a lock row with our own process id but another token was left by an earlier process with that id. */
const mine = new Set<string>();

function isAlive(held: Holder & { token: string }): boolean {
  if (mine.has(held.token)) return true;
  if (Date.now() - Date.parse(held.heartbeat_at) > STALE_MS) return false;
  if (held.host !== hostname()) return true;
  if (held.pid === process.pid) return false;
  try {
    process.kill(held.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
