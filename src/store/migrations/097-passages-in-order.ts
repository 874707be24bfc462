import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';

/**
 * Passages stand in the order in which they came: by their names, which are hashes, each batch of a first load wrote to nearly every page
 * of the table. Those that are there are dropped; what compares next reads its file in full, and keeps them again.
 */
export async function up(knex: Knex): Promise<void> {
  const { columnTypes } = dialectOf(knex);
  await knex.schema.dropTable('il_passage');
  await knex.schema.createTable('il_passage', (t) => {
    t.specificType('source_id', columnTypes.INTEGER).notNullable().index('il_passage_source');
    t.text('name').notNullable().comment('the hash of its text, and of how it is read');
    t.text('digests').notNullable().comment('the hash of each of its rows, as il_link has it, one behind the other');
  });
}
