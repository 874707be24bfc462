import { dialectOf } from './dialect.ts';
import type { Knex } from './open.ts';

/** The next id of a table whose rows are few and never taken away. */
export async function nextId(knex: Knex, table: 'il_source' | 'il_shape'): Promise<number> {
  return dialectOf(knex).nextId(knex, table);
}

/** The next id of a kind. */
export async function takeId(knex: Knex, name: string): Promise<number> {
  return dialectOf(knex).takeIds(knex, name, 1);
}
