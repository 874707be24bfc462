import type { Knex } from 'knex';

/** Since when files wait to be read, how large a sent file was, and when a run last got on. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_waiting', (t) => {
    t.bigInteger('source_id').notNullable();
    t.string('path', 1000).notNullable();
    t.text('reason').notNullable().comment('why the last run left it, in plain words');
    t.string('since', 30).notNullable().comment('the first run that left it; the row goes when the file is read or gone');
    t.integer('runs').notNullable().comment('how many runs left it');
    t.primary(['source_id', 'path']);
  });
  await knex.schema.alterTable('il_delivery', (t) => {
    t.bigInteger('bytes').comment('size of the file that was sent; null for what is no file');
  });
  await knex.schema.alterTable('il_run', (t) => {
    t.string('progress_at', 30).comment('when the run last got on; null until its first step');
  });
}
