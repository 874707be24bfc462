import type { Knex } from '../open.ts';

/** Ids that a query is restricted to, both included; undefined: all. */
export type Within = readonly { first: number; last: number }[] | undefined;

/** More ranges than this are not worth their conditions; SQLite reads no more than 1,000 in one. */
const MAX_RANGES = 400;

/** Restricts a query to these ids, as far as that saves time: it may find others too. */
export function restrict(query: Knex.QueryBuilder, column: string, within: Within): void {
  if (!within || within.length > MAX_RANGES) return;
  void query.where((any) => {
    if (within.length === 0) void any.whereRaw('1 = 0');
    for (const { first, last } of within) void any.orWhereBetween(column, [first, last]);
  });
}
