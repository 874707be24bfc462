/** Groups of things that are tied to each other. Each group is named by one of its members, its root. */
export interface Unions<T> {
  has(one: T): boolean;
  /** The root of its group; one that was never joined is a group of its own. */
  rootOf(one: T): T;
  /** Makes one group of two. It keeps the root of the first. */
  join(first: T, second: T): void;
}

export function unions<T>(): Unions<T> {
  const parent = new Map<T, T>();
  const rootOf = (one: T): T => {
    let root = one;
    for (let next = parent.get(root); next !== undefined && next !== root; next = parent.get(root)) root = next;
    for (let at = one; at !== root;) {
      const next = parent.get(at)!;
      parent.set(at, root);
      at = next;
    }
    parent.set(root, root);
    return root;
  };
  return {
    has: (one) => parent.has(one),
    rootOf,
    join(first, second) {
      const root = rootOf(first);
      parent.set(rootOf(second), root);
    },
  };
}
