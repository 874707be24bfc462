import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';

/** Some rows of a file together; see formats/format.ts. */
export interface Passage {
  name: string;
  /** Of its rows, one behind the other; see digests.ts. */
  digests: string;
}

/** Digests by the names of the passages of a source. */
export async function passagesOf(knex: Knex, sourceId: number): Promise<Map<string, string>> {
  const rows = (await knex('il_passage').where({ source_id: sourceId }).select('name', 'digests')) as Passage[];
  return new Map(rows.map(({ name, digests }) => [name, digests]));
}

/** Keeps passages, each of a name that the source has no passage of. */
export async function keepPassages(trx: Knex.Transaction, sourceId: number, passages: readonly Passage[]): Promise<void> {
  if (passages.length === 0) return;
  const rows = await dialectOf(trx).rowsOf(trx);
  await rows.insert(
    'il_passage',
    ['source_id', 'name', 'digests'],
    passages.map(({ name, digests }) => [sourceId, name, digests]),
  );
}

export async function dropAllPassages(trx: Knex.Transaction, sourceId: number): Promise<void> {
  await trx('il_passage').where({ source_id: sourceId }).delete();
}

/** So many are dropped with one look through what the source has: they are not indexed by name. */
const DROPPED_AT_ONCE = 10_000;

export async function dropPassages(trx: Knex.Transaction, sourceId: number, names: readonly string[]): Promise<void> {
  for (let i = 0; i < names.length; i += DROPPED_AT_ONCE)
    await trx('il_passage')
      .where({ source_id: sourceId })
      .whereIn('name', names.slice(i, i + DROPPED_AT_ONCE))
      .delete();
}
