import type { BoundMapping, LandContext } from '../landing/context.ts';
import { equalFields } from '../../config/schema/model.ts';
import type { SourceRecord } from '../../core/record.ts';
import type { Candidate, Columns } from '../../mapping/mapping.ts';
import type { Contribution } from '../../identity/survivorship.ts';
import type { Landing, Link } from '../../store/landing/landing.ts';
import type { Cell } from '../../store/rows.ts';
import { contributionOf, differences, type Entry, type Golden, idOf, type Kind, writeGoldens } from './golden-records.ts';
import { withEmptied } from './emptied.ts';
import { referencesOfRows } from '../identity/references.ts';
import { commitMembers } from '../identity/members.ts';

/** The landed record that a link stands for. */
export interface LandedAs {
  sourceId: number;
  key: string;
  landed: number;
  hash: string;
}

/**
 * The golden side of one batch: collects which records were linked and unlinked; `commit` then reads the golden records
 * concerned in bulk, recomputes them from all their links, and writes the differences with their history.
 */
export interface GoldenBatch {
  /** Links a record to what the mappings made of it; returns the links that it has now. */
  link(before: readonly Link[] | undefined, as: LandedAs, made: readonly Made[], record: SourceRecord): Link[];
  /** The short way for a record whose key was never seen and whose entities have no identity: nothing to compare with. */
  addNew(as: LandedAs, made: Made): void;
  /** The source deleted the record: its links stay, marked, and support no golden record anymore. */
  unlinkAll(links: readonly Link[]): Link[];
  commit(): Promise<void>;
}
export interface Made {
  bound: BoundMapping;
  candidate: Candidate;
}

export function goldenBatch(landing: Landing, context: LandContext): GoldenBatch {
  const entries = new Map<string, Entry>();

  function put(old: Link | undefined, link: Link, columns?: Columns, identity: string | null = null, removed = false): void {
    const id = idOf(link);
    const earlier = entries.get(id);
    const was = earlier ? earlier.was : old && old.deletedRun === null ? old.golden : null;
    const wasMember = earlier ? earlier.wasMember : (old?.member ?? null);
    entries.set(id, { link, columns, identity, removed, was, wasMember, stored: earlier ? earlier.stored : old !== undefined });
  }

  const news = new Map<BoundMapping, NewRows>();

  return {
    addNew(as, { bound, candidate }) {
      let rows = news.get(bound);
      if (!rows) news.set(bound, (rows = { links: [], goldens: [] }));
      // Golden ids are filled in when it is known how many there are.
      rows.links.push([as.sourceId, as.key, bound.entityId, candidate.itemKey, 0, as.landed, as.hash]);
      const { columns } = candidate;
      const golden: Cell[] = [0, context.runId, context.runId, as.landed];
      for (const name of bound.mapping.columns) golden.push(columns[name] ?? null);
      rows.goldens.push(golden);
    },
    link(before, as, made, record) {
      const now: Link[] = [];
      for (const { bound, candidate } of made) {
        const old = before?.find((l) => l.entityId === bound.entityId && l.itemKey === candidate.itemKey);
        const columns = context.matching.has(bound.entityId)
          ? withEmptied(
              {
                bound,
                columns: candidate.columns,
                item: candidate.itemKey.slice(bound.itemPrefix.length),
                record,
                from: { connection: context.connection, ...(context.file ? { file: context.file.name } : {}) },
                landed: as.landed,
              },
              old,
            )
          : candidate.columns;
        const mapped = bound.entity.identity ? JSON.stringify(columns) : null;
        const link = linkTo(as, { entityId: bound.entityId, itemKey: candidate.itemKey }, old, mapped);
        put(old, link, columns, identityOf(bound, columns));
        now.push(link);
      }
      if (made.length === 0) {
        // A record that gives nothing is still remembered, so it is known next time.
        const link = linkTo(as, { entityId: 0, itemKey: '' }, undefined, null);
        put(undefined, link);
        now.push(link);
      }
      for (const old of before ?? [])
        if (!now.some((l) => l.entityId === old.entityId && l.itemKey === old.itemKey)) put(old, old, undefined, null, true);
      return now;
    },
    unlinkAll(links) {
      return links.map((old) => {
        const link = { ...old, deletedRun: context.runId };
        put(old, link);
        return link;
      });
    },
    async commit() {
      for (const [bound, rows] of news) await insertNew(landing, context, bound, rows);
      // Records of an entity that the model does not have any more stay as they are, links and all: nothing could be said of them.
      const all = [...entries.values()].filter((e) => e.link.entityId === 0 || context.entities.has(e.link.entityId));
      const kept = all.filter((e) => !e.removed);
      // Before members are placed: a thread may still be comparing them. Of a link that then belongs elsewhere the whole row is written.
      if (!context.allNew) await landing.updateLinks(kept.filter(isThere).map((e) => e.link));
      const byEntity = Map.groupBy(entries.values(), (e) => e.link.entityId);
      for (const [entityId, list] of byEntity) {
        const entity = context.entities.get(entityId);
        if (entity) await commitEntity(landing, context, { entity, entityId }, list);
      }
      await landing.removeLinks(all.filter((e) => e.removed).map((e) => e.link));
      if (context.allNew) return landing.addLinks(kept.map((e) => e.link));
      await landing.putLinks(kept.filter((e) => !staysWith(e)).map((e) => e.link));
    },
  };
}

