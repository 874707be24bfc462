import { eachAt, listAt } from '../../../core/number-lists.ts';
import type { IdentityModel } from '../../../identity/model.ts';
import type { IdentityStore } from '../../../store/identity/identity.ts';
import { capOf, type Changed, type Compared } from './compare-changed.ts';
import type { CrossedBlock } from './crossed-blocks.ts';

/** A member that changed, with what comparing it found: its place there. */
export interface ComparedMember {
  changed: Changed;
  compared: Compared;
  at: number;
}

/** A block that members which changed come into or leave, or that is of one of their rules. */
export interface MovedBlock {
  key: number;
  population: number;
  cap: number;
  isRule: boolean;
  /** Its members before, in the order of their ids; of a block that is larger than its cap only that. */
  was: readonly number[];
  /** Its members after the change, likewise. */
  now: readonly number[];
  left: number[];
  came: number[];
}

/** What moving keys leaves, and the blocks in which others must be compared again. */
export interface Moved {
  /** By their keys, the blocks of rules and those that may be larger than their cap, before or after: all others are small, and stay so. */
  blocks: ReadonlyMap<number, MovedBlock>;
  crossed: CrossedBlock[];
  crossedRules: CrossedRule[];
}

/** A rule's block that members came into or left. */
export interface CrossedRule {
  was: readonly number[];
  now: readonly number[];
}

/** Writes the keys that changed. */
export async function writeKeys(store: IdentityStore, members: readonly ComparedMember[]): Promise<void> {
  await store.keys.remove(pairsOf(members, 'left'));
  await store.keys.add(pairsOf(members, 'came'));
}

/** What became of blocks where these keys were written. */
export async function movedBlocks(store: IdentityStore, model: IdentityModel, members: readonly ComparedMember[]): Promise<Moved> {
  const blocks = blocksOfAll(model, members);
  for (const { changed, compared, at } of members) {
    const { id } = changed.member;
    eachAt(compared.came, at, (key) => blocks.get(key)?.came.push(id));
    eachAt(compared.left, at, (key) => blocks.get(key)?.left.push(id));
  }
  const moved = inOrder(blocks).filter(({ left, came }) => left.length + came.length > 0);
  await moveMembers(store, moved);
  const crossed: CrossedBlock[] = [];
  const crossedRules: CrossedRule[] = [];
  for (const { key, population, cap, isRule, was, now } of moved) {
    if (isRule) crossedRules.push({ was, now });
    else if (was.length > cap !== now.length > cap)
      crossed.push({ key, population, members: now.length > cap ? was : now, open: now.length <= cap });
  }
  return { blocks, crossed, crossedRules };
}

/** The blocks that are named in `Moved`. Made of all, they are some hundred thousand objects. */
function blocksOfAll(model: IdentityModel, members: readonly ComparedMember[]): Map<number, MovedBlock> {
  const blocks = new Map<number, MovedBlock>();
  const come = keysThatCome(members);
  for (const { blocks: before } of new Set(members.map(({ compared }) => compared))) {
    const { keys, members: inBlocks } = before;
    for (let i = 0, next = 0; i < keys.length; i++) {
      const key = keys[i]!;
      while (come[next]! < key) next++;
      let most = inBlocks.start[i + 1]! - inBlocks.start[i]!;
      for (; come[next] === key; next++) most++;
      const [population, isRule] = [before.population[i]!, before.isRule[i] === 1];
      const cap = capOf(model, population, isRule);
      if ((!isRule && most <= cap) || blocks.has(key)) continue;
      const was = listAt(inBlocks, i);
      blocks.set(key, { key, population, isRule, cap, was, now: was, left: [], came: [] });
    }
  }
  return blocks;
}

/** In order; a key as often as members come to it. */
function keysThatCome(members: readonly ComparedMember[]): Float64Array {
  const keys = new Float64Array(members.reduce((sum, { compared: { came }, at }) => sum + came.start[at + 1]! - came.start[at]!, 0));
  let count = 0;
  for (const { compared, at } of members) eachAt(compared.came, at, (key) => (keys[count++] = key));
  return keys.sort();
}

function inOrder(blocks: ReadonlyMap<number, MovedBlock>): MovedBlock[] {
  return Array.from(Float64Array.from(blocks.keys()).sort(), (key) => blocks.get(key)!);
}

/** Keys with members, in order, as the store takes them. */
function pairsOf(members: readonly ComparedMember[], which: 'came' | 'left'): [number, number][] {
  const pairs: [number, number][] = [];
  for (const { changed, compared, at } of members) for (const key of listAt(compared[which], at)) pairs.push([key, changed.member.id]);
  return pairs.sort((x, y) => x[0] - y[0]);
}

/** Moves members in blocks that were read. Read again are those of which not all members were known. */
async function moveMembers(store: IdentityStore, blocks: readonly MovedBlock[]): Promise<void> {
  const again = new Set<MovedBlock>();
  for (const block of blocks) {
    const { was, cap, left, came } = block;
    if (was.length <= cap) {
      // One that is too large without those that came stays so.
      const now = left.length === 0 ? was.slice() : was.filter((id) => !left.includes(id));
      for (const member of came) insert(now, member);
      block.now = now;
    } else if (was.length - left.length <= cap) again.add(block);
  }
  const found = await blocksOf(store, [...again]);
  for (const block of again) block.now = found.get(block.key)!;
}

/** Puts one more into a list in order, where it is not there. */
function insert(list: number[], one: number): void {
  let at = list.length;
  while (at > 0 && list[at - 1]! > one) at--;
  if (list[at - 1] !== one) list.splice(at, 0, one);
}

/** Who is in a few blocks, which may have different caps, by their keys. */
export async function blocksOf(
  store: IdentityStore,
  blocks: readonly { key: number; cap: number }[],
): Promise<Map<number, readonly number[]>> {
  const found = new Map<number, readonly number[]>();
  for (const [cap, some] of Map.groupBy(blocks, (block) => block.cap)) {
    const keys = some.map(({ key }) => key);
    for (const [key, members] of await store.keys.blocks(keys, cap)) found.set(key, members);
  }
  return found;
}
