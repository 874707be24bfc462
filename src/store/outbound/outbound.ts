import type { Columns } from '../../mapping/mapping.ts';
import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';

/** How far an outbound pipeline has looked at its golden records. */
export interface Outbound {
  fingerprint: string | null;
  /** Golden records that runs before this one made or changed were looked at. */
  position: number;
}

export async function outboundOf(knex: Knex, pipeline: string): Promise<Outbound> {
  const row = (await knex('il_outbound').where({ pipeline }).first('fingerprint', 'position')) as Outbound | undefined;
  return row ? { fingerprint: row.fingerprint, position: Number(row.position) } : { fingerprint: null, position: 0 };
}

export async function saveOutbound(knex: Knex, pipeline: string, { fingerprint, position }: Outbound): Promise<void> {
  await knex('il_outbound').insert({ pipeline, fingerprint, position }).onConflict('pipeline').merge();
}

/**
 * Every golden record of a run before this one is committed: the oldest run that has not ended, or the next one. A run
 * commits batch by batch under its number, and ends after runs that began later; its records must not be passed over.
 */
export async function settledBefore(knex: Knex, ownRun: number): Promise<number> {
  const [open] = (await knex('il_run').whereNull('ended_at').whereNot('id', ownRun).min({ id: 'id' })) as { id: number | null }[];
  if (open?.id !== null && open?.id !== undefined) return Number(open.id);
  const [newest] = (await knex('il_run').max({ id: 'id' })) as { id: number | null }[];
  return Number(newest?.id ?? 0) + 1;
}

export type Where = Readonly<Record<string, string | readonly string[]>>;

/** Records that belong to a golden record: rows of another entity whose `on` columns equal its own. */
export interface Related {
  name: string;
  entity: string;
  columns: readonly string[];
  /** Their column: its column. */
  on: Readonly<Record<string, string>>;
}

export interface GoldenScan {
  entity: string;
  columns: readonly string[];
  where: Where;
  /** `from`: a day, or of a field with moments the first moment of it in town. */
  since?: { field: string; from: string } | undefined;
  /** Only records that this run or a later one made or changed, or records that belong to them; 0: all. */
  fromRun: number;
  related: readonly Related[];
}

export interface ScannedGolden {
  id: number;
  columns: Columns;
  related: Record<string, Columns[]>;
}

/** Golden records in lists of `size`, in the order of their ids. Names come from the validated model. */
export async function* scanGoldens(knex: Knex, scan: GoldenScan, size: number): AsyncGenerator<ScannedGolden[]> {
  for (let after = 0; ;) {
    const query = knex(`${scan.entity} as g`)
      .select(['_id', ...scan.columns].map((column) => `g.${column}`))
      .where('g._id', '>', after)
      .orderBy('g._id')
      .limit(size);
    restrict(query, scan.where);
    if (scan.since) void query.where(`g.${scan.since.field}`, '>=', scan.since.from);
    if (scan.fromRun > 0)
      void query.where((either) => {
        void either.where('g._run', '>=', scan.fromRun);
        for (const { entity, on } of scan.related)
          void either.orWhereExists((exists) => {
            void exists.select('r._id').from(`${entity} as r`).where('r._run', '>=', scan.fromRun);
            for (const [theirs, ours] of Object.entries(on)) void exists.whereRaw('?? = ??', [`r.${theirs}`, `g.${ours}`]);
          });
      });
    const rows = (await query) as (Columns & { _id: number })[];
    if (rows.length === 0) return;
    after = Number(rows.at(-1)!._id);
    yield await withRelated(knex, rows, scan.related);
  }
}

