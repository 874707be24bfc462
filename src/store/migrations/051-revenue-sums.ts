import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';

/**
 * Sums of the revenue report, kept for blocks of 4,096 receipts, days and months; and marks of what changed since they were made, set by
 * triggers in the transaction of each change. A store of before has no sums yet: the first run makes them.
 */
export async function up(knex: Knex): Promise<void> {
  const dialect = dialectOf(knex);
  const figures = ['facts', 'count', 'amount', 'reconciled', 'in_transit', 'exception', 'not_covered']
    .map((name) => `"${name}" BIGINT NOT NULL`)
    .join(', ');
  await knex.raw(`CREATE TABLE il_revenue_month (
    id VARCHAR(24) PRIMARY KEY, from_day VARCHAR(10) NOT NULL, corrects VARCHAR(20), department TEXT, account TEXT, tender TEXT,
    currency VARCHAR(10) NOT NULL, rest BIGINT NOT NULL, receipt TEXT, sign BIGINT NOT NULL, reasons TEXT NOT NULL, ${figures})`);
  await knex.raw('CREATE INDEX il_revenue_month_day ON il_revenue_month (from_day)');
  await knex.raw(`CREATE TABLE il_revenue_day (
    id VARCHAR(24) PRIMARY KEY, month_id VARCHAR(24) NOT NULL, day VARCHAR(10) NOT NULL, ${figures})`);
  await knex.raw('CREATE INDEX il_revenue_day_day ON il_revenue_day (day)');
  await knex.raw(`CREATE TABLE il_revenue_block (
    block BIGINT NOT NULL, day_id VARCHAR(24) NOT NULL, ${figures}, PRIMARY KEY (block, day_id))${dialect.byPrimaryKey}`);
  await knex.raw('CREATE TABLE il_revenue_state (id INTEGER PRIMARY KEY, basis TEXT NOT NULL)');
  await knex.raw(`CREATE TABLE il_revenue_since (
    pipeline VARCHAR(60) NOT NULL, entity_id BIGINT NOT NULL, block BIGINT NOT NULL, run_id BIGINT NOT NULL,
    PRIMARY KEY (pipeline, entity_id, block, run_id))${dialect.byPrimaryKey}`);
  await knex.raw(`CREATE TABLE il_revenue_stale (
    pipeline VARCHAR(60) NOT NULL, match_id BIGINT NOT NULL, PRIMARY KEY (pipeline, match_id))${dialect.byPrimaryKey}`);
  await dialect.createMarks(knex);
  const all = ['insert', 'update', 'delete'] as const;
  await dialect.watch(knex, {
    table: 'il_link',
    name: 'rev_link',
    on: all,
    updates: 'both',
    select: "{r}.entity_id, {r}.golden_id / 4096, ''",
    where: '{r}.golden_id IS NOT NULL',
  });
  await dialect.watch(knex, {
    table: 'il_reject',
    name: 'rev_reject',
    on: all,
    updates: { changed: ['state', 'source_id', 'reject_key'], key: 'id' },
    select: "l.entity_id, l.golden_id / 4096, 'e'",
    from: 'il_link l',
    where: 'l.source_id = {r}.source_id AND l.source_key = {r}.reject_key AND l.golden_id IS NOT NULL',
  });
  for (const table of ['il_match_record', 'il_in_transit', 'il_exception_record'])
    await dialect.watch(knex, {
      table,
      name: 'rev_evidence',
      on: all,
      updates: 'both',
      select: "{r}.entity_id, {r}.golden_id / 4096, 'e'",
    });
  await dialect.watch(knex, {
    table: 'il_match',
    name: 'rev_match',
    on: ['update'],
    updates: { changed: ['state', 'reason', 'pipeline'], key: 'id' },
    select: "m.entity_id, m.golden_id / 4096, 'e'",
    from: 'il_match_record m',
    where: 'm.match_id = {r}.id',
  });
  await dialect.watch(knex, {
    table: 'il_exception',
    name: 'rev_exception',
    on: ['update', 'delete'],
    updates: { changed: ['state', 'type', 'about', 'pipeline'], key: 'id' },
    select: "m.entity_id, m.golden_id / 4096, 'e'",
    from: 'il_exception_record m',
    where: 'm.exception_id = {r}.id',
  });
}
