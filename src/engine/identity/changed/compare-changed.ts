import { type NumberLists, numberLists } from '../../../core/number-lists.ts';
import { keysByPass, ruleKeys } from '../../../identity/block/passes.ts';
import type { IdentityModel } from '../../../identity/model.ts';
import { RULE_CAP } from '../../../identity/resolve.ts';
import type { Profile } from '../../../identity/roles.ts';
import type { IdentityStore, Member } from '../../../store/identity/identity.ts';
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
  const { keys, byKey } = keysOfChanged(model, changed);
  await readBlocks(store, model, byKey);
  for (const [key, members] of moved ?? []) {
    const block = byKey.get(key);
    if (block) block.members = members;
  }
  const open = (key: number): boolean => {
    const { members, population, isRule } = byKey.get(key)!;
    return members.length <= capOf(model, population, isRule);
  };
  const some = changed.map((one, i): InBlocks => {
    const mine = [...keys[i]!.stayed, ...keys[i]!.came.filter((key) => !byKey.get(key)!.isRule)];
    return { member: memberNow(one), blocks: mine.filter(open).map((key) => byKey.get(key)!.members) };
  });
  return {
    ...(await edgesWithOthers(store, model, some, apart)),
    came: numberLists(keys.map(({ came }) => came)),
    left: numberLists(keys.map(({ left }) => left)),
    stayed: numberLists(keys.map(({ stayed }) => stayed.map((key) => (open(key) ? key : closedKey(key))))),
    blocks: blocksBefore(byKey),
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

interface BlockRead {
  population: number;
  isRule: boolean;
  /** Somebody comes into it or leaves it, or it is of a rule: it is not only read for its members. */
  isKept: boolean;
  members: readonly number[];
  /** The place of the last member that was seen in it before the change, and after it. */
  lastWas: number;
  lastNow: number;
}

interface KeysOfChanged {
  came: number[];
  left: number[];
  /** Of passes only. */
  stayed: number[];
}

/** The keys of members before and after the change, each once, and the blocks of all of them. */
function keysOfChanged(model: IdentityModel, changed: readonly Changed[]): { keys: KeysOfChanged[]; byKey: Map<number, BlockRead> } {
  const byKey = new Map<number, BlockRead>();
  const blockOf = (key: number, population: number, isRule: boolean): BlockRead => {
    let block = byKey.get(key);
    if (!block) byKey.set(key, (block = { population, isRule, isKept: isRule, members: [], lastWas: -1, lastNow: -1 }));
    return block;
  };
  const keys = changed.map(({ member, population, profile }, place): KeysOfChanged => {
    const was = keysIn(model, member.population, member.profile);
    const now = keysIn(model, population, profile, member.population === population ? was : undefined);
    const moved: KeysOfChanged = { came: [], left: [], stayed: [] };
    const before = (key: number | null, isRule: boolean): void => {
      if (key !== null) blockOf(key, member.population, isRule).lastWas = place;
    };
    const after = (key: number | null, isRule: boolean): void => {
      if (key === null) return;
      const block = blockOf(key, population, isRule);
      if (block.lastNow === place) return;
      block.lastNow = place;
      if (block.lastWas !== place) {
        block.isKept = true;
        moved.came.push(key);
      } else if (!block.isRule) moved.stayed.push(key);
    };
    const gone = (key: number | null): void => {
      const block = key === null ? undefined : byKey.get(key)!;
      if (!block || block.lastNow === place || block.lastWas !== place) return;
      block.lastWas = -1;
      block.isKept = true;
      moved.left.push(key!);
    };
    for (const key of was.byPass) before(key, false);
    for (const key of was.byRule) before(key, true);
    for (const key of now.byPass) after(key, false);
    for (const key of now.byRule) after(key, true);
    was.byPass.forEach(gone);
    was.byRule.forEach(gone);
    return moved;
  });
  return { keys, byKey };
}

/** Keys by pass and by rule; null where there is none. */
interface KeysByPass {
  profile: Profile;
  byPass: readonly (number | null)[];
  byRule: readonly (number | null)[];
}

/** `like`: those that the member had, which are taken where nothing changed. */
function keysIn(model: IdentityModel, population: number, profile: Profile | null, like?: KeysByPass): KeysByPass {
  const of = model.populations[population];
  if (!of || profile === null) return { profile: [], byPass: [], byRule: [] };
  const known = like?.byPass.length === of.passes.length ? { profile: like.profile, keys: like.byPass } : undefined;
  return { profile, byPass: keysByPass(of.passes, profile, known), byRule: ruleKeys(of.rules, profile) };
}

/** Looks up who is in these blocks, which may have different caps. */
async function readBlocks(store: IdentityStore, model: IdentityModel, blocks: ReadonlyMap<number, BlockRead>): Promise<void> {
  for (const [cap, some] of Map.groupBy(blocks, ([, { population, isRule }]) => capOf(model, population, isRule))) {
    // Sorted as numbers: sorting the blocks themselves takes ten times as long.
    const keys = Float64Array.from(some, ([key]) => key).sort();
    const found = await store.keys.blocksInOrder(keys, cap);
    found.forEach((members, i) => (blocks.get(keys[i]!)!.members = members));
  }
}

function blocksBefore(byKey: ReadonlyMap<number, BlockRead>): BlocksBefore {
  const kept: number[] = [];
  for (const [key, { isKept }] of byKey) if (isKept) kept.push(key);
  const keys = Float64Array.from(kept).sort();
  const blocks = Array.from(keys, (key) => byKey.get(key)!);
  return {
    keys,
    population: Int32Array.from(blocks, ({ population }) => population),
    isRule: Uint8Array.from(blocks, ({ isRule }) => (isRule ? 1 : 0)),
    members: numberLists(blocks.map(({ members }) => members)),
  };
}
