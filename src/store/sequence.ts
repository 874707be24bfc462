import { dialectOf } from './dialect.ts';
import type { Knex } from './open.ts';

/** The next id of a kind. */
export async function takeId(knex: Knex, name: string): Promise<number> {
  return dialectOf(knex).takeIds(knex, name, 1);
}
