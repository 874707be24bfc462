import type { Profile } from '../../identity/roles.ts';
import type { LandContext } from '../landing/context.ts';
import { type EntityConfig } from '../../config/schema/model.ts';
import type { IdentityModel } from '../../identity/model.ts';
import { type Contribution, survivors } from '../../identity/survivorship.ts';
import type { Columns } from '../../mapping/mapping.ts';
import { identityStore, type Member, type MemberName } from '../../store/identity/identity.ts';
import type { Landing } from '../../store/landing/landing.ts';
import { columnsOfRecord } from '../../store/model-tables.ts';
import {
  contributionOf,
  contributionsOfMembers,
  type Entry,
  type Golden,
  idOf,
  type Kind,
  writeGoldens,
} from '../golden/golden-records.ts';
import { follow } from './references.ts';
import { resolveTouched, type Touched } from './changed/resolve-touched.ts';

/** What writing golden records of members needs to know of the run. */
export type MemberContext = Pick<LandContext, 'runId' | 'onChange' | 'entities'>;

/** An entity whose records are compared. */
export interface MatchedKind extends Kind {
  model: IdentityModel;
}

/**
 * The golden side of a batch for an entity with the long form of identity: who is concerned, what their records say
 * together, whom they are one with now, and the golden records that this changes. In a first load the new ones are only
 * noted; they are compared all at once when the load is done (resolve-new.ts).
 */
export async function commitMembers(landing: Landing, context: LandContext, kind: MatchedKind, entries: readonly Entry[]): Promise<void> {
  const store = identityStore(landing.rows, kind.entityId);
  const active = entries.filter((e) => e.columns !== undefined && !e.removed && e.link.deletedRun === null);
  const { byId, isNew } = await findMembers(landing, context, kind, entries, active);
  const fresh = [...byId.values()].filter((m) => isNew.has(m.id));
  await store.insertMembers(context.allNew ? fresh.map((m) => ({ ...m, state: 'new' as const })) : fresh);
  // Most of them will stay alone: their links need not be written again when all are compared.
  if (context.allNew) for (const { link } of active) link.golden ??= link.member;
  if (context.allNew && fresh.length > 0) await landing.rows.update('il_entity', ['members_new'], ['id'], [[1, kind.entityId]]);
  const now = [...byId.values()].filter((member) => member.state !== 'new' && !(context.allNew && isNew.has(member.id)));
  if (now.length === 0) return;
  const said = await contributionsOf(
    landing,
    context,
    now.map(({ id }) => id),
    entries,
    active,
  );
  const touched = now.map((member): Touched => ({ member, isNew: isNew.has(member.id), ...profileOf(kind, said.get(member.id)!) }));
  const { goldens, goldenOf } = await resolveTouched(store, kind.model, touched, context.comparedAhead?.(kind.entityId));
  for (const entry of active) entry.link.golden = goldenOf.get(entry.link.member!) ?? entry.link.golden;
  await writeOfMembers(landing, context, kind, store, { goldens, goldenOf, said, isNew, mine: new Set(entries.map((e) => idOf(e.link))) });
}

/** The members that the batch concerns, by id; those that are new have their ids in the order of the records. */
async function findMembers(
  landing: Landing,
  context: LandContext,
  kind: MatchedKind,
  entries: readonly Entry[],
  active: readonly Entry[],
): Promise<{ byId: Map<number, Member>; isNew: Set<number> }> {
  const store = identityStore(landing.rows, kind.entityId);
  const names = new Map<string, { source: string; key: string; entries: Entry[] }>();
  for (const entry of active) {
    const name = memberName(kind.model, context.connection, entry.columns!, entry.link);
    const text = JSON.stringify([name.source, name.key]);
    const known = names.get(text);
    if (known) known.entries.push(entry);
    else names.set(text, { ...name, entries: [entry] });
  }
  const byId = new Map<number, Member>();
  for (const member of context.ahead ? [] : await store.byKey([...names.values()])) {
    byId.set(member.id, member);
    const text = JSON.stringify([member.source, member.key]);
    for (const entry of names.get(text)!.entries) entry.link.member = member.id;
    names.delete(text);
  }
  const isNew = new Set<number>();
  let id = names.size > 0 ? await landing.take('golden', names.size) : 0;
  for (const { source, key, entries: mine } of names.values()) {
    const member = newMember(id++, source, key);
    byId.set(member.id, member);
    isNew.add(member.id);
    for (const entry of mine) entry.link.member = member.id;
  }
  const left = new Set(entries.map((e) => e.wasMember).filter((was) => was !== null && !byId.has(was)));
  if (left.size > 0) for (const member of await store.byId([...left] as number[])) byId.set(member.id, member);
  return { byId, isNew };
}

