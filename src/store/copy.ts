import { createHash } from 'node:crypto';
import { ConfigError, FatalError } from '../core/errors.ts';
import { type ColumnType, dialectOf } from './dialect.ts';
import { createEntityTable } from './model-tables.ts';
import type { Knex } from './open.ts';
import { REVENUE_TABLES } from './revenue/marks.ts';
import type { Cell } from './rows.ts';

/** One table of a store that was copied. */
export interface CopiedTable {
  table: string;
  rows: number;
  /** Of all its values, in the order of its primary key: the same in both stores. */
  sha256: string;
}

/**
 * What belongs to one store: which migrations it had, who has it locked, what a run has in hand, sums and passages that the next run makes, and up
 * to where reconciliations have seen the records, which is known with the marks of changes only: the next run of each looks at everything.
 */
const NOT_COPIED = [
  'il_migration',
  'il_lock',
  'il_seen',
  ...REVENUE_TABLES,
  'il_settled',
  'il_changed_block',
  'il_side_block',
  'il_alike_page',
  'il_passage',
];
/** Rows that are read and written at once. */
const PAGE = 5000;

/**
 * Copies everything from one open store into another one that is empty, in one transaction, and compares both afterwards, row by row. Entities
 * that the model does not have anymore are copied too. Throws ConfigError STORE_NOT_EMPTY or STORE_IN_USE, FatalError STORE_COPY_DIFFERS.
 */
export async function copyStore(from: Knex, to: Knex, onTable: (table: string, rows: number) => void = () => {}): Promise<CopiedTable[]> {
  await refuseWhileInUse(from);
  const [source, target] = [dialectOf(from), dialectOf(to)];
  const entities = (await from('il_entity').orderBy('id').pluck('name')) as string[];
  const tables = (await source.tables(from)).filter(
    (name) => (name.startsWith('il_') && !NOT_COPIED.includes(name)) || entities.includes(name),
  );
  await refuseUnlessEmpty(to, tables);
  await source.readAtOneMoment(from, async (reading) =>
    target.write(to, async (writing) => {
      const rows = await target.rowsOf(writing);
      for (const table of tables) {
        const columns = await source.columnsOf(reading, table);
        if (entities.includes(table)) await makeTable(writing, table, columns);
        let count = 0;
        for await (const page of pagesOf(reading, table, [...columns.keys()])) {
          await rows.insert(table, [...columns.keys()], page);
          onTable(table, (count += page.length));
        }
      }
    }),
  );
  const copied: CopiedTable[] = [];
  const differing: string[] = [];
  for (const table of tables) {
    const columns = [...(await source.columnsOf(from, table)).keys()].sort();
    const [there, here] = [await hashOf(to, table, columns), await hashOf(from, table, columns)];
    if (there.rows !== here.rows || there.sha256 !== here.sha256) differing.push(`${table} (${here.rows} rows and ${there.rows})`);
    copied.push({ table, ...there });
  }
  await refuseWhileInUse(from);
  if (differing.length)
    throw new FatalError({
      code: 'STORE_COPY_DIFFERS',
      place: {},
      message: `The copy differs from the store in these tables: ${differing.join(', ')}. The store itself was not changed.`,
      hint: 'Keep using the old store. Stop everything that uses it, empty the database that was copied to, and copy again.',
    });
  return copied;
}

async function makeTable(writing: Knex.Transaction, table: string, columns: ReadonlyMap<string, string>): Promise<void> {
  await createEntityTable(
    writing,
    table,
    [...columns].map(([name, type]) => ({ name, sql: type as ColumnType })),
  );
  if (columns.has('_identity'))
    await dialectOf(writing).createIndex(writing, { name: `${table}__identity`, table, columns: ['_identity'], unique: true });
}

/** All rows of a table in the order of its primary key, as lists of these columns. */
async function* pagesOf(knex: Knex, table: string, columns: readonly string[]): AsyncGenerator<Cell[][]> {
  const key = await dialectOf(knex).primaryKey(knex, table);
  const names = key.map(() => '??').join(', ');
  const marks = key.map(() => '?').join(', ');
  let last: Cell[] | undefined;
  for (;;) {
    const rows = await dialectOf(knex).readInOrder(knex, async (ordered) => {
      const query = ordered(table)
        .select([...columns])
        .limit(PAGE);
      for (const name of key) void query.orderBy(name);
      if (last) void query.whereRaw(`(${names}) > (${marks})`, [...key, ...last] as string[]);
      return (await query) as Record<string, Cell>[];
    });
    if (rows.length === 0) return;
    const end = rows.at(-1)!;
    last = key.map((name) => end[name]!);
    yield rows.map((row) => columns.map((name) => row[name] ?? null));
  }
}

async function hashOf(knex: Knex, table: string, columns: readonly string[]): Promise<{ rows: number; sha256: string }> {
  const hash = createHash('sha256');
  let rows = 0;
  for await (const page of pagesOf(knex, table, columns)) {
    for (const row of page) hash.update(`${JSON.stringify(row)}\n`);
    rows += page.length;
  }
  return { rows, sha256: hash.digest('hex') };
}

async function refuseUnlessEmpty(to: Knex, tables: readonly string[]): Promise<void> {
  const there = await dialectOf(to).tables(to);
  for (const table of there) {
    const ours = table.startsWith('il_');
    if (ours && (NOT_COPIED.includes(table) || (await to(table).first()) === undefined)) continue;
    if (!ours && !tables.includes(table)) continue;
    throw new ConfigError({
      code: 'STORE_NOT_EMPTY',
      place: {},
      message: `Nothing was copied, because the store to copy to is not empty: it has ${ours ? `rows in ${table}` : `a table ${table}`}.`,
      hint: 'With --to, name a new, empty database or a file that does not exist yet.',
    });
  }
}

async function refuseWhileInUse(from: Knex): Promise<void> {
  const held = await dialectOf(from).heldLocks(from);
  if (held.size > 0)
    throw new ConfigError({
      code: 'STORE_IN_USE',
      place: {},
      message: `Nothing was copied, because the store is in use by: ${[...held].sort().join(', ')}.`,
      hint: 'Stop interlocal serve and wait until no run is left, then copy. What is written during a copy would be missing from it.',
    });
}
