import type { Profile } from '../../../identity/roles.ts';
import { blockKeys, ruleKeys } from '../../../identity/block/passes.ts';
import type { IdentityModel } from '../../../identity/model.ts';
import { RULE_CAP } from '../../../identity/resolve.ts';
import { signaturesOf } from '../../../identity/score/screen-signature.ts';
import type { IdentityStore, Member, StoredEdge } from '../../../store/identity/identity.ts';
import type { Coming } from './found-ahead.ts';
import { memberNow } from './compare-changed.ts';
import { comparedMembers } from './compared-members.ts';
import { neighbors, pairName } from './compare-touched.ts';
import { compareBlocks, edgeOf } from './crossed-blocks.ts';
import { edgesOfChanged } from './edges-of-changed.ts';
import { loadMembers } from './load-members.ts';
import { blocksOf, type CrossedRule, movedBlocks } from './move-keys.ts';
import { type Around, isTie, placeRegion } from '../place.ts';

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
 * same as if all members were compared at once. `ahead`: what was found of some of them in the store as it is.
 */
export async function resolveTouched(
  store: IdentityStore,
  model: IdentityModel,
  touched: readonly Touched[],
  ahead?: Coming,
): Promise<Resolved> {
  const members = new Map(touched.map(({ member }) => [member.id, member]));
  const goldens = new Set<number>();
  for (const { member } of touched) if (member.golden !== null) goldens.add(member.golden);
  const changed = touched.filter((t) => !isSame(t)).sort((x, y) => x.member.id - y.member.id);
  const ids = new Set(changed.map(({ member }) => member.id));
  const { found, done: around } = await comparedMembers(store, model, changed, ahead, async () => {
    await store.updateMembers(changed.map(memberNow), 'compared');
    await writeSignatures(store, model, changed);
    return readAround(store, changed, members);
  });
  const moved = await movedBlocks(store, model, found);
  for (const one of changed) Object.assign(one.member, memberNow(one));
  // What is gone keeps its id in use: by whoever was with it.
  const back = changed.flatMap(({ member }) => (member.state === 'live' && member.host !== null ? member : []));
  for (const member of back) member.host = null;
  await store.updateMembers(back);
  const start = new Set(ids);
  const edges = await edgesOfChanged(store, model, found, moved, members);
  const isOfChanged = ({ a, b }: StoredEdge): boolean => ids.has(a) || ids.has(b);
  for (const id of await replaceEdges(store, around.edges.filter(isOfChanged), edges)) start.add(id);
  const { crossed, crossedRules } = moved;
  const others = new Set([
    ...(await compareNeighbors(store, model, crossedRules, ids, members)),
    ...(await compareBlocks(store, model, crossed, ids, members)),
  ]);
  for (const id of others) start.add(id);
  const placed = await placeRegion(store, model, start, members, {
    of: around.of.difference(others),
    edges: [...edges, ...around.edges.filter((edge) => !isOfChanged(edge))],
    goldens: around.goldens,
  });
  for (const golden of placed.goldens) goldens.add(golden);
  for (const { member } of touched) goldens.add(placed.goldenOf.get(member.id) ?? member.golden!);
  for (const { member } of touched) if (!placed.goldenOf.has(member.id)) placed.goldenOf.set(member.id, member.golden!);
  return { goldens, goldenOf: placed.goldenOf };
}

/**
 * Who was with members that changed, which is added to `members`, and the edges of all of them. Edges between members that did not change
 * only change where a block crosses its cap, or a neighbor comes or goes.
 */
async function readAround(store: IdentityStore, changed: readonly Touched[], members: Map<number, Member>): Promise<Around> {
  const goldens = new Set(changed.flatMap(({ member }) => member.golden ?? []));
  const mates = await store.ofGoldens([...goldens]);
  for (const mate of mates) if (!members.has(mate.id)) members.set(mate.id, mate);
  const of = new Set([...changed.map(({ member }) => member.id), ...mates.map(({ id }) => id)]);
  return { of, goldens, edges: await store.edgesOf([...of]) };
}

export function isSame({ member, isNew, population, profile }: Touched): boolean {
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
