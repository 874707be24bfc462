import type { Knex } from '../open.ts';
import type { Cell, Rows } from '../rows.ts';
import { takeId } from '../sequence.ts';

/** A value that a person set in a golden record. It holds, whatever the systems say, until it is taken back or set again. */
export interface StewardValue {
  id: number;
  /** The record that it was set by: whichever golden record that belongs to has the value. */
  source: string;
  key: string;
  field: string;
  /** Column → value. */
  columns: Readonly<Record<string, Cell>>;
  reason: string;
  actor: string;
  at: string;
  undone: { by: string; at: string } | null;
}

const COLUMNS = 'v.id, v.source, v.member_key, v.field, v.value, v.reason, v.actor, v.set_at';

/** The values that hold in these golden records: by golden record, of each field the one that was set last. */
export async function stewardValuesOf(
  rows: Rows,
  entityId: number,
  goldens: readonly number[],
): Promise<Map<number, Map<string, StewardValue>>> {
  const found = new Map<number, Map<string, StewardValue>>();
  if (goldens.length === 0) return found;
  // Most towns have none, and the join takes a while even then.
  if ((await rows.select('SELECT 1 FROM il_steward_value WHERE entity_id = ? LIMIT 1', [[entityId]])).length === 0) return found;
  const wanted = new Set(goldens);
  const all = await rows.select(
    `SELECT m.golden_id, ${COLUMNS} FROM il_steward_value v
      JOIN il_member m ON m.entity_id = v.entity_id AND m.source = v.source AND m.member_key = v.member_key
      WHERE v.entity_id = ? AND v.undone_at IS NULL AND m.state = 'live' ORDER BY v.id`,
    [[entityId]],
  );
  for (const [golden, ...row] of all) {
    const id = Number(golden);
    if (golden === null || !wanted.has(id)) continue;
    const value = valueOf(row as Cell[], null);
    const fields = found.get(id);
    if (fields) fields.set(value.field, value);
    else found.set(id, new Map([[value.field, value]]));
  }
  return found;
}

/** Values that were set, the newest first, taken back or not; of some records, or all. `holding`: those that were not taken back. */
export async function listStewardValues(
  knex: Knex,
  entityId: number,
  filter: { of?: readonly { source: string; key: string }[] | undefined; holding?: boolean; limit?: number },
): Promise<StewardValue[]> {
  const query = knex('il_steward_value').where({ entity_id: entityId }).orderBy('id', 'desc');
  if (filter.limit !== undefined) void query.limit(filter.limit);
  if (filter.holding) void query.whereNull('undone_at');
  if (filter.of)
    void query.whereIn(
      ['source', 'member_key'],
      filter.of.map(({ source, key }) => [source, key]),
    );
  return ((await query) as Record<string, Cell>[]).map((row) =>
    valueOf(
      [row.id!, row.source!, row.member_key!, row.field!, row.value!, row.reason!, row.actor!, row.set_at!],
      row.undone_at === null ? null : { by: row.undone_by as string, at: row.undone_at as string },
    ),
  );
}

/** Keeps a value; gives its number. */
export async function insertStewardValue(
  trx: Knex,
  entityId: number,
  { source, key, field, columns, reason, actor, at }: Omit<StewardValue, 'id' | 'undone'>,
): Promise<number> {
  const id = await takeId(trx, 'steward_value');
  await trx('il_steward_value').insert({
    id,
    entity_id: entityId,
    source,
    member_key: key,
    field,
    value: JSON.stringify(columns),
    reason,
    actor,
    set_at: at,
  });
  return id;
}

export async function undoStewardValues(trx: Knex, ids: readonly number[], by: string, at: string): Promise<void> {
  await trx('il_steward_value')
    .whereIn('id', [...ids])
    .update({ undone_by: by, undone_at: at });
}

function valueOf([id, source, key, field, value, reason, actor, at]: Cell[], undone: StewardValue['undone']): StewardValue {
  return {
    id: Number(id),
    source: source as string,
    key: key as string,
    field: field as string,
    columns: JSON.parse(value as string) as StewardValue['columns'],
    reason: reason as string,
    actor: actor as string,
    at: at as string,
    undone,
  };
}
