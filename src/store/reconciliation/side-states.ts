import type { MatchRecord } from './matches.ts';
import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { type Cell, selectByIds } from '../rows.ts';
import type { Side } from './totals.ts';

/** A record that is in no match and no exception: in transit, or out of scope by the rule named. */
export interface UnmatchedRecord extends Omit<MatchRecord, 'match'> {
  rule: string | null;
}

/**
 * Replaces which records of a reconciliation, or which of these, are in transit or out of scope. What stays as it was is not written again: the
 * sums of a receipt's block would be made again for it.
 */
export async function saveUnmatched(
  trx: Knex.Transaction,
  pipeline: string,
  list: readonly UnmatchedRecord[],
  among?: Readonly<Record<'left' | 'right', readonly number[]>>,
): Promise<void> {
  const rows = await dialectOf(trx).rowsOf(trx);
  const gone = new Map<string, Cell[]>();
  for (const row of await storedUnmatched(trx, pipeline, among)) gone.set(JSON.stringify(row), row);
  const fresh = list
    .map((r): Cell[] => [r.side, r.entityId, r.golden, r.version, r.minor, r.rule])
    .filter((row) => !gone.delete(JSON.stringify(row)));
  await rows.remove(
    'il_in_transit',
    ['pipeline', 'side', 'golden_id'],
    [...gone.values()].map(([side, , golden]) => [pipeline, side!, golden!]),
  );
  await rows.insert(
    'il_in_transit',
    ['pipeline', 'side', 'entity_id', 'golden_id', 'version', 'minor', 'rule'],
    fresh.map((row) => [pipeline, ...row]),
  );
}

/** Rows without the pipeline. */
async function storedUnmatched(
  trx: Knex.Transaction,
  pipeline: string,
  among?: Readonly<Record<'left' | 'right', readonly number[]>>,
): Promise<Cell[][]> {
  const rows = await dialectOf(trx).rowsOf(trx);
  const sql = 'SELECT side, entity_id, golden_id, version, minor, rule FROM il_in_transit WHERE pipeline = ?';
  const found = among
    ? [
        ...(await selectByIds(rows, `${sql} AND side = 'left' AND golden_id {ids}`, among.left, (some) => [pipeline, ...some])),
        ...(await selectByIds(rows, `${sql} AND side = 'right' AND golden_id {ids}`, among.right, (some) => [pipeline, ...some])),
      ]
    : await rows.select(sql, [[pipeline]]);
  return found.map(([side, entityId, golden, version, minor, rule]) => [
    ...[String(side), Number(entityId), Number(golden), Number(version), Number(minor)],
    rule ?? null,
  ]);
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

/** The same, added up from the records of matches and exceptions and from what is in transit or out of scope. */
export async function statesOfRecords(
  knex: Knex,
  pipeline: string,
  sides: Readonly<Record<'left' | 'right', Pick<Side, 'entity' | 'amount'>>>,
): Promise<SideState[]> {
  const matched = (await knex('il_match_record as r')
    .join('il_match as m', 'm.id', 'r.match_id')
    .where({ 'm.pipeline': pipeline })
    .groupBy('r.side', 'm.currency', 'm.state')
    .select('r.side', 'm.currency', 'm.state')
    .sum({ minor: 'r.minor' })
    .count({ records: '*' })) as Summed[];
  const excepted = (await knex('il_exception_record as r')
    .join('il_exception as e', 'e.id', 'r.exception_id')
    .where({ 'e.pipeline': pipeline, 'e.about': 'money' })
    .whereNot('e.state', 'closed')
    .groupBy('r.side', 'e.currency')
    .select('r.side', 'e.currency')
    .sum({ minor: 'r.minor' })
    .count({ records: '*' })) as Summed[];
  const states = [
    ...matched.map((row) => stateOf(row, row.state === 'proposed' ? 'proposed' : 'confirmed')),
    ...excepted.map((row) => stateOf(row, 'excepted')),
  ];
  for (const side of ['left', 'right'] as const) {
    const { entity, amount } = sides[side];
    const open = (await knex('il_in_transit as t')
      .leftJoin(`${entity} as g`, 'g._id', 't.golden_id')
      .where({ 't.pipeline': pipeline, 't.side': side })
      .select('t.rule', 't.minor', `g.${amount}_currency as currency`)) as {
      rule: string | null;
      minor: number;
      currency: string | null;
    }[];
    for (const { rule, minor, currency } of open)
      states.push({
        side,
        currency: currency ?? '',
        state: rule === null ? 'in_transit' : 'out_of_scope',
        records: 1,
        minor: Number(minor),
      });
  }
  return states;
}

interface Summed {
  side: 'left' | 'right';
  currency: string;
  state?: string;
  minor: number;
  records: number;
}

function stateOf({ side, currency, minor, records }: Summed, state: SideState['state']): SideState {
  return { side, currency, state, records: Number(records), minor: Number(minor) };
}
