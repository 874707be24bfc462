import type { Knex } from 'knex';

/** Corrections that are carried back: what each record said when a pipeline last looked, and which record of the system a row is about. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_carry', (t) => {
    t.string('pipeline', 60).notNullable();
    t.bigInteger('member_id').notNullable();
    t.bigInteger('golden_id').notNullable().comment('the golden record that it belonged to when the pipeline last looked');
    t.bigInteger('landed_id').notNullable().comment('its newest landed record then');
    t.text('said').notNullable().comment('JSON: field to what it said, when that was seen first, and what both systems agreed on');
    t.primary(['pipeline', 'member_id']);
  });
  await knex.schema.alterTable('il_outbox', (t) => {
    t.bigInteger('member_id').comment('carried corrections: the record of the target system');
    t.text('carried').comment('JSON: the fields that are carried, with old and new values, and conflicts');
  });
  await knex.raw('CREATE INDEX il_outbox_member ON il_outbox (member_id) WHERE member_id IS NOT NULL');
  await knex.raw('CREATE INDEX il_landed_run ON il_landed (run_id)');
}
