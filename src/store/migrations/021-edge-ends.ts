import type { Knex } from 'knex';

/**
 * Pairs are looked up by their second member without the entity: a member's id is of one entity only. With the entity in the
 * index, SQLite went through all pairs of the entity instead.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX il_edge_b');
  await knex.raw('CREATE INDEX il_edge_second ON il_edge (b)');
}
