import type { Knex } from 'knex';

/** What a person decided about a record, so that it can be shown and taken back. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('il_outbox', (t) => {
    t.text('decision').comment('JSON: the last decision of a person, and what the record was before it');
  });
  await knex.schema.alterTable('il_reject', (t) => {
    t.string('dismissed_by', 120).comment('who dismissed it; null: nobody, or it was opened again');
  });
}