/** Is the link in the store, of a record that was there until now? */
function isThere({ stored, was }: Entry): boolean {
  return stored && was !== null;
}

/** Does the stored link belong to the golden record and the member that it belonged to? */
function staysWith(entry: Entry): boolean {
  return isThere(entry) && entry.link.golden === entry.was && entry.link.member === entry.wasMember;
}

interface NewRows {
  links: Cell[][];
  goldens: Cell[][];
}

async function insertNew(landing: Landing, context: LandContext, bound: BoundMapping, { links, goldens }: NewRows): Promise<void> {
  let id = await landing.take('golden', goldens.length);
  for (let i = 0; i < goldens.length; i++) {
    links[i]![4] = id;
    goldens[i]![0] = id++;
  }
  const names = [...bound.mapping.columns];
  for (const { field, values } of await referencesOfRows(landing, bound.entity, names, goldens)) {
    names.push(field);
    goldens.forEach((row, i) => row.push(values[i]!));
  }
  if (context.onChange)
    for (const row of goldens)
      context.onChange({
        entity: bound.entity.entity,
        golden: row[0] as number,
        action: 'created',
        changes: differences(names, undefined, row.slice(4)),
      });
  await landing.rows.insert(bound.entity.entity, ['_id', '_created', '_run', '_landed', ...names], goldens);
  await landing.insertLinks(links);
}

function linkTo(as: LandedAs, item: Pick<Link, 'entityId' | 'itemKey'>, old: Link | undefined, mapped: string | null): Link {
  return {
    sourceId: as.sourceId,
    sourceKey: as.key,
    entityId: item.entityId,
    itemKey: item.itemKey,
    golden: old?.golden ?? null,
    landed: as.landed,
    hash: as.hash,
    mapped,
    deletedRun: null,
    member: old?.member ?? null,
  };
}

/** The text that equal records share; null when a part is missing, and then the record stands for itself. */
function identityOf({ entity }: Kind, columns: Columns): string | null {
  const fields = equalFields(entity);
  if (!fields) return null;
  const values = fields.map((f) => columns[f] ?? null);
  return values.includes(null) ? null : JSON.stringify(values);
}

