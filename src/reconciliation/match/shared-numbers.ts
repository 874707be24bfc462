import type { Entry, FieldPair, FoundMatch, KeyPass, SettlementPass, Side } from '../entry.ts';
import { keyOf } from '../fields.ts';
import { SIDES, type Work } from './work.ts';

/** What else has the number by which a pass ties several records to several: the batch of a day, of which some records have lost it. */
export interface SharedNumbers {
  /**
   * Whether records without the number could be paired with these just as well: there is one of an equal amount on each side, of the same
   * place and day, and all that have a number there have this one. Neither is known then.
   */
  mayBePairedOtherwise(match: Pick<FoundMatch, Side>): boolean;
}

/** Of a pass by a key; undefined: none of its records can be paired otherwise. */
export function sharedNumbers(work: Pick<Work, 'all' | 'open' | 'rules'>, pass: KeyPass | SettlementPass): SharedNumbers | undefined {
  const { passes } = work.rules;
  if (pass.kind !== 'key') return undefined;
  const wider =
    pass.sides === 'many_to_many' ? passes.slice(passes.indexOf(pass) + 1).flatMap((one) => (one.kind === 'key' ? [one.on] : [])) : [];
  const doubted = doubts.get(work);
  if (!wider.length && !doubted) return undefined;
  let places: Place[] | undefined;
  return {
    mayBePairedOtherwise: (match) => {
      const right = new Set(match.right.map(({ minor }) => minor));
      const common = match.left.filter(({ minor }) => minor !== 0 && right.has(minor));
      if (!common.length) return false;
      if (doubted && common.some((entry) => doubted.has(nameAt(pass.on, entry) ?? ''))) return true;
      places ??= wider.map((on) => ({ on, has: placesWithout(work, pass, on) }));
      const found = places.flatMap(({ on, has }) => common.filter(has).map((entry) => nameAt(on, entry)!));
      const known = doubts.get(work) ?? new Set();
      for (const name of found) known.add(name);
      if (found.length) doubts.set(work, known);
      return found.length > 0;
    },
  };
}

/** Amounts of a place and day that are doubtful, by the key of the place and day. */
const doubts = new WeakMap<object, Set<string>>();

interface Place {
  on: readonly FieldPair[];
  /** Whether an amount is on both sides without a number, where all numbers are one. */
  has: (entry: Entry) => boolean;
}

function placesWithout({ all, open }: Pick<Work, 'all' | 'open'>, pass: KeyPass, on: readonly FieldPair[]): Place['has'] {
  const numbers = new Map<string, string | null>();
  const without = { left: new Set<string>(), right: new Set<string>() };
  for (const side of SIDES)
    for (const entry of all[side]) {
      const place = keyOf(entry, on, side);
      if (place === null) continue;
      const number = keyOf(entry, pass.on, side);
      if (number !== null) numbers.set(place, numbers.has(place) && numbers.get(place) !== number ? null : number);
      else if (open[side].has(entry)) without[side].add(`${entry.minor} ${place}`);
    }
  return (entry) => {
    const place = keyOf(entry, on, 'left');
    if (place === null || (numbers.get(place) ?? null) === null) return false;
    return SIDES.every((side) => without[side].has(`${entry.minor} ${place}`));
  };
}

function nameAt(on: readonly FieldPair[], entry: Entry): string | null {
  const place = keyOf(entry, on, 'left');
  return place === null ? null : `${JSON.stringify(on)} ${entry.minor} ${place}`;
}
