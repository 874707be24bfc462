import { tries } from '../effort.ts';

/** How many random cases each property test tries: enough to find what is wrong, in seconds. Raise it for a long search. */
export const RUNS = tries(300);
