import type { Knex } from 'knex';
import { rowsOf } from './rows.ts';

const TAKE = 'INSERT INTO il_sequence (name, next) VALUES (?, 1 + ?) ON CONFLICT (name) DO UPDATE SET next = next + ? RETURNING next';

/** Numbers without gaps: they are taken in the transaction that uses them, and given back with it. */
export async function takeIds(knex: Knex, name: string, count: number): Promise<number> {
  // In a transaction it is asked for every few hundred records: the query builder would take longer than the records' own rows.
  const next = knex.isTransaction
    ? (await (await rowsOf(knex as Knex.Transaction)).select(TAKE, [[name, count, count]]))[0]![0]
    : ((await knex.raw(TAKE, [name, count, count])) as { next: number }[])[0]!.next;
  return Number(next) - count;
}

export async function nextId(knex: Knex, table: string): Promise<number> {
  const [row] = (await knex(table).max({ id: 'id' })) as { id: number | null }[];
  return Number(row?.id ?? 0) + 1;
}
