import { firstAtLeast } from '../../core/first-at-least.ts';
import { keysOfRule } from '../../identity/block/passes.ts';
import { profileAt } from '../../identity/block/table.ts';
import { partsOf, rulePairs } from '../../identity/resolve.ts';
import { signaturesOf } from '../../identity/score/screen-signature.ts';
import { scorePair, verdictOf } from '../../identity/score/score.ts';
import {
  decisionsOf,
  identityStore,
  type IdentityStore,
  type Member,
  type StoredDecision,
  type StoredEdge,
} from '../../store/identity/identity.ts';
import type { Contribution } from '../../identity/survivorship.ts';
import type { Columns } from '../../mapping/mapping.ts';
import type { Landing } from '../../store/landing/landing.ts';
import type { Knex } from '../../store/open.ts';
import { contributionOf } from '../golden/golden-records.ts';
import { startComparison } from './compare-all.ts';
import { type Everyone, LINK_KINDS, readEveryone } from './everyone.ts';
import { type MatchedKind, type MemberContext, writeOfMembers } from './members.ts';
import { type PackedEdges, verdictOfPacked } from './packed-edges.ts';
import { clusterMembers, isTie, nameOf } from './place.ts';

/** Members whose records are read and written at once. */
const CHUNK = 500;

/**
 * Compares all members of an entity at once: for a first load, and when what they are compared by changed. Gives what
 * comparing them one by one gives. `also`: golden records of a store that was not compared before; they are computed again too.
 * Pairs are compared in threads of their own while the members' keys are written here.
 */
export async function rebuild(
  landing: Landing,
  trx: Knex,
  context: MemberContext,
  kind: MatchedKind,
  also: ReadonlySet<number> = new Set(),
): Promise<void> {
  const store = identityStore(landing.rows, kind.entityId);
  const everyone = await readEveryone(landing, store, kind);
  if (everyone.size === 0) return;
  await store.clear();
  let edges = await compareEveryone(store, kind, everyone);
  for (let i = 0; i < edges.length; i += CHUNK) await store.insertEdges(edges.slice(i, i + CHUNK));
  const before = everyone.golden.slice();
  placeEveryone(kind, everyone, edges, await decisionsOf(trx, kind.entityId));
  edges = [];
  await writePlaces(landing, context, kind, store, everyone, { before, also });
}

/** The pairs that are linked or wait. Keys and signatures are written meanwhile. */
async function compareEveryone(store: IdentityStore, kind: MatchedKind, everyone: Everyone): Promise<StoredEdge[]> {
  const comparisons = everyone.tables.map(({ table }, population) => startComparison(kind.model, population, table));
  // Whoever waits for them is told of a failure.
  const keys = Promise.all(comparisons.map((comparison) => comparison.keys));
  const edges = Promise.all(comparisons.map((comparison) => comparison.edges));
  for (const one of [keys, edges]) one.catch(() => {});
  try {
    await writeSignatures(store, kind, everyone);
    await writeKeys(store, kind, everyone, await keys);
    return allEdges(kind, everyone, await edges);
  } finally {
    for (const comparison of comparisons) await comparison.stop();
  }
}

async function writeKeys(
  store: IdentityStore,
  { model }: MatchedKind,
  { tables, ids }: Everyone,
  keys: readonly (readonly Float64Array[])[],
): Promise<void> {
  const idsOf = tables.map(({ members }) => Float64Array.from(members, (member) => ids[member]!));
  await store.keys.write((put) =>
    model.populations.forEach(({ rules }, number) => {
      const { table } = tables[number]!;
      for (const ofPass of keys[number]!) put(ofPass, idsOf[number]!);
      for (const rule of rules) put(keysOfRule(rule, table), idsOf[number]!);
    }),
  );
}

async function writeSignatures(
  store: IdentityStore,
  { model }: MatchedKind,
  { ids, live, population, record, tables }: Everyone,
): Promise<void> {
  const signatures = signaturesOf(model);
  const stored = store.signatures(signatures);
  await stored.clear();
  await stored.writeAll(ids, (i, into, at) => {
    const table = tables[population[i]!]?.table;
    if (live[i] === 1 && table) signatures.write(population[i]!, profileAt(table, record[i]!), into, at);
  });
}

