import type { Knex } from '../open.ts';

/** What happened to a match or an exception, once. */
export interface StoredEvent<Action extends string> {
  number: number;
  /** UTC. */
  at: string;
  actor: string;
  action: Action;
  detail: Record<string, unknown>;
}

/** All that happened to one of them, the oldest first. */
export async function eventsOf<Action extends string>(
  knex: Knex,
  table: 'il_match_event' | 'il_exception_event',
  of: Record<string, string>,
): Promise<StoredEvent<Action>[]> {
  const rows = (await knex(table).where(of).orderBy('number')) as Record<string, unknown>[];
  return rows.map((row) => ({
    number: Number(row.number),
    at: row.at as string,
    actor: row.actor as string,
    action: row.action as Action,
    detail: JSON.parse(row.detail as string) as Record<string, unknown>,
  }));
}
