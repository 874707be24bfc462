import type { Knex } from 'knex';

/** Summarized journal entries that are sent to the ledger, what of which receipt is in each, and the number that a remote system gave a record. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_entry', (t) => {
    t.integer('number').primary();
    t.string('id', 24).notNullable().comment('made from what is in it: the same content has the same id');
    t.string('pipeline', 60).notNullable();
    t.string('connection', 60).notNullable();
    t.string('period', 20).notNullable().comment('2026-07-15, 2026-07');
    t.string('first', 10).notNullable();
    t.string('last', 10).notNullable().comment('the day of the entry');
    t.text('department').comment('where there is an entry for each');
    t.text('tender').comment('where there is an entry for each');
    t.string('currency', 3).notNullable();
    t.integer('corrects').comment('the entry that it adjusts; null: it adjusts none');
    t.integer('receipts').notNullable();
    t.bigInteger('total').notNullable().comment('all debits, minor units');
    t.text('lines').notNullable().comment('JSON list');
    t.bigInteger('run_id').notNullable();
    t.string('made_at', 30).notNullable();
    t.unique(['pipeline', 'id']);
    t.index(['connection']);
  });
  await knex.schema.createTable('il_entry_part', (t) => {
    t.integer('entry').notNullable();
    t.integer('part').notNullable();
    t.bigInteger('golden_id').notNullable();
    t.text('source').notNullable();
    t.text('receipt_number').notNullable();
    t.string('day', 10).notNullable();
    t.text('department');
    t.text('tender');
    t.text('fund').notNullable();
    t.text('account').notNullable();
    t.string('what', 10).notNullable().comment('money, clearing, revenue, due from, due to');
    t.bigInteger('debit').notNullable().comment('minor units; a credit is negative');
    t.primary(['entry', 'part']);
    t.index(['golden_id']);
  });
  await knex.schema.alterTable('il_outbox', (t) => {
    t.string('their_number', 100).comment('the number that the remote system gave the record');
  });
}
