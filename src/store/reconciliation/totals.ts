import { exactInteger } from '../numbers.ts';
import type { Knex } from '../open.ts';
import { restrict, type Within } from './within.ts';

/** The records of one side of a reconciliation. Names come from the validated model. */
export interface Side {
  entity: string;
  entityId: number;
  /** Column → one value or several. */
  where: Readonly<Record<string, string | readonly string[]>>;
  /** Its money field. */
  amount: string;
  /** Sources whose pipelines are off: their records do not count. */
  off: readonly number[];
}

/** Sum and count of one combination of values in one currency. */
export interface Total {
  values: (string | number | null)[];
  /** null: these records have no amount. */
  currency: string | null;
  /** Minor units. */
  minor: number;
  count: number;
}

/** One record of a side. */
export interface SideRecord {
  id: number;
  /** The run that changed it last. */
  version: number;
  currency: string | null;
  /** Minor units; null: it has no amount. */
  minor: number | null;
  values: (string | number | null)[];
}

/** Sums a money column for each combination of `columns` and each currency: amounts of two currencies are never added. */
export async function* totals(knex: Knex, side: Side, columns: readonly string[]): AsyncGenerator<Total> {
  const keys = [...columns.map((c) => `g.${c}`), `g.${side.amount}_currency`];
  const sql = recordsOf(knex, side)
    .select(keys.map((key, i) => `${key} as k${i}`))
    .sum({ _minor: `g.${side.amount}` })
    .count({ _count: '*' })
    .groupBy(keys);
  for (const row of (await sql) as Record<string, string | number | null>[])
    yield {
      values: columns.map((_, i) => row[`k${i}`] ?? null),
      currency: (row[`k${columns.length}`] as string | null) ?? null,
      minor: exactInteger(row._minor ?? 0),
      count: Number(row._count),
    };
}

/** The records of a side in lists of `size`, in the order of their ids. `within`: ids that are enough; it may give others too. */
export async function* recordsOfSide(
  knex: Knex,
  side: Side,
  columns: readonly string[],
  size: number,
  within?: Within,
): AsyncGenerator<SideRecord[]> {
  for (let after = 0; ;) {
    const query = recordsOf(knex, side).select(selected(side, columns)).where('g._id', '>', after).orderBy('g._id').limit(size);
    restrict(query, 'g._id', within);
    const rows = await query;
    if (rows.length === 0) return;
    after = Number((rows.at(-1) as Record<string, number>)._id);
    yield rows.map(recordOf(columns));
  }
}

/** The records of a side among these. */
export async function recordsAmong(knex: Knex, side: Side, columns: readonly string[], goldens: readonly number[]): Promise<SideRecord[]> {
  const found: SideRecord[] = [];
  for (let i = 0; i < goldens.length; i += 500) {
    const rows = await recordsOf(knex, side)
      .select(selected(side, columns))
      .whereIn('g._id', goldens.slice(i, i + 500));
    found.push(...rows.map(recordOf(columns)));
  }
  return found;
}

/** The records of a side with one of these values in each of these columns; with null among them, also those without a value. */
export async function recordsWith(
  knex: Knex,
  side: Side,
  columns: readonly string[],
  wanted: Readonly<Record<string, readonly (string | number | null)[]>>,
): Promise<SideRecord[]> {
  const query = recordsOf(knex, side).select(selected(side, columns));
  for (const [column, values] of Object.entries(wanted)) {
    const given = values.filter((value) => value !== null);
    void query.where((either) => {
      void either.whereIn(`g.${column}`, given);
      if (given.length < values.length) void either.orWhereNull(`g.${column}`);
    });
  }
  return ((await query) as Record<string, string | number | null>[]).map(recordOf(columns));
}

/**
 * Records of a side whose newest version was rejected: what is stored is the last good one. At most as many as there are open
 * rejects. `columns` of each are given too.
 */
