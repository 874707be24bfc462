import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';

/** Of ids, as the marks of this version have it. */
const BLOCK = 512;

/**
 * What a reconciliation keeps takes half the room, and so half the time to write: keys of matches are numbers, records of matches lie in the
 * order of their key, matches of passes are not found by the name of their pass, and the first event of a match that a rule confirmed is known
 * from the match. The next run of each reconciliation by passes looks at everything, and makes its keys again.
 */
export async function up(knex: Knex): Promise<void> {
  const dialect = dialectOf(knex);
  await knex('il_settled').delete();
  await knex.raw('DROP TABLE il_match_key');
  await knex.schema.alterTable('il_reconciliation', (t) => {
    t.bigInteger('number').comment('stands for its name in il_match_key: its first run');
  });
  await knex('il_reconciliation').update({ number: knex.ref('run_id') });
  await knex.raw(`CREATE TABLE il_match_key (
    pipeline BIGINT NOT NULL, relation INTEGER NOT NULL, key BIGINT NOT NULL, day INTEGER NOT NULL, unit BIGINT NOT NULL,
    taken INTEGER NOT NULL, PRIMARY KEY (pipeline, relation, key, day, unit, taken))${dialect.byPrimaryKey}`);
  await knex.raw('CREATE INDEX il_match_key_unit ON il_match_key (pipeline, unit)');
  await knex.schema.alterTable('il_match_event', (t) => t.dropIndex(['pipeline']));
  await knex.schema.alterTable('il_match', (t) => t.dropIndex(['pipeline', 'key']));
  await knex.raw('CREATE INDEX il_match_pipeline ON il_match (pipeline)');
  await knex.raw('CREATE INDEX il_match_values ON il_match (pipeline, key) WHERE content_id IS NULL');
  if (dialect.byPrimaryKey) await inOrderOfKey(knex);
  // Names of records are read from the index alone.
  await knex.raw('DROP INDEX IF EXISTS il_link_record');
  await knex.raw('CREATE INDEX il_link_record ON il_link (entity_id, golden_id, deleted_run)');
}

/** Triggers of other tables name this one, so that it cannot be renamed. */
async function inOrderOfKey(knex: Knex): Promise<void> {
  await knex.raw('CREATE TABLE il_match_record_before AS SELECT * FROM il_match_record');
  await knex.raw('DROP TABLE il_match_record');
  await knex.raw(`CREATE TABLE il_match_record (
    match_id INTEGER NOT NULL, side VARCHAR(5) NOT NULL, entity_id INTEGER NOT NULL, golden_id BIGINT NOT NULL, version BIGINT NOT NULL,
    minor BIGINT NOT NULL, PRIMARY KEY (match_id, side, golden_id)) WITHOUT ROWID`);
  await knex.raw('INSERT INTO il_match_record SELECT * FROM il_match_record_before ORDER BY match_id, side, golden_id');
  await knex.raw('DROP TABLE il_match_record_before');
  await knex.raw('CREATE INDEX il_match_record_entity_id_golden_id_index ON il_match_record (entity_id, golden_id)');
  await dialectOf(knex).watch(knex, {
    table: 'il_match_record',
    name: 'rev_evidence',
    on: ['insert', 'update', 'delete'],
    updates: 'both',
    select: `{r}.entity_id, {r}.golden_id / ${BLOCK}, 'e'`,
  });
}
