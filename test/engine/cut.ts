import { TRY_ALL, tries } from '../effort.ts';
import { STORE } from '../store/stores.ts';
import type { Cut } from '../../src/store/scratch.ts';

export { type Cut, cutAt, CutOff } from '../../src/store/scratch.ts';

/**
 * Where runs of so many commits are cut off: before and after each one. Over a database server, where a town takes longer to make, and where
 * not everything is tried, before one and after the next, in turn.
 */
export function cutsOf(commits: number, which: 'all' | 'some' = 'some'): { n: number; how: Cut }[] {
  const all = (['before', 'after'] as const).flatMap((how) => Array.from({ length: commits }, (_, i) => ({ n: i + 1, how })));
  return (STORE === 'sqlite' && TRY_ALL) || which === 'all' ? all : all.filter(({ n, how }) => (n % 2 === 1) === (how === 'before'));
}

/** How many random cases are tried of each property: fewer over a database server, for the same reason. */
export function cases(count: number): number {
  return STORE === 'sqlite' ? tries(count) : Math.ceil(tries(count) / 2);
}
