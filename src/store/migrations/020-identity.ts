import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';

/**
 * Who is the same: the members of an entity (what one system calls one person), where each belongs, the pairs that are
 * linked or wait, and what people decided about them. A member's id is the id of the golden record that it had, or would
 * have had, alone: so the oldest id of a cluster names it, and every id that ever was leads to a member.
 */
export async function up(knex: Knex): Promise<void> {
  const { columnTypes, byPrimaryKey } = dialectOf(knex);
  await knex.schema.createTable('il_member', (t) => {
    t.specificType('id', columnTypes.INTEGER).primary();
    t.integer('entity_id').notNullable();
    t.string('source', 60).notNullable().comment('the connection');
    t.string('member_key', 500).notNullable().comment('its number in that system');
    t.string('state', 4).notNullable().comment('new: not compared yet; live; gone: no record of it is left');
    t.bigInteger('golden_id').comment('the golden record that it belongs to, or belonged to last; null while new');
    t.bigInteger('host').comment('gone: the member that keeps its id in use');
    t.integer('population').comment('which population of the model it is compared in; -1: none');
    t.text('profile').comment('JSON: its values as they are compared');
    t.string('link_kind', 8).comment('rule, score, steward: what ties it to its cluster');
    t.integer('link_score').comment('in 1/1024 bit');
    t.unique(['entity_id', 'source', 'member_key']);
    t.index(['entity_id', 'golden_id']);
    t.index(['host']);
  });
  await knex.raw(`CREATE TABLE il_member_key (
    entity_id INTEGER NOT NULL, block_key BIGINT NOT NULL, member_id BIGINT NOT NULL,
    PRIMARY KEY (entity_id, block_key, member_id))${byPrimaryKey}`);
  await knex.raw(`CREATE TABLE il_edge (
    entity_id INTEGER NOT NULL, a BIGINT NOT NULL, b BIGINT NOT NULL, score INTEGER NOT NULL, verdict VARCHAR(8) NOT NULL,
    veto VARCHAR(20), rule VARCHAR(200),
    PRIMARY KEY (entity_id, a, b))${byPrimaryKey}`);
  await knex.raw('CREATE INDEX il_edge_b ON il_edge (entity_id, b)');
  await knex.schema.createTable('il_decision', (t) => {
    t.bigInteger('id').primary();
    t.integer('entity_id').notNullable();
    t.string('source_a', 60).notNullable();
    t.string('key_a', 500).notNullable();
    t.string('source_b', 60).notNullable();
    t.string('key_b', 500).notNullable();
    t.string('verdict', 10).notNullable().comment('same, different, later');
    t.text('reason');
    t.string('actor', 120).notNullable();
    t.string('decided_at', 30).notNullable();
    t.string('undone_by', 120);
    t.string('undone_at', 30);
    t.index(['entity_id', 'source_a', 'key_a']);
    t.index(['entity_id', 'source_b', 'key_b']);
  });
  await knex.schema.alterTable('il_link', (t) => {
    t.bigInteger('member_id').comment('long form of identity: whose record it is');
  });
  await knex.raw('CREATE INDEX il_link_member ON il_link (member_id) WHERE member_id IS NOT NULL');
  await knex.schema.alterTable('il_entity', (t) => {
    t.string('compared_by', 64).comment('fingerprint of the model that its pairs were scored with');
    t.integer('members_new').notNullable().defaultTo(0).comment('1: there may be members that were not compared yet');
  });
}
