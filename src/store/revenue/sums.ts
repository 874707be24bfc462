import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';
import { exactInteger } from '../numbers.ts';
import type { Cell } from '../rows.ts';

/** What is added up of revenue. Amounts are minor units; the last four add up to the amount. */
export const FIGURES = ['facts', 'count', 'amount', 'reconciled', 'in_transit', 'exception', 'not_covered'] as const;
export type Figures = Record<(typeof FIGURES)[number], number>;

/** What sums are kept apart by, besides the day. */
export interface SumKey {
  /** The first day of the month, or of the part of it that is in another fiscal period; '' for what has no day. */
  from_day: string;
  corrects: string | null;
  department: string | null;
  account: string | null;
  tender: string | null;
  currency: string;
  /** The golden record of the receipt that this is the rest of; 0 for everything else. */
  rest: number;
  /** Its number. */
  receipt: string | null;
  /** Of the amount, where there is no account; otherwise 0. */
  sign: number;
  /** JSON list: why it is not reconciled. */
  reasons: string;
}

const KEY = ['from_day', 'corrects', 'department', 'account', 'tender', 'currency', 'rest', 'receipt', 'sign', 'reasons'] as const;

/** One sum of a day. */
export interface DaySum extends SumKey, Figures {
  day: string;
}

/** A sum of a day or of a month with its id; a day's has the id of its month too. */
export interface StoredSum extends DaySum {
  id: string;
  month: string;
}

/** The id of a month's sum: made of what it is kept apart by. */
export function monthId(key: SumKey): string {
  return idOf(KEY.map((name) => key[name]));
}

/** The id of a day's sum. */
export function dayId(month: string, day: string): string {
  return idOf([month, day]);
}

function idOf(parts: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 24);
}

/** What the sums were made with, as JSON; undefined when there are none. */
export async function storedBasis(knex: Knex): Promise<string | undefined> {
  return ((await knex('il_revenue_state').where({ id: 1 }).first('basis')) as { basis: string } | undefined)?.basis;
}

export async function saveBasis(trx: Knex.Transaction, basis: string): Promise<void> {
  await trx('il_revenue_state').insert({ id: 1, basis }).onConflict('id').merge();
}

/** The sums of each of these blocks as they are stored, day by day, by their ids. */
export async function sumsOfBlocks(knex: Knex, blocks: readonly number[]): Promise<Map<number, Map<string, StoredSum>>> {
  const found = new Map(blocks.map((block) => [block, new Map<string, StoredSum>()]));
  for (let i = 0; i < blocks.length; i += 500) {
    const rows = (await knex('il_revenue_block as b')
      .join('il_revenue_day as d', 'd.id', 'b.day_id')
      .join('il_revenue_month as m', 'm.id', 'd.month_id')
      .whereIn('b.block', blocks.slice(i, i + 500))
      .select('b.block as block', 'd.id as id', 'd.month_id as month', 'd.day as day')
      .select(KEY.map((k) => `m.${k}`))
      .select(FIGURES.map((f) => `b.${f}`))) as Record<string, Cell>[];
    for (const row of rows) addSum(found.get(Number(row.block))!, sumOf(row), 1);
  }
  return found;
}

/** Adds a sum to those with the same id. */
export function addSum(to: Map<string, StoredSum>, sum: StoredSum, sign: 1 | -1): void {
  let found = to.get(sum.id);
  if (!found) to.set(sum.id, (found = { ...sum, ...noFigures() }));
  for (const figure of FIGURES) found[figure] += sign * sum[figure];
}

export function noFigures(): Figures {
  return { facts: 0, count: 0, amount: 0, reconciled: 0, in_transit: 0, exception: 0, not_covered: 0 };
}

/** Puts the sums of these blocks in place of what is stored of them; days and months follow. */
export async function replaceSums(trx: Knex.Transaction, blocks: ReadonlyMap<number, ReadonlyMap<string, StoredSum>>): Promise<void> {
  const numbers = [...blocks.keys()];
  const days = new Map<string, StoredSum>();
  for (const sums of (await sumsOfBlocks(trx, numbers)).values()) for (const sum of sums.values()) addSum(days, sum, -1);
  for (let i = 0; i < numbers.length; i += 500)
    await trx('il_revenue_block')
      .whereIn('block', numbers.slice(i, i + 500))
      .delete();
  const rows: Cell[][] = [];
  for (const [block, sums] of blocks)
    for (const sum of sums.values()) {
      addSum(days, sum, 1);
      rows.push([block, sum.id, ...FIGURES.map((f) => sum[f])]);
    }
  await (await dialectOf(trx).rowsOf(trx)).insert('il_revenue_block', ['block', 'day_id', ...FIGURES], rows);
  const months = new Map<string, StoredSum>();
  for (const sum of days.values()) addSum(months, { ...sum, id: sum.month }, 1);
  await addTotals(trx, 'il_revenue_month', KEY, [...months.values()]);
  await addTotals(
    trx,
    'il_revenue_day',
    ['month_id', 'day'],
    [...days.values()].map(({ month, ...sum }) => ({ ...sum, month_id: month })),
  );
}

