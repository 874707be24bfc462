import type { Knex } from 'knex';

/** What the records of a source are told apart by, to see when that changes: stored records would be entered once more. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('il_source', (t) => {
    t.text('key').comment('JSON: fields, repeats; null until the first run that remembers it');
  });
}
