import { dialectOf, type KeySet } from '../dialect.ts';
import type { Knex } from '../open.ts';

/** An empty set of keys of a source, kept in the store: of one source one at a time. */
export async function keySet(knex: Knex, sourceId: number): Promise<KeySet> {
  return dialectOf(knex).keySet(knex, sourceId);
}
