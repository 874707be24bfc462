import { firstAtLeast } from '../../../core/first-at-least.ts';
import { type NumberLists, numberLists } from '../../../core/number-lists.ts';
import type { IdentityModel } from '../../../identity/model.ts';
import { RULE_CAP } from '../../../identity/resolve.ts';
import type { Profile } from '../../../identity/roles.ts';
import type { IdentityStore, Member } from '../../../store/identity/identity.ts';
import { type BlocksOfKeys, keysOfChanged } from './keys-of-changed.ts';
import { type EdgesFound, edgesWithOthers, type InBlocks } from './compare-touched.ts';

/** A member whose records changed, with what it is compared by now; no profile: no record of it is left. */
export interface Changed {
  member: Member;
  population: number;
  profile: Profile | null;
}

/**
 * What comparing members that changed with all others found, in the store as it is before any of them is written. What depends on which
 * others change at the same time is not in it: pairs of two of them, and blocks that cross their cap.
 */
export interface Compared extends EdgesFound {
  /** Keys of passes and rules, by the place of the member: those that it gets, and those that it no longer has. */
  came: NumberLists;
  left: NumberLists;
  /** Keys of passes that it has before and after; of blocks that are larger than their cap: as a number below 0, see `closedKey`. */
  stayed: NumberLists;
  blocks: BlocksBefore;
}

/** The blocks that members come into or leave, and those of their rules, in the order of their keys. */
export interface BlocksBefore {
  keys: Float64Array<ArrayBuffer>;
  population: Int32Array<ArrayBuffer>;
  isRule: Uint8Array<ArrayBuffer>;
  /** Their members; of one that is larger than its cap only that. */
  members: NumberLists;
}

/** Compares members with all others but those in `apart`. `moved`: by key, the members of blocks as they were before others moved in them. */
export async function compareChanged(
  store: IdentityStore,
  model: IdentityModel,
  changed: readonly Changed[],
  apart: ReadonlySet<number>,
  moved?: ReadonlyMap<number, readonly number[]>,
): Promise<Compared> {
  const { keys, blocks } = keysOfChanged(model, changed);
  const members = await readBlocks(store, model, blocks);
  const placeOf = (key: number): number => firstAtLeast(blocks.keys, key);
  for (const [key, before] of moved ?? []) {
    const at = placeOf(key);
    if (blocks.keys[at] === key) members[at] = before;
  }
  const isOpen = (at: number): boolean => members[at]!.length <= capOf(model, blocks.population[at]!, blocks.isRule[at] === 1);
  const some = changed.map((one, i): InBlocks => {
    const mine: (readonly number[])[] = [];
    const add = (key: number): void => {
      const at = placeOf(key);
      if (isOpen(at)) mine.push(members[at]!);
    };
    keys[i]!.stayed.forEach(add);
    keys[i]!.came.forEach(add);
    return { member: memberNow(one), blocks: mine };
  });
  return {
    ...(await edgesWithOthers(store, model, some, apart)),
    came: numberLists(keys.map(({ came, cameByRule }) => [...came, ...cameByRule])),
    left: numberLists(keys.map(({ left }) => left)),
    stayed: numberLists(keys.map(({ stayed }) => stayed.map((key) => (isOpen(placeOf(key)) ? key : closedKey(key))))),
    blocks: keptOf(blocks, members),
  };
}

/** A key as one whose block is larger than its cap, and back. */
export function closedKey(key: number): number {
  return -1 - key;
}

/** The same member with what it is compared by now. */
export function memberNow({ member, population, profile }: Changed): Member {
  return { ...member, population, profile: profile === null ? null : [...profile], state: profile === null ? 'gone' : 'live' };
}

export function capOf(model: IdentityModel, population: number, isRule: boolean): number {
  return isRule ? RULE_CAP : model.populations[population]!.cap;
}

/** Looks up who is in these blocks, which may have different caps. */
async function readBlocks(store: IdentityStore, model: IdentityModel, blocks: BlocksOfKeys): Promise<(readonly number[])[]> {
  const members = new Array<readonly number[]>(blocks.keys.length).fill([]);
  const byCap = Map.groupBy(blocks.keys.keys(), (at) => capOf(model, blocks.population[at]!, blocks.isRule[at] === 1));
  for (const [cap, places] of byCap) {
    const keys = Float64Array.from(places, (at) => blocks.keys[at]!);
    const found = await store.keys.blocksInOrder(keys, cap);
    found.forEach((some, i) => (members[places[i]!] = some));
  }
  return members;
}

function keptOf(blocks: BlocksOfKeys, members: readonly (readonly number[])[]): BlocksBefore {
  const kept = Int32Array.from(blocks.keys.keys()).filter((at) => blocks.isKept[at] === 1);
  return {
    keys: Float64Array.from(kept, (at) => blocks.keys[at]!),
    population: Int32Array.from(kept, (at) => blocks.population[at]!),
    isRule: Uint8Array.from(kept, (at) => blocks.isRule[at]!),
    members: numberLists(Array.from(kept, (at) => members[at]!)),
  };
}
