import type { Knex } from 'knex';

/** Values that a person set in golden records, by what the systems call the person they are about: they hold until they are taken back. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_steward_value', (t) => {
    t.bigInteger('id').primary();
    t.integer('entity_id').notNullable();
    t.string('source', 60).notNullable().comment('the connection');
    t.string('member_key', 500).notNullable().comment('its number in that system');
    t.string('field', 60).notNullable();
    t.text('value').notNullable().comment('JSON: the columns of the field; null: the field is to be empty');
    t.text('reason').notNullable();
    t.string('actor', 120).notNullable();
    t.string('set_at', 30).notNullable();
    t.string('undone_by', 120);
    t.string('undone_at', 30);
    t.index(['entity_id', 'source', 'member_key']);
  });
}
