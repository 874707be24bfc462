import type { Profile } from '../../identity/roles.ts';
import { blockKeys, keysByPass, ruleKeys } from '../../identity/block/passes.ts';
import type { IdentityModel } from '../../identity/model.ts';
import { RULE_CAP } from '../../identity/resolve.ts';
import { signaturesOf } from '../../identity/score/screen-signature.ts';
import type { IdentityStore, Member, StoredEdge } from '../../store/identity/identity.ts';
import { type Block, edgesOfKeyed, type Keyed, loadMembers, neighbors, pairName } from './compare-touched.ts';
import { compareBlocks, type CrossedBlock, edgeOf } from './crossed-blocks.ts';
import { isTie, placeRegion } from './place.ts';

/** A member whose records changed, with what it is compared by now; no profile: no record of it is left. */
export interface Touched {
  member: Member;
  isNew: boolean;
  population: number;
  profile: Profile | null;
}

/** What became of the members that were looked at. */
export interface Resolved {
  /** Golden records that must be computed again. */
  goldens: Set<number>;
  goldenOf: Map<number, number>;
}

/**
 * Compares the members that changed with all they share a block with, and puts again into clusters what that concerns:
 * them, the pairs of blocks that grew or shrank over the cap, and whatever is tied to any of these. The result is the
 * same as if all members were compared at once.
 */
export async function resolveTouched(store: IdentityStore, model: IdentityModel, touched: readonly Touched[]): Promise<Resolved> {
  const members = new Map(touched.map(({ member }) => [member.id, member]));
  const goldens = new Set<number>();
  for (const { member } of touched) if (member.golden !== null) goldens.add(member.golden);
  const changed = touched.filter((t) => !isSame(t)).sort((x, y) => x.member.id - y.member.id);
  const { keyed, crossed, crossedRules } = await moveKeys(store, model, changed);
  for (const { member, population, profile } of changed) {
    member.population = population;
    member.profile = profile === null ? null : [...profile];
  }
  // What is gone keeps its id in use: by whoever was with it.
  const back: Member[] = [];
  for (const { member, profile } of changed) {
    if (profile !== null) {
      if (member.host !== null) back.push(member);
      member.host = null;
      member.state = 'live';
    } else member.state = 'gone';
  }
  await store.updateMembers(
    changed.map(({ member }) => member),
    'compared',
  );
  await store.updateMembers(back);
  await writeSignatures(store, model, changed);
  const ids = new Set(changed.map(({ member }) => member.id));
  const start = new Set(ids);
  for (const id of await replaceEdges(store, await store.edgesOf([...ids]), await edgesOfKeyed(store, model, keyed, members)))
    start.add(id);
  for (const id of await compareNeighbors(store, model, crossedRules, ids, members)) start.add(id);
  await loadMembers(
    store,
    members,
    crossed.flatMap((block) => block.members),
  );
  for (const id of await compareBlocks(store, model, crossed, ids, members)) start.add(id);
  const placed = await placeRegion(store, model, start, members);
  for (const golden of placed.goldens) goldens.add(golden);
  for (const { member } of touched) goldens.add(placed.goldenOf.get(member.id) ?? member.golden!);
  for (const { member } of touched) if (!placed.goldenOf.has(member.id)) placed.goldenOf.set(member.id, member.golden!);
  return { goldens, goldenOf: placed.goldenOf };
}

function isSame({ member, isNew, population, profile }: Touched): boolean {
  return (
    !isNew &&
    member.state === (profile === null ? 'gone' : 'live') &&
    member.population === population &&
    JSON.stringify(member.profile) === JSON.stringify(profile)
  );
}

/** The keys that a member can be found by; a rule's are distinguished because they have another cap. */
interface Keys {
  blocks: readonly number[];
  rules: readonly { key: number; rule: string }[];
}

function keysOf(model: IdentityModel, population: number, profile: Profile | null): Keys {
  const of = model.populations[population];
  if (!of || profile === null) return { blocks: [], rules: [] };
  return {
    blocks: blockKeys(of.passes, profile),
    rules: ruleKeys(of.rules, profile).flatMap((key, i) => (key === null ? [] : [{ key, rule: of.rules[i]!.name }])),
  };
}

/** The same by pass and by rule; null where there is none. `like`: those that the member had, which are taken where nothing changed. */
interface KeysByPass {
  profile: Profile;
  byPass: readonly (number | null)[];
  byRule: readonly (number | null)[];
}

function keysIn(model: IdentityModel, population: number, profile: Profile | null, like?: KeysByPass): KeysByPass {
  const of = model.populations[population];
  if (!of || profile === null) return { profile: [], byPass: [], byRule: [] };
  const known = like?.byPass.length === of.passes.length ? { profile: like.profile, keys: like.byPass } : undefined;
  return { profile, byPass: keysByPass(of.passes, profile, known), byRule: ruleKeys(of.rules, profile) };
}

