import type { Knex } from './open.ts';

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
}

/** The source of a pipeline, made when new. */
export async function sourceOf(knex: Knex, pipeline: string, connection: string, stream: string): Promise<Source> {
  await knex('il_source')
    .insert({ id: knex.raw('(SELECT coalesce(max(id), 0) + 1 FROM il_source)'), pipeline, connection, stream })
    .onConflict('pipeline')
    .merge(['connection', 'stream']);
  return (await knex('il_source').where({ pipeline }).first()) as Source;
}

export async function listSources(knex: Knex): Promise<Source[]> {
  return (await knex('il_source').orderBy('id')) as Source[];
}

export async function saveState(knex: Knex, sourceId: number, state: string): Promise<void> {
  await knex('il_source').where({ id: sourceId }).update({ state });
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
  const text = JSON.stringify(columns);
  const known = (await knex('il_shape').where({ columns: text }).first('id')) as { id: number } | undefined;
  if (known) return known.id;
  const id = Number(((await knex('il_shape').max({ id: 'id' })) as { id: number | null }[])[0]?.id ?? 0) + 1;
  await knex('il_shape').insert({ id, columns: text });
  return id;
}
