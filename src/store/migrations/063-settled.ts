import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';

/**
 * What a reconciliation by passes found last, so that its next run looks only at what may have changed: up to which runs it has seen
 * the records, and by which keys the records of its matches would be tied to others.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_settled', (t) => {
    t.string('pipeline', 60).primary();
    t.text('state').notNullable().comment('JSON: runs that were seen, sums of both sides, what is known of days and numbers');
  });
  await knex.raw(`CREATE TABLE il_match_key (
    pipeline VARCHAR(60) NOT NULL, pass INTEGER NOT NULL, key VARCHAR(24) NOT NULL, match_id BIGINT NOT NULL,
    PRIMARY KEY (pipeline, pass, key, match_id))${dialectOf(knex).byPrimaryKey}`);
  await knex.raw('CREATE INDEX il_match_key_match ON il_match_key (match_id)');
  await knex.raw('CREATE INDEX il_link_record ON il_link (entity_id, golden_id)');
}
