import type { Knex } from 'knex';

/** What goes to other systems: the outbox, what was sent together, and how far each outbound pipeline has looked. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('il_outbound', (t) => {
    t.string('pipeline', 60).primary();
    t.string('fingerprint', 64).comment('of what decides which records are sent and what they become');
    t.bigInteger('position').notNullable().defaultTo(0).comment('golden records of runs before this one were looked at');
  });
  await knex.schema.createTable('il_outbox', (t) => {
    t.specificType('id', 'INTEGER').primary();
    t.string('pipeline', 60).notNullable();
    t.string('outbox_key', 500).notNullable().comment('JSON list: the values of the idempotency key');
    t.integer('version').notNullable().comment('1 is the first that is sent of this key');
    t.boolean('latest').notNullable();
    t.integer('entity_id').notNullable();
    t.bigInteger('golden_id').notNullable();
    t.string('operation', 8).notNullable().comment('write, delete');
    t.string('state', 12).notNullable();
    t.string('hash', 24).notNullable().comment('of values');
    t.text('values').notNullable().comment('JSON: the record as the mapping made it');
    t.text('problems').comment('why it is refused, held or rejected');
    t.bigInteger('delivery_id');
    t.bigInteger('run_id').notNullable().comment('the run that put it here, or changed it last');
    t.string('changed_at', 30).notNullable();
    t.unique(['pipeline', 'outbox_key', 'version']);
    t.index(['pipeline', 'state']);
    t.index(['pipeline', 'golden_id']);
    t.index(['delivery_id']);
  });
  await knex.schema.createTable('il_delivery', (t) => {
    t.specificType('id', 'INTEGER').primary();
    t.string('pipeline', 60).notNullable();
    t.string('connection', 60).notNullable();
    t.string('sink', 60).notNullable();
    t.string('name', 300).notNullable().comment('the file, or what was asked');
    t.string('day', 10).notNullable().comment('the day that it is for');
    t.bigInteger('sequence').notNullable();
    t.string('state', 12).notNullable();
    t.integer('records').notNullable();
    t.text('totals').notNullable().comment('JSON: exact sums of the fields that the sink adds up');
    t.string('sha256', 64).comment('of the bytes that were sent');
    t.bigInteger('run_id').notNullable();
    t.string('prepared_at', 30).notNullable();
    t.string('sent_at', 30);
    t.string('answered_at', 30);
    t.text('answer').comment('what the other side said, shortened');
    t.text('problems');
    t.index(['pipeline', 'state']);
    t.index(['connection', 'sink', 'state']);
  });
}
