import { dialectOf, type Wholeness } from './dialect.ts';
import type { Knex } from './open.ts';

/** The store's file, absolute; undefined where it is on a database server. */
export function storeFile(knex: Knex): string | undefined {
  return dialectOf(knex).fileOf(knex);
}

/** Reads the whole store and gives what is damaged in it. Throws what the database says when the store cannot be opened or read at all. */
export async function examineStore(knex: Knex): Promise<Wholeness> {
  return dialectOf(knex).examine(knex);
}