export async function heldRecords(knex: Knex, side: Side, columns: readonly string[]): Promise<SideRecord[]> {
  const rows = await recordsOf(knex, side)
    .select(selected(side, columns))
    .whereIn('g._id', heldGoldens(knex, side.entityId).select('l.golden_id'))
    .orderBy('g._id');
  return (rows as Record<string, string | number | null>[]).map(recordOf(columns));
}

/** Golden records of an entity of which a source record has an open reject by the same key, with the reject and its pipeline. */
export async function heldBy(knex: Knex, entityId: number): Promise<Map<number, { reject: number; pipeline: string }>> {
  const rows = (await heldGoldens(knex, entityId)
    .join('il_source as s', 's.id', 'r.source_id')
    .orderBy('r.id')
    .select('l.golden_id', 'r.id', 's.pipeline')) as { golden_id: number; id: number; pipeline: string }[];
  return new Map(rows.map((row) => [Number(row.golden_id), { reject: Number(row.id), pipeline: row.pipeline }]));
}

function heldGoldens(knex: Knex, entityId: number): Knex.QueryBuilder {
  return knex('il_reject as r')
    .join('il_link as l', (on) => void on.on('l.source_id', 'r.source_id').andOn('l.source_key', 'r.reject_key'))
    .where({ 'r.state': 'open', 'l.entity_id': entityId })
    .whereNotNull('l.golden_id')
    .whereNull('l.deleted_run');
}

/** Every query of a side starts here, so sums and records are of the same. */
export function recordsOf(
  knex: Knex,
  { entity, entityId, where, off }: Pick<Side, 'entity' | 'entityId' | 'where' | 'off'>,
): Knex.QueryBuilder {
  const query = knex(`${entity} as g`);
  for (const [column, value] of Object.entries(where))
    void (typeof value === 'string' ? query.where(`g.${column}`, value) : query.whereIn(`g.${column}`, [...value]));
  return withoutOff(knex, query, entityId, off);
}

/** Leaves out what only pipelines gave that are off; a record that another one gives too is still there. */
export function withoutOff(knex: Knex, query: Knex.QueryBuilder, entityId: number, off: readonly number[]): Knex.QueryBuilder {
  if (off.length === 0) return query;
  const fromOff = knex('il_landed as d')
    .select('d.id')
    .whereRaw('d.id = g._landed')
    .whereIn('d.source_id', [...off]);
  const elsewhere = knex('il_link as l')
    .select('l.golden_id')
    .whereRaw('l.golden_id = g._id')
    .where({ 'l.entity_id': entityId })
    .whereNotNull('l.mapped')
    .whereNull('l.deleted_run')
    .whereNotIn('l.source_id', [...off]);
  return query.where((either) => void either.whereNotExists(fromOff).orWhereExists(elsewhere));
}

function selected({ amount }: Side, columns: readonly string[]): string[] {
  return ['g._id', 'g._run', `g.${amount} as _minor`, `g.${amount}_currency as _currency`, ...columns.map((c, i) => `g.${c} as k${i}`)];
}

function recordOf(columns: readonly string[]): (row: Record<string, string | number | null>) => SideRecord {
  const names = columns.map((_, i) => `k${i}`);
  return (row) => ({
    id: Number(row._id),
    version: Number(row._run),
    currency: row._currency as string | null,
    minor: row._minor === null || row._minor === undefined ? null : Number(row._minor),
    values: names.map((name) => row[name] ?? null),
  });
}

/** One field of these records, as text, by golden id. The names come from the validated model. */
export async function fieldValues(
  knex: Knex,
  entity: string,
  field: string,
  goldens: readonly number[],
): Promise<Map<number, string | null>> {
  const found = new Map<number, string | null>();
  for (let i = 0; i < goldens.length; i += 500) {
    const rows = (await knex(entity)
      .whereIn('_id', goldens.slice(i, i + 500))
      .select('_id', { value: field })) as { _id: number; value: string | number | null }[];
    for (const { _id, value } of rows) found.set(Number(_id), value === null ? null : String(value));
  }
  return found;
}
