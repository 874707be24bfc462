import type { IdentityModel } from '../../identity/model.ts';
import { clustersOf, partsOf } from '../../identity/resolve.ts';
import type { IdentityStore, Member, StoredDecision, StoredEdge } from '../../store/identity/identity.ts';

/** Where members belong after a part of the store was put into clusters again. */
export interface Placed {
  goldenOf: Map<number, number>;
  /** Golden records that lost or got a member. */
  goldens: Set<number>;
}

/** What is known of some members, as it is in the store. */
export interface Around {
  /** All edges of these are here. */
  of: ReadonlySet<number>;
  edges: readonly StoredEdge[];
  /** All members of these golden records are in memory. */
  goldens: ReadonlySet<number>;
}

/**
 * Puts again into clusters the members of `start` and all that is tied to them by a link, a rule or a decision, or was with
 * them until now; writes where each belongs. `members`: those that were read already, and may have changed. `known`: what need not be read again.
 */
export async function placeRegion(
  store: IdentityStore,
  model: IdentityModel,
  start: ReadonlySet<number>,
  members: Map<number, Member>,
  known: Around = { of: new Set(), edges: [], goldens: new Set() },
): Promise<Placed> {
  const region = new Map<number, Member>();
  const edges = new Map<string, StoredEdge>();
  const decisions = new Map<number, StoredDecision>();
  const knownOf = new Map<number, StoredEdge[]>();
  for (const edge of known.edges)
    for (const end of [edge.a, edge.b]) {
      if (!known.of.has(end)) continue;
      const list = knownOf.get(end);
      if (list) list.push(edge);
      else knownOf.set(end, [edge]);
    }
  let frontier = [...start];
  const take = async (ids: readonly number[]): Promise<Member[]> => {
    const missing = ids.filter((id) => !members.has(id));
    for (const member of await store.byId(missing)) members.set(member.id, member);
    return ids.flatMap((id) => members.get(id) ?? []);
  };
  const goldens = new Set((await take(frontier)).flatMap((m) => m.golden ?? []));
  for (const mate of await store.ofGoldens([...goldens.difference(known.goldens)])) if (!members.has(mate.id)) members.set(mate.id, mate);
  const mates = [...members.values()].flatMap(({ id, golden }) => (golden !== null && goldens.has(golden) ? id : []));
  frontier = [...new Set([...frontier, ...mates])];
  const byName = new Map<string, number>();
  while (frontier.length > 0) {
    const list = (await take(frontier)).filter((m) => !region.has(m.id));
    for (const member of list) {
      region.set(member.id, member);
      byName.set(nameOf(member), member.id);
    }
    const live = list.filter((m) => m.state === 'live');
    const next = new Set<number>();
    const others = live.flatMap(({ id }) => (known.of.has(id) ? [] : id));
    for (const edge of [...(await store.edgesOf(others)), ...live.flatMap(({ id }) => knownOf.get(id) ?? [])]) {
      if (!isTie(edge)) continue;
      edges.set(`${edge.a} ${edge.b}`, edge);
      for (const end of [edge.a, edge.b]) if (!region.has(end)) next.add(end);
    }
    const found = await store.decisionsAbout(live);
    for (const decision of found) decisions.set(decision.id, decision);
    const names = found.filter((d) => d.verdict === 'same').flatMap((d) => [d.a, d.b]);
    for (const member of await store.byKey(names.filter((name) => !byName.has(nameOf(name))))) {
      if (!members.has(member.id)) members.set(member.id, member);
      if (!region.has(member.id)) next.add(member.id);
    }
    frontier = [...next];
  }
  return writePlaces(store, model, { region, edges: [...edges.values()], decisions: [...decisions.values()], byName });
}

/** Does it count where members are put into clusters? A suffix that one leaves out says that there are two of that name. */
export function isTie({ verdict, rule, veto }: StoredEdge): boolean {
  return verdict === 'link' || rule !== null || isNear(veto);
}

