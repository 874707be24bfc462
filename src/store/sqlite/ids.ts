import type { Knex } from 'knex';

/** Numbers without gaps: they are taken in the transaction that uses them, and given back with it. */
export async function takeIds(knex: Knex, name: string, count: number): Promise<number> {
  const rows = (await knex.raw(
    'INSERT INTO il_sequence (name, next) VALUES (?, 1 + ?) ON CONFLICT (name) DO UPDATE SET next = next + ? RETURNING next',
    [name, count, count],
  )) as { next: number }[];
  return rows[0]!.next - count;
}

export async function nextId(knex: Knex, table: string): Promise<number> {
  const [row] = (await knex(table).max({ id: 'id' })) as { id: number | null }[];
  return Number(row?.id ?? 0) + 1;
}
