import { exactInteger } from './numbers.ts';
import type { Knex } from './open.ts';

/** Sum and count of one combination of values. */
export interface Total {
  values: (string | number | null)[];
  /** Minor units. */
  minor: number;
  count: number;
}

/**
 * Sums a money column for each combination of `columns`. Streams, so that a million combinations need no memory here.
 * Names come from the validated model. `where`: column → one value or several.
 */
export async function* totals(
  knex: Knex,
  query: { entity: string; columns: readonly string[]; amount: string; where: Readonly<Record<string, string | readonly string[]>> },
): AsyncGenerator<Total> {
  const sql = knex(query.entity)
    .select([...query.columns])
    .sum({ _minor: query.amount })
    .count({ _count: '*' })
    .groupBy([...query.columns]);
  for (const [column, value] of Object.entries(query.where))
    void (typeof value === 'string' ? sql.where(column, value) : sql.whereIn(column, [...value]));
  for (const row of (await sql) as Record<string, string | number | null>[])
    yield { values: query.columns.map((c) => row[c] ?? null), minor: exactInteger(row._minor ?? 0), count: Number(row._count) };
}
