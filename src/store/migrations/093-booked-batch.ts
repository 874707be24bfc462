import type { Knex } from 'knex';

/** Revenue is reported by batch and cashier too. What was booked before has neither. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('il_booked', (t) => {
    t.text('batch');
    t.text('cashier');
  });
}
