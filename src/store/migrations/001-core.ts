import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';

/** Our own tables, prefix il_. Times are UTC text; ids come from il_sequence, so that a rolled back batch leaves no trace. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_sequence', (t) => {
    t.string('name', 60).primary();
    t.bigInteger('next').notNullable();
  });
  await knex.schema.createTable('il_run', (t) => {
    t.bigInteger('id').primary();
    t.string('pipeline', 60).notNullable().index();
    t.string('started_at', 30).notNullable();
    t.string('ended_at', 30);
    t.string('outcome', 12).comment('null while it runs');
    for (const count of ['read', 'created', 'changed', 'unchanged', 'rejected', 'deleted']) t.bigInteger(count).notNullable().defaultTo(0);
    t.integer('duration_ms');
    t.text('problems').comment('JSON list of problems, for people');
    t.text('notes').comment('JSON list of sentences: what was skipped and why');
  });
  await knex.schema.createTable('il_lock', (t) => {
    t.string('name', 80).primary();
    t.string('host', 255).notNullable();
    t.integer('pid').notNullable();
    t.string('token', 60).notNullable();
    t.string('heartbeat_at', 30).notNullable();
  });
  await knex.schema.createTable('il_source', (t) => {
    t.integer('id').primary();
    t.string('pipeline', 60).notNullable().unique();
    t.string('connection', 60).notNullable();
    t.string('stream', 60).notNullable();
    t.string('fingerprint', 64).comment('of the mappings that its links were made with');
    t.text('state').comment('the checkpoint of streams that are not files: JSON, exact text');
  });
  await knex.schema.createTable('il_entity', (t) => {
    t.integer('id').primary();
    t.string('name', 60).notNullable().unique();
  });
  await knex.schema.createTable('il_file', (t) => {
    t.bigInteger('id').primary();
    t.integer('source_id').notNullable();
    t.string('path', 1000).notNullable();
    t.string('sha256', 64).notNullable();
    t.bigInteger('size').notNullable();
    t.string('state', 12).notNullable().comment('loading, loaded, refused, known');
    t.bigInteger('records_done').notNullable().defaultTo(0);
    t.bigInteger('run_id').notNullable().comment('the run that loaded it last, or tried to');
    t.string('loaded_at', 30);
    t.bigInteger('load_order').comment('grows with each complete load');
    t.string('archived_to', 1000);
    t.text('problems');
    t.index(['source_id', 'sha256']);
    t.index(['source_id', 'path']);
  });
  await knex.schema.createTable('il_shape', (t) => {
    t.integer('id').primary();
    t.text('columns').notNullable().comment('JSON list: the names of the values in il_landed.raw');
  });
  await knex.schema.createTable('il_landed', (t) => {
    // INTEGER, not BIGINT: only that is SQLite's row id itself, without an index of its own.
    t.specificType('id', 'INTEGER').primary();
    t.integer('source_id').notNullable();
    t.string('source_key', 500).notNullable();
    t.bigInteger('run_id').notNullable();
    t.bigInteger('file_id');
    t.bigInteger('record').notNullable();
    t.bigInteger('line');
    t.integer('shape_id').comment('null: raw is an object');
    t.text('raw').notNullable().comment('JSON: what the source said');
  });
  await knex.raw(`CREATE TABLE il_link (
    source_id INTEGER NOT NULL, source_key VARCHAR(500) NOT NULL, entity_id INTEGER NOT NULL, item_key VARCHAR(200) NOT NULL,
    golden_id BIGINT, landed_id BIGINT NOT NULL, hash VARCHAR(24) NOT NULL, mapped TEXT, deleted_run BIGINT,
    PRIMARY KEY (source_id, source_key, entity_id, item_key))${dialectOf(knex).byPrimaryKey}`);
  // Only records that share golden records are looked up from there; the others are found by the key of their landed record.
  await knex.raw('CREATE INDEX il_link_golden ON il_link (entity_id, golden_id) WHERE mapped IS NOT NULL');
  await knex.raw(`CREATE TABLE il_history (
    entity_id INTEGER NOT NULL, golden_id BIGINT NOT NULL, id BIGINT NOT NULL, run_id BIGINT NOT NULL, landed_id BIGINT,
    action VARCHAR(10) NOT NULL, changes TEXT,
    PRIMARY KEY (entity_id, golden_id, id))${dialectOf(knex).byPrimaryKey}`);
  await knex.schema.createTable('il_reject', (t) => {
    t.bigInteger('id').primary();
    t.integer('source_id').notNullable();
    t.string('reject_key', 600).notNullable().comment('the record key, or raw: and a hash');
    t.string('state', 12).notNullable().comment('open, replayed, superseded');
    t.bigInteger('first_run').notNullable();
    t.bigInteger('last_run').notNullable();
    t.bigInteger('file_id');
    t.bigInteger('record').notNullable();
    t.bigInteger('line');
    t.text('raw').notNullable();
    t.boolean('readable').notNullable().comment('raw is JSON of values and can be mapped again');
    t.text('problems').notNullable();
    t.index(['source_id', 'reject_key']);
  });
  await knex.schema.createTable('il_difference', (t) => {
    t.string('pipeline', 60).notNullable();
    t.integer('seq').notNullable();
    t.bigInteger('run_id').notNullable();
    t.integer('depth').notNullable().comment('how many of match_on the key has; all of them: a leaf');
    t.text('key').notNullable().comment('JSON list of the values of match_on');
    t.string('status', 12).notNullable();
    t.bigInteger('left_minor');
    t.bigInteger('right_minor');
    t.bigInteger('left_count').notNullable();
    t.bigInteger('right_count').notNullable();
    t.text('reason');
    t.primary(['pipeline', 'seq']);
  });
}
