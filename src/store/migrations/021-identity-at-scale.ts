import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';

/**
 * Blocks of many members are written as pages: one row for some hundred keys instead of a row for each. il_member_key has what
 * changed since the pages were written. Pairs are looked up by their second member without the entity, as a member's id is of one
 * entity only: with the entity in the index, SQLite went through all pairs of the entity instead.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX il_edge_b');
  await knex.raw('CREATE INDEX il_edge_second ON il_edge (b)');
  await knex.schema.createTable('il_key_page', (t) => {
    t.integer('entity_id').notNullable();
    t.integer('page').notNullable().comment('the keys from page to page + 1, of all keys cut into il_entity.key_pages parts');
    t.text('entries').notNullable().comment('base64 of 12 bytes for each key and member; see src/store/identity/key-pages.ts');
    t.primary(['entity_id', 'page']);
  });
  await knex.schema.alterTable('il_member_key', (t) => {
    t.specificType('gone', dialectOf(knex).columnTypes.INTEGER)
      .notNullable()
      .defaultTo(0)
      .comment('1: on its page, but not in the block anymore');
  });
  await knex.schema.alterTable('il_entity', (t) => {
    t.integer('key_pages').notNullable().defaultTo(0).comment('how many pages the keys are cut into; 0: there are none');
  });
}