/** The pairs of all populations, those of rules with the name of the first that makes them, in the order of their members. */
function allEdges({ model }: MatchedKind, { tables, ids, rank }: Everyone, compared: readonly PackedEdges[][]): StoredEdge[] {
  const edges: StoredEdge[] = [];
  model.populations.forEach((population, number) => {
    const { table, members } = tables[number]!;
    const rules = new Map<number, Map<number, string>>();
    const ends = (x: number, y: number): [number, number] => {
      const [a, b] = [ids[members[x]!]!, ids[members[y]!]!];
      return a < b ? [a, b] : [b, a];
    };
    const order = Int32Array.from(members.keys()).sort((x, y) => rank[members[x]!]! - rank[members[y]!]!);
    for (const { a: x, b: y, rule } of rulePairs(population, table, order)) {
      const [a, b] = ends(x, y);
      const row = rules.get(a) ?? new Map<number, string>();
      rules.set(a, row);
      if (row.has(b)) continue;
      row.set(b, rule);
      const scored = scorePair(population, profileAt(table, x), profileAt(table, y));
      edges.push({ a, b, score: scored.score, verdict: verdictOf(population, scored), veto: scored.veto ?? null, rule });
    }
    for (const some of compared[number]!)
      for (let i = 0; i < some.a.length; i++) {
        const [a, b] = ends(some.a[i]!, some.b[i]!);
        if (rules.get(a)?.has(b)) continue;
        edges.push({ a, b, score: some.score[i]!, ...verdictOfPacked(some.verdict[i]!), rule: null });
      }
  });
  return edges.sort((p, q) => p.a - q.a || p.b - q.b);
}

/** Gives each member its golden record and what ties it to it. Only what links, rules or decisions tie together is looked at. */
function placeEveryone(
  { model }: MatchedKind,
  everyone: Everyone,
  edges: readonly StoredEdge[],
  decisions: readonly StoredDecision[],
): void {
  const { size, ids, live, golden, host, rank } = everyone;
  const at = (id: number): number => firstAtLeast(ids, id);
  const named = membersNamed(everyone, decisions);
  const tied = edges.filter(isTie);
  const ties = tied.map((e) => ({ a: at(e.a), b: at(e.b) }));
  const same = decisions.flatMap((d) => {
    const [a, b] = [named.get(nameOf(d.a)), named.get(nameOf(d.b))];
    return d.verdict === 'same' && a !== undefined && b !== undefined ? [{ a, b }] : [];
  });
  const part = partsOf(size, [...ties, ...same]);
  const guests = new Map<number, number[]>();
  for (let i = 0; i < size; i++)
    if (live[i] === 0 && host[i]! >= 0) {
      const list = guests.get(host[i]!);
      if (list) list.push(i);
      else guests.set(host[i]!, [i]);
    }
  const groups = new Map<number, { nodes: number[]; edges: StoredEdge[]; decisions: StoredDecision[] }>();
  const groupOf = (i: number): { nodes: number[]; edges: StoredEdge[]; decisions: StoredDecision[] } => {
    let group = groups.get(part[i]!);
    if (!group) groups.set(part[i]!, (group = { nodes: [], edges: [], decisions: [] }));
    return group;
  };
  tied.forEach((edge, k) => groupOf(ties[k]!.a).edges.push(edge));
  for (const decision of decisions) {
    const [a, b] = [named.get(nameOf(decision.a)), named.get(nameOf(decision.b))];
    if (a !== undefined && b !== undefined && part[a] === part[b]) groupOf(a).decisions.push(decision);
  }
  const put = (members: readonly number[]): void => {
    const visitors = members.flatMap((i) => guests.get(ids[i]!) ?? []);
    const oldest = Math.min(...members.map((i) => ids[i]!), ...visitors.map((i) => ids[i]!));
    for (const i of [...members, ...visitors]) golden[i] = oldest;
  };
  for (let i = 0; i < size; i++) {
    if (live[i] === 0) continue;
    const group = groups.get(part[i]!);
    if (group) group.nodes.push(i);
    else put([i]);
  }
  for (const { nodes, edges: links, decisions: said } of groups.values()) {
    nodes.sort((x, y) => rank[x]! - rank[y]!);
    const members = nodes.map((i) => memberAt(everyone, i));
    const byName = new Map(said.length > 0 ? members.map((m) => [nameOf(m), m.id]) : []);
    for (const cluster of clusterMembers(model, members, links, said, byName)) {
      put(cluster.members.map((m) => at(m.id)));
      for (const [id, tie] of cluster.ties) {
        everyone.linkKind[at(id)] = LINK_KINDS.indexOf(tie.kind);
        everyone.linkScore[at(id)] = tie.score ?? NaN;
      }
    }
  }
}

/** A member as it is now; `whole`: with what it is compared by. */
function memberAt(everyone: Everyone, i: number, whole = true): Member {
  const { ids, sources, keys, live, golden, host, population, record, tables, linkKind, linkScore } = everyone;
  const table = tables[population[i]!]?.table;
  return {
    id: ids[i]!,
    source: sources[i]!,
    key: keys[i]!,
    state: live[i] === 1 ? 'live' : 'gone',
    golden: golden[i]! < 0 ? null : golden[i]!,
    host: host[i]! < 0 ? null : host[i]!,
    population: population[i]!,
    profile: !whole || live[i] === 0 ? null : table ? profileAt(table, record[i]!) : [],
    linkKind: LINK_KINDS[linkKind[i]!]!,
    linkScore: Number.isNaN(linkScore[i]) ? null : linkScore[i]!,
  };
}