function isNear(veto: StoredEdge['veto']): boolean {
  return veto === 'suffix_missing';
}

interface Region {
  region: ReadonlyMap<number, Member>;
  edges: readonly StoredEdge[];
  decisions: readonly StoredDecision[];
  byName: ReadonlyMap<string, number>;
}

async function writePlaces(store: IdentityStore, model: IdentityModel, { region, edges, decisions, byName }: Region): Promise<Placed> {
  const nodes = [...region.values()].filter((m) => m.state === 'live').sort(inOrder);
  const clusters = clusterMembers(model, nodes, edges, decisions, byName);
  const gone = [...region.values()].filter((m) => m.state === 'gone');
  const changed = new Map<number, Member>();
  /** They stay where they are, by another tie. */
  const tied: Member[] = [];
  const placed: Placed = { goldenOf: new Map(), goldens: new Set() };
  await hostGone(store, nodes, gone, changed);
  const guests = Map.groupBy(await store.hostedBy(nodes.map((m) => m.id)), (m) => m.host!);
  for (const member of gone)
    if (member.host !== null && !guests.get(member.host)?.some((g) => g.id === member.id)) push(guests, member.host, member);
  const moves: { member: number; golden: number }[] = [];
  const put = (member: Member, golden: number, kind: Member['linkKind'], score: number | null): void => {
    placed.goldenOf.set(member.id, golden);
    if (member.golden !== golden) {
      if (member.golden !== null) placed.goldens.add(member.golden);
      placed.goldens.add(golden);
      moves.push({ member: member.id, golden });
      changed.set(member.id, member);
    } else if (member.linkKind === kind && member.linkScore === score) return;
    else tied.push(member);
    Object.assign(member, { golden, linkKind: kind, linkScore: score });
  };
  for (const { members, ties } of clusters) {
    const visitors = members.flatMap((m) => guests.get(m.id) ?? []);
    const golden = Math.min(...members.map((m) => m.id), ...visitors.map((m) => m.id));
    for (const member of members) {
      const tie = ties.get(member.id);
      put(member, golden, tie?.kind ?? null, tie?.score ?? null);
    }
    for (const visitor of visitors) put(visitor, golden, null, null);
  }
  // Alone and gone: its id stays its own, and comes back with it.
  for (const member of gone) if (member.host === null) put(member, member.golden ?? member.id, null, null);
  await store.updateMembers([...changed.values()]);
  await store.updateMembers(
    tied.filter(({ id }) => !changed.has(id)),
    'tied',
  );
  await store.moveLinks(moves);
  return placed;
}

function push(map: Map<number, Member[]>, key: number, member: Member): void {
  const list = map.get(key);
  if (list) list.push(member);
  else map.set(key, [member]);
}

/** A member that is gone leaves its id, and those that it kept in use, with the oldest of those that it was with. */
async function hostGone(
  store: IdentityStore,
  nodes: readonly Member[],
  gone: readonly Member[],
  changed: Map<number, Member>,
): Promise<void> {
  for (const member of gone) {
    if (member.host !== null && !gone.some((m) => m.id === member.host)) continue;
    const mates = nodes.filter((m) => m.golden !== null && m.golden === member.golden);
    if (mates.length === 0) continue;
    const host = Math.min(...mates.map((m) => m.id));
    for (const guest of [member, ...(await store.hostedBy([member.id]))]) {
      const same = gone.find((m) => m.id === guest.id) ?? guest;
      same.host = host;
      changed.set(same.id, same);
    }
  }
}

/** A cluster, with what ties each of its members to the others. */
export interface PlacedCluster {
  members: Member[];
  ties: Map<number, { kind: NonNullable<Member['linkKind']>; score: number | null }>;
}

