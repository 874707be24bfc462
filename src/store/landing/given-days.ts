import type { Knex } from '../open.ts';

/** The days, or moments, that a field of an entity has in the records of one source: as they are stored, each once. */
export async function givenDays(knex: Knex, sourceId: number, entity: { id: number; name: string }, field: string): Promise<string[]> {
  const query = knex('il_link as l')
    .join(`${entity.name} as g`, 'g._id', 'l.golden_id')
    .where({ 'l.source_id': sourceId, 'l.entity_id': entity.id })
    .whereNull('l.deleted_run')
    .whereNotNull(`g.${field}`)
    .distinct(`g.${field} as day`);
  return ((await query) as { day: string }[]).map(({ day }) => day);
}
