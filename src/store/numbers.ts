import { FatalError } from '../core/errors.ts';

/** An integer of the store as a number, never one that is only near it. Throws FatalError STORE_NUMBER_TOO_LARGE. */
export function exactInteger(stored: string | number): number {
  const value = Number(stored);
  if (Number.isSafeInteger(value)) return value;
  throw new FatalError({
    code: 'STORE_NUMBER_TOO_LARGE',
    place: {},
    message: `The number ${stored} in the store is too large to calculate with exactly, so no figure is given.`,
    hint: 'A sum can have up to 15 digits: look for a record with an impossible amount, and correct it in the system that it comes from.',
  });
}
