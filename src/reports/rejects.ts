import { ConfigError } from '../core/errors.ts';
import type { Engine } from '../engine/run/engine.ts';
import { countOpenRejects, countRejects, listRejects, type Reject } from '../store/landing/rejects.ts';
import { findSource } from '../store/ledger/sources.ts';

export type { Reject };

interface Filter {
  pipeline?: string | undefined;
  state: Reject['state'];
}

/** Rejected records of one pipeline or of all, in the order of their ids: at most `limit`, and how many there are. */
export async function rejectedRecords(
  { knex }: Engine,
  { limit, ...filter }: Filter & { limit: number },
): Promise<{ records: Reject[]; total: number }> {
  return { records: await listRejects(knex, { ...filter, limit }), total: await countRejects(knex, filter) };
}

/** One page of the open rejected records; `after` is the last id of the page before. `more`: there is another page. */
export async function openRejectsPage(
  { knex }: Engine,
  { limit, ...filter }: { pipeline: string | undefined; after: number; limit: number },
): Promise<{ records: Reject[]; more: boolean }> {
  const list = await listRejects(knex, { ...filter, state: 'open', limit: limit + 1 });
  return { records: list.slice(0, limit), more: list.length > limit };
}

/** How many are open, of one pipeline or of all. */
export async function countOpen({ knex }: Engine, pipeline?: string): Promise<number> {
  if (pipeline === undefined) return countOpenRejects(knex);
  const source = await findSource(knex, pipeline);
  return source ? countOpenRejects(knex, source.id) : 0;
}

/** All open rejected records, of one pipeline or of all, or those of them with these ids. */
export async function openRejects(
  { knex }: Engine,
  filter: { pipeline?: string | undefined; ids?: readonly number[] | undefined },
): Promise<Reject[]> {
  return listRejects(knex, { ...filter, state: 'open', limit: MAX_AT_ONCE });
}

/** The rejected records with these ids. Throws ConfigError REJECT_UNKNOWN with all ids that are none. */
export async function namedRejects({ knex }: Engine, ids: readonly number[]): Promise<Reject[]> {
  const found = await listRejects(knex, { ids, limit: ids.length });
  const missing = ids.filter((id) => !found.some((r) => r.id === id));
  if (missing.length === 0) return found;
  throw new ConfigError(
    missing.map((id) => ({
      code: 'REJECT_UNKNOWN',
      place: {},
      message: `There is no rejected record ${id}.`,
      hint: 'To list the rejected records, run interlocal rejects list.',
    })),
  );
}

const MAX_AT_ONCE = 1_000_000;
