import type { Knex } from 'knex';

/** Records that a run read and made nothing of, as its pipeline says. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('il_run', (t) => {
    t.bigInteger('skipped').notNullable().defaultTo(0);
  });
}
