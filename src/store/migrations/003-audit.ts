import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';

/** The audit log, which only grows, and what was last known of the configuration, to see when it changed. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_audit', (t) => {
    t.specificType('id', 'INTEGER').primary();
    t.string('at', 30).notNullable();
    t.string('actor', 120).notNullable().comment('account of the operating system, or schedule');
    t.string('action', 40).notNullable();
    t.string('subject', 120).notNullable().comment('connection or pipeline');
    t.text('detail').comment('JSON, without secrets or personal data');
    t.string('hash', 64).notNullable().comment('of this row and of the hash of the row before');
    t.index(['subject']);
  });
  await dialectOf(knex).onlyGrows(knex, 'il_audit');
  await knex.schema.createTable('il_configuration', (t) => {
    t.string('subject', 120).primary().comment('connection: or pipeline: and its id');
    t.text('facts').notNullable().comment('JSON, without secrets');
  });
}
