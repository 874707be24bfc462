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
      message: `Amounts add up to more than can be counted to the cent: ${sum} in the smallest unit of the currency.`,
      hint: 'A record has an impossible amount. interlocal report records PIPELINE lists the records with their amounts; correct it in its system.',
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
