import { InterlocalError } from '../../core/errors.ts';
import { storeFailure } from '../../store/failures.ts';

/** What can be said to a person about anything that was thrown; undefined for what is a fault of ours. */
export function knownFailure(thrown: unknown): InterlocalError | undefined {
  return storeFailure(thrown) ?? (thrown instanceof InterlocalError ? thrown : undefined);
}
