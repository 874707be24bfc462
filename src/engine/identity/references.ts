import type { EntityConfig } from '../../config/schema/model.ts';
import type { Columns } from '../../mapping/mapping.ts';
import { identityStore, type MemberName } from '../../store/identity/identity.ts';
import type { Landing } from '../../store/landing/landing.ts';
import type { Cell } from '../../store/rows.ts';

/** A field that holds the id of a golden record of another entity. */
export interface Reference {
  field: string;
  /** Whose golden record it is. */
  entity: string;
  /** The fields that hold the connection and the number there. */
  by: readonly [string, string];
}

const known = new WeakMap<EntityConfig, Reference[]>();

/** The references of an entity, in the order of its fields. */
export function referencesOf(entity: EntityConfig): Reference[] {
  let list = known.get(entity);
  if (!list)
    known.set(
      entity,
      (list = Object.entries(entity.fields).flatMap(([field, { type, entity: target, by }]) =>
        type === 'reference' && target !== undefined && by !== undefined ? [{ field, entity: target, by }] : [],
      )),
    );
  return list;
}

/**
 * What fills in the references of golden records that are about to be written: the golden id of the member that two of
 * their fields name; null as long as that system told of no such member.
 */
export async function references(
  landing: Landing,
  entity: EntityConfig,
  goldens: readonly { contributions: readonly { columns: Columns }[] }[],
): Promise<(columns: Columns) => Columns> {
  const list = referencesOf(entity);
  if (list.length === 0) return (columns) => columns;
  const found = new Map<string, Map<string, number>>();
  for (const reference of list) {
    const names: Named[] = [];
    for (const { contributions } of goldens)
      for (const { columns: c } of contributions) names.push([c[reference.by[0]] ?? null, c[reference.by[1]] ?? null]);
    found.set(reference.field, await goldensOf(landing, reference.entity, names));
  }
  return (columns) => {
    const filled: Record<string, Cell> = { ...columns };
    for (const { field, by } of list)
      filled[field] = found.get(field)!.get(JSON.stringify([text(columns[by[0]]), text(columns[by[1]])])) ?? null;
    return filled;
  };
}

type Named = readonly [source: Cell, key: Cell];

/** The golden ids of members, by the JSON of their connection and key. */
async function goldensOf(landing: Landing, target: string, list: readonly Named[]): Promise<Map<string, number>> {
  const names = new Map<string, { source: string; key: string }>();
  for (const [source, key] of list)
    if (source !== null && key !== null)
      names.set(JSON.stringify([String(source), String(key)]), { source: String(source), key: String(key) });
  if (names.size === 0) return new Map();
  const members = await identityStore(landing.rows, await idOf(landing, target)).byKey([...names.values()]);
  return new Map(
    members.flatMap((m) => (m.golden !== null && m.state === 'live' ? [[JSON.stringify([m.source, m.key]), m.golden] as const] : [])),
  );
}

function text(value: Cell | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

/** The same for rows of a first load, of which nothing can be in the store: by reference, its value in each row. None where nothing is named. */
export async function referencesOfRows(
  landing: Landing,
  entity: EntityConfig,
  names: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<{ field: string; values: Cell[] }[]> {
  const filled: { field: string; values: Cell[] }[] = [];
  for (const { field, entity: target, by } of referencesOf(entity)) {
    // Rows begin with the four columns of bookkeeping.
    const [source, key] = [names.indexOf(by[0]) + 4, names.indexOf(by[1]) + 4];
    if (source < 4 || key < 4) continue;
    const found = await goldensOf(
      landing,
      target,
      rows.map((row) => [row[source] ?? null, row[key] ?? null]),
    );
    if (found.size > 0)
      filled.push({ field, values: rows.map((row) => found.get(JSON.stringify([text(row[source]), text(row[key])])) ?? null) });
  }
  return filled;
}

async function idOf(landing: Landing, entity: string): Promise<number> {
  const [row] = await landing.rows.select('SELECT id FROM il_entity WHERE name = ?', [[entity]]);
  return Number(row?.[0] ?? -1);
}

/** What following needs to know of the run. */
export interface Following {
  runId: number;
  entities: ReadonlyMap<number, EntityConfig>;
  onChange?: ((change: { entity: string; golden: number; action: 'changed'; changes: Record<string, [Cell, Cell]> }) => void) | undefined;
}

/** Lets everything that refers to the members follow them to the golden records where they are now, with its history. */
export async function follow(
  landing: Landing,
  context: Following,
  kind: { entity: EntityConfig; entityId: number },
  members: readonly MemberName[],
): Promise<void> {
  const referring = [...context.entities].flatMap(([entityId, entity]) =>
    referencesOf(entity).flatMap((reference) => (reference.entity === kind.entity.entity ? [{ entityId, entity, reference }] : [])),
  );
  if (members.length === 0) return;
  for (const { entityId, entity, reference } of referring) {
    const { field, by } = reference;
    if ((await landing.rows.select(`SELECT 1 FROM "${entity.entity}" LIMIT 1`, [[]])).length === 0) continue;
    const history: Cell[][] = [];
    const updates: Cell[][] = [];
    for (const member of members) {
      const now = member.state === 'live' ? member.golden : null;
      const rows = await landing.rows.select(
        `SELECT _id, _landed, "${field}" FROM "${entity.entity}" WHERE "${by[0]}" = ? AND "${by[1]}" = ?`,
        [[member.source, member.key]],
      );
      for (const [id, landed, before] of rows) {
        if ((before ?? null) === now) continue;
        updates.push([now, context.runId, id!]);
        const changes = { [field]: [before ?? null, now] as [Cell, Cell] };
        history.push([entityId, id!, 0, context.runId, landed!, 'changed', JSON.stringify(changes)]);
        context.onChange?.({ entity: entity.entity, golden: Number(id), action: 'changed', changes });
      }
    }
    if (updates.length === 0) continue;
    await landing.rows.update(entity.entity, [field, '_run'], ['_id'], updates);
    const first = await landing.take('history', history.length);
    await landing.insertHistory(history.map((row, i) => [row[0]!, row[1]!, first + i, ...row.slice(3)]));
  }
}
