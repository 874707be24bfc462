import type { Shares } from './defaults.ts';

/** Weights and scores are whole numbers of 1/1024 bit: sums are exact, and the same on every machine. */
export const UNIT = 1024;

/** A number of bits as fixed point. */
export function fixed(bits: number): number {
  return Math.round(bits * UNIT);
}

/** A weight or score in bits, for people. */
export function bitsOf(weight: number): number {
  return Math.round((weight / UNIT) * 100) / 100;
}

/** log2(m/u) of each level. They need not fall from level to level: a near-equal name may be rarer by chance than an equal one. */
export function weightsOf({ m, u }: Shares): number[] {
  return m.map((share, level) => fixed(Math.log2(share / u[level]!)));
}

const MOST = fixed(4);
const LEAST = fixed(-6);

/** What is added where two values are equal: a rare value says more than a common one. `share` of the records have it. */
export function frequencyWeight(equalByChance: number, share: number): number {
  return Math.max(LEAST, Math.min(MOST, fixed(Math.log2(equalByChance / share))));
}
