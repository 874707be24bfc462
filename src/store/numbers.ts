import { FatalError } from '../core/errors.ts';

/** An integer of the store as a number, never one that is only near it. Throws FatalError STORE_NUMBER_TOO_LARGE. */
export function exactInteger(stored: string | number): number {
  const value = Number(stored);
  if (Number.isSafeInteger(value)) return value;
  throw new FatalError({
    code: 'STORE_NUMBER_TOO_LARGE',
    place: {},
    message: `The store gave the number ${stored}, which is too large to calculate with exactly.`,
    hint: 'Look for a wrong amount in the records that are added up: a sum can have up to 15 digits.',
  });
}