/** What moving keys leaves: the blocks of those that changed, and the blocks that others must be compared in again. */
interface Moved {
  keyed: Keyed[];
  crossed: CrossedBlock[];
  crossedRules: CrossedRule[];
}

/** A block, with those that changed among its members. */
interface MovedBlock extends Block {
  /** The place of the last member that was seen in it before the change, and after it. */
  lastWas: number;
  lastNow: number;
  /** Members that leave it, and that come into it, in the order of their ids. */
  left: number[];
  came: number[];
}

/** Writes the keys that changed. All blocks that these members are or were in are read once. `changed`: in the order of their ids. */
async function moveKeys(store: IdentityStore, model: IdentityModel, changed: readonly Touched[]): Promise<Moved> {
  const keyed: Keyed[] = [];
  const byKey = new Map<number, MovedBlock>();
  const blockOf = (key: number, population: number, isRule: boolean): MovedBlock => {
    let block = byKey.get(key);
    if (!block) {
      const cap = isRule ? RULE_CAP : model.populations[population]!.cap;
      block = { key, cap, population, isRule, was: NOBODY, now: NOBODY, lastWas: -1, lastNow: -1, left: [], came: [] };
      byKey.set(key, block);
    }
    return block;
  };
  changed.forEach(({ member, population, profile }, place) => {
    const was = keysIn(model, member.population, member.profile);
    const now = keysIn(model, population, profile, member.population === population ? was : undefined);
    const before: MovedBlock[] = [];
    for (const key of was.byPass) if (key !== null) before.push(blockOf(key, member.population, false));
    for (const key of was.byRule) if (key !== null) before.push(blockOf(key, member.population, true));
    const blocks: MovedBlock[] = [];
    for (const key of now.byPass) if (key !== null) blocks.push(blockOf(key, population, false));
    const rules = now.byRule.flatMap((key, i) =>
      key === null ? [] : [{ block: blockOf(key, population, true), rule: model.populations[population]!.rules[i]!.name }],
    );
    for (const block of before) block.lastWas = place;
    const come = (block: MovedBlock): void => {
      if (block.lastNow !== place && block.lastWas !== place) block.came.push(member.id);
      block.lastNow = place;
    };
    blocks.forEach(come);
    for (const { block } of rules) come(block);
    for (const block of before) if (block.lastNow !== place && block.left.at(-1) !== member.id) block.left.push(member.id);
    if (profile !== null) keyed.push({ member, blocks, rules });
  });
  const moved = (await readBlocks(store, byKey)).filter(({ left, came }) => left.length + came.length > 0);
  await store.keys.remove(pairsOf(moved, ({ left }) => left));
  await store.keys.add(pairsOf(moved, ({ came }) => came));
  await moveMembers(store, moved);
  const crossed: CrossedBlock[] = [];
  const crossedRules: CrossedRule[] = [];
  for (const { key, population, cap, isRule, was, now } of moved) {
    if (isRule) crossedRules.push({ was, now });
    else if (was.length > cap !== now.length > cap)
      crossed.push({ key, population, members: now.length > cap ? was : now, open: now.length <= cap });
  }
  return { keyed, crossed, crossedRules };
}

const NOBODY: readonly number[] = [];

/** Keys with members, as the store takes them. */
function pairsOf(blocks: readonly MovedBlock[], of: (block: MovedBlock) => readonly number[]): [number, number][] {
  const pairs: [number, number][] = [];
  for (const block of blocks) for (const member of of(block)) pairs.push([block.key, member]);
  return pairs;
}

