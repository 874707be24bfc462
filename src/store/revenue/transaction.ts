import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';

/** Runs `work` in a write transaction; see Dialect.write. */
export function transaction<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return dialectOf(knex).write(knex, work);
}

/** Runs `work` on the store as it is at one moment; within a transaction, in that one. */
export function atOneMoment<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return knex.isTransaction ? work(knex as Knex.Transaction) : dialectOf(knex).readAtOneMoment(knex, work);
}
