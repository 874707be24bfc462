import type { IdentityModel } from '../../identity/model.ts';
import { RULE_CAP } from '../../identity/resolve.ts';
import { signaturesOf } from '../../identity/score/screen-signature.ts';
import type { IdentityStore, Member, StoredEdge } from '../../store/identity/identity.ts';
import { edgeOf } from './crossed-blocks.ts';
import { inOrder, isTie } from './place.ts';

/** A member whose keys may have changed, with the keys that it has now. */
export interface Keyed {
  member: Member;
  /** Of passes. */
  blocks: readonly number[];
  /** Of rules, in the order of the model. */
  rules: readonly { key: number; rule: string }[];
}

/** The members of a block as it is now; none where it is larger than its cap. */
export type BlockOf = (key: number) => readonly number[];

/**
 * The edges of some members with all others, by what ties the pair. Members of edges that tie are added to `members`; of all others only
 * a few words are read, see signatures.
 */
export async function edgesOfKeyed(
  store: IdentityStore,
  model: IdentityModel,
  keyed: readonly Keyed[],
  members: Map<number, Member>,
  blockOf: BlockOf,
): Promise<StoredEdge[]> {
  const edges = new Map<string, StoredEdge>();
  const edge = (x: Member, y: Member, rule: string | null): StoredEdge | undefined => {
    const name = pairName(x.id, y.id);
    const known = edges.get(name);
    if (known) return known;
    const made = edgeOf(model, x, y, rule);
    if (made) edges.set(name, made);
    return made;
  };
  // Rules first, in the order of the model, so an edge has the name of the first that makes it.
  await loadMembers(
    store,
    members,
    keyed.flatMap(({ rules }) => rules.flatMap(({ key }) => (blockOf(key).length > 1 ? blockOf(key) : []))),
  );
  const known = new Map<number, [Member, Member][]>();
  for (const { member, rules } of keyed)
    for (const { key, rule } of rules) {
      let pairs = known.get(key);
      if (!pairs) known.set(key, (pairs = neighbors(blockOf(key), members)));
      for (const [a, b] of pairs) if (a === member || b === member) edge(a, b, rule);
    }
  const likely = await likelyPairs(store, model, keyed, candidatesOf(keyed, blockOf));
  await scoreLikely(store, keyed, members, likely, (x, y) => edge(x, y, null));
  return [...edges.values()];
}

/** Neighbors among the members of a rule's block, in the order in which members are put into clusters. */
export function neighbors(block: readonly number[], members: ReadonlyMap<number, Member>): [Member, Member][] {
  if (block.length < 2 || block.length > RULE_CAP) return [];
  const list = block.map((id) => members.get(id)!).sort(inOrder);
  return list.slice(1).map((member, i) => [list[i]!, member]);
}

export function pairName(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

export async function loadMembers(store: IdentityStore, members: Map<number, Member>, ids: Iterable<number>): Promise<void> {
  const missing = [...new Set(ids)].filter((id) => !members.has(id));
  for (const member of await store.byId(missing)) members.set(member.id, member);
}

/** Those that share a block with each of some members, as places in `ids`: of the member at place m, `others` from start[m] to start[m + 1]. */
interface Candidates {
  /** In order. */
  ids: number[];
  others: Int32Array;
  start: Int32Array;
}

/** A pair of two of `keyed` is there once. */
function candidatesOf(keyed: readonly Keyed[], blockOf: BlockOf): Candidates {
  const touched = new Set(keyed.map(({ member }) => member.id));
  /** By member: the last place that met it. */
  const metBy = new Map<number, number>();
  const others: number[] = [];
  const start = new Int32Array(keyed.length + 1);
  keyed.forEach(({ member: { id }, blocks }, m) => {
    for (const key of blocks)
      for (const other of blockOf(key)) {
        if (other === id || metBy.get(other) === m || (other < id && touched.has(other))) continue;
        metBy.set(other, m);
        others.push(other);
      }
    start[m + 1] = others.length;
  });
  const ids = Array.from(Float64Array.from(metBy.keys()).sort());
  ids.forEach((id, place) => metBy.set(id, place));
  return { ids, others: Int32Array.from(others, (id) => metBy.get(id)!), start };
}

/** Which members of `keyed`, by their places, may be linked or wait with another. */
type Likely = Map<number, number[]>;

/** Of candidates, the pairs that are not plainly two persons. Most are, and nothing but their signatures is read. */
async function likelyPairs(
  store: IdentityStore,
  model: IdentityModel,
  keyed: readonly Keyed[],
  { ids, others, start }: Candidates,
): Promise<Likely> {
  const signatures = signaturesOf(model);
  const { width } = signatures;
  const words = await store.signatures(signatures).read(ids);
  const likely: Likely = new Map();
  keyed.forEach(({ member: { population, profile } }, m) => {
    if (start[m] === start[m + 1]) return;
    const mayCount = signatures.screenFor(population, profile!);
    for (let i = start[m]!; i < start[m + 1]!; i++) {
      const at = others[i]! * width;
      const of = signatures.populationAt(words, at);
      // Where nothing is known the member itself tells.
      if (of >= 0 && (of !== population || !mayCount(words, at))) continue;
      const list = likely.get(ids[others[i]!]!);
      if (list) list.push(m);
      else likely.set(ids[others[i]!]!, [m]);
    }
  });
  return likely;
}

/** Members that are in memory at the same time only to be compared. */
const AT_ONCE = 1024;

async function scoreLikely(
  store: IdentityStore,
  keyed: readonly Keyed[],
  members: Map<number, Member>,
  likely: Likely,
  edge: (x: Member, y: Member) => StoredEdge | undefined,
): Promise<void> {
  const ids = [...likely.keys()].sort((a, b) => a - b);
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const some = ids.slice(i, i + AT_ONCE);
    const read = await store.byId(some.filter((id) => !members.has(id)));
    for (const other of [...some.flatMap((id) => members.get(id) ?? []), ...read])
      for (const m of likely.get(other.id)!) {
        const made = edge(keyed[m]!.member, other);
        if (made && isTie(made)) members.set(other.id, other);
      }
  }
}
