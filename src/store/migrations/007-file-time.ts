import type { Knex } from 'knex';

/** When a file was last changed at its source: of snapshots, an older one must not be read after a newer one. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('il_file', (t) => {
    t.bigInteger('modified_ms').comment('milliseconds since 1970; null for files of before this was kept');
  });
}
