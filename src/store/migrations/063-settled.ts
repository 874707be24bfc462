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
  // `unit`: the id of a match; negative for a record that no match has: -2 * its golden id, on the right one less.
  await knex.raw(`CREATE TABLE il_match_key (
    pipeline VARCHAR(60) NOT NULL, relation INTEGER NOT NULL, key VARCHAR(16) NOT NULL, day INTEGER NOT NULL, unit BIGINT NOT NULL,
    taken INTEGER NOT NULL, PRIMARY KEY (pipeline, relation, key, day, unit, taken))${dialectOf(knex).byPrimaryKey}`);
  await knex.raw('CREATE INDEX il_match_key_unit ON il_match_key (pipeline, unit)');
  await knex.raw('CREATE INDEX il_link_record ON il_link (entity_id, golden_id)');
}
