import type { Knex } from 'knex';

/**
 * Matches are found by their reconciliation and content id. Ids are hashes: in an index of the ids alone, a run that saves a year of matches
 * wrote to nearly every page of what all other reconciliations have; now it adds behind its own, in their order.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('il_match', (t) => t.dropIndex(['content_id']));
  await knex.raw('DROP INDEX il_match_pipeline');
  await knex.raw('CREATE INDEX il_match_content ON il_match (pipeline, content_id)');
}