async function commitEntity(landing: Landing, context: LandContext, kind: Kind, entries: readonly Entry[]): Promise<void> {
  const { entity } = kind;
  const active = entries.filter((e) => e.columns !== undefined && !e.removed);
  const model = context.matching.get(kind.entityId);
  if (model) return commitMembers(landing, context, { ...kind, model }, entries);
  const touched = equalFields(entity)
    ? await shareByIdentity(landing, context, kind, entries, active)
    : await oneEach(landing, context, entries, active);
  await writeGoldens(landing, context, kind, touched);
}

/** Without identity each link has its own golden record. */
async function oneEach(landing: Landing, context: LandContext, entries: readonly Entry[], active: readonly Entry[]): Promise<Golden[]> {
  const fresh = active.reduce((n, e) => n + (e.link.golden === null ? 1 : 0), 0);
  let next = fresh > 0 ? await landing.take('golden', fresh) : 0;
  const touched: Golden[] = [];
  for (const entry of entries) {
    const contributions: Contribution[] = [];
    const isNew = entry.link.golden === null;
    if (entry.columns && !entry.removed) {
      entry.link.golden ??= next++;
      contributions.push(contributionOf(context, entry.link, entry.columns));
    }
    if (entry.link.golden !== null) touched.push({ id: entry.link.golden, fresh: isNew, identity: null, contributions });
  }
  return touched;
}

async function shareByIdentity(
  landing: Landing,
  context: LandContext,
  kind: Kind,
  entries: readonly Entry[],
  active: readonly Entry[],
): Promise<Golden[]> {
  const table = kind.entity.entity;
  const identities = new Set(active.map((e) => e.identity).filter((text) => text !== null));
  const known = await landing.byIdentity(table, [...identities]);
  // A record without identity stays with its own golden record, when that has none either.
  const alone = active.filter((e) => e.identity === null);
  const back = active.filter((e) => e.was === null && e.link.golden !== null);
  const there = await landing.goldens(
    table,
    ['_identity'],
    [...new Set([...alone, ...back].map((e) => e.link.golden).filter((id) => id !== null))],
  );
  // What was deleted and comes back gets its old record again, where nobody else has it or its identity now.
  const restored = new Set<Entry>();
  for (const entry of back) {
    const id = entry.link.golden!;
    if (there.has(id) || (entry.identity !== null && known.has(entry.identity))) continue;
    there.set(id, [entry.identity]);
    if (entry.identity === null) restored.add(entry);
    else known.set(entry.identity, id);
  }
  const missing = [...identities].filter((text) => !known.has(text));
  const without = alone.filter((e) => !restored.has(e) && (e.link.golden === null || there.get(e.link.golden)?.[0] !== null));
  const count = missing.length + without.length;
  const firstFresh = count > 0 ? await landing.take('golden', count) : Number.POSITIVE_INFINITY;
  let next = firstFresh;
  for (const text of missing) known.set(text, next++);
  for (const entry of without) entry.link.golden = next++;
  for (const entry of active) if (entry.identity !== null) entry.link.golden = known.get(entry.identity)!;

  const touched = new Map<number, Golden>();
  const touch = (id: number, identity: string | null): Golden => {
    let golden = touched.get(id);
    if (!golden) touched.set(id, (golden = { id, fresh: id >= firstFresh, identity, contributions: [] }));
    if (identity !== null) golden.identity = identity;
    return golden;
  };
  const mine = new Set(entries.map((e) => idOf(e.link)));
  for (const entry of entries) if (entry.was !== null) touch(entry.was, null);
  for (const entry of active)
    touch(entry.link.golden!, entry.identity).contributions.push(contributionOf(context, entry.link, entry.columns!));
  const sourceOf = await landing.sources();
  for (const link of await landing.linksOfGolden(kind.entityId, [...touched.keys()])) {
    if (mine.has(idOf(link))) continue;
    const columns = JSON.parse(link.mapped ?? '{}') as Columns;
    touch(link.golden!, identityOf(kind, columns)).contributions.push(contributionOf(sourceOf(link.sourceId), link, columns));
  }
  return [...touched.values()];
}
