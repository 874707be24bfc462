import type { Knex } from 'knex';
import type { Index } from '../dialect.ts';
import { quoted, quotedList } from '../rows.ts';

interface TableColumn {
  name: string;
  type: string;
  pk: number;
}

async function tableInfo(knex: Knex, table: string): Promise<TableColumn[]> {
  return (await knex.raw(`PRAGMA table_info(${quoted(table)})`)) as TableColumn[];
}

export async function columnsOf(knex: Knex, table: string): Promise<Map<string, string>> {
  return new Map((await tableInfo(knex, table)).map(({ name, type }) => [name, typeOf(type)]));
}

/** Our own tables declare their columns in several ways; SQLite keeps each as text or as an integer. */
function typeOf(declared: string): string {
  const upper = declared.toUpperCase();
  if (upper.includes('INT') || upper === 'BOOLEAN') return 'INTEGER';
  return upper.includes('CHAR') || upper.includes('TEXT') ? 'TEXT' : upper;
}

/** Its planner takes the indexes without statistics. */
export async function updateStatistics(): Promise<void> {}

export async function tables(knex: Knex): Promise<string[]> {
  return (await knex('sqlite_master')
    .where({ type: 'table' })
    .whereNot('name', 'like', 'sqlite\\_%')
    .orderBy('name')
    .pluck('name')) as string[];
}

export async function primaryKey(knex: Knex, table: string): Promise<string[]> {
  const key = (await tableInfo(knex, table)).filter(({ pk }) => pk > 0);
  return key.sort((a, b) => a.pk - b.pk).map(({ name }) => name);
}

export async function indexes(knex: Knex): Promise<string[]> {
  const names = (await knex('sqlite_master').where({ type: 'index' }).orderBy('name').pluck('name')) as string[];
  return names.filter((name) => !name.startsWith('sqlite_'));
}

export async function createIndex(knex: Knex, { name, table, columns, unique }: Index): Promise<void> {
  await knex.raw(`CREATE ${unique ? 'UNIQUE ' : ''}INDEX IF NOT EXISTS ${quoted(name)} ON ${quoted(table)} (${quotedList(columns)})`);
}

export async function dropIndex(knex: Knex, name: string): Promise<void> {
  await knex.raw(`DROP INDEX IF EXISTS ${quoted(name)}`);
}

/** The pages of an index are written in its order then, once; row by row, millions of them are written again and again. */
export async function withoutIndex(trx: Knex.Transaction, index: Index, work: () => Promise<void>): Promise<void> {
  await dropIndex(trx, index.name);
  await work();
  await createIndex(trx, index);
}

export async function onlyGrows(knex: Knex, table: string): Promise<void> {
  for (const change of ['UPDATE', 'DELETE'])
    await knex.raw(
      `CREATE TRIGGER ${table}_no_${change.toLowerCase()} BEFORE ${change} ON ${table} BEGIN SELECT RAISE(ABORT, '${table} only grows'); END`,
    );
}

export async function explain(knex: Knex, sql: string, bindings: readonly (string | number)[]): Promise<string> {
  const rows = (await knex.raw(`EXPLAIN QUERY PLAN ${sql}`, [...bindings])) as { detail: string }[];
  return rows.map((row) => row.detail).join('\n');
}

export async function settle(knex: Knex): Promise<void> {
  await knex.raw('PRAGMA wal_checkpoint(TRUNCATE)');
}
