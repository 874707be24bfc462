/** Things by number, of which some are tied together. */
export interface NumberedUnions {
  /** The least number of all that this one is tied to. */
  rootOf(one: number): number;
  join(one: number, other: number): void;
}

/** Numbers from 0 on, so many of them, each by itself: four bytes for each, where a map takes a hundred. */
export function numberedUnions(size: number): NumberedUnions {
  const parent = Int32Array.from({ length: size }, (_, i) => i);
  const rootOf = (one: number): number => {
    let root = one;
    while (parent[root] !== root) root = parent[root] = parent[parent[root]!]!;
    return root;
  };
  return {
    rootOf,
    join(one, other) {
      const [a, b] = [rootOf(one), rootOf(other)];
      if (a < b) parent[b] = a;
      else parent[a] = b;
    },
  };
}