/** Puts members, in their order, into clusters. */
export function clusterMembers(
  model: IdentityModel,
  nodes: readonly Member[],
  edges: readonly StoredEdge[],
  decisions: readonly StoredDecision[],
  byName: ReadonlyMap<string, number>,
): PlacedCluster[] {
  const at = new Map(nodes.map((m, i) => [m.id, i]));
  const links = edges.flatMap((e) => (at.has(e.a) && at.has(e.b) ? [{ ...e, a: at.get(e.a)!, b: at.get(e.b)! }] : []));
  const decided = decisions.flatMap((d) => {
    const a = at.get(byName.get(nameOf(d.a)) ?? -1);
    const b = at.get(byName.get(nameOf(d.b)) ?? -1);
    return a === undefined || b === undefined ? [] : [{ a, b, verdict: d.verdict }];
  });
  const part = partsOf(nodes.length, [...links, ...decided.filter((d) => d.verdict === 'same')]);
  const linksOf = Map.groupBy(links, (l) => part[l.a]!);
  const decidedOf = Map.groupBy(decided, (d) => part[d.a]!);
  const clusters: PlacedCluster[] = [];
  for (const [number, group] of Map.groupBy(nodes.keys(), (i) => part[i]!)) {
    if (group.length === 1) {
      clusters.push({ members: [nodes[group[0]!]!], ties: new Map() });
      continue;
    }
    const here = new Map(group.map((node, i) => [node, i]));
    const inside = <T extends { a: number; b: number }>(list: readonly T[] = []): T[] =>
      list.flatMap((x) => (here.has(x.a) && here.has(x.b) ? [{ ...x, a: here.get(x.a)!, b: here.get(x.b)! }] : []));
    const mine = inside(linksOf.get(number));
    const said = inside(decidedOf.get(number));
    const members = group.map((i) => nodes[i]!);
    const of = clustersOf({
      model,
      populations: members.map((m) => m.population),
      profiles: members.map((m) => m.profile!),
      connections: members.map((m) => m.source),
      sources: members.map((m) => (model.onePerSource(m.source) ? m.source : null)),
      links: mine.filter((l) => l.verdict === 'link'),
      near: mine.filter((l) => isNear(l.veto)),
      rules: mine.filter((l) => l.rule !== null),
      decisions: said,
    });
    const ties = tiesOf(of, members, mine, said);
    for (const cluster of Map.groupBy(members.keys(), (i) => of[i]!).values())
      clusters.push({ members: cluster.map((i) => members[i]!), ties });
  }
  return clusters;
}

/** The strongest tie of each member to another of its cluster: a decision, a rule, or its best score. */
function tiesOf(
  of: readonly number[],
  members: readonly Member[],
  links: readonly (StoredEdge & { a: number; b: number })[],
  decided: readonly { a: number; b: number; verdict: string }[],
): PlacedCluster['ties'] {
  const ties: PlacedCluster['ties'] = new Map();
  const rank = { steward: 2, rule: 1, score: 0 };
  const tie = (i: number, kind: NonNullable<Member['linkKind']>, score: number | null): void => {
    const known = ties.get(members[i]!.id);
    if (!known || rank[kind] > rank[known.kind] || (kind === known.kind && (score ?? -Infinity) > (known.score ?? -Infinity)))
      ties.set(members[i]!.id, { kind, score });
  };
  for (const { a, b, verdict } of decided)
    if (verdict === 'same' && of[a] === of[b])
      for (const end of [a, b]) tie(end, 'steward', links.find((l) => (l.a === a && l.b === b) || (l.a === b && l.b === a))?.score ?? null);
  for (const { a, b, score, rule, verdict } of links)
    if (of[a] === of[b] && (rule !== null || verdict === 'link'))
      for (const end of [a, b]) tie(end, rule === null ? 'score' : 'rule', score);
  return ties;
}

export function nameOf({ source, key }: { source: string; key: string }): string {
  return JSON.stringify([source, key]);
}

/** Members in the order in which they are put into clusters: what they are called, not when they came. */
export function inOrder(x: Member, y: Member): number {
  return x.source < y.source ? -1 : x.source > y.source ? 1 : x.key < y.key ? -1 : x.key > y.key ? 1 : 0;
}
