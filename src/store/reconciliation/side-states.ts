import type { MatchRecord } from './matches.ts';
import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';

/** A record that is in no match and no exception: in transit, or out of scope by the rule named. */
export interface UnmatchedRecord extends Omit<MatchRecord, 'match'> {
  rule: string | null;
}

/** Replaces which records of a reconciliation are in transit or out of scope. */
export async function saveUnmatched(trx: Knex.Transaction, pipeline: string, list: readonly UnmatchedRecord[]): Promise<void> {
  await trx('il_in_transit').where({ pipeline }).delete();
  await (
    await dialectOf(trx).rowsOf(trx)
  ).insert(
    'il_in_transit',
    ['pipeline', 'side', 'entity_id', 'golden_id', 'version', 'minor', 'rule'],
    list.map((r) => [pipeline, r.side, r.entityId, r.golden, r.version, r.minor, r.rule]),
  );
}

/** Golden ids of the records of a side that are in transit (null) or out of scope (the rule). */
export async function unmatchedOf(knex: Knex, pipeline: string, side: 'left' | 'right'): Promise<Map<number, string | null>> {
  const rows = (await knex('il_in_transit').where({ pipeline, side }).select('golden_id', 'rule')) as {
    golden_id: number;
    rule: string | null;
  }[];
  return new Map(rows.map((row) => [Number(row.golden_id), row.rule]));
}

/** How many records of a side are in a state, and their sum in minor units. */
export interface SideState {
  side: 'left' | 'right';
  currency: string;
  state: 'confirmed' | 'proposed' | 'excepted' | 'in_transit' | 'out_of_scope';
  records: number;
  minor: number;
}

export async function saveSideStates(trx: Knex, pipeline: string, states: readonly SideState[]): Promise<void> {
  await trx('il_side_state').where({ pipeline }).delete();
  if (states.length) await trx('il_side_state').insert(states.map((state) => ({ pipeline, ...state })));
}

export async function sideStates(knex: Knex, pipeline: string): Promise<SideState[]> {
  const rows = (await knex('il_side_state').where({ pipeline }).orderBy(['side', 'currency', 'state'])) as Record<string, unknown>[];
  return rows.map((row) => ({
    side: row.side as SideState['side'],
    currency: row.currency as string,
    state: row.state as SideState['state'],
    records: Number(row.records),
    minor: Number(row.minor),
  }));
}