export function newMember(id: number, source: string, key: string): Member {
  return { id, source, key, state: 'live', golden: null, host: null, population: -1, profile: null, linkKind: null, linkScore: null };
}

/** What a source calls the one that a record is about; without a number in that system, the record's own key. */
export function memberName(
  { keys }: IdentityModel,
  connection: string,
  columns: Columns,
  link: { sourceKey: string; itemKey: string },
): { source: string; key: string } {
  const source = keys ? (columns[keys.source] ?? null) : null;
  const key = keys ? (columns[keys.key] ?? null) : null;
  return {
    source: source === null ? connection : String(source),
    key: key === null ? (link.itemKey === '' ? link.sourceKey : `${link.sourceKey}/${link.itemKey}`) : String(key),
  };
}

/** What the records of each member say, those of this batch as they are now. */
async function contributionsOf(
  landing: Landing,
  context: LandContext,
  members: readonly number[],
  entries: readonly Entry[],
  active: readonly Entry[],
): Promise<Map<number, Contribution[]>> {
  const mine = new Set(entries.map((e) => idOf(e.link)));
  // In most nights all that is known of a member is in the batch: what was mapped before need not be read.
  const others = (await landing.linkNamesOfMembers(members)).filter((name) => !mine.has(idOf(name))).map(({ member }) => member);
  const stored = await contributionsOfMembers(landing, [...new Set(others)], (link) => mine.has(idOf(link)));
  const now = Map.groupBy(active, (entry) => entry.link.member!);
  return new Map(
    members.map((id) => [
      id,
      [...(now.get(id) ?? []).map((entry) => contributionOf(context, entry.link, entry.columns!)), ...(stored.get(id) ?? [])],
    ]),
  );
}

const columnLists = new WeakMap<EntityConfig, string[]>();

/** What a member is compared by: its records taken together as survivorship says. */
export function profileOf({ entity, model }: MatchedKind, said: readonly Contribution[]): { population: number; profile: Profile | null } {
  if (said.length === 0) return { population: -1, profile: null };
  let columns = columnLists.get(entity);
  if (!columns) columnLists.set(entity, (columns = columnsOfRecord(entity)));
  const merged = survivors(said, entity, columns).columns;
  const population = model.populationOf(merged);
  return { population, profile: population < 0 ? [] : model.populations[population]!.read(merged) };
}

/** What `writeOfMembers` needs to know of the golden records that changed. */
export interface Changed {
  /** Golden records whose members or whose members' records changed. */
  goldens: ReadonlySet<number>;
  /** The golden record of each member that was looked at. */
  goldenOf: ReadonlyMap<number, number>;
  /** What the records of some members say, where it is at hand. */
  said: ReadonlyMap<number, Contribution[]>;
  /** Members that were never in a golden record. */
  isNew: ReadonlySet<number>;
  mine: ReadonlySet<string>;
  /** All members of these golden records, where they are at hand. */
  members?: readonly MemberName[];
}

/** Writes golden records again from all the records of all their members. */
export async function writeOfMembers(
  landing: Landing,
  context: MemberContext,
  kind: MatchedKind,
  store: ReturnType<typeof identityStore>,
  { goldens, goldenOf, said, isNew, mine, members = undefined }: Changed,
): Promise<void> {
  const touched = new Map(
    [...goldens].map((id): [number, Golden] => [id, { id, fresh: isNew.has(id), identity: null, contributions: [] }]),
  );
  const others: number[] = [];
  const all = members ?? (await store.namesOfGoldens([...goldens]));
  for (const member of all) {
    const list = said.get(member.id);
    if (list) touched.get(member.golden!)!.contributions.push(...list);
    else if (member.state === 'live') others.push(member.id);
  }
  const sourceOf = await landing.sources();
  for (const link of await landing.linksOfMembers(others)) {
    if (mine.has(idOf(link))) continue;
    const columns = JSON.parse(link.mapped ?? '{}') as Columns;
    touched.get(link.golden!)!.contributions.push(contributionOf(sourceOf(link.sourceId), link, columns));
  }
  for (const golden of touched.values()) {
    const now = goldenOf.get(golden.id);
    if (golden.contributions.length === 0 && now !== undefined && now !== golden.id) golden.mergedInto = now;
  }
  await follow(landing, context, kind, all);
  await writeGoldens(
    landing,
    context,
    kind,
    [...touched.values()].sort((a, b) => a.id - b.id),
  );
}
