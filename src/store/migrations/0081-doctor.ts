import type { Knex } from 'knex';

/** What the newest check of the installation found: one row. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_doctor', (t) => {
    t.integer('id').primary().comment('always 1');
    t.string('at', 30).notNullable();
    t.text('checks').notNullable().comment('JSON: what was looked at and what was found');
  });
}
