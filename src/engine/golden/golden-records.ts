import { equalFields, type EntityConfig, matchingOf } from '../../config/schema/model.ts';
import { type Contribution, survivors } from '../../identity/survivorship.ts';
import type { Columns } from '../../mapping/mapping.ts';
import type { Landing, Link } from '../../store/landing/landing.ts';
import { references } from '../identity/references.ts';
import { stewardValuesOf } from '../../store/identity/steward-values.ts';
import { columnsOfEntity } from '../../store/model-tables.ts';
import type { Cell } from '../../store/rows.ts';

/** What happened to one golden record, for previews and history. */
export interface GoldenChange {
  entity: string;
  golden: number;
  /** merged: its records belong to another golden record now. */
  action: 'created' | 'changed' | 'deleted' | 'restored' | 'merged';
  /** Column → [before, after]. */
  changes: Record<string, [Cell, Cell]>;
}

/** An entity with its id in the store. */
export interface Kind {
  entity: EntityConfig;
  entityId: number;
}

/** What writing golden records needs to know of the run. */
export interface GoldenContext {
  runId: number;
  onChange?: ((change: GoldenChange) => void) | undefined;
}

/** One golden record that the batch touches. */
export interface Golden {
  id: number;
  /** Its id was taken in this batch: nothing of it can be in the store. */
  fresh: boolean;
  identity: string | null;
  contributions: Contribution[];
  /** Where its records are now, when it has none anymore because of that. */
  mergedInto?: number | undefined;
}

export function contributionOf(
  { connection, pipeline }: { connection: string; pipeline: string },
  link: Link,
  columns: Columns,
): Contribution {
  return { connection, pipeline, sourceKey: link.sourceKey, itemKey: link.itemKey, landed: link.landed, columns };
}

/** What the stored records of each member say; a member without any has an empty list. `except`: links that are at hand elsewhere. */
export async function contributionsOfMembers(
  landing: Landing,
  members: readonly number[],
  except: (link: Link) => boolean = () => false,
): Promise<Map<number, Contribution[]>> {
  const said = new Map(members.map((id): [number, Contribution[]] => [id, []]));
  const sourceOf = await landing.sources();
  for (const link of await landing.linksOfMembers(members))
    if (!except(link))
      said.get(link.member!)!.push(contributionOf(sourceOf(link.sourceId), link, JSON.parse(link.mapped ?? '{}') as Columns));
  return said;
}

const layouts = new WeakMap<object, string[]>();
/** The columns of an entity's table, in order. */
export function columnsOf(entity: EntityConfig): string[] {
  let columns = layouts.get(entity);
  if (!columns) layouts.set(entity, (columns = columnsOfEntity(entity).map((c) => c.name)));
  return columns;
}