/** Looks up who is in many blocks, by key, which may have different caps. Gives the blocks in the order of their keys, cap by cap. */
async function readBlocks(store: IdentityStore, blocks: ReadonlyMap<number, MovedBlock>): Promise<MovedBlock[]> {
  const inOrder: MovedBlock[] = [];
  for (const [cap, some] of Map.groupBy(blocks.values(), (block) => block.cap)) {
    // Sorted as numbers: sorting the blocks themselves takes ten times as long.
    const keys = Float64Array.from(some, ({ key }) => key).sort();
    const found = await store.keys.blocksInOrder(keys, cap);
    found.forEach((members, i) => {
      const block = blocks.get(keys[i]!)!;
      block.was = block.now = members;
      inOrder.push(block);
    });
  }
  return inOrder;
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
async function blocksOf(store: IdentityStore, blocks: readonly Pick<Block, 'key' | 'cap'>[]): Promise<Map<number, readonly number[]>> {
  const found = new Map<number, readonly number[]>();
  for (const [cap, some] of Map.groupBy(blocks, (block) => block.cap)) {
    const keys = some.map(({ key }) => key);
    for (const [key, members] of await store.keys.blocks(keys, cap)) found.set(key, members);
  }
  return found;
}

/** Makes some stored edges those that are given; gives the members of pairs that were tied or are tied now and differ. */
async function replaceEdges(store: IdentityStore, old: readonly StoredEdge[], now: readonly StoredEdge[]): Promise<Set<number>> {
  const left = new Map(old.map((edge) => [pairName(edge.a, edge.b), edge]));
  const come: StoredEdge[] = [];
  const changed: StoredEdge[] = [];
  const differ: StoredEdge[] = [];
  for (const edge of now) {
    const name = pairName(edge.a, edge.b);
    const known = left.get(name);
    left.delete(name);
    if (known && isSameEdge(known, edge)) continue;
    if (known) differ.push(known);
    (known ? changed : come).push(edge);
  }
  const gone = [...left.values()];
  await store.removeEdges(gone);
  await store.updateEdges(changed);
  await store.insertEdges(come.sort((x, y) => x.a - y.a || x.b - y.b));
  return new Set([...differ, ...changed, ...gone, ...come].filter(isTie).flatMap(({ a, b }) => [a, b]));
}

function isSameEdge(x: StoredEdge, y: StoredEdge): boolean {
  return x.score === y.score && x.verdict === y.verdict && x.veto === y.veto && x.rule === y.rule;
}

/** A rule's block that members came into or left. */
interface CrossedRule {
  was: readonly number[];
  now: readonly number[];
}

/**
 * Somebody who comes between two neighbors of a rule's block, or leaves from between them, changes who is a neighbor. Writes the pairs of
 * those that did not change themselves; gives the members of pairs that changed.
 */
async function compareNeighbors(
  store: IdentityStore,
  model: IdentityModel,
  rules: readonly CrossedRule[],
  changed: ReadonlySet<number>,
  members: Map<number, Member>,
): Promise<Set<number>> {
  await loadMembers(
    store,
    members,
    rules.flatMap(({ was, now }) => [was, now].flatMap((block) => (block.length > 1 && block.length <= RULE_CAP ? block : []))),
  );
  const pairs = new Map<string, [Member, Member]>();
  for (const { was, now } of rules) {
    if (was.length < 2 && now.length < 2) continue;
    const before = new Map(neighbors(was, members).map((pair) => [pairName(pair[0].id, pair[1].id), pair]));
    const after = new Map(neighbors(now, members).map((pair) => [pairName(pair[0].id, pair[1].id), pair]));
    for (const [name, pair] of [...before, ...after])
      if (before.has(name) !== after.has(name) && !pair.some(({ id }) => changed.has(id))) pairs.set(name, pair);
  }
  if (pairs.size === 0) return new Set();
  const both = [...new Set([...pairs.values()].flat())];
  const old = (await store.edgesOf(both.map(({ id }) => id))).filter(({ a, b }) => pairs.has(pairName(a, b)));
  return replaceEdges(store, old, await edgesOfPairs(store, model, [...pairs.values()], members));
}

async function writeSignatures(store: IdentityStore, model: IdentityModel, changed: readonly Touched[]): Promise<void> {
  if (changed.length === 0) return;
  const signatures = signaturesOf(model);
  const words = new Uint32Array(changed.length * signatures.width);
  changed.forEach(({ population, profile }, i) => signatures.write(population, profile, words, i * signatures.width));
  await store.signatures(signatures).put(
    changed.map(({ member }) => member.id),
    words,
  );
}

/** The edges that pairs have whose members share keys of rules, as blocks are now. */
async function edgesOfPairs(
  store: IdentityStore,
  model: IdentityModel,
  pairs: readonly (readonly [Member, Member])[],
  members: Map<number, Member>,
): Promise<StoredEdge[]> {
  const caps = new Map<number, number>();
  const shared = pairs.map(([x, y]) => {
    const mine = keysOf(model, x.population, x.profile);
    const others = keysOf(model, y.population, y.profile);
    const blocks = mine.blocks.filter((key) => others.blocks.includes(key));
    const rules = mine.rules.filter(({ key }) => others.rules.some((rule) => rule.key === key));
    for (const key of blocks) caps.set(key, model.populations[x.population]!.cap);
    for (const { key } of rules) caps.set(key, RULE_CAP);
    return { x, y, blocks, rules };
  });
  const blocks = await blocksOf(
    store,
    [...caps].map(([key, cap]) => ({ key, cap })),
  );
  const isOpen = (key: number): boolean => blocks.get(key)!.length <= caps.get(key)!;
  const ruleKeysOpen = [...new Set(shared.flatMap(({ rules }) => rules.map(({ key }) => key)))].filter(isOpen);
  await loadMembers(
    store,
    members,
    ruleKeysOpen.flatMap((key) => blocks.get(key)!),
  );
  const byRule = new Map(
    ruleKeysOpen.map((key) => [key, new Set(neighbors(blocks.get(key)!, members).map(([a, b]) => pairName(a.id, b.id)))]),
  );
  return shared.flatMap(({ x, y, blocks: keys, rules }) => {
    const rule = rules.find(({ key }) => byRule.get(key)?.has(pairName(x.id, y.id)))?.rule ?? null;
    return rule !== null || keys.some(isOpen) ? (edgeOf(model, x, y, rule) ?? []) : [];
  });
}
