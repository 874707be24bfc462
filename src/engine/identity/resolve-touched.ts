import type { Profile } from '../../identity/roles.ts';
import { blockKeys, ruleKeys } from '../../identity/block/passes.ts';
import type { IdentityModel } from '../../identity/model.ts';
import { RULE_CAP } from '../../identity/resolve.ts';
import { signaturesOf } from '../../identity/score/screen-signature.ts';
import { screenFor } from '../../identity/score/screen-pair.ts';
import type { Candidate, IdentityStore, Member, StoredEdge } from '../../store/identity/identity.ts';
import { compareBlocks, type CrossedBlock, edgeOf } from './crossed-blocks.ts';
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
 * them, the pairs of blocks that grew or shrank over the cap, and whatever is tied to any of these. The result is the
 * same as if all members were compared at once.
 */
export async function resolveTouched(store: IdentityStore, model: IdentityModel, touched: readonly Touched[]): Promise<Resolved> {
  const members = new Map(touched.map(({ member }) => [member.id, member]));
  const goldens = new Set<number>();
  for (const { member } of touched) if (member.golden !== null) goldens.add(member.golden);
  const changed = touched.filter((t) => !isSame(t));
  const { compared, crossed, blocks } = await moveKeys(store, model, changed);
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
  const edges = await edgesOf(store, model, compared, members, blocks);
  await store.insertEdges(edges);
  const start = new Set([...compared, ...old.flatMap(({ a, b }) => [a, b])]);
  await load(store, members, new Set(crossed.flatMap((block) => block.members)));
  for (const id of await compareBlocks(store, model, crossed, compared, members)) start.add(id);
  await store.updateMembers(changed.map(({ member }) => member));
  await writeSignatures(store, model, changed);
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

/** Looks up many blocks that have different caps. */
async function blocksOf(store: IdentityStore, caps: ReadonlyMap<number, number>): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>();
  for (const [cap, keys] of Map.groupBy(caps.keys(), (key) => caps.get(key)!))
    for (const [key, ids] of await store.keys.blocks(keys, cap)) found.set(key, ids);
  return found;
}

/** Writes the keys that changed; gives the members that must be compared with all others, and the blocks that crossed the cap. */
async function moveKeys(
  store: IdentityStore,
  model: IdentityModel,
  changed: readonly Touched[],
): Promise<{ compared: Set<number>; crossed: CrossedBlock[]; blocks: Map<number, number[]> }> {
  const caps = new Map<number, number>();
  const rules = new Set<number>();
  const removed: [number, number][] = [];
  const added: [number, number][] = [];
  const populationOf = new Map<number, number>();
  for (const { member, population, profile } of changed) {
    const was = keysOf(model, member.population, member.profile);
    const now = keysOf(model, population, profile);
    const before = new Set([...was.blocks, ...was.rules]);
    const after = new Set([...now.blocks, ...now.rules]);
    const note = (key: number, of: number, isRule: boolean): void => {
      if (before.has(key) && after.has(key)) return;
      if (isRule) rules.add(key);
      caps.set(key, isRule ? RULE_CAP : model.populations[of]!.cap);
      populationOf.set(key, of);
    };
    for (const [keys, of] of [
      [was, member.population],
      [now, population],
    ] as const) {
      for (const key of keys.blocks) note(key, of, false);
      for (const key of keys.rules) note(key, of, true);
    }
    for (const key of before) if (!after.has(key)) removed.push([key, member.id]);
    for (const key of after) if (!before.has(key)) added.push([key, member.id]);
  }
  const moved = new Map([...removed, ...added].map(([key]) => [key, caps.get(key)!]));
  const before = await blocksOf(store, moved);
  await store.keys.remove(removed);
  await store.keys.add(added);
  const after = await movedBlocks(store, moved, before, { removed, added });
  const compared = new Set(changed.map(({ member }) => member.id));
  const crossed: CrossedBlock[] = [];
  for (const [key, cap] of moved) {
    const was = before.get(key)!;
    const now = after.get(key)!;
    // Neighbors of a rule are other ones when somebody comes between.
    if (rules.has(key)) for (const id of [...(was.length > cap ? [] : was), ...(now.length > cap ? [] : now)]) compared.add(id);
    else if (was.length > cap !== now.length > cap)
      crossed.push({ key, population: populationOf.get(key)!, members: now.length > cap ? was : now, open: now.length <= cap });
  }
  return { compared, crossed, blocks: after };
}

