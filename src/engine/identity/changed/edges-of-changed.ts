import { eachAt, listAt } from '../../../core/number-lists.ts';
import { keysByPass, ruleKeys } from '../../../identity/block/passes.ts';
import type { IdentityModel } from '../../../identity/model.ts';
import { signaturesOf } from '../../../identity/score/screen-signature.ts';
import type { IdentityStore, Member, StoredEdge } from '../../../store/identity/identity.ts';
import { closedKey } from './compare-changed.ts';
import { edgesWithOthers, type InBlocks, neighbors, pairName } from './compare-touched.ts';
import { edgeOf } from './crossed-blocks.ts';
import { loadMembers } from './load-members.ts';
import { blocksOf, type ComparedMember, type Moved, type MovedBlock } from './move-keys.ts';

/**
 * The edges of members that changed with everybody, after their keys were moved: those that were found with others, those of two that
 * changed, and again those of members in a block that crossed its cap. Members of edges that tie are added to `members`.
 */
export async function edgesOfChanged(
  store: IdentityStore,
  model: IdentityModel,
  found: readonly ComparedMember[],
  moved: Moved,
  members: Map<number, Member>,
): Promise<StoredEdge[]> {
  const edges = new Map<string, StoredEdge>();
  // Rules first, in the order of the model, so an edge has the name of the first that makes it.
  for (const edge of await edgesOfRules(store, model, found, moved, members)) edges.set(pairName(edge.a, edge.b), edge);
  const changed = new Set(found.map(({ changed: { member } }) => member.id));
  const again = inCrossedBlocks(found, moved);
  const add = (edge: StoredEdge): void => {
    const name = pairName(edge.a, edge.b);
    if (!edges.has(name)) edges.set(name, edge);
  };
  const addTies = (ties: readonly Member[]): void => {
    for (const other of ties) if (!members.has(other.id)) members.set(other.id, other);
  };
  for (const { changed: one, compared, at } of found) {
    const { id } = one.member;
    if (again.has(id)) continue;
    for (const edge of compared.edges[at]!) if (!changed.has(edge.a === id ? edge.b : edge.a)) add(edge);
  }
  for (const { ties } of new Set(found.map(({ compared }) => compared))) addTies(ties);
  for (const edge of edgesAmong(model, found, moved)) add(edge);
  if (again.size > 0) {
    const some = await inBlocksNow(store, model, [...again.values()]);
    const { edges: withOthers, ties } = await edgesWithOthers(store, model, some, changed);
    withOthers.flat().forEach(add);
    addTies(ties);
  }
  return [...edges.values()];
}

/** Edges between neighbors in the blocks of rules. */
async function edgesOfRules(
  store: IdentityStore,
  model: IdentityModel,
  found: readonly ComparedMember[],
  { blocks }: Moved,
  members: Map<number, Member>,
): Promise<StoredEdge[]> {
  const edges = new Map<string, StoredEdge>();
  const rulesOf = found.flatMap(({ changed: { member } }) => {
    const of = model.populations[member.population];
    if (!of || member.profile === null) return [];
    return ruleKeys(of.rules, member.profile).flatMap((key, i) =>
      key === null ? [] : [{ member, block: blocks.get(key)!, rule: of.rules[i]!.name }],
    );
  });
  await loadMembers(
    store,
    members,
    rulesOf.flatMap(({ block }) => (block.now.length > 1 && block.now.length <= block.cap ? block.now : [])),
  );
  const known = new Map<MovedBlock, [Member, Member][]>();
  for (const { member, block, rule } of rulesOf) {
    let pairs = known.get(block);
    if (!pairs) known.set(block, (pairs = neighbors(block.now, members)));
    for (const [a, b] of pairs) {
      const name = pairName(a.id, b.id);
      if ((a !== member && b !== member) || edges.has(name)) continue;
      const edge = edgeOf(model, a, b, rule);
      if (edge) edges.set(name, edge);
    }
  }
  return [...edges.values()];
}

/** Members that changed and are in a block that grew over its cap or shrank to it: whom they are compared with there was not known before. */
function inCrossedBlocks(found: readonly ComparedMember[], { crossed }: Moved): Map<number, Member> {
  const keys = new Set(crossed.flatMap(({ key }) => [key, closedKey(key)]));
  const again = new Map<number, Member>();
  if (keys.size === 0) return again;
  for (const { changed, compared, at } of found) {
    const isIn = (key: number): boolean => keys.has(key);
    if (listAt(compared.stayed, at).some(isIn) || listAt(compared.came, at).some(isIn)) again.set(changed.member.id, changed.member);
  }
  return again;
}

async function inBlocksNow(store: IdentityStore, model: IdentityModel, members: readonly Member[]): Promise<InBlocks[]> {
  const keyed = members.flatMap((member) => {
    const of = model.populations[member.population];
    if (!of || member.profile === null) return [];
    return [{ member, cap: of.cap, keys: keysByPass(of.passes, member.profile).filter((key) => key !== null) }];
  });
  const blocks = await blocksOf(
    store,
    [...new Map(keyed.flatMap(({ keys, cap }) => keys.map((key) => [key, cap] as const)))].map(([key, cap]) => ({ key, cap })),
  );
  return keyed.map(({ member, cap, keys }) => ({
    member,
    blocks: keys.map((key) => blocks.get(key)!).filter((block) => block.length <= cap),
  }));
}

/** Edges of two members that both changed. */
function edgesAmong(model: IdentityModel, found: readonly ComparedMember[], moved: Moved): StoredEdge[] {
  const signatures = signaturesOf(model);
  const { width } = signatures;
  const words = new Uint32Array(found.length * width);
  const edges: StoredEdge[] = [];
  const others = togetherWith(found, moved);
  found.forEach(({ changed: { member } }, i) => signatures.write(member.population, member.profile, words, i * width));
  found.forEach(({ changed: { member } }, i) => {
    const places = others[i];
    if (!places || member.profile === null) return;
    const mayCount = signatures.screenFor(member.population, member.profile);
    for (const place of places) {
      const other = found[place]!.changed.member;
      if (other.population !== member.population || !mayCount(words, place * width)) continue;
      const edge = edgeOf(model, member, other, null);
      if (edge) edges.push(edge);
    }
  });
  return edges;
}

/** By place, the places of those behind it that share a block with it now which is no larger than its cap. */
function togetherWith(found: readonly ComparedMember[], { blocks }: Moved): (ReadonlySet<number> | undefined)[] {
  const others: (Set<number> | undefined)[] = found.map(() => undefined);
  const isOpen = (key: number): boolean => {
    const block = blocks.get(key < 0 ? closedKey(key) : key);
    return block ? !block.isRule && block.now.length <= block.cap : key >= 0;
  };
  const openKeys = found.map(({ compared, at }) => {
    const open: number[] = [];
    const add = (key: number): void => void (isOpen(key) && open.push(key < 0 ? closedKey(key) : key));
    eachAt(compared.stayed, at, add);
    eachAt(compared.came, at, add);
    return open;
  });
  // Most keys are of one member alone.
  const sorted = new Float64Array(openKeys.reduce((sum, { length }) => sum + length, 0));
  let count = 0;
  for (const keys of openKeys) for (const key of keys) sorted[count++] = key;
  sorted.sort();
  const shared = new Map<number, number[]>();
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) shared.set(sorted[i]!, []);
  if (shared.size === 0) return others;
  openKeys.forEach((keys, place) => {
    for (const key of keys) {
      const list = shared.get(key);
      if (!list) continue;
      for (const before of list) (others[before] ??= new Set()).add(place);
      list.push(place);
    }
  });
  return others;
}
