import type { ClusterInput, Pair } from './input.ts';

/** Does something agree that two of one name in one house do not share? A phone, an address and a middle name may be of both. */
export function tells({ birth, ownMail, sameSuffix }: Pair): boolean {
  return birth > 0 || ownMail || sameSuffix;
}

/** The same of twins, who have their birth date in common. */
function tellsTwins({ given, ownMail }: Pair): boolean {
  return given > 0 || ownMail;
}

/**
 * Whether two clusters must not be joined, because one of their records may be of either of two people of a house, and nothing tells of which:
 * it has no birth date, and father and son are both called so; or it has no given name, and there are twins.
 */
export function openIn(
  input: ClusterInput,
  pair: (a: number, b: number) => Pair,
  areOne: (a: number, b: number) => boolean,
): (first: readonly number[], second: readonly number[]) => boolean {
  if (input.size < 3) return () => false;
  const ties = neighborsOf(input.size, [...input.edges, ...input.near]);
  // A phone or middle name that one of the two has, and the other another one, is his.
  const tellsOf = (r: number, a: number, b: number): boolean =>
    pair(r, a).phone * pair(r, b).phone < 0 || pair(r, a).middle * pair(r, b).middle < 0;
  const pairsOf = (r: number, are: (found: Pair) => boolean): [number, number][] =>
    ties[r]!.flatMap((a, i) =>
      ties[r]!.slice(i + 1).flatMap((b): [number, number][] => (are(pair(a, b)) && !tellsOf(r, a, b) ? [[a, b]] : [])),
    );
  const namesakes = ties.map((_, r) => (input.lacks(r, 'birth') ? pairsOf(r, (found) => found.namesakes) : []));
  const twins = ties.map((_, r) => (input.lacks(r, 'given') ? pairsOf(r, (found) => found.twins) : []));
  return (first, second) => {
    // Twins whom other records made one are one.
    const isOfNamesakes = (r: number): boolean => namesakes[r]!.length > 0;
    const isOfTwins = (r: number): boolean => twins[r]!.some(([a, b]) => !areOne(a, b));
    const isOpen = (isOf: (r: number) => boolean, said: (found: Pair) => boolean): boolean =>
      (first.some(isOf) || second.some(isOf)) && !first.some((a) => second.some((b) => said(pair(a, b))));
    return isOpen(isOfNamesakes, tells) || isOpen(isOfTwins, tellsTwins);
  };
}

/** By record, the records that it has an edge to. */
export function neighborsOf(size: number, edges: readonly { a: number; b: number }[]): number[][] {
  const lists = Array.from({ length: size }, (): number[] => []);
  for (const { a, b } of edges) {
    lists[a]!.push(b);
    lists[b]!.push(a);
  }
  return lists;
}
