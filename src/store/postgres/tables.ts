import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Index } from '../dialect.ts';
import { quoted, quotedList } from '../rows.ts';

/** PostgreSQL cuts longer names off, and then two of them may be the same. */
const MAX_NAME = 63;

const TYPES: Record<string, string> = { text: 'TEXT', bigint: 'INTEGER' };

export async function columnsOf(knex: Knex, table: string): Promise<Map<string, string>> {
  const { rows } = (await knex.raw(
    `SELECT attname::text AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
     WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [inThisSchema(table)],
  )) as { rows: { name: string; type: string }[] };
  return new Map(rows.map(({ name, type }) => [name, TYPES[type] ?? type]));
}

/** Tables and indexes are looked for as SQL would find them. */
function inThisSchema(name: string): string {
  return quoted(name);
}

export async function tables(knex: Knex): Promise<string[]> {
  const { rows } = (await knex.raw(
    `SELECT relname::text AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace`,
  )) as { rows: { name: string }[] };
  return rows.map(({ name }) => name).sort();
}

export async function primaryKey(knex: Knex, table: string): Promise<string[]> {
  const { rows } = (await knex.raw(
    `SELECT a.attname::text AS name FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, n)
     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
     WHERE i.indrelid = to_regclass(?) AND i.indisprimary ORDER BY k.n`,
    [inThisSchema(table)],
  )) as { rows: { name: string }[] };
  return rows.map(({ name }) => name);
}

export async function indexes(knex: Knex): Promise<string[]> {
  const { rows } = (await knex.raw(
    `SELECT c.relname::text AS name FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
     WHERE c.relnamespace = current_schema()::regnamespace AND NOT i.indisprimary`,
  )) as { rows: { name: string }[] };
  return rows.map(({ name }) => name).sort();
}

/** What the server says to the second of two who make one index at the same time; it waited until the first had committed. */
const MADE_BY_ANOTHER = 'pg_class_relname_nsp_index';

/** Asks first: CREATE INDEX waits for everybody who writes to the table, also when there is nothing to make. */
export async function createIndex(knex: Knex, { name, table, columns, unique }: Index): Promise<void> {
  const index = short(name);
  const { rows } = (await knex.raw('SELECT to_regclass(?) IS NOT NULL AS there', [inThisSchema(index)])) as { rows: { there: boolean }[] };
  if (rows[0]!.there) return;
  try {
    await knex.raw(`CREATE ${unique ? 'UNIQUE ' : ''}INDEX IF NOT EXISTS ${quoted(index)} ON ${quoted(table)} (${quotedList(columns)})`);
  } catch (error) {
    if (knex.isTransaction || (error as { constraint?: string }).constraint !== MADE_BY_ANOTHER) throw error;
  }
}

/** Others would wait for the table until the transaction ends. */
export function withoutIndex(_trx: Knex.Transaction, _index: Index, work: () => Promise<void>): Promise<void> {
  return work();
}

export async function dropIndex(knex: Knex, name: string): Promise<void> {
  await knex.raw(`DROP INDEX IF EXISTS ${quoted(short(name))}`);
}

function short(name: string): string {
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 11)}_${hash('sha256', name).slice(0, 10)}`;
}

export async function onlyGrows(knex: Knex, table: string): Promise<void> {
  await knex.raw(
    `CREATE OR REPLACE FUNCTION il_only_grows() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$`,
  );
  for (const change of ['UPDATE', 'DELETE', 'TRUNCATE'])
    await knex.raw(
      `CREATE TRIGGER ${table}_no_${change.toLowerCase()} BEFORE ${change} ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION il_only_grows()`,
    );
}

/** Text of any length in the order of its bytes, and integers of 64 bits, as in a store that is a file: migrations declare less. */
export async function afterMigration(trx: Knex.Transaction): Promise<void> {
  // See keys.ts.
  await trx.raw('CREATE TABLE IF NOT EXISTS il_seen (source_id bigint, source_key text COLLATE "C", PRIMARY KEY (source_id, source_key))');
  const { rows } = (await trx.raw(
    `SELECT c.relname::text AS table, a.attname::text AS column, format_type(a.atttypid, NULL) AS type
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_collation l ON l.oid = a.attcollation
     WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND left(c.relname, 3) = 'il_'
       AND a.attnum > 0 AND NOT a.attisdropped
       AND NOT (a.atttypid = 'bigint'::regtype OR (a.atttypid = 'text'::regtype AND l.collname = 'C'))
     ORDER BY c.relname, a.attnum`,
  )) as { rows: { table: string; column: string; type: string }[] };
  const changes = [...Map.groupBy(rows, (row) => row.table)].map(
    ([table, columns]) => `ALTER TABLE ${quoted(table)} ${columns.map(({ column, type }) => alter(quoted(column), type)).join(', ')}`,
  );
  if (changes.length > 0) await trx.raw(changes.join(';\n'));
}

function alter(column: string, type: string): string {
  if (type === 'text' || type === 'character varying') return `ALTER COLUMN ${column} TYPE text COLLATE "C"`;
  if (type === 'boolean') return `ALTER COLUMN ${column} DROP DEFAULT, ALTER COLUMN ${column} TYPE bigint USING ${column}::int`;
  if (type === 'integer' || type === 'smallint') return `ALTER COLUMN ${column} TYPE bigint`;
  throw new Error(`A migration made ${column}, which is ${type}: columns are text, whole numbers or true and false.`);
}

export async function explain(knex: Knex, sql: string, bindings: readonly (string | number)[]): Promise<string> {
  const { rows } = (await knex.raw(`EXPLAIN ${sql}`, [...bindings])) as { rows: { 'QUERY PLAN': string }[] };
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

/**
 * A first look, which samples a fourth of the rows that ANALYZE usually takes (30,000 of each table, with all their columns): of a million
 * receipts in a fifth of the processor time, 0.1 s. The server's autovacuum soon looks as closely as it is set to.
 */
const FIRST_LOOK = 25;

export async function updateStatistics(knex: Knex, names: readonly string[]): Promise<void> {
  // Sent as one, they are one transaction.
  await knex.raw(
    `SET LOCAL default_statistics_target = ${FIRST_LOOK}; ANALYZE ${quotedList(names)}; SET LOCAL default_statistics_target TO DEFAULT`,
  );
}

/** The server has it. */
export async function settle(): Promise<void> {}
