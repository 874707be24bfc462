import type { Profile } from '../../identity/roles.ts';
import { blockKeys, ruleKeys } from '../../identity/block/passes.ts';
import type { IdentityModel } from '../../identity/model.ts';
import { RULE_CAP } from '../../identity/resolve.ts';
import { scorePair, verdictOf } from '../../identity/score/score.ts';
import type { IdentityStore, Member, StoredEdge } from '../../store/identity/identity.ts';
import { inOrder, placeRegion } from './place.ts';

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

/** The keys that a member can be found by; a rule's are distinguished because they have another cap. */
export function keysOf(model: IdentityModel, population: number, profile: Profile | null): { blocks: number[]; rules: number[] } {
  const of = model.populations[population];
  if (!of || profile === null) return { blocks: [], rules: [] };
  return { blocks: blockKeys(of.passes, profile), rules: ruleKeys(of.rules, profile).filter((key) => key !== null) };
}

/**
 * Compares the members that changed with all they share a block with, and puts again into clusters what that concerns:
 * them, the members of blocks that grew or shrank over the cap, and whatever is tied to any of these. The result is the
 * same as if all members were compared at once.
 */
export async function resolveTouched(store: IdentityStore, model: IdentityModel, touched: readonly Touched[]): Promise<Resolved> {
  const members = new Map(touched.map(({ member }) => [member.id, member]));
  const goldens = new Set<number>();
  for (const { member } of touched) if (member.golden !== null) goldens.add(member.golden);
  const changed = touched.filter((t) => !isSame(t));
  const compared = await moveKeys(store, model, changed);
  for (const { member, population, profile } of changed) {
    member.population = population;
    member.profile = profile === null ? null : [...profile];
  }
  // What is gone keeps its id in use: by whoever was with it.
  for (const { member, profile } of changed) {
    if (profile !== null) {
      member.host = null;
      member.state = 'live';
    } else member.state = 'gone';
  }
  await load(store, members, compared);
  const old = await store.edgesOf([...compared]);
  await store.removeEdges(old);
  const edges = await edgesOf(store, model, compared, members);
  await store.insertEdges(edges);
  const start = new Set([...compared, ...old.flatMap(({ a, b }) => [a, b])]);
  await store.updateMembers(changed.map(({ member }) => member));
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

/** Writes the keys that changed; gives the members that must be compared again: those, and those of blocks that crossed the cap. */
async function moveKeys(store: IdentityStore, model: IdentityModel, changed: readonly Touched[]): Promise<Set<number>> {
  const caps = new Map<number, number>();
  const removed: [number, number][] = [];
  const added: [number, number][] = [];
  for (const { member, population, profile } of changed) {
    const was = keysOf(model, member.population, member.profile);
    const now = keysOf(model, population, profile);
    const before = new Set([...was.blocks, ...was.rules]);
    const after = new Set([...now.blocks, ...now.rules]);
    for (const [keys, of] of [
      [was, member.population],
      [now, population],
    ] as const) {
      for (const key of keys.blocks) caps.set(key, model.populations[of]!.cap);
      for (const key of keys.rules) caps.set(key, RULE_CAP);
    }
    for (const key of before) if (!after.has(key)) removed.push([key, member.id]);
    for (const key of after) if (!before.has(key)) added.push([key, member.id]);
  }
  const rules = new Set(
    changed.flatMap(({ member, population, profile }) => [
      ...keysOf(model, member.population, member.profile).rules,
      ...keysOf(model, population, profile).rules,
    ]),
  );
  const keys = [...new Set([...removed, ...added].map(([key]) => key))];
  const before = new Map<number, number[]>();
  for (const key of keys) before.set(key, await store.block(key, caps.get(key)! + 1));
  await store.removeKeys(removed);
  await store.addKeys(added);
  const compared = new Set(changed.map(({ member }) => member.id));
  for (const key of keys) {
    const cap = caps.get(key)!;
    const after = await store.block(key, cap + 1);
    const was = before.get(key)!;
    const crossed = was.length > cap !== after.length > cap;
    // Neighbors of a rule are other ones when somebody comes between.
    if (crossed || rules.has(key))
      for (const id of [...(was.length > cap ? [] : was), ...(after.length > cap ? [] : after)]) compared.add(id);
  }
  return compared;
}

async function load(store: IdentityStore, members: Map<number, Member>, ids: Iterable<number>): Promise<void> {
  const missing = [...ids].filter((id) => !members.has(id));
  for (const member of await store.byId(missing)) members.set(member.id, member);
}

/** The edges of some members with all others. */
async function edgesOf(
  store: IdentityStore,
  model: IdentityModel,
  compared: ReadonlySet<number>,
  members: Map<number, Member>,
): Promise<StoredEdge[]> {
  const blocks = new Map<number, number[]>();
  const block = async (key: number, cap: number): Promise<number[]> => {
    let found = blocks.get(key);
    if (!found) {
      found = await store.block(key, cap + 1);
      blocks.set(key, (found = found.length > cap ? [] : found));
    }
    return found;
  };
  const partners = new Map<number, Set<number>>();
  const ruled = new Map<number, { key: number; rule: string }[]>();
  for (const id of [...compared].sort((x, y) => x - y)) {
    const member = members.get(id)!;
    const population = model.populations[member.population];
    if (!population || member.profile === null || member.state !== 'live') continue;
    const with_ = new Set<number>();
    for (const key of blockKeys(population.passes, member.profile)) for (const other of await block(key, population.cap)) with_.add(other);
    const rules: { key: number; rule: string }[] = [];
    for (const [i, key] of ruleKeys(population.rules, member.profile).entries())
      if (key !== null) {
        rules.push({ key, rule: population.rules[i]!.name });
        await block(key, RULE_CAP);
      }
    ruled.set(id, rules);
    with_.delete(id);
    partners.set(id, with_);
  }
  await load(
    store,
    members,
    new Set([...[...partners.values()].flatMap((set) => [...set]), ...[...ruled.values()].flat().flatMap(({ key }) => blocks.get(key)!)]),
  );
  const edges = new Map<string, StoredEdge>();
  const edge = (x: number, y: number, rule: string | null): void => {
    const [a, b] = x < y ? [x, y] : [y, x];
    const name = `${a} ${b}`;
    const known = edges.get(name);
    if (known) {
      known.rule ??= rule;
      return;
    }
    const [first, second] = [members.get(a)!, members.get(b)!];
    if (first.population !== second.population || first.state !== 'live' || second.state !== 'live') return;
    const population = model.populations[first.population]!;
    const scored = scorePair(population, first.profile!, second.profile!);
    const verdict = verdictOf(population, scored);
    if (verdict !== 'none' || rule !== null) edges.set(name, { a, b, score: scored.score, verdict, veto: scored.veto ?? null, rule });
  };
  // Rules first, in the order of the model, so an edge has the name of the first that makes it.
  for (const [id, rules] of ruled)
    for (const { key, rule } of rules) {
      const group = blocks
        .get(key)!
        .map((other) => members.get(other)!)
        .sort(inOrder);
      const at = group.findIndex((m) => m.id === id);
      for (const neighbor of [group[at - 1], group[at + 1]]) if (at >= 0 && neighbor) edge(id, neighbor.id, rule);
    }
  for (const [id, others] of partners) for (const other of others) edge(id, other, null);
  return [...edges.values()];
}
