import type { IdentityModel } from '../../../identity/model.ts';
import { RULE_CAP } from '../../../identity/resolve.ts';
import { signaturesOf } from '../../../identity/score/screen-signature.ts';
import type { IdentityStore, Member, StoredEdge } from '../../../store/identity/identity.ts';
import { edgeOf } from './crossed-blocks.ts';
import { inOrder, isTie } from '../place.ts';

/** A member as it is now, with those that it shares each of its blocks with, which are no larger than their cap. */
export interface InBlocks {
  member: Member;
  blocks: readonly (readonly number[])[];
}

/** The edges of some members with others, by the place of the member, and those of these others that are tied to one of them. */
export interface EdgesFound {
  edges: StoredEdge[][];
  ties: Member[];
}

/**
 * The edges of some members with all others of their blocks, without those in `apart`. Only a few words are read of others that are plainly
 * somebody else, see signatures.
 */
export async function edgesWithOthers(
  store: IdentityStore,
  model: IdentityModel,
  some: readonly InBlocks[],
  apart: ReadonlySet<number>,
): Promise<EdgesFound> {
  return scoreLikely(store, model, some, await likelyPairs(store, model, some, candidatesOf(some, apart)));
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

/** Those that share a block with each of some members: of the member at place m, `others` from start[m] to start[m + 1], in order. */
interface Candidates {
  others: Float64Array;
  start: Int32Array;
}

/** Sorted lists of numbers: a set of so many takes several times as long. */
function candidatesOf(some: readonly InBlocks[], apart: ReadonlySet<number>): Candidates {
  const start = new Int32Array(some.length + 1);
  let found = new Float64Array(1024);
  let size = 0;
  some.forEach(({ member: { id }, blocks }, m) => {
    const first = size;
    for (const ids of blocks) {
      if (size + ids.length > found.length) found = longer(found, size + ids.length);
      for (let i = 0; i < ids.length; i++) found[size++] = ids[i]!;
    }
    const all = found.subarray(first, size).sort();
    size = first;
    for (let i = 0, last = -1; i < all.length; i++) {
      const other = all[i]!;
      if (other === last) continue;
      last = other;
      if (other !== id && !apart.has(other)) found[size++] = other;
    }
    start[m + 1] = size;
  });
  return { others: found.subarray(0, size), start };
}

function longer(list: Float64Array<ArrayBuffer>, least: number): Float64Array<ArrayBuffer> {
  const made = new Float64Array(Math.max(least, list.length * 2));
  made.set(list);
  return made;
}

/** Pairs that may be linked or wait, in order: the place in `ids` times how many members are compared, plus the place of the member. */
interface Likely {
  /** Who is in these pairs with the members that are compared, in order and each once. */
  ids: Float64Array;
  pairs: Float64Array;
}

/** Of candidates, the pairs that are not plainly two persons. Most are, and nothing but their signatures is read. */
async function likelyPairs(
  store: IdentityStore,
  model: IdentityModel,
  some: readonly InBlocks[],
  { others, start }: Candidates,
): Promise<Likely> {
  const signatures = signaturesOf(model);
  const read = await store.signatures(signatures).read(others);
  const likely: number[] = [];
  const places: number[] = [];
  some.forEach(({ member: { population, profile } }, m) => {
    if (start[m] === start[m + 1]) return;
    const mayCount = signatures.screenFor(population, profile!);
    for (let i = start[m]!; i < start[m + 1]!; i++) {
      const other = others[i]!;
      const words = read.wordsAround(other);
      const at = read.placeOf(other);
      const of = signatures.populationAt(words, at);
      // Where nothing is known the member itself tells.
      if (of >= 0 && (of !== population || !mayCount(words, at))) continue;
      likely.push(other);
      places.push(m);
    }
  });
  const ids = eachOnce(Float64Array.from(likely).sort());
  const placeOf = placesIn(ids);
  return { ids, pairs: Float64Array.from(likely, (other, i) => placeOf(other) * some.length + places[i]!).sort() };
}

/** A list in order without what comes again. */
function eachOnce(list: Float64Array): Float64Array {
  let count = 0;
  for (let i = 0; i < list.length; i++) if (i === 0 || list[i] !== list[count - 1]) list[count++] = list[i]!;
  return list.subarray(0, count);
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
  model: IdentityModel,
  some: readonly InBlocks[],
  { ids, pairs }: Likely,
): Promise<EdgesFound> {
  const edges = some.map((): StoredEdge[] => []);
  const ties = new Map<number, Member>();
  const idAt = (pair: number): number => ids[Math.floor(pairs[pair]! / some.length)]!;
  for (let from = 0; from < pairs.length;) {
    const others: number[] = [];
    let to = from;
    for (; to < pairs.length; to++) {
      const id = idAt(to);
      if (id === others.at(-1)) continue;
      if (others.length === AT_ONCE) break;
      others.push(id);
    }
    const read = new Map((await store.byId(others)).map((member) => [member.id, member]));
    for (; from < to; from++) {
      const other = read.get(idAt(from));
      if (!other) continue;
      const place = pairs[from]! % some.length;
      const edge = edgeOf(model, some[place]!.member, other, null);
      if (!edge) continue;
      edges[place]!.push(edge);
      if (isTie(edge)) ties.set(other.id, other);
    }
  }
  return { edges, ties: [...ties.values()] };
}
