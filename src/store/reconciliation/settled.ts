import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { selectByIds } from '../rows.ts';
import type { MatchSide } from './matches.ts';
import { restrict, type Within } from './within.ts';
import { fieldValues, recordsOf, type Side } from './totals.ts';

/** A key by which a match, or a record that no match has, would be tied to others. */
export interface MatchKey {
  relation: number;
  /** 12 hexadecimal digits. */
  key: string;
  /** Day number; 0 where days do not matter. */
  day: number;
  /** The id of a match; negative: a record that no match has, see unitOf. */
  unit: number;
  /** The pass that took the match. */
  taken: number;
}

/** What stands for a record that no match has. */
export function unitOf(golden: number, side: MatchSide): number {
  return -2 * golden - (side === 'right' ? 1 : 0);
}

/** The record that a negative unit stands for. */
export function recordOfUnit(unit: number): { golden: number; side: MatchSide } {
  const side = -unit % 2 === 1 ? 'right' : 'left';
  return { golden: (-unit - (side === 'right' ? 1 : 0)) / 2, side };
}

/** What the last run kept for the next one, as JSON; undefined: the next one reads everything. */
export async function settledState(knex: Knex, pipeline: string): Promise<string | undefined> {
  const row = (await knex('il_settled').where({ pipeline }).first('state')) as { state: string } | undefined;
  return row?.state;
}

export async function saveSettledState(trx: Knex, pipeline: string, state: string | undefined): Promise<void> {
  await trx('il_settled').where({ pipeline }).delete();
  if (state !== undefined) await trx('il_settled').insert({ pipeline, state });
}

/** Digits of a key. The table has it as a number. */
const DIGITS = 12;

export function numberOfKey(key: string): number {
  return Number.parseInt(key, 16);
}

function keyOfNumber(number: unknown): string {
  return Number(number).toString(16).padStart(DIGITS, '0');
}

/** What stands for a reconciliation in the table of keys. */
export async function numberOf(trx: Knex, pipeline: string): Promise<number> {
  const row = (await trx('il_reconciliation').where({ pipeline }).first('number')) as { number: number | string } | undefined;
  if (!row) throw new Error(`${pipeline} has compared nothing yet.`);
  return Number(row.number);
}

/** Forgets the keys of these units, or of all of a reconciliation. */
export async function forgetKeys(trx: Knex.Transaction, pipeline: string, units?: Iterable<number>): Promise<void> {
  const number = await numberOf(trx, pipeline);
  if (!units) {
    await trx('il_match_key').where({ pipeline: number }).delete();
    return;
  }
  const rows = await dialectOf(trx).rowsOf(trx);
  await rows.remove(
    'il_match_key',
    ['pipeline', 'unit'],
    [...units].map((unit) => [number, unit]),
  );
}

/** Units with one of these keys from one day to another, that the pass or a later one took. */
export async function unitsByKeys(
  trx: Knex.Transaction,
  pipeline: string,
  wanted: readonly { relation: number; key: string; from: number; to: number; pass: number }[],
): Promise<{ relation: number; key: string; day: number; unit: number }[]> {
  const number = await numberOf(trx, pipeline);
  const rows = await dialectOf(trx).rowsOf(trx);
  const found = await rows.select(
    `SELECT relation, key, day, unit FROM il_match_key
      WHERE pipeline = ? AND relation = ? AND key = ? AND day BETWEEN ? AND ? AND taken >= ?`,
    wanted.map(({ relation, key, from, to, pass }) => [number, relation, numberOfKey(key), from, to, pass]),
  );
  return found.map(([relation, key, day, unit]) => ({
    relation: Number(relation),
    key: keyOfNumber(key),
    day: Number(day),
    unit: Number(unit),
  }));
}

/** All keys of these units. */
export async function keysOfUnits(trx: Knex.Transaction, pipeline: string, units: readonly number[]): Promise<MatchKey[]> {
  const number = await numberOf(trx, pipeline);
  const rows = await dialectOf(trx).rowsOf(trx);
  const found = await rows.select(
    'SELECT relation, key, day, unit, taken FROM il_match_key WHERE pipeline = ? AND unit = ?',
    units.map((unit) => [number, unit]),
  );
  return found.map(([relation, key, day, unit, taken]) => ({
    relation: Number(relation),
    key: keyOfNumber(key),
    day: Number(day),
    unit: Number(unit),
    taken: Number(taken),
  }));
}

/**
 * Golden ids of records that runs after `seen`, or one of `open`, have changed: of those that are on the side, and of all others that may have
 * been on it before. A side may be a few records of an entity that grows by many each day. `among`: where they are.
 */
export async function changedGoldens(knex: Knex, side: Side, seen: number, open: readonly number[], among: Within): Promise<number[]> {
  const changed = (query: Knex.QueryBuilder): Knex.QueryBuilder => {
    void query.where((either) => void either.where('g._run', '>', seen).orWhereIn('g._run', [...open]));
    restrict(query, 'g._id', among);
    return query;
  };
  const here = changed(recordsOf(knex, side)).pluck('g._id');
  const earlier = changed(knex(`${side.entity} as g`))
    .where('g._created', '<=', seen)
    .pluck('g._id');
  return [...new Set([...((await here) as number[]), ...((await earlier) as number[])].map(Number))];
}

/** Golden ids of records of an entity that such runs have deleted, or made part of another one. */
export async function deletedGoldens(knex: Knex, entityId: number, seen: number, open: readonly number[]): Promise<number[]> {
  const query = knex('il_history')
    .where({ entity_id: entityId })
    .whereIn('action', ['deleted', 'merged'])
    .where((either) => void either.where('run_id', '>', seen).orWhereIn('run_id', [...open]));
  return [...new Set(((await query.pluck('golden_id')) as number[]).map(Number))];
}

