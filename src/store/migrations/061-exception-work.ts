import type { Knex } from 'knex';

/** Work on exceptions: files that are kept with them, and due days that a person set. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_exception_file', (t) => {
    t.string('exception_id', 24).notNullable();
    t.integer('number').notNullable();
    t.text('name').notNullable();
    t.string('kind', 10).notNullable().comment('pdf, png, jpeg');
    t.integer('size').notNullable().comment('bytes');
    t.string('sha256', 64).notNullable();
    t.text('content').notNullable().comment('base64');
    t.string('added_by', 100).notNullable();
    t.string('added_at', 30).notNullable();
    t.primary(['exception_id', 'number']);
  });
  await knex.schema.alterTable('il_exception', (t) => {
    t.integer('due_by_person').comment('1: a person set due_on, and no run changes it');
  });
}
