/**
 * How much is tried: `npm run check` and CI try everything (`vitest run --mode all`), `npm test` leaves out the longest suites and tries a part
 * of the random cases. vitest.config.ts says which.
 */
export const TRY_ALL = process.env.TEST_EFFORT === 'all';

/** How many random cases a property tries, of `all` that CI tries; at least 2. */
export function tries(all: number): number {
  return TRY_ALL ? all : Math.max(2, Math.ceil(all / 5));
}
