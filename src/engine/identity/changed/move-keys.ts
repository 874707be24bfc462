import { listAt } from '../../../core/number-lists.ts';
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

/** What moving keys leaves: blocks by their keys, and those in which others must be compared again. */
export interface Moved {
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
    for (const key of listAt(compared.came, at)) blocks.get(key)!.came.push(id);
    for (const key of listAt(compared.left, at)) blocks.get(key)!.left.push(id);
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

function blocksOfAll(model: IdentityModel, members: readonly ComparedMember[]): Map<number, MovedBlock> {
  const blocks = new Map<number, MovedBlock>();
  for (const { blocks: before } of new Set(members.map(({ compared }) => compared)))
    before.keys.forEach((key, i) => {
      if (blocks.has(key)) return;
      const was = listAt(before.members, i);
      const [population, isRule] = [before.population[i]!, before.isRule[i] === 1];
      blocks.set(key, { key, population, isRule, cap: capOf(model, population, isRule), was, now: was, left: [], came: [] });
    });
  return blocks;
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
