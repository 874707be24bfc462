import { FatalError } from '../core/errors.ts';
import type { Entry, Tolerance } from './entry.ts';

/** The exact sum in minor units. Throws AMOUNT_TOO_LARGE rather than round. */
export function sumOf(entries: readonly Entry[]): number {
  let sum = 0;
  for (const { minor } of entries) sum += minor;
  return exact(sum);
}

/** The sum itself. Throws FatalError AMOUNT_TOO_LARGE where it is beyond what is exact. */
export function exact(sum: number): number {
  if (!Number.isSafeInteger(sum))
    throw new FatalError({
      code: 'AMOUNT_TOO_LARGE',
      place: {},
      message: `Some amounts add up to ${sum} cents (the smallest unit of the currency), which is more than can be calculated exactly.`,
      hint: 'A record has an impossible amount. To find it, run interlocal report records PIPELINE; then correct it in the system that it comes from.',
    });
  return sum;
}

/** How far two sums may differ, in minor units: the narrower of the amount and the share of the larger sum; 0 without a tolerance. */
export function allowedDifference(tolerance: Tolerance | undefined, left: number, right: number): number {
  if (!tolerance) return 0;
  const limits: number[] = [];
  if (tolerance.minor !== undefined) limits.push(tolerance.minor);
  if (tolerance.basisPoints !== undefined)
    limits.push(Number((BigInt(Math.max(Math.abs(left), Math.abs(right))) * BigInt(tolerance.basisPoints)) / 10_000n));
  return limits.length ? Math.min(...limits) : 0;
}
