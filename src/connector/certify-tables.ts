import type { StreamConfig } from '../config/schema/connector.ts';
import type { FixtureTable } from './certify-fixtures.ts';

type Cell = string | number | null;

/** The tables with `count` more rows that differ in key and tie-breaker only. undefined where no key can be made up. */
export function tiedRows(
  stream: StreamConfig,
  tables: Record<string, FixtureTable>,
  count: number,
): Record<string, FixtureTable> | undefined {
  const cursor = stream.incremental?.cursor;
  const name = Object.keys(tables).find(
    (t) => tables[t]!.rows.length > 0 && (cursor === undefined || columnOf(tables[t]!, cursor) !== undefined),
  );
  if (name === undefined) return undefined;
  const table = tables[name]!;
  const model = table.rows[0]!;
  const rows: Cell[][] = [];
  for (let i = 0; i < count; i++) {
    const row = madeUp(stream, table, model, i);
    if (!row) return undefined;
    rows.push(row);
  }
  return { ...Object.fromEntries(Object.entries(tables).map(([t, other]) => [t, { ...other, rows: [] }])), [name]: { ...table, rows } };
}

/** The table with the greatest value of a datetime cursor, and that value in milliseconds. */
export function tableOfCursor(stream: StreamConfig, tables: Record<string, FixtureTable>): { table: string; last: number } | undefined {
  let best: { table: string; last: number } | undefined;
  for (const [name, table] of Object.entries(tables)) {
    const at = columnOf(table, stream.incremental!.cursor!);
    if (at === undefined) continue;
    for (const row of table.rows) {
      const last = Date.parse(`${String(row[at]).replace(' ', 'T')}Z`);
      if (!Number.isNaN(last) && (!best || last > best.last)) best = { table: name, last };
    }
  }
  return best;
}

/** An INSERT of one more row, like the first but for its key and what is given. */
export function rowWith(
  stream: StreamConfig,
  name: string,
  table: FixtureTable,
  given: Record<string, string>,
  nth: number,
): string | undefined {
  const model = table.rows[0];
  const row = model && madeUp(stream, table, model, 9_000 + nth);
  if (!row) return undefined;
  const columns = Object.entries(table.columns).flatMap(([column, type], i) =>
    /^(rowversion|timestamp)\b/i.test(type) ? [] : [{ column, value: given[column] ?? row[i] ?? null }],
  );
  return `INSERT INTO ${tableName(name)} (${columns.map((c) => quoted(c.column)).join(', ')}) VALUES (${columns.map((c) => literal(c.value)).join(', ')})`;
}

/** `dbo.Bills` → `[dbo].[Bills]` */
export function tableName(name: string): string {
  return name.split('.').map(quoted).join('.');
}

/** A condition that finds the nth row of a recorded table by its key; undefined where a value of it is NULL. */
export function whereKey(stream: StreamConfig, table: FixtureTable, nth: number): string | undefined {
  const keys = Array.isArray(stream.primary_key) ? stream.primary_key : stream.primary_key.fields;
  const parts = keys.flatMap((key) => {
    const at = columnOf(table, key);
    const value = at === undefined ? undefined : table.rows[nth]?.[at];
    return value === undefined || value === null ? [] : [`${quoted(key)} = ${literal(value)}`];
  });
  return parts.length > 0 && table.rows[nth] ? parts.join(' AND ') : undefined;
}

export function quoted(text: string): string {
  return `[${text.replaceAll(']', ']]')}]`;
}

export function literal(value: Cell): string {
  return value === null ? 'NULL' : typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

function madeUp(stream: StreamConfig, table: FixtureTable, model: readonly Cell[], nth: number): Cell[] | undefined {
  const keys = Array.isArray(stream.primary_key) ? stream.primary_key : stream.primary_key.fields;
  const unique = new Set([
    ...keys.filter((k) => k !== stream.incremental?.cursor),
    ...(stream.incremental?.tie_breaker ? [stream.incremental.tie_breaker] : []),
  ]);
  const row = [...model];
  let changed = false;
  for (const [i, [column, type]] of Object.entries(table.columns).entries()) {
    if (!unique.has(column)) continue;
    const width = Number(/\((\d+)\)/.exec(type)?.[1] ?? 40);
    if (/^(int|bigint|numeric|decimal)/i.test(type))
      row[i] = /,\s*[1-9]/.test(type) ? `${700_000 + nth}.${'0'.repeat(Number(/,\s*(\d+)/.exec(type)![1]))}` : String(700_000 + nth);
    else if (/char/i.test(type) && width >= 5) row[i] = `Z${String(nth).padStart(4, '0')}`;
    else continue;
    changed = true;
  }
  return changed ? row : undefined;
}

export function columnOf(table: FixtureTable, name: string): number | undefined {
  const at = Object.keys(table.columns).indexOf(name);
  return at < 0 ? undefined : at;
}
