import { tableOf } from '../../identity/block/table.ts';
import { edgesOf, rulePairs } from '../../identity/resolve.ts';
import { scorePair, verdictOf } from '../../identity/score/score.ts';
import { decisionsOf, identityStore, type IdentityStore, type Member, type StoredEdge } from '../../store/identity/identity.ts';
import type { Landing } from '../../store/landing/landing.ts';
import type { Knex } from '../../store/open.ts';
import { contributionsOfMembers } from '../golden/golden-records.ts';
import { type MatchedKind, type MemberContext, profileOf, writeOfMembers } from './members.ts';
import { clusterMembers, inOrder, nameOf } from './place.ts';
import { keysOf } from './resolve-touched.ts';

/** Members whose records are read at once. */
const CHUNK = 5000;

/**
 * Compares all members of an entity at once: for a first load, and when what they are compared by changed. Gives what
 * comparing them one by one gives. `also`: golden records of a store that was not compared before; they are computed again too.
 */
export async function rebuild(
  landing: Landing,
  trx: Knex,
  context: MemberContext,
  kind: MatchedKind,
  also: ReadonlySet<number> = new Set(),
): Promise<void> {
  const store = identityStore(landing.rows, kind.entityId);
  const members = await store.all();
  if (members.length === 0) return;
  await store.clear();
  const isNew = new Set(members.filter((m) => m.state === 'new').map((m) => m.id));
  await readProfiles(landing, kind, members);
  const live = members.filter((m) => m.state === 'live').sort(inOrder);
  await writeKeys(store, kind, live);
  const edges = edgesBetween(kind, live);
  await store.insertEdges(edges);
  const byName = new Map(live.map((m) => [nameOf(m), m.id]));
  const before = new Map(members.map((m) => [m.id, m.golden]));
  const clusters = clusterMembers(kind.model, live, edges, await decisionsOf(trx, kind.entityId), byName);
  const guests = Map.groupBy(
    members.filter((m) => m.state === 'gone' && m.host !== null),
    (m) => m.host!,
  );
  for (const { members: list, ties } of clusters) {
    const visitors = list.flatMap((m) => guests.get(m.id) ?? []);
    const golden = Math.min(...list.map((m) => m.id), ...visitors.map((m) => m.id));
    for (const m of list) Object.assign(m, { golden, linkKind: ties.get(m.id)?.kind ?? null, linkScore: ties.get(m.id)?.score ?? null });
    for (const m of visitors) m.golden = golden;
  }
  for (let i = 0; i < members.length; i += CHUNK) await store.updateMembers(members.slice(i, i + CHUNK));
  const moved = members.filter((m) => m.golden !== null && (also.size > 0 || m.golden !== before.get(m.id)));
  await store.moveLinks(moved.map((m) => ({ member: m.id, golden: m.golden! })));
  const goldens = new Set([
    ...also,
    ...moved.flatMap((m) => [m.golden!, before.get(m.id) ?? m.golden!]),
    ...members.flatMap((m) => (isNew.has(m.id) && m.golden !== null ? [m.golden] : [])),
  ]);
  const goldenOf = new Map(members.flatMap((m) => (m.golden === null ? [] : [[m.id, m.golden] as const])));
  const list = [...goldens].sort((a, b) => a - b);
  for (let i = 0; i < list.length; i += CHUNK)
    await writeOfMembers(landing, context, kind, store, {
      goldens: new Set(list.slice(i, i + CHUNK)),
      goldenOf,
      said: new Map(),
      isNew,
      mine: new Set(),
    });
}

/** Reads again what each member is compared by; one that no record is left of is gone. */
async function readProfiles(landing: Landing, kind: MatchedKind, members: readonly Member[]): Promise<void> {
  for (let i = 0; i < members.length; i += CHUNK) {
    const some = members.slice(i, i + CHUNK);
    const said = await contributionsOfMembers(
      landing,
      some.map((m) => m.id),
    );
    for (const member of some) {
      const { population, profile } = profileOf(kind, said.get(member.id)!);
      member.population = population;
      member.profile = profile === null ? null : [...profile];
      member.state = profile === null ? 'gone' : 'live';
      if (profile !== null) member.host = null;
      else member.golden ??= member.id;
    }
  }
}

/** Keys below 2^53 in 64 ranges: one is sorted at a time. */
const RANGES = 64;
const RANGE = 2 ** 53 / RANGES;

/** In the order of the keys: rows that lie together in the table are then written together. Memory: 16 bytes a key. */
async function writeKeys(store: IdentityStore, { model }: MatchedKind, live: readonly Member[]): Promise<void> {
  const ranges = Array.from({ length: RANGES }, (): { keys: number[]; members: number[] } => ({ keys: [], members: [] }));
  for (const member of live) {
    const { blocks, rules } = keysOf(model, member.population, member.profile);
    for (const list of [blocks, rules])
      for (const key of list) {
        const range = ranges[Math.floor(key / RANGE)]!;
        range.keys.push(key);
        range.members.push(member.id);
      }
  }
  for (const range of ranges) {
    const { keys, members } = range;
    const order = Uint32Array.from(keys.keys()).sort((x, y) => keys[x]! - keys[y]! || members[x]! - members[y]!);
    for (let i = 0; i < order.length; i += CHUNK) {
      const some = [...order.subarray(i, i + CHUNK)];
      await store.addKeys(some.map((at) => [keys[at]!, members[at]!]));
    }
    range.keys = range.members = [];
  }
}

function edgesBetween({ model }: MatchedKind, live: readonly Member[]): StoredEdge[] {
  const stored = new Map<number, Map<number, StoredEdge>>();
  model.populations.forEach((population, number) => {
    const members = live.filter((m) => m.population === number);
    const profiles = members.map((m) => m.profile!);
    const table = tableOf(population.features.length, profiles);
    const put = (x: number, y: number, edge: Omit<StoredEdge, 'a' | 'b'>): void => {
      const [a, b] = members[x]!.id < members[y]!.id ? [members[x]!.id, members[y]!.id] : [members[y]!.id, members[x]!.id];
      let row = stored.get(a);
      if (!row) stored.set(a, (row = new Map()));
      if (!row.has(b)) row.set(b, { a, b, ...edge });
    };
    for (const { a, b, rule } of rulePairs(population, table)) {
      const scored = scorePair(population, profiles[a]!, profiles[b]!);
      put(a, b, { score: scored.score, verdict: verdictOf(population, scored), veto: scored.veto ?? null, rule });
    }
    for (const { a, b, score, verdict, veto } of edgesOf(population, table).edges)
      put(a, b, { score, verdict, veto: veto ?? null, rule: null });
  });
  return [...stored.values()].flatMap((row) => [...row.values()]).sort((p, q) => p.a - q.a || p.b - q.b);
}
