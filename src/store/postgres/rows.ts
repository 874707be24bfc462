import type { Knex } from 'knex';
import type { Client } from 'pg';
import { type Cell, type Packed, type PackedInsert, quoted, quotedList, type Rows } from '../rows.ts';
import { type Copy, copyIn } from './copy-in.ts';
import { type CopyText, copyText } from './copy-text.ts';
import { columnsOf, primaryKey } from './tables.ts';

/** From so many rows on COPY takes less time than an INSERT with arrays. */
const COPY_ROWS = 50;
/** Rows in one statement with arrays. */
const STATEMENT_ROWS = 5000;

/** The log is written in order: what commits later, and waits, is not on the disk without this transaction. */
const NOT_WAITING_FOR_THE_DISK = 'SET LOCAL synchronous_commit TO off';

/** The type that a column is in SQL, by what it holds. */
const SQL_TYPES: Record<string, string> = { TEXT: 'text', INTEGER: 'bigint' };

interface Known {
  types: Map<string, string>;
  key: string[];
}
/** What is known of tables, by the settings of an open store: columns are only ever added. */
const known = new WeakMap<object, Map<string, Known>>();

/** Arrays and COPY on the transaction's own connection: a few statements for a batch, however many rows it has. */
export async function rowsOf(trx: Knex.Transaction): Promise<Rows> {
  const client = (await trx.client.acquireConnection()) as Client;
  const tablesKnown = known.get(trx.client.config as object) ?? new Map<string, Known>();
  known.set(trx.client.config as object, tablesKnown);

  async function tableOf(table: string, columns: readonly string[]): Promise<Known> {
    let found = tablesKnown.get(table);
    if (!found || columns.some((name) => !found!.types.has(name)))
      tablesKnown.set(table, (found = { types: await columnsOf(trx, table), key: await primaryKey(trx, table) }));
    return found;
  }

  /** `unnest` of the rows as a table of these columns. */
  async function arrays(table: string, columns: readonly string[], rows: readonly Cell[][]): Promise<{ sql: string; values: Cell[][] }> {
    const { types } = await tableOf(table, columns);
    return {
      sql: `unnest(${columns.map((name, i) => `$${i + 1}::${SQL_TYPES[types.get(name)!]}[]`).join(', ')})`,
      values: columns.map((_, i) => rows.map((row) => row[i] ?? null)),
    };
  }

  async function inStatements(rows: readonly Cell[][], run: (some: readonly Cell[][]) => Promise<void>): Promise<void> {
    for (let i = 0; i < rows.length; i += STATEMENT_ROWS)
      await run(rows.length <= STATEMENT_ROWS ? rows : rows.slice(i, i + STATEMENT_ROWS));
  }

  return {
    asksTogether: false,
    async insert(table, columns, rows) {
      if (rows.length === 0) return;
      if (rows.length >= COPY_ROWS) {
        const text = copyText(columns.length);
        text.add(rows);
        await copyIn(client, [copyOf({ table, columns, packed: text })]);
        return text.release();
      }
      const { sql, values } = await arrays(table, columns, rows);
      await client.query({ text: `INSERT INTO ${quoted(table)} (${quotedList(columns)}) SELECT * FROM ${sql}`, values });
    },
    insertPacked: (inserts) => copyIn(client, inserts.map(copyOf), NOT_WAITING_FOR_THE_DISK),
    async replace(table, columns, rows) {
      if (rows.length === 0) return;
      const { key } = await tableOf(table, columns);
      const at = key.map((name) => columns.indexOf(name));
      // One statement takes a key once; the last one counts.
      const single = [...new Map(rows.map((row) => [JSON.stringify(at.map((i) => row[i])), row])).values()];
      const set = columns.filter((name) => !key.includes(name)).map((name) => `${quoted(name)} = excluded.${quoted(name)}`);
      await inStatements(single, async (some) => {
        const { sql, values } = await arrays(table, columns, some);
        await client.query({
          text: `INSERT INTO ${quoted(table)} (${quotedList(columns)}) SELECT * FROM ${sql} ON CONFLICT (${quotedList(key)}) DO UPDATE SET ${set.join(', ')}`,
          values,
        });
      });
    },
    async update(table, set, key, rows) {
      const names = [...set, ...key];
      const alias = names.map((_, i) => `v${i}`);
      const sets = set.map((name, i) => `${quoted(name)} = n.v${i}`).join(', ');
      const where = key.map((name, i) => `t.${quoted(name)} = n.v${set.length + i}`).join(' AND ');
      await inStatements(rows, async (some) => {
        const { sql, values } = await arrays(table, names, some);
        await client.query({ text: `UPDATE ${quoted(table)} t SET ${sets} FROM ${sql} AS n(${alias.join(', ')}) WHERE ${where}`, values });
      });
    },
    async remove(table, key, rows) {
      const where = key.map((name, i) => `t.${quoted(name)} = n.v${i}`).join(' AND ');
      await inStatements(rows, async (some) => {
        const { sql, values } = await arrays(table, key, some);
        await client.query({
          text: `DELETE FROM ${quoted(table)} t USING ${sql} AS n(${key.map((_, i) => `v${i}`).join(', ')}) WHERE ${where}`,
          values,
        });
      });
    },
    async select(sql, keys) {
      const out: Cell[][] = [];
      await inStatements(keys, async (some) => {
        const width = some[0]!.length;
        if (width === 0) {
          // Nothing is asked for by: the statement itself, once for each empty key.
          for (let i = 0; i < some.length; i++) out.push(...(await client.query<Cell[]>({ text: sql, rowMode: 'array' })).rows);
          return;
        }
        const types = Array.from({ length: width }, (_, i) => (some.some((key) => typeof key[i] === 'number') ? 'bigint' : 'text'));
        let mark = 0;
        // The question marks become the columns of the keys: an index is asked once for each key, in one statement.
        const inner = sql.replaceAll('?', () => `k.c${mark++}`);
        const text = `SELECT r.* FROM unnest(${types.map((type, i) => `$${i + 1}::${type}[]`).join(', ')}) WITH ORDINALITY AS k(${types
          .map((_, i) => `c${i}`)
          .join(', ')}, n) CROSS JOIN LATERAL (${inner}) r ORDER BY k.n`;
        const values = types.map((_, i) => some.map((key) => key[i] ?? null));
        const { rows } = await client.query<Cell[]>({ text, values, rowMode: 'array' });
        for (const row of rows) out.push(row);
      });
      return out;
    },
  };
}

/** Takes rows in the text of COPY. */
export function packed(width: number): Packed {
  return copyText(width);
}

function copyOf({ table, columns, packed: text }: PackedInsert): Copy {
  return { statement: `COPY ${quoted(table)} (${quotedList(columns)}) FROM STDIN`, pieces: (text as CopyText).pieces() };
}
