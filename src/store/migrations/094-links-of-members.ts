import type { Knex } from 'knex';

/**
 * Links of members are looked up by their member; by their golden record only those of records that are one by equal fields are. Without
 * the others in that index, members that come together have their links written again in two thirds of the time.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX il_link_golden');
  await knex.raw('CREATE INDEX il_link_golden ON il_link (entity_id, golden_id) WHERE mapped IS NOT NULL AND member_id IS NULL');
}