/** Golden records with the records that belong to each. */
export async function withRelated(
  knex: Knex,
  rows: readonly (Columns & { _id: number })[],
  related: readonly Related[],
): Promise<ScannedGolden[]> {
  const found = rows.map((row): ScannedGolden => ({ id: Number(row._id), columns: row, related: {} }));
  for (const { name, entity, columns, on } of related) {
    const ons = Object.entries(on);
    for (const golden of found) {
      const values = ons.map(([theirs, ours]) => [theirs, golden.columns[ours] ?? null] as const);
      // What has no value belongs to nothing.
      golden.related[name] = values.some(([, value]) => value === null)
        ? []
        : ((await knex(entity)
            .select([...columns])
            .where(Object.fromEntries(values))
            .orderBy('_id')) as Columns[]);
    }
  }
  return found;
}

/** The record of a source that a golden record is made of; of several, the first in trust. */
export interface Origin {
  connection: string;
  stream: string;
  key: string;
  /** Which item of the record; empty where the record is one. */
  item: string;
}

/** Where golden records came from; those that are gone are left out. */
export async function originsOf(knex: Knex, entity: string, entityId: number, goldens: readonly number[]): Promise<Map<number, Origin>> {
  const found = new Map<number, Origin>();
  for (let i = 0; i < goldens.length; i += 500) {
    const rows = (await knex(`${entity} as g`)
      .join('il_landed as d', 'd.id', 'g._landed')
      .join('il_source as s', 's.id', 'd.source_id')
      .leftJoin('il_link as l', (on) => {
        void on.on('l.source_id', 'd.source_id').andOn('l.source_key', 'd.source_key').andOn('l.golden_id', 'g._id');
        void on.andOnVal('l.entity_id', entityId);
      })
      .whereIn('g._id', goldens.slice(i, i + 500))
      .select('g._id', 's.connection', 's.stream', 'd.source_key as key', 'l.item_key as item')) as (Origin & { _id: number })[];
    for (const { _id, connection, stream, key, item } of rows) found.set(Number(_id), { connection, stream, key, item: item ?? '' });
  }
  return found;
}

/** Looking for what belongs to a record asks by these columns, once for each record. */
export async function indexRelated(knex: Knex, related: readonly Related[]): Promise<void> {
  for (const { entity, on } of related) {
    const columns = Object.keys(on);
    await dialectOf(knex).createIndex(knex, { name: `il_with_${entity}_${columns.join('_')}`, table: entity, columns });
  }
}

/** Did this run or a later one delete records of an entity? */
export async function deletedSince(knex: Knex, entityId: number, run: number): Promise<boolean> {
  return (
    (await knex('il_history')
      .where({ entity_id: entityId })
      .whereIn('action', ['deleted', 'merged'])
      .where('run_id', '>=', run)
      .first('id')) !== undefined
  );
}

/** Did this run or a later one make, change or delete records of an entity? */
export async function touchedSince(knex: Knex, entity: string, entityId: number, run: number): Promise<boolean> {
  if ((await knex(entity).where('_run', '>=', run).first('_id')) !== undefined) return true;
  return deletedSince(knex, entityId, run);
}

/** Ids of the newest outbox rows whose golden record is gone, or is none of those that the pipeline sends anymore. */
export async function goneFromOutbox(
  knex: Knex,
  pipeline: string,
  { entity, where }: Pick<GoldenScan, 'entity' | 'where'>,
): Promise<number[]> {
  const there = knex(`${entity} as g`).select('g._id').whereRaw('g._id = o.golden_id');
  restrict(there, where);
  const ids = (await knex('il_outbox as o')
    .where({ 'o.pipeline': pipeline, 'o.latest': 1, 'o.operation': 'write' })
    .whereNotIn('o.state', ['withdrawn', 'dismissed'])
    .whereNotExists(there)
    .orderBy('o.id')
    .pluck('o.id')) as number[];
  return ids.map(Number);
}

/** Only golden records with these values. */
export function restrict(query: Knex.QueryBuilder, where: Where): void {
  for (const [column, value] of Object.entries(where))
    void (typeof value === 'string' ? query.where(`g.${column}`, value) : query.whereIn(`g.${column}`, [...value]));
}