/** Computes golden records again from all their links, and writes the differences with their history. */
export async function writeGoldens(
  landing: Landing,
  context: GoldenContext,
  { entity, entityId }: Kind,
  touched: readonly Golden[],
): Promise<void> {
  const table = entity.entity;
  const columns = columnsOf(entity);
  const withIdentity = equalFields(entity) !== undefined;
  const before = await landing.goldens(
    table,
    columns,
    touched.filter((g) => !g.fresh).map((g) => g.id),
  );
  const bookkeeping = ['_id', '_created', '_run', '_landed', '_provenance', ...(withIdentity ? ['_identity'] : [])];
  const inserts: Cell[][] = [];
  /** Of those that changed: all columns, and which of them changed. */
  const updates: { row: Cell[]; changed: string[] }[] = [];
  /** Of those that are what they were: where that comes from. Their columns, which have indexes, are not written again. */
  const origins: Cell[][] = [];
  const deletes: Cell[][] = [];
  const history: { golden: number; landed: number | null; action: GoldenChange['action']; changes: string | null }[] = [];

  const refer = await references(landing, entity, touched);
  // What a person set outranks what the systems say.
  const steward = matchingOf(entity)
    ? await stewardValuesOf(
        landing.rows,
        entityId,
        touched.filter((g) => g.contributions.length > 0).map((g) => g.id),
      )
    : undefined;
  for (const golden of touched) {
    const old = before.get(golden.id);
    if (golden.contributions.length === 0) {
      if (!old) continue;
      deletes.push([golden.id]);
      const changes = differences(columns, old, undefined);
      const action = golden.mergedInto === undefined ? 'deleted' : 'merged';
      if (golden.mergedInto !== undefined) changes._id = [golden.id, golden.mergedInto];
      history.push({ golden: golden.id, landed: null, action, changes: JSON.stringify(changes) });
      context.onChange?.({ entity: table, golden: golden.id, action, changes });
      continue;
    }
    const { columns: given, provenance, landed } = survivors(golden.contributions, entity, columns);
    const values = refer(Object.assign({ ...given }, ...[...(steward?.get(golden.id)?.values() ?? [])].map(({ columns: set }) => set)));
    const row: Cell[] = [golden.id, context.runId, context.runId, landed, provenance ? JSON.stringify(provenance) : null];
    if (withIdentity) row.push(golden.identity);
    for (const column of columns) row.push(values[column] ?? null);
    if (!old) {
      inserts.push(row);
      const action = golden.fresh ? 'created' : 'restored';
      // That it was created, when and from what is in the record itself; history has what came after.
      if (action === 'restored') history.push({ golden: golden.id, landed, action, changes: null });
      if (context.onChange)
        context.onChange({
          entity: table,
          golden: golden.id,
          action,
          changes: differences(columns, undefined, row.slice(-columns.length)),
        });
      continue;
    }
    const changes = differences(columns, old, row.slice(-columns.length));
    const changed = Object.keys(changes).length > 0;
    if (changed) updates.push({ row, changed: Object.keys(changes) });
    else origins.push([...row.slice(3, bookkeeping.length), golden.id]);
    if (changed) {
      history.push({ golden: golden.id, landed, action: 'changed', changes: JSON.stringify(changes) });
      context.onChange?.({ entity: table, golden: golden.id, action: 'changed', changes });
    }
  }
  const all = [...bookkeeping, ...columns];
  await landing.rows.remove(table, ['_id'], deletes);
  await landing.rows.insert(table, all, inserts);
  await writeChanged(landing, table, bookkeeping, columns, updates);
  await landing.rows.update(table, bookkeeping.slice(3), ['_id'], origins);
  if (history.length === 0) return;
  let id = await landing.take('history', history.length);
  await landing.insertHistory(history.map((h) => [entityId, h.golden, id++, context.runId, h.landed, h.action, h.changes]));
}

/** More statements than these for one batch are not worth what each of them saves. */
const MOST_WAYS = 16;

/** Writes what changed of golden records, those together in which the same changed: an index of a column that did not is not written again. */
async function writeChanged(
  landing: Landing,
  table: string,
  bookkeeping: readonly string[],
  columns: readonly string[],
  updates: readonly { row: Cell[]; changed: string[] }[],
): Promise<void> {
  const own = bookkeeping.slice(2);
  const at = new Map(columns.map((name, i) => [name, bookkeeping.length + i]));
  const ways = Map.groupBy(updates, ({ changed }) => changed.join());
  for (const some of ways.size > MOST_WAYS ? [updates] : ways.values()) {
    const names = ways.size > MOST_WAYS ? columns : some[0]!.changed;
    await landing.rows.update(
      table,
      [...own, ...names],
      ['_id'],
      some.map(({ row }) => [...row.slice(2, bookkeeping.length), ...names.map((name) => row[at.get(name)!]!), row[0]!]),
    );
  }
}

/** Column → [before, after], of those that differ. */
export function differences(
  columns: readonly string[],
  before: readonly Cell[] | undefined,
  after: readonly Cell[] | undefined,
): Record<string, [Cell, Cell]> {
  const changes: Record<string, [Cell, Cell]> = {};
  for (let i = 0; i < columns.length; i++) {
    const from = before?.[i] ?? null;
    const to = after?.[i] ?? null;
    if (from !== to) changes[columns[i]!] = [from, to];
  }
  return changes;
}

/** The state in which this batch leaves one link. */
export interface Entry {
  link: Link;
  columns: Columns | undefined;
  identity: string | null;
  /** The link goes altogether: the record gives no such item anymore. */
  removed: boolean;
  /** The golden record that the link supported before the batch. */
  was: number | null;
  /** The member that the link belonged to before the batch. */
  wasMember: number | null;
  /** The link is in the store. */
  stored: boolean;
}

/** Unambiguous whatever the keys hold. */
export function idOf({ sourceId, entityId, itemKey, sourceKey }: Pick<Link, 'sourceId' | 'entityId' | 'itemKey' | 'sourceKey'>): string {
  return `${sourceId} ${entityId} ${itemKey.length} ${itemKey} ${sourceKey}`;
}
