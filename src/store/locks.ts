import type { Holder, Lock } from './lock-holder.ts';
import { dialectOf } from './dialect.ts';
import type { Knex } from './open.ts';

/** The names of the locks whose holders live. */
export async function heldLocks(knex: Knex): Promise<Set<string>> {
  return dialectOf(knex).heldLocks(knex);
}

/** Takes the named lock, or says who holds it. Of a holder that is gone it can be taken. */
export async function takeLock(knex: Knex, name: string): Promise<Lock | Holder> {
  return dialectOf(knex).takeLock(knex, name);
}
