import type { Entry } from '../entry.ts';
import type { PartsRule } from './rules.ts';

/** Right less left for each value whose sums differ, the shortest first; null where a record does not say its value or a column is blank. */
export function wrongParts(left: readonly Entry[], right: readonly Entry[], rule: PartsRule): [string, number][] | null {
  const sums = new Map<string, number>();
  const add = (name: string, minor: number): void => void sums.set(name, (sums.get(name) ?? 0) + minor);
  for (const { values, minor } of left) {
    const name = values[rule.left];
    if (!name) return null;
    add(name, -minor);
  }
  for (const { values, minor } of right)
    if (typeof rule.right === 'string') {
      const name = values[rule.right];
      if (!name) return null;
      add(name, minor);
    } else
      for (const [name, fields] of Object.entries(rule.right))
        for (const field of fields) {
          const part = values[field];
          // A blank column is not zero.
          if (part === null || part === undefined) return null;
          add(name, Number(part));
        }
  return [...sums].filter(([, minor]) => minor !== 0).sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
}
