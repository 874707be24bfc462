import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';

/**
 * What members are compared by, in a few words each and many of them in one row: a night in which thousands of records changed tells most of
 * their candidates apart without reading the members one by one.
 */
export async function up(knex: Knex): Promise<void> {
  const { columnTypes } = dialectOf(knex);
  await knex.schema.createTable('il_signature_page', (t) => {
    t.specificType('place', columnTypes.INTEGER).primary().comment('the entity, times 2^40, and which of its pages');
    t.integer('entity_id').notNullable();
    t.text('entries')
      .notNullable()
      .comment('base64 of one word for the layout and of the words of each member; see src/store/identity/signature-pages.ts');
  });
}
