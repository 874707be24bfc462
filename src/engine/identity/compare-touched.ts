import type { IdentityModel } from '../../identity/model.ts';
import { RULE_CAP } from '../../identity/resolve.ts';
import { signaturesOf } from '../../identity/score/screen-signature.ts';
import type { IdentityStore, Member, StoredEdge } from '../../store/identity/identity.ts';
import { edgeOf } from './crossed-blocks.ts';
import { inOrder, isTie } from './place.ts';

/** A block that members which changed are or were in. */
export interface Block {
  key: number;
  cap: number;
  population: number;
  /** Of a rule, not of a pass. */
  isRule: boolean;
  /** Its members before, in the order of their ids; of a block that is larger than its cap only that. */
  was: readonly number[];
  /** Its members after the change, likewise. */
  now: readonly number[];
}

/** A member that changed, with the blocks that it is in now. */
export interface Keyed {
  member: Member;
  /** Of passes. */
  blocks: readonly Block[];
  /** Of rules, in the order of the model. */
  rules: readonly { block: Block; rule: string }[];
}

/** The members of a block; none where it is larger than its cap. */
function membersOf({ now, cap }: Block): readonly number[] {
  return now.length > cap ? [] : now;
}

/**
 * The edges of some members with all others, by what ties the pair. Members of edges that tie are added to `members`; of all others only
 * a few words are read, see signatures.
 */
export async function edgesOfKeyed(
  store: IdentityStore,
  model: IdentityModel,
  keyed: readonly Keyed[],
  members: Map<number, Member>,
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
    keyed.flatMap(({ rules }) => rules.flatMap(({ block }) => (membersOf(block).length > 1 ? membersOf(block) : []))),
  );
  const known = new Map<Block, [Member, Member][]>();
  for (const { member, rules } of keyed)
    for (const { block, rule } of rules) {
      let pairs = known.get(block);
      if (!pairs) known.set(block, (pairs = neighbors(membersOf(block), members)));
      for (const [a, b] of pairs) if (a === member || b === member) edge(a, b, rule);
    }
  const likely = await likelyPairs(store, model, keyed, candidatesOf(keyed));
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

/** Those that share a block with each of some members: of the member at place m, `others` from start[m] to start[m + 1], in order. */
interface Candidates {
  /** All of them, in order and each once. */
  ids: Float64Array;
  others: Float64Array;
  start: Int32Array;
}

/** A pair of two of `keyed` is there once. Sorted lists of numbers: a set of so many takes several times as long. */
function candidatesOf(keyed: readonly Keyed[]): Candidates {
  const touched = new Set(keyed.map(({ member }) => member.id));
  const start = new Int32Array(keyed.length + 1);
  let found = new Float64Array(1024);
  let size = 0;
  keyed.forEach(({ member: { id }, blocks }, m) => {
    const first = size;
    for (const block of blocks) {
      const ids = membersOf(block);
      if (size + ids.length > found.length) found = longer(found, size + ids.length);
      for (let i = 0; i < ids.length; i++) found[size++] = ids[i]!;
    }
    const all = found.subarray(first, size).sort();
    size = first;
    for (let i = 0, last = -1; i < all.length; i++) {
      const other = all[i]!;
      if (other === last) continue;
      last = other;
      if (other !== id && (other > id || !touched.has(other))) found[size++] = other;
    }
    start[m + 1] = size;
  });
  const ids = found.slice(0, size).sort();
  let count = 0;
  for (let i = 0; i < size; i++) if (i === 0 || ids[i] !== ids[i - 1]) ids[count++] = ids[i]!;
  return { ids: ids.subarray(0, count), others: found.subarray(0, size), start };
}

function longer(list: Float64Array<ArrayBuffer>, least: number): Float64Array<ArrayBuffer> {
  const made = new Float64Array(Math.max(least, list.length * 2));
  made.set(list);
  return made;
}

/** Pairs that may be linked or wait, in order: the place in `ids` times how many `keyed` there are, plus the place in `keyed`. */
interface Likely {
  ids: Float64Array;
  pairs: Float64Array;
}

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
  const placeOf = placesIn(ids);
  const pairs: number[] = [];
  keyed.forEach(({ member: { population, profile } }, m) => {
    if (start[m] === start[m + 1]) return;
    const mayCount = signatures.screenFor(population, profile!);
    for (let i = start[m]!; i < start[m + 1]!; i++) {
      const place = placeOf(others[i]!);
      const of = signatures.populationAt(words, place * width);
      // Where nothing is known the member itself tells.
      if (of < 0 || (of === population && mayCount(words, place * width))) pairs.push(place * keyed.length + m);
    }
  });
  return { ids, pairs: Float64Array.from(pairs).sort() };
}

/** Tells the place of a number in a list in order that has it: looks near where it would be if all were equally far apart. */
function placesIn(list: Float64Array): (one: number) => number {
  const first = list[0]!;
  const share = list.length / (list[list.length - 1]! - first + 1);
  const partOf = (one: number): number => Math.floor((one - first) * share);
  /** By part: the place where it begins. */
  const starts = new Int32Array(list.length + 1);
  for (let i = 0; i < list.length; i++) starts[partOf(list[i]!) + 1]!++;
  for (let part = 0; part < list.length; part++) starts[part + 1]! += starts[part]!;
  return (one) => {
    const part = partOf(one);
    let [low, high] = [starts[part]!, starts[part + 1]! - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (list[middle]! < one) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Members that are in memory at the same time only to be compared. */
const AT_ONCE = 1024;

async function scoreLikely(
  store: IdentityStore,
  keyed: readonly Keyed[],
  members: Map<number, Member>,
  { ids, pairs }: Likely,
  edge: (x: Member, y: Member) => StoredEdge | undefined,
): Promise<void> {
  const idAt = (pair: number): number => ids[Math.floor(pairs[pair]! / keyed.length)]!;
  for (let from = 0; from < pairs.length;) {
    const some: number[] = [];
    let to = from;
    for (; to < pairs.length; to++) {
      const id = idAt(to);
      if (id === some.at(-1)) continue;
      if (some.length === AT_ONCE) break;
      some.push(id);
    }
    const read = new Map((await store.byId(some.filter((id) => !members.has(id)))).map((member) => [member.id, member]));
    for (; from < to; from++) {
      const id = idAt(from);
      const other = members.get(id) ?? read.get(id);
      if (!other) continue;
      const made = edge(keyed[pairs[from]! % keyed.length]!.member, other);
      if (made && isTie(made)) members.set(id, other);
    }
  }
}
