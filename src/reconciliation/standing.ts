/** How a cent stands: exactly one of these, so the four always add up to the total. */
export const STANDINGS = ['reconciled', 'in_transit', 'exception', 'not_covered'] as const;
export type Standing = (typeof STANDINGS)[number];

/** An amount by how its cents stand, in minor units. */
export type Split = Record<Standing, number>;

/** What one side of a reconciliation (a leg) says of one record. */
export interface Leg {
  /** Minor units of the record in the leg's own money field. */
  amount: number;
  /** What confirmed matches of the record's present version use of it. */
  matched: number;
  /** All of it is matched; with an amount of 0.00 only this tells. */
  whole: boolean;
  /** How the rest stands. */
  otherwise: Exclude<Standing, 'reconciled'>;
  /** The leg matches the same money field that is reported: a part of it that is matched counts. */
  sameField: boolean;
}

export function noSplit(): Split {
  return { reconciled: 0, in_transit: 0, exception: 0, not_covered: 0 };
}

export function addSplit(to: Split, split: Split): void {
  for (const standing of STANDINGS) to[standing] += split[standing];
}

/** All of an amount in one standing. */
export function wholly(standing: Standing, amount: number): Split {
  return { ...noSplit(), [standing]: amount };
}

/** The state of the amount of one record on one leg. */
export function splitOfLeg({ amount, matched, whole, otherwise }: Leg): Split {
  return whole ? wholly('reconciled', amount) : partly(amount, matched, otherwise);
}

/**
 * How the amount of one record stands over all legs that cover it: its cents are reconciled as far as every leg has matched them.
 * What one leg finds wrong is an exception, whatever the others say; what one of them has not looked at is not covered; the rest is
 * in transit. `fault`: something else is wrong with the record, so nothing of it counts.
 */
export function splitOfRecord(amount: number, legs: readonly Leg[], fault: boolean): Split {
  const standing = standingOf(legs, fault);
  if (standing === 'reconciled') return wholly('reconciled', amount);
  if (fault || legs.length === 0) return wholly(standing, amount);
  const shares = legs.filter(({ whole }) => !whole).map((leg) => (leg.sameField ? leg.matched : 0));
  // Of several legs, the one that has matched the least of it.
  const matched = shares.reduce((least, share) => (Math.abs(share) < Math.abs(least) ? share : least));
  return partly(amount, matched, standing);
}

/** How a record stands as a whole: reconciled only when every leg has matched all of it. */
export function standingOf(legs: readonly Leg[], fault: boolean): Standing {
  if (fault) return 'exception';
  if (legs.length === 0) return 'not_covered';
  const open = new Set(legs.filter(({ whole }) => !whole).map(({ otherwise }) => otherwise));
  return open.size === 0 ? 'reconciled' : open.has('exception') ? 'exception' : open.has('not_covered') ? 'not_covered' : 'in_transit';
}

/** More than the amount, or another sign, cannot be a part of it: it is not known which cents are meant, and none counts. */
function partly(amount: number, matched: number, otherwise: Exclude<Standing, 'reconciled'>): Split {
  if (matched === 0) return wholly(otherwise, amount);
  if (Math.sign(matched) !== Math.sign(amount) || Math.abs(matched) > Math.abs(amount)) return wholly('exception', amount);
  return { ...wholly('reconciled', matched), [otherwise]: amount - matched };
}
