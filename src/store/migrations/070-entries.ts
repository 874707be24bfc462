import type { Knex } from 'knex';

/** What else revenue is reported by, what the summarized entries of a closing have of each receipt, and money that moved since its period was closed. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('il_booked', (t) => {
    t.integer('moved').comment('1: only how the money stands changed since its period was closed; it is in no report of revenue');
    t.text('program');
    t.text('channel');
    t.text('place');
    t.bigInteger('posted').comment('minor units that the entries of its closing have as revenue; none: it is in no entry');
  });
  // Closings until now had what was reconciled in their entries, and nothing else.
  await knex('il_booked')
    .whereIn('closing', knex('il_closing_report').where({ name: 'entries', format: 'data' }).select('closing'))
    .whereNotNull('account')
    .whereNotNull('tender')
    .update({ posted: knex.ref('reconciled') });
}
