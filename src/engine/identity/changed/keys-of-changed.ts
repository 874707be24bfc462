import { firstAtLeast } from '../../../core/first-at-least.ts';
import { keysByPass, ruleKeys } from '../../../identity/block/passes.ts';
import type { IdentityModel } from '../../../identity/model.ts';
import type { Profile } from '../../../identity/roles.ts';
import type { Member } from '../../../store/identity/identity.ts';

/** What a member was compared by, and is now. */
interface WasAndIs {
  member: Pick<Member, 'population' | 'profile'>;
  population: number;
  profile: Profile | null;
}

/** The keys of a member before and after it changed, each once. */
export interface KeysOfMember {
  /** Of passes, and of rules. */
  came: number[];
  cameByRule: number[];
  left: number[];
  /** Of passes only. */
  stayed: number[];
}

/** The blocks of members, in the order of their keys. Arrays of numbers: of a night there are a hundred thousand. */
export interface BlocksOfKeys {
  keys: Float64Array<ArrayBuffer>;
  population: Int32Array<ArrayBuffer>;
  isRule: Uint8Array<ArrayBuffer>;
  /** Somebody comes into it or leaves it, or it is of a rule: it is not only read for its members. */
  isKept: Uint8Array<ArrayBuffer>;
}

export function keysOfChanged(model: IdentityModel, changed: readonly WasAndIs[]): { keys: KeysOfMember[]; blocks: BlocksOfKeys } {
  const found: FoundKeys = { keys: [], population: [], kinds: [] };
  const keys = changed.map((one) => keysOfMember(model, one, found));
  return { keys, blocks: blocksOf(found) };
}

/** Keys that were found, one by one, with what is said of their blocks. */
interface FoundKeys {
  keys: number[];
  population: number[];
  kinds: number[];
}

const ONLY_READ = 0;
const IS_KEPT = 1;
const OF_RULE = 2;

function keysOfMember(model: IdentityModel, { member, population, profile }: WasAndIs, found: FoundKeys): KeysOfMember {
  const was = keysIn(model, member.population, member.profile);
  const now = keysIn(model, population, profile, member.population === population ? was : undefined);
  const keys: KeysOfMember = { came: [], cameByRule: [], left: [], stayed: [] };
  const note = (key: number, of: number, kind: number): void => {
    found.keys.push(key);
    found.population.push(of);
    found.kinds.push(kind);
  };
  for (const [i, key] of now.byPass.entries()) {
    if (key === null || keys.stayed.includes(key) || keys.came.includes(key)) continue;
    const stays = was.byPass[i] === key || was.byPass.includes(key);
    (stays ? keys.stayed : keys.came).push(key);
    note(key, population, stays ? ONLY_READ : IS_KEPT);
  }
  for (const key of now.byRule) {
    if (key === null || keys.cameByRule.includes(key)) continue;
    if (!was.byRule.includes(key)) keys.cameByRule.push(key);
    note(key, population, OF_RULE);
  }
  const gone = (key: number | null, after: readonly (number | null)[], kind: number): void => {
    if (key === null || after.includes(key) || keys.left.includes(key)) return;
    keys.left.push(key);
    note(key, member.population, kind);
  };
  for (const [i, key] of was.byPass.entries()) if (now.byPass[i] !== key) gone(key, now.byPass, IS_KEPT);
  for (const key of was.byRule) gone(key, now.byRule, OF_RULE);
  return keys;
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

function blocksOf({ keys: all, population, kinds }: FoundKeys): BlocksOfKeys {
  const sorted = Float64Array.from(all).sort();
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[count - 1]) sorted[count++] = sorted[i]!;
  const keys = sorted.slice(0, count);
  const blocks: BlocksOfKeys = {
    keys,
    population: new Int32Array(count),
    isRule: new Uint8Array(count),
    isKept: new Uint8Array(count),
  };
  for (let i = 0; i < all.length; i++) {
    const at = firstAtLeast(keys, all[i]!);
    blocks.population[at] = population[i]!;
    if (kinds[i] === OF_RULE) blocks.isRule[at] = 1;
    if (kinds[i] !== ONLY_READ) blocks.isKept[at] = 1;
  }
  return blocks;
}
