import { connectorOf, type Project } from '../../config/project.ts';
import { type Origin, originsOf } from '../../store/outbound/outbound.ts';
import type { Knex } from '../../store/open.ts';
import type { OutboxRow } from '../../store/outbound/outbox.ts';
import { entityIds } from '../../store/ledger/sources.ts';

/**
 * What a person finds records by that have no key in the remote system yet: `receipt 000124 of pool`, their key in the system that they
 * came from. By their number here where nothing else can be said: that key is of a person, or the record is gone.
 */
export async function knownBy(
  knex: Knex,
  project: Project,
  { entity, entityId }: { entity: string; entityId: number },
  goldens: readonly number[],
): Promise<Map<number, string>> {
  const origins = await originsOf(knex, entity, entityId, goldens);
  return new Map(
    goldens.map((id) => {
      const origin = origins.get(id);
      return [id, `${entity} ${origin && mayBeNamed(project, origin) ? sourceName(origin) : id}`];
    }),
  );
}

/** The same of rows of the outbox, by their ids; rows that have a key are left out. */
export async function namesOfKeyless(knex: Knex, project: Project, rows: readonly OutboxRow[]): Promise<Map<number, string>> {
  const keyless = rows.filter((row) => row.key.startsWith('{'));
  const found = new Map<number, string>();
  if (keyless.length === 0) return found;
  const entities = new Map([...(await entityIds(knex))].map(([name, id]) => [id, name]));
  for (const [entityId, list] of Map.groupBy(keyless, (row) => row.entityId)) {
    const entity = entities.get(entityId);
    if (entity === undefined) {
      for (const row of list) found.set(row.id, `entry ${row.golden}`);
      continue;
    }
    const goldens = [...new Set(list.map((row) => row.golden))];
    const names = await knownBy(knex, project, { entity, entityId }, goldens);
    for (const row of list) found.set(row.id, names.get(row.golden)!);
  }
  return found;
}

/** Items are identified by fields that nobody said to be of no person, or by their place. */
function sourceName({ connection, key, item }: Origin): string {
  const within = item === '' ? '' : /^\d+$/.test(item) ? `item ${item} of ` : 'an item of ';
  return `${within}${key} of ${connection}`;
}

/** Not by a key that has a name or an address of somebody in it, nor by one of a system that is not described anymore. */
function mayBeNamed(project: Project, { connection, stream }: Origin): boolean {
  const connector = connectorOf(project, connection);
  const source = connector?.streams[stream];
  if (!source) return false;
  const fields = Array.isArray(source.primary_key) ? source.primary_key : source.primary_key.fields;
  return fields.every((field) => source.schema.fields[field]?.class !== 'personal');
}
