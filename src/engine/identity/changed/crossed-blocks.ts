import { blockKeys } from '../../../identity/block/passes.ts';
import type { IdentityModel } from '../../../identity/model.ts';
import { scoreLikelyPair, scorePair } from '../../../identity/score/score.ts';
import { signaturesOf } from '../../../identity/score/screen-signature.ts';
import type { IdentityStore, Member, StoredEdge } from '../../../store/identity/identity.ts';
import { isTie } from '../place.ts';
import { loadMembers } from './load-members.ts';

/** A block that grew over the cap, or shrank to it. */
export interface CrossedBlock {
  key: number;
  population: number;
  /** Its members while it was at most as large as the cap. */
  members: readonly number[];
  /** Its pairs are compared from now on; otherwise they no longer are, by this block. */
  open: boolean;
}

/** The pair of two members as it is stored; undefined when they are neither linked nor wait. */
export function edgeOf(model: IdentityModel, x: Member, y: Member, rule: string | null): StoredEdge | undefined {
  const [first, second] = x.id < y.id ? [x, y] : [y, x];
  if (first.population !== second.population || first.state !== 'live' || second.state !== 'live') return undefined;
  const population = model.populations[first.population]!;
  const likely = scoreLikelyPair(population, first.profile!, second.profile!);
  if (!likely && rule === null) return undefined;
  const { verdict, scored } = likely ?? { verdict: 'none' as const, scored: scorePair(population, first.profile!, second.profile!) };
  return { a: first.id, b: second.id, score: scored.score, verdict, veto: scored.veto ?? null, rule };
}

/**
 * Writes what changes in the pairs of blocks that crossed the cap; those of `compared` are up to date already. Only pairs inside such
 * a block can change: all other blocks of its members are as they were. Gives the members of ties that came or went.
 */
export async function compareBlocks(
  store: IdentityStore,
  model: IdentityModel,
  crossed: readonly CrossedBlock[],
  compared: ReadonlySet<number>,
  members: Map<number, Member>,
): Promise<Set<number>> {
  const ends = new Set<number>();
  if (crossed.length === 0) return ends;
  const idsOf = (block: CrossedBlock): number[] => block.members.filter((id) => !compared.has(id));
  await loadMembers(
    store,
    members,
    crossed.flatMap((block) => (block.open ? idsOf(block) : [])),
  );
  const edges = await store.edgesOf([...new Set(crossed.flatMap(idsOf))]);
  const known = new Set(edges.map(({ a, b }) => `${a} ${b}`));
  const knownFrom = Map.groupBy(edges, ({ a }) => a);
  const come = new Map<string, StoredEdge>();
  const doubtful = new Map<string, StoredEdge>();
  const signatures = signaturesOf(model);
  const { width } = signatures;
  for (const block of crossed) {
    if (!block.open) {
      const ids = new Set(idsOf(block));
      for (const id of ids)
        for (const edge of knownFrom.get(id) ?? []) if (edge.rule === null && ids.has(edge.b)) doubtful.set(`${edge.a} ${edge.b}`, edge);
      continue;
    }
    const list = idsOf(block)
      .map((id) => members.get(id)!)
      .filter(({ state, population }) => state === 'live' && population === block.population)
      .sort((x, y) => x.id - y.id);
    const words = new Uint32Array(list.length * width);
    list.forEach(({ profile }, i) => signatures.write(block.population, profile, words, i * width));
    for (let i = 0; i < list.length; i++) {
      const mayCount = signatures.screenFor(block.population, list[i]!.profile!);
      for (let j = i + 1; j < list.length; j++) {
        if (!mayCount(words, j * width)) continue;
        const name = `${list[i]!.id} ${list[j]!.id}`;
        if (known.has(name) || come.has(name)) continue;
        const edge = edgeOf(model, list[i]!, list[j]!, null);
        if (edge) come.set(name, edge);
      }
    }
  }
  // Of a block that is no longer compared, only those who have pairs in it are read.
  await loadMembers(
    store,
    members,
    [...doubtful.values()].flatMap(({ a, b }) => [a, b]),
  );
  const gone = await withoutBlock(store, model, [...doubtful.values()], members);
  await store.removeEdges(gone);
  await store.insertEdges([...come.values()]);
  for (const edge of [...gone, ...come.values()]) if (isTie(edge)) ends.add(edge.a).add(edge.b);
  return ends;
}

/** Those of these pairs that no block brings together anymore. */
async function withoutBlock(
  store: IdentityStore,
  model: IdentityModel,
  edges: readonly StoredEdge[],
  members: ReadonlyMap<number, Member>,
): Promise<StoredEdge[]> {
  const shared = edges.map((edge) => {
    const [a, b] = [members.get(edge.a)!, members.get(edge.b)!];
    const { passes, cap } = model.populations[a.population]!;
    const mine = new Set(blockKeys(passes, a.profile!));
    return { edge, cap, keys: blockKeys(passes, b.profile!).filter((key) => mine.has(key)) };
  });
  const gone: StoredEdge[] = [];
  for (const [cap, some] of Map.groupBy(shared, (pair) => pair.cap)) {
    const blocks = await store.keys.blocks([...new Set(some.flatMap(({ keys }) => keys))], cap);
    for (const { edge, keys } of some) if (keys.every((key) => blocks.get(key)!.length > cap)) gone.push(edge);
  }
  return gone;
}
