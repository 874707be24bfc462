import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';

/**
 * Some rows of a file together, known by their text: in the next export most of them come again, and need not be split into values to be
 * compared. What a text says depends on nothing else, so this is only ever work that was done before, and may be missing.
 */
export async function up(knex: Knex): Promise<void> {
  const { columnTypes } = dialectOf(knex);
  await knex.schema.createTable('il_passage', (t) => {
    t.specificType('source_id', columnTypes.INTEGER).notNullable();
    t.text('name').notNullable().comment('the hash of its text, and of how it is read');
    t.text('digests').notNullable().comment('the hash of each of its rows, as il_link has it, one behind the other');
    t.primary(['source_id', 'name']);
  });
}
