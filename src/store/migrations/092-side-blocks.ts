import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';

/**
 * A run of a reconciliation after one more day reads what changed, not whole sides: which blocks of 4,096 neighboring ids changed, what the
 * records of each side in a block add up to, and by what records may be copies of each other.
 */
export async function up(knex: Knex): Promise<void> {
  const { byPrimaryKey } = dialectOf(knex);
  await knex.raw(`CREATE TABLE il_changed_block (
    entity_id BIGINT NOT NULL, block BIGINT NOT NULL, run_id BIGINT NOT NULL, PRIMARY KEY (entity_id, block))${byPrimaryKey}`);
  await knex.raw(`CREATE TABLE il_side_block (
    pipeline VARCHAR(60) NOT NULL, side VARCHAR(5) NOT NULL, block BIGINT NOT NULL, sums TEXT NOT NULL,
    PRIMARY KEY (pipeline, side, block))${byPrimaryKey}`);
  await knex.raw(`CREATE TABLE il_alike_page (
    pipeline VARCHAR(60) NOT NULL, side VARCHAR(5) NOT NULL, block BIGINT NOT NULL, entries TEXT NOT NULL,
    PRIMARY KEY (pipeline, side, block))${byPrimaryKey}`);
  // Nearly always empty: every run of a reconciliation asks which of its matches are contested.
  await knex.raw("CREATE INDEX il_match_contested ON il_match (pipeline) WHERE state = 'contested'");
}
