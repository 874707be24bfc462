import type { ScaleName } from '../compare/levels.ts';
import { COMMON_GIVEN_NAMES, COMMON_SURNAMES } from './common-names.ts';

/** By level, the shares of pairs that show it: m of one person's records, u of different persons'. */
export interface Shares {
  m: readonly number[];
  u: readonly number[];
}

const TEXT: Shares = { m: [0.7, 0.06, 0.05, 0.19], u: [0.05, 0.01, 0.06, 0.88] };

/**
 * What a town starts with, before `identity train` estimated its own. Shares of errors as they are reported for
 * registers of persons; shares by chance from name statistics of the United States and from how towns number and name streets.
 */
export const DEFAULT_SHARES: Record<ScaleName, Shares> = {
  given_name: { m: [0.8, 0.06, 0.03, 0.03, 0.07, 0.01], u: [0.005, 0.004, 0.012, 0.05, 0.9286, 0.0004] },
  surname: { m: [0.84, 0.06, 0.02, 0.02, 0.05, 0.01], u: [0.002, 0.002, 0.006, 0.04, 0.9496, 0.0004] },
  middle_name: { m: [0.6, 0.25, 0.15], u: [0.02, 0.06, 0.92] },
  date: { m: [0.85, 0.06, 0.03, 0.02, 0.02, 0.02], u: [0.00005, 0.0012, 0.0045, 0.012, 0.35, 0.632] },
  house_number: { m: [0.85, 0.05, 0.1], u: [0.015, 0.1, 0.885] },
  line: { m: [0.8, 0.06, 0.03, 0.1, 0.01], u: [0.008, 0.006, 0.05, 0.935, 0.001] },
  text: TEXT,
  postal_code: { m: [0.8, 0.06, 0.03, 0.11], u: [0.15, 0.1, 0.1, 0.65] },
  exact: { m: [0.9, 0.1], u: [0.1, 0.9] },
  code: { m: [0.85, 0.05, 0.1], u: [0.01, 0.02, 0.97] },
  phone: { m: [0.7, 0.02, 0.04, 0.24], u: [0.00005, 0.00005, 0.0005, 0.9994] },
  email: { m: [0.65, 0.05, 0.03, 0.27], u: [0.00005, 0.0005, 0.0005, 0.99895] },
  organization: { m: [0.75, 0.1, 0.06, 0.04, 0.05], u: [0.0005, 0.001, 0.002, 0.01, 0.9865] },
};

/** Where a part of an address says less than its scale: a town's people share its city and its state. */
export const FEATURE_SHARES: Record<string, Shares> = {
  city: { m: [0.84, 0.05, 0.02, 0.09], u: [0.3, 0.01, 0.03, 0.66] },
  state: { m: [0.97, 0.03], u: [0.8, 0.2] },
  sex: { m: [0.985, 0.015], u: [0.5, 0.5] },
  unit: { m: [0.7, 0.05, 0.05, 0.19, 0.01], u: [0.03, 0.005, 0.03, 0.934, 0.001] },
};

export const DEFAULT_FREQUENCIES: Record<string, ReadonlyMap<string, number>> = { given: COMMON_GIVEN_NAMES, surname: COMMON_SURNAMES };

/** Two records of a town with some thousand persons, before they are compared. */
export const DEFAULT_PRIOR = -11;
