import type { Knex } from './open.ts';

/** The next id of a kind. */
export async function takeId(knex: Knex, name: string): Promise<number> {
  const rows = (await knex.raw(
    'INSERT INTO il_sequence (name, next) VALUES (?, 2) ON CONFLICT (name) DO UPDATE SET next = next + 1 RETURNING next',
    [name],
  )) as { next: number }[];
  return rows[0]!.next - 1;
}
