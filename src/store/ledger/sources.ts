import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { nextId } from '../sequence.ts';

/** What the store remembers of one pipeline's source. */
export interface Source {
  id: number;
  pipeline: string;
  connection: string;
  stream: string;
  /** Of the mappings that its links were made with; null before the first run. */
  fingerprint: string | null;
  /** The checkpoint of a stream that is not files: JSON text, values exactly as the source wrote them. */
  state: string | null;
  /** What it looked like when it was last read well, as JSON; null before that. */
  columns: string | null;
  /** What identifies its records, as JSON; null before a run remembered it. */
  key: string | null;
}

/**
 * The source of a pipeline, made when new. One that reads another connection or stream now forgets its position, which
 * says nothing there. A new pipeline takes over the source of one that is in the store but not in `pipelines` any more
 * and read the same stream: it was renamed, and its records must not be entered a second time.
 */
export async function sourceOf(
  knex: Knex,
  wanted: { pipeline: string; connection: string; stream: string },
  pipelines: Iterable<string>,
): Promise<Source & { renamedFrom?: string }> {
  // In one transaction: two pipelines that run for the first time at the same moment must not take the same id.
  return dialectOf(knex).write(knex, (trx) => sourceIn(trx, wanted, [...pipelines]));
}

async function sourceIn(
  trx: Knex,
  wanted: { pipeline: string; connection: string; stream: string },
  pipelines: readonly string[],
): Promise<Source & { renamedFrom?: string }> {
  const { pipeline, connection, stream } = wanted;
  const known = (await trx('il_source').where({ pipeline }).first()) as Source | undefined;
  if (known) {
    if (known.connection === connection && known.stream === stream) return known;
    await trx('il_source').where({ id: known.id }).update({ connection, stream, state: null, columns: null });
    return { ...known, connection, stream, state: null, columns: null };
  }
  const left = (await trx('il_source').where({ connection, stream }).whereNotIn('pipeline', pipelines).orderBy('id')) as Source[];
  if (stream !== '' && left.length === 1) {
    await trx('il_source').where({ id: left[0]!.id }).update({ pipeline });
    return { ...left[0]!, pipeline, renamedFrom: left[0]!.pipeline };
  }
  await trx('il_source').insert({ id: await nextId(trx, 'il_source'), ...wanted });
  return (await trx('il_source').where({ pipeline }).first()) as Source;
}

/** The source of a pipeline as the store has it; undefined before its first run. */
export async function findSource(knex: Knex, pipeline: string): Promise<Source | undefined> {
  return (await knex('il_source').where({ pipeline }).first()) as Source | undefined;
}

/** How many records of a source are there now. */
export async function countLinkedRecords(knex: Knex, sourceId: number): Promise<number> {
  const [row] = (await knex('il_link').where({ source_id: sourceId }).whereNull('deleted_run').countDistinct({ n: 'source_key' })) as {
    n: number;
  }[];
  return Number(row!.n);
}

export async function listSources(knex: Knex): Promise<Source[]> {
  return (await knex('il_source').orderBy('id')) as Source[];
}

export async function saveState(knex: Knex, sourceId: number, state: string): Promise<void> {
  await knex('il_source').where({ id: sourceId }).update({ state });
}

export async function saveColumns(knex: Knex, sourceId: number, columns: string): Promise<void> {
  await knex('il_source').where({ id: sourceId }).update({ columns });
}

export async function saveKey(knex: Knex, sourceId: number, key: string): Promise<void> {
  await knex('il_source').where({ id: sourceId }).update({ key });
}

export async function saveFingerprint(knex: Knex, sourceId: number, fingerprint: string): Promise<void> {
  await knex('il_source').where({ id: sourceId }).update({ fingerprint });
}

export async function entityIds(knex: Knex): Promise<Map<string, number>> {
  const rows = (await knex('il_entity')) as { id: number; name: string }[];
  return new Map(rows.map((row) => [row.name, row.id]));
}

/** The id of a list of columns, made when new. */
export async function shapeOf(knex: Knex, columns: readonly string[]): Promise<number> {
  const known = await findShape(knex, columns);
  if (known !== undefined) return known;
  const id = await newShapeId(knex);
  await insertShape(knex, id, columns);
  return id;
}

/** The id of a list of columns that is stored. */
export async function findShape(knex: Knex, columns: readonly string[]): Promise<number | undefined> {
  const known = (await knex('il_shape')
    .where({ columns: JSON.stringify(columns) })
    .first('id')) as { id: number } | undefined;
  return known?.id;
}

/** An id for a list of columns that is stored later. */
export async function newShapeId(knex: Knex): Promise<number> {
  return nextId(knex, 'il_shape');
}

export async function insertShape(knex: Knex, id: number, columns: readonly string[]): Promise<void> {
  await knex('il_shape').insert({ id, columns: JSON.stringify(columns) });
}

/** Every pipeline that the store has records of, also of those that are no longer in the configuration; by name. */
export async function storedPipelines(knex: Knex): Promise<string[]> {
  const names = await Promise.all(
    ['il_source', 'il_outbox', 'il_run'].map((table) => knex(table).distinct('pipeline').pluck('pipeline') as Promise<string[]>),
  );
  // A decision about people is a run too, and has a title in words: no pipeline's name has a space.
  return [...new Set(names.flat())].filter((name) => !name.includes(' ')).sort();
}