/** The live members that decisions are about, by name. */
function membersNamed({ size, sources, keys, live }: Everyone, decisions: readonly StoredDecision[]): Map<string, number> {
  const wanted = new Set(decisions.flatMap((d) => [nameOf(d.a), nameOf(d.b)]));
  const found = new Map<string, number>();
  for (let i = 0; wanted.size > 0 && i < size; i++) {
    if (live[i] === 0) continue;
    const name = nameOf({ source: sources[i]!, key: keys[i]! });
    if (wanted.has(name)) found.set(name, i);
  }
  return found;
}

/** Writes where members belong, and the golden records that this changes. */
async function writePlaces(
  landing: Landing,
  context: MemberContext,
  kind: MatchedKind,
  store: IdentityStore,
  everyone: Everyone,
  { before, also }: { before: Float64Array; also: ReadonlySet<number> },
): Promise<void> {
  const { size, ids, isNew, golden, linked, host, hadHost } = everyone;
  const touched = new Set<number>(also);
  for (let from = 0; from < size; from += CHUNK) {
    const some: Member[] = [];
    const moves = [];
    for (let i = from; i < Math.min(size, from + CHUNK); i++) {
      some.push(memberAt(everyone, i));
      const now = golden[i]!;
      if (now < 0) continue;
      if (isNew[i] === 1) touched.add(now);
      if (also.size === 0 && now === before[i]) continue;
      touched.add(now).add(before[i]! < 0 ? now : before[i]!);
      // A link names its member's own golden record from the start: those of whoever stays alone are right already.
      if (also.size > 0 || now !== linked[i]) moves.push({ member: ids[i]!, golden: now });
    }
    await store.updateMembers(some, 'withoutHost');
    await store.updateMembers(some.filter((_, i) => hadHost[from + i] === 1 && host[from + i]! < 0));
    await store.moveLinks(moves);
  }
  const list = Float64Array.from(touched).sort();
  touched.clear();
  const at = (id: number): number => firstAtLeast(ids, id);
  const { start, members } = membersByGolden(everyone, list);
  for (let from = 0; from < list.length; from += CHUNK) {
    const to = Math.min(list.length, from + CHUNK);
    const goldens = [...list.subarray(from, to)];
    const wanted = members.subarray(start[from]!, start[to]!);
    // A golden record that was merged into another one: where its own member is now.
    const goldenOf = new Map(goldens.flatMap((id) => (ids[at(id)] === id && golden[at(id)]! >= 0 ? [[id, golden[at(id)]!] as const] : [])));
    await writeOfMembers(landing, context, kind, store, {
      goldens: new Set(goldens),
      goldenOf,
      said: await saidInRange(landing, everyone, goldens, wanted),
      isNew: new Set(goldens.filter((id) => ids[at(id)] === id && isNew[at(id)] === 1)),
      mine: new Set(),
      members: Array.from(wanted, (i) => memberAt(everyone, i, false)),
    });
  }
}

/**
 * What the records of members say, of those whose ids lie between the first and the last of the golden records: read in a row, they take
 * a third of the time of being looked up one by one. None where most of what is stored there is not wanted.
 */
async function saidInRange(
  landing: Landing,
  { ids, live }: Everyone,
  goldens: readonly number[],
  wanted: Int32Array,
): Promise<Map<number, Contribution[]>> {
  const said = new Map<number, Contribution[]>();
  const [first, last] = [goldens[0]!, goldens.at(-1)!];
  const at = (id: number): number => firstAtLeast(ids, id);
  for (const i of wanted) if (live[i] === 1 && ids[i]! >= first && ids[i]! <= last) said.set(ids[i]!, []);
  if (said.size * 2 < at(last) - at(first)) return new Map();
  const sourceOf = await landing.sources();
  for (const link of await landing.linksOfMemberRange(first, last))
    said.get(link.member!)?.push(contributionOf(sourceOf(link.sourceId), link, JSON.parse(link.mapped ?? '{}') as Columns));
  return said;
}

/** The members of each of these golden records, by their ids. */
function membersByGolden({ size, golden }: Everyone, goldens: Float64Array): { start: Int32Array; members: Int32Array } {
  const number = new Int32Array(size).fill(-1);
  const start = new Int32Array(goldens.length + 1);
  for (let i = 0; i < size; i++) {
    if (golden[i]! < 0) continue;
    const place = firstAtLeast(goldens, golden[i]!);
    if (goldens[place] !== golden[i]) continue;
    number[i] = place;
    start[place + 1]!++;
  }
  for (let k = 0; k < goldens.length; k++) start[k + 1]! += start[k]!;
  const next = start.slice();
  const members = new Int32Array(start[goldens.length]!);
  for (let i = 0; i < size; i++) if (number[i]! >= 0) members[next[number[i]!]!++] = i;
  return { start, members };
}