/** Whether such runs have changed, deleted or restored any of these records; one that they created is none. */
export async function hasChanged(
  knex: Knex,
  entityId: number,
  goldens: readonly number[],
  seen: number,
  open: readonly number[],
): Promise<boolean> {
  for (let i = 0; i < goldens.length; i += 500) {
    const row = (await knex('il_history')
      .where({ entity_id: entityId })
      .whereIn('golden_id', goldens.slice(i, i + 500))
      .where((either) => void either.where('run_id', '>', seen).orWhereIn('run_id', [...open]))
      .first('golden_id')) as unknown;
    if (row !== undefined) return true;
  }
  return false;
}

/** What a field of these records said before such runs, also of those that are gone since; what is not known is not there. */
export async function formerValues(
  knex: Knex,
  { entity, entityId }: Pick<Side, 'entity' | 'entityId'>,
  field: string,
  goldens: readonly number[],
  seen: number,
  open: readonly number[],
): Promise<Map<number, string>> {
  const found = new Map(
    [...(await fieldValues(knex, entity, field, goldens))].flatMap(([id, value]) => (value === null ? [] : [[id, value] as const])),
  );
  // The oldest change of a record comes last, and has what was there before all of them.
  for await (const { golden, changes } of changesBy(knex, entityId, goldens, seen, open)) {
    const before = changes[field]?.[0];
    if (typeof before === 'string') found.set(golden, before);
  }
  return found;
}

/** What such runs have changed of these records, field by field from and to; of each record the newest change first. */
async function* changesBy(
  knex: Knex,
  entityId: number,
  goldens: readonly number[],
  seen: number,
  open: readonly number[],
): AsyncGenerator<{ golden: number; changes: Readonly<Record<string, readonly [unknown, unknown] | undefined>> }> {
  for (let i = 0; i < goldens.length; i += 500) {
    const rows = (await knex('il_history')
      .where({ entity_id: entityId })
      .whereIn('golden_id', goldens.slice(i, i + 500))
      .where((either) => void either.where('run_id', '>', seen).orWhereIn('run_id', [...open]))
      .whereNotNull('changes')
      .orderBy('id', 'desc')
      .select('golden_id', 'changes')) as { golden_id: number; changes: string }[];
    for (const { golden_id, changes } of rows)
      yield { golden: Number(golden_id), changes: JSON.parse(changes) as Record<string, [unknown, unknown]> };
  }
}

/** The fields of these records that such runs have changed. */
export async function changedFields(
  knex: Knex,
  entityId: number,
  goldens: readonly number[],
  seen: number,
  open: readonly number[],
): Promise<Set<string>> {
  const fields = new Set<string>();
  for await (const { changes } of changesBy(knex, entityId, goldens, seen, open))
    for (const field of Object.keys(changes)) fields.add(field);
  return fields;
}

/** What a reconciliation made of a record. */
export interface Standing {
  golden: number;
  side: MatchSide;
  /** Its match, where it has one. */
  match: number | null;
  /** The exception that holds its money. */
  exception: string | null;
  state: 'confirmed' | 'proposed' | 'excepted' | 'in_transit' | 'out_of_scope';
  minor: number;
}

/** How these records of a side stand; one that is new is not there. */
export async function standingsOf(
  trx: Knex.Transaction,
  pipeline: string,
  side: MatchSide,
  entityId: number,
  goldens: readonly number[],
): Promise<Standing[]> {
  const rows = await dialectOf(trx).rowsOf(trx);
  const matched = await selectByIds(
    rows,
    `SELECT r.golden_id, m.id, m.state, r.minor FROM il_match_record r JOIN il_match m ON m.id = r.match_id
      WHERE r.entity_id = ? AND r.golden_id {ids} AND r.side = ? AND m.pipeline = ?`,
    goldens,
    (some) => [entityId, ...some, side, pipeline],
  );
  const excepted = await selectByIds(
    rows,
    `SELECT r.golden_id, e.id, r.minor FROM il_exception_record r JOIN il_exception e ON e.id = r.exception_id
      WHERE r.entity_id = ? AND r.golden_id {ids} AND r.side = ? AND e.pipeline = ? AND e.about = 'money' AND e.state <> 'closed'`,
    goldens,
    (some) => [entityId, ...some, side, pipeline],
  );
  const open = await selectByIds(
    rows,
    `SELECT golden_id, rule, minor FROM il_in_transit WHERE pipeline = ? AND side = ? AND golden_id {ids}`,
    goldens,
    (some) => [pipeline, side, ...some],
  );
  const base = { side, match: null, exception: null };
  return [
    ...matched.map(([golden, match, state, minor]): Standing => ({
      ...base,
      golden: Number(golden),
      match: Number(match),
      state: state === 'proposed' ? 'proposed' : 'confirmed',
      minor: Number(minor),
    })),
    ...excepted.map(([golden, exception, minor]): Standing => ({
      ...base,
      golden: Number(golden),
      exception: String(exception),
      state: 'excepted',
      minor: Number(minor),
    })),
    ...open.map(([golden, rule, minor]): Standing => ({
      ...base,
      golden: Number(golden),
      state: rule === null ? 'in_transit' : 'out_of_scope',
      minor: Number(minor),
    })),
  ];
}

/** Golden ids of the records of a side that are in transit. */
export async function goldensInTransit(knex: Knex, pipeline: string, side: MatchSide): Promise<number[]> {
  return ((await knex('il_in_transit').where({ pipeline, side }).whereNull('rule').pluck('golden_id')) as number[]).map(Number);
}
