import type { Knex } from 'knex';

/** Exceptions that tell of records whose money is accounted for, echoes of another one, and each side of a reconciliation by state. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('il_exception', (t) => {
    t.string('about', 8).comment('money: the money of its records is open because of it; finding: a match may have it');
    t.string('cause_id', 24).comment('the exception that this one is an echo of');
  });
  await knex('il_exception').update({ about: 'money' });
  await knex.schema.alterTable('il_in_transit', (t) => {
    t.string('rule', 200).comment('why it is no money of the reconciliation; none: it is in transit');
  });
  await knex.schema.createTable('il_side_state', (t) => {
    t.string('pipeline', 60).notNullable();
    t.string('side', 5).notNullable();
    t.string('currency', 3).notNullable();
    t.string('state', 12).notNullable().comment('confirmed, proposed, excepted, in_transit, out_of_scope');
    t.integer('records').notNullable();
    t.bigInteger('minor').notNullable();
    t.primary(['pipeline', 'side', 'currency', 'state']);
  });
}
