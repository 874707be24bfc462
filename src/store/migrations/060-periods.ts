import type { Knex } from 'knex';

/** Closing of periods: their state, each closing with its reports as bytes, and the facts that stand in closed days for good. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_period', (t) => {
    t.string('id', 20).primary().comment('2026-07-15, 2026-07, 2026/2027');
    t.string('kind', 5).notNullable();
    t.string('first', 10).notNullable();
    t.string('last', 10).notNullable();
    t.string('state', 10).notNullable().comment('open, prepared, closed, reopened');
    t.string('prepared_by', 100);
    t.string('prepared_at', 30);
    t.string('figures', 64).comment('SHA-256 of the figures that were prepared');
    t.integer('closing').comment('the closing in force');
    t.string('reopen_by', 100).comment('who asked that it be opened again');
    t.string('reopen_at', 30);
    t.text('reopen_reason');
  });
  await knex.schema.createTable('il_closing', (t) => {
    t.integer('number').primary();
    t.string('period', 20).notNullable();
    t.string('prepared_by', 100).notNullable();
    t.string('prepared_at', 30).notNullable();
    t.string('closed_by', 100).notNullable();
    t.string('closed_at', 30).notNullable();
    t.bigInteger('run_id').notNullable().comment('the newest run whose data is in it');
    t.text('checklist').notNullable().comment('JSON');
    t.string('reopened_by', 205).comment('both persons');
    t.string('reopened_at', 30);
    t.text('marks').notNullable().comment('JSON list: earlier periods that were reopened since');
    t.index(['period']);
  });
  await knex.schema.createTable('il_closing_report', (t) => {
    t.integer('closing').notNullable();
    t.string('name', 30).notNullable();
    t.string('format', 10).notNullable().comment('data, json, csv, xlsx (base64)');
    t.text('content').notNullable();
    t.string('sha256', 64).notNullable();
    t.primary(['closing', 'name', 'format']);
  });
  await knex.schema.createTable('il_booked', (t) => {
    t.integer('number').primary();
    t.integer('closing').notNullable();
    t.string('booked_on', 10).notNullable().comment('the day in whose period it counts');
    t.string('corrects', 20).comment('the closed period that it corrects');
    t.bigInteger('golden_id').notNullable();
    t.string('part', 20).notNullable();
    t.text('source').notNullable();
    t.text('receipt_number').notNullable();
    t.string('day', 10).notNullable();
    t.text('department');
    t.text('account');
    t.text('tender');
    t.string('currency', 3).notNullable();
    t.integer('count').notNullable();
    t.bigInteger('amount').notNullable();
    t.bigInteger('reconciled').notNullable();
    t.bigInteger('in_transit').notNullable();
    t.bigInteger('exception').notNullable();
    t.bigInteger('not_covered').notNullable();
    t.text('reasons').notNullable().comment('JSON');
    t.bigInteger('changed').notNullable().comment('the run that made it so');
    t.index(['golden_id', 'number']);
    t.index(['booked_on']);
  });
}