const CHUNK = 200;

async function addTotals(
  trx: Knex.Transaction,
  table: string,
  names: readonly string[],
  sums: readonly ({ id: string } & Figures)[],
): Promise<void> {
  const changed = sums.filter((sum) => FIGURES.some((figure) => sum[figure] !== 0));
  const columns = ['id', ...names, ...FIGURES];
  const merge = Object.fromEntries(FIGURES.map((f) => [f, trx.raw('?? + ??', [`${table}.${f}`, `excluded.${f}`])]));
  // In the order of their ids: two transactions that add to the same sums wait for each other, and not both for the other.
  changed.sort((a, b) => (a.id < b.id ? -1 : 1));
  for (let i = 0; i < changed.length; i += CHUNK) {
    const some = changed.slice(i, i + CHUNK);
    const rows = some.map((sum) =>
      Object.fromEntries(columns.map((name) => [name, (sum as unknown as Record<string, Cell>)[name] ?? null])),
    );
    await trx(table).insert(rows).onConflict('id').merge(merge);
    await trx(table)
      .whereIn(
        'id',
        some.filter((sum) => sum.facts < 0).map(({ id }) => id),
      )
      .where({ facts: 0 })
      .delete();
  }
}

/** Forgets all sums, and with them what they were made with. */
export async function forgetSums(trx: Knex.Transaction): Promise<void> {
  for (const table of ['block', 'day', 'month', 'state', 'since', 'stale']) await trx(`il_revenue_${table}`).delete();
}

/** Sums of months, by their first days, or of days: on or after `from` and before `before`; in no order. */
export async function readSums(
  knex: Knex,
  kind: 'month' | 'day',
  { from, before }: { from: string; before: string },
  department?: string,
): Promise<StoredSum[]> {
  const query =
    kind === 'month'
      ? knex('il_revenue_month as m')
          .where('m.from_day', '>=', from)
          .where('m.from_day', '<', before)
          .select('m.id as id', 'm.id as month', 'm.from_day as day', ...KEY.map((k) => `m.${k}`), ...FIGURES.map((f) => `m.${f}`))
      : knex('il_revenue_day as d')
          .join('il_revenue_month as m', 'm.id', 'd.month_id')
          .where('d.day', '>=', from)
          .where('d.day', '<', before)
          .select('d.id as id', 'd.month_id as month', 'd.day as day', ...KEY.map((k) => `m.${k}`), ...FIGURES.map((f) => `d.${f}`));
  if (department !== undefined) void query.where('m.department', department);
  return ((await query) as Record<string, Cell>[]).map(sumOf);
}

/** Blocks with a sum that one of these reasons is on; `is` is asked for each list of reasons once. */
export async function blocksWithReasons(knex: Knex, is: (reasons: readonly string[]) => boolean): Promise<number[]> {
  const texts = (await knex('il_revenue_month').whereNot('reasons', '[]').distinct('reasons').pluck('reasons')) as string[];
  const wanted = texts.filter((text) => is(JSON.parse(text) as string[]));
  const found = new Set<number>();
  for (let i = 0; i < wanted.length; i += 500)
    for (const block of (await knex('il_revenue_block as b')
      .join('il_revenue_day as d', 'd.id', 'b.day_id')
      .join('il_revenue_month as m', 'm.id', 'd.month_id')
      .whereIn('m.reasons', wanted.slice(i, i + 500))
      .distinct('b.block')
      .pluck('b.block')) as unknown[])
      found.add(Number(block));
  return [...found];
}

function sumOf(row: Record<string, Cell>): StoredSum {
  const number = (name: string): number => exactInteger(row[name] ?? 0);
  return {
    id: row.id as string,
    month: row.month as string,
    day: row.day as string,
    from_day: row.from_day as string,
    corrects: row.corrects as string | null,
    department: row.department as string | null,
    account: row.account as string | null,
    tender: row.tender as string | null,
    currency: row.currency as string,
    rest: number('rest'),
    receipt: row.receipt as string | null,
    sign: number('sign'),
    reasons: row.reasons as string,
    facts: number('facts'),
    count: number('count'),
    amount: number('amount'),
    reconciled: number('reconciled'),
    in_transit: number('in_transit'),
    exception: number('exception'),
    not_covered: number('not_covered'),
  };
}
