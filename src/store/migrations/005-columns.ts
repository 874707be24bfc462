import type { Knex } from 'knex';

/** What a source looked like when it was last read well, to say what changed when it is not. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('il_source', (t) => {
    t.text('columns').comment('JSON: run, on (date), columns: name to what stood in it');
  });
}