/** The blocks as they are after keys were moved. Read again are those of which not all members were known. */
async function movedBlocks(
  store: IdentityStore,
  caps: ReadonlyMap<number, number>,
  before: ReadonlyMap<number, number[]>,
  { removed, added }: { removed: readonly (readonly [number, number])[]; added: readonly (readonly [number, number])[] },
): Promise<Map<number, number[]>> {
  const after = new Map<number, Set<number>>();
  const again = new Map<number, number>();
  for (const [key, cap] of caps)
    if (before.get(key)!.length > cap) again.set(key, cap);
    else after.set(key, new Set(before.get(key)));
  for (const [key, member] of removed) after.get(key)?.delete(member);
  for (const [key, member] of added) after.get(key)?.add(member);
  const found = new Map([...after].map(([key, ids]) => [key, [...ids].sort((a, b) => a - b)]));
  for (const [key, ids] of await blocksOf(store, again)) found.set(key, ids);
  return found;
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
  known: ReadonlyMap<number, number[]>,
): Promise<StoredEdge[]> {
  const keys = new Map<number, { blocks: number[]; rules: { key: number; rule: string }[] }>();
  const caps = new Map<number, number>();
  for (const id of [...compared].sort((x, y) => x - y)) {
    const member = members.get(id)!;
    const population = model.populations[member.population];
    if (!population || member.profile === null || member.state !== 'live') continue;
    const blocks = blockKeys(population.passes, member.profile);
    const rules = ruleKeys(population.rules, member.profile).flatMap((key, i) =>
      key === null ? [] : [{ key, rule: population.rules[i]!.name }],
    );
    keys.set(id, { blocks, rules });
    for (const key of blocks) caps.set(key, population.cap);
    for (const { key } of rules) caps.set(key, RULE_CAP);
  }
  const found = await blocksOf(store, new Map([...caps].filter(([key]) => !known.has(key))));
  const block = (key: number): readonly number[] => {
    const ids = known.get(key) ?? found.get(key)!;
    return ids.length > caps.get(key)! ? [] : ids;
  };
  const partners = await likely(store, model, members, new Map([...keys].map(([id, { blocks }]) => [id, new Set(blocks.flatMap(block))])));
  const wanted = new Set(partners.flatMap(([, other]) => other));
  for (const { rules } of keys.values()) for (const { key } of rules) for (const id of block(key)) wanted.add(id);
  await load(store, members, wanted);
  const edges = new Map<string, StoredEdge>();
  const edge = (x: number, y: number, rule: string | null): void => {
    const [a, b] = x < y ? [x, y] : [y, x];
    const name = `${a} ${b}`;
    const known = edges.get(name);
    if (known) {
      known.rule ??= rule;
      return;
    }
    const made = edgeOf(model, members.get(a)!, members.get(b)!, rule);
    if (made) edges.set(name, made);
  };
  // Rules first, in the order of the model, so an edge has the name of the first that makes it.
  for (const [id, { rules }] of keys)
    for (const { key, rule } of rules) {
      const group = block(key)
        .map((other) => members.get(other)!)
        .sort(inOrder);
      const at = group.findIndex((m) => m.id === id);
      for (const neighbor of [group[at - 1], group[at + 1]]) if (at >= 0 && neighbor) edge(id, neighbor.id, rule);
    }
  for (const [id, other] of partners) edge(id, other, null);
  return [...edges.values()];
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

/** Of members and those that they share a block with, the pairs that may be linked or wait. Most are plainly two persons: they are read no further. */
async function likely(
  store: IdentityStore,
  model: IdentityModel,
  members: ReadonlyMap<number, Member>,
  partners: ReadonlyMap<number, ReadonlySet<number>>,
): Promise<[number, number][]> {
  const askedBy = new Map<number, number[]>();
  for (const [id, others] of partners)
    for (const other of others) {
      const list = askedBy.get(other);
      if (list) list.push(id);
      else askedBy.set(other, [id]);
    }
  const screens = new Map<number, (profile: Profile) => boolean>();
  const pairs: [number, number][] = [];
  const look = ({ id: other, population, profile }: Candidate): void => {
    for (const id of askedBy.get(other)!) {
      const member = members.get(id)!;
      if (id === other || member.population !== population) continue;
      let mayCount = screens.get(id);
      if (!mayCount) screens.set(id, (mayCount = screenFor(model.populations[population]!, member.profile!)));
      if (mayCount(profile)) pairs.push([id, other]);
    }
  };
  const unread: number[] = [];
  for (const id of askedBy.keys()) {
    const known = members.get(id);
    if (!known) unread.push(id);
    else if (known.state === 'live' && known.profile !== null) look({ id, population: known.population, profile: known.profile });
  }
  const doubtful = unread.length < BY_SIGNATURE ? unread : await doubtfulOf(store, model, members, askedBy, unread);
  for (let i = 0; i < doubtful.length; i += AT_ONCE) for (const one of await store.candidates(doubtful.slice(i, i + AT_ONCE))) look(one);
  return pairs;
}

/** Of members that are asked for, those whose signatures do not tell that they are plainly somebody else than each that asks, in the order of their ids. */
async function doubtfulOf(
  store: IdentityStore,
  model: IdentityModel,
  members: ReadonlyMap<number, Member>,
  askedBy: ReadonlyMap<number, readonly number[]>,
  unread: readonly number[],
): Promise<number[]> {
  const signatures = signaturesOf(model);
  const stored = store.signatures(signatures);
  const screens = new Map<number, ReturnType<typeof signatures.screenFor>>();
  const mayCount = (id: number, words: Uint32Array, at: number): boolean => {
    const { population, profile } = members.get(id)!;
    if (signatures.populationAt(words, at) !== population) return false;
    let screen = screens.get(id);
    if (!screen) screens.set(id, (screen = signatures.screenFor(population, profile!)));
    return screen(words, at);
  };
  const doubtful: number[] = [];
  await stored.read(unread);
  for (const other of unread) {
    const words = stored.words(other);
    const at = stored.placeOf(other);
    if (signatures.populationAt(words, at) < 0 || askedBy.get(other)!.some((id) => mayCount(id, words, at))) doubtful.push(other);
  }
  return doubtful.sort((a, b) => a - b);
}

/** From so many candidates on, their signatures are read first: of few, the members themselves are read as fast. */
const BY_SIGNATURE = 500;
/** Candidates that are in memory at the same time. */
const AT_ONCE = 1024;
