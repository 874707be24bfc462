import type { Knex } from 'knex';

/** What needs a person in a reconciliation, what was done about it, and what people decided about matches. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_exception', (t) => {
    t.string('id', 24).primary().comment('made of its content: the same cause is the same exception in every run');
    t.string('pipeline', 60).notNullable();
    t.string('type', 40).notNullable();
    t.string('state', 12).notNullable().comment('open, assigned, waiting, resolved by a person, closed by data');
    t.bigInteger('minor').notNullable();
    t.string('currency', 3).notNullable();
    t.string('since', 10).comment('the day of its first record');
    t.text('facts').notNullable();
    t.integer('left_count').notNullable();
    t.integer('right_count').notNullable();
    t.bigInteger('first_run').notNullable();
    t.bigInteger('last_run').notNullable().comment('the last run that found it');
    t.string('owner', 100);
    t.string('due_on', 10);
    t.string('reason', 40).comment('why it was resolved');
    t.string('changed_at', 30).notNullable();
    t.index(['pipeline', 'state']);
    t.index(['state', 'since']);
  });
  await knex.schema.createTable('il_exception_record', (t) => {
    t.string('exception_id', 24).notNullable();
    t.string('side', 5).notNullable();
    t.integer('entity_id').notNullable();
    t.bigInteger('golden_id').notNullable();
    t.string('record', 600).notNullable().comment('lasting name of the record');
    t.bigInteger('minor').notNullable();
    t.primary(['exception_id', 'side', 'record']);
    t.index(['entity_id', 'golden_id']);
  });
  await knex.schema.createTable('il_exception_event', (t) => {
    t.string('exception_id', 24).notNullable();
    t.integer('number').notNullable();
    t.string('at', 30).notNullable();
    t.string('actor', 100).notNullable();
    t.string('action', 20).notNullable();
    t.text('detail').notNullable().comment('JSON: note, owner, reason, the match that closed it');
    t.primary(['exception_id', 'number']);
  });
  await knex.schema.alterTable('il_match', (t) => {
    t.string('content_id', 24).comment('of matches of passes: made of its records, the same in every run');
    t.string('made_by', 8).comment('rule, person');
    t.text('evidence').comment('JSON');
    t.bigInteger('first_run');
    t.index(['content_id']);
  });
  await knex.schema.createTable('il_match_event', (t) => {
    t.string('content_id', 24).notNullable();
    t.integer('number').notNullable();
    t.string('pipeline', 60).notNullable();
    t.string('at', 30).notNullable();
    t.string('actor', 100).notNullable();
    t.string('action', 12).notNullable().comment('proposed, confirmed, revoked');
    t.text('detail').notNullable().comment('JSON: rule, reason, and of a revoked match its records');
    t.primary(['content_id', 'number']);
    t.index(['pipeline']);
  });
  await knex.schema.createTable('il_in_transit', (t) => {
    t.string('pipeline', 60).notNullable();
    t.string('side', 5).notNullable();
    t.integer('entity_id').notNullable();
    t.bigInteger('golden_id').notNullable();
    t.bigInteger('version').notNullable();
    t.bigInteger('minor').notNullable();
    t.primary(['pipeline', 'side', 'golden_id']);
  });
  await knex.schema.createTable('il_match_decision', (t) => {
    t.string('match_id', 24).primary();
    t.string('pipeline', 60).notNullable();
    t.string('verdict', 8).notNullable().comment('same, not_same');
    t.text('left').notNullable().comment('JSON list of the lasting names of its records');
    t.text('right').notNullable();
    t.bigInteger('difference').notNullable();
    t.string('actor', 100).notNullable();
    t.string('at', 30).notNullable();
    t.text('reason').notNullable();
    t.index(['pipeline']);
  });
}
