import type { Knex } from 'knex';

/** What resuming a file, mending it in place and changing an entity's identity have to know. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('il_file', (t) => {
    t.string('reading', 64).comment('of the stream as it was read: records_done counts its records');
    t.bigInteger('created_done').notNullable().defaultTo(0).comment('of records_done, those that were neither landed nor set aside before');
  });
  await knex.schema.alterTable('il_entity', (t) => {
    t.text('identity').comment('JSON list: the fields that its golden records are told apart by');
  });
}
