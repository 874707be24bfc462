import type { Knex } from 'knex';

/**
 * What a reconciliation proved: which records, in which version, agreed with which. That no difference is stored proves nothing.
 * Later kinds of matches (proposed, by a person, of a part of an amount) are rows of the same tables.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_reconciliation', (t) => {
    t.string('pipeline', 60).primary();
    t.bigInteger('run_id').notNullable().comment('the run that compared last');
    t.text('basis').notNullable().comment('JSON: fingerprints of the settings and mappings that it compared with');
  });
  await knex.schema.createTable('il_match', (t) => {
    t.specificType('id', 'INTEGER').primary();
    t.string('pipeline', 60).notNullable();
    t.bigInteger('run_id').notNullable();
    t.string('rule', 20).notNullable().comment('keys: equal sums of all records with equal values of match_on');
    t.text('key').notNullable().comment('JSON list of the values of match_on');
    t.string('currency', 3).notNullable();
    t.bigInteger('left_minor').notNullable();
    t.bigInteger('right_minor').notNullable();
    t.string('state', 12).notNullable().comment('confirmed; contested: another reconciliation uses the same money for other records');
    t.text('reason').comment('why it is contested, for people');
    t.index(['pipeline', 'key']);
  });
  await knex.schema.createTable('il_match_record', (t) => {
    t.integer('match_id').notNullable();
    t.string('side', 5).notNullable();
    t.integer('entity_id').notNullable();
    t.bigInteger('golden_id').notNullable();
    t.bigInteger('version').notNullable().comment('_run of the golden record when it was looked at');
    t.bigInteger('minor').notNullable().comment('the part of its amount that this match uses');
    t.primary(['match_id', 'side', 'golden_id']);
    t.index(['entity_id', 'golden_id']);
  });
  await knex.schema.alterTable('il_difference', (t) => {
    t.string('currency', 3).comment("null in stores of before this was kept: the town's");
  });
  await knex.schema.createTable('il_connection', (t) => {
    t.string('name', 60).primary();
    t.string('first_name', 60)
      .notNullable()
      .comment('what it was called when its first record was stored; keys of what is sent are made with it');
  });
}
