import { FatalError } from '../../core/errors.ts';
import type { Entry, Side } from '../entry.ts';
import type { Reconciled } from './reconcile.ts';
import { type EntryState, SIDES } from './work.ts';

/** So many records of one side and currency are in a state, with their sum in minor units. */
export interface SideSum {
  side: Side;
  currency: string;
  state: EntryState;
  records: number;
  minor: number;
}

/**
 * Checks that money is conserved: each record of each side is in exactly one of a match, an exception that holds it, in transit or
 * out of scope, its state says the same, and the sums by state are the side's total. Gives these sums. Throws FatalError INTERNAL
 * otherwise, since nothing of such a result may be kept.
 */
export function conservedSums(pipeline: string, sides: Readonly<Record<Side, readonly Entry[]>>, result: Reconciled): SideSum[] {
  const { states } = result;
  const placed = new Set<Entry>();
  // A handful. Nearly all records of a side go into one of them.
  const sums: SideSum[] = [];
  const place = (entry: Entry, side: Side, state: EntryState): void => {
    const { size } = placed;
    if (placed.add(entry).size === size) throw broken(pipeline, `${entry.id} is ${state} and something else`);
    if (states.get(entry) !== state) throw broken(pipeline, `${entry.id} is ${state} and ${states.get(entry)}`);
    const { currency, minor } = entry;
    let sum = sums.find((one) => one.side === side && one.state === state && one.currency === currency);
    if (!sum) sums.push((sum = { side, currency, state, records: 0, minor: 0 }));
    sum.records++;
    sum.minor += minor;
  };
  for (const match of result.matches) for (const side of SIDES) for (const entry of match[side]) place(entry, side, match.state);
  for (const exception of result.exceptions)
    if (exception.holds) for (const side of SIDES) for (const entry of exception[side]) place(entry, side, 'excepted');
  for (const side of SIDES) for (const entry of result.inTransit[side]) place(entry, side, 'in_transit');
  for (const { entry, side } of result.outOfScope) place(entry, side, 'out_of_scope');
  for (const side of SIDES) checkSide(pipeline, side, sides[side], placed, sums);
  const all = sides.left.length + sides.right.length;
  if (placed.size !== all) throw broken(pipeline, `${placed.size - all} records are on no side`);
  return SIDES.flatMap((side) => sums.filter((sum) => sum.side === side));
}

/** Every record of a side has been placed, and the sums of its states are its own. */
function checkSide(pipeline: string, side: Side, entries: readonly Entry[], placed: ReadonlySet<Entry>, sums: readonly SideSum[]): void {
  const totals: { currency: string; minor: number }[] = [];
  for (const entry of entries) {
    if (!placed.has(entry)) throw broken(pipeline, `${entry.id} is in no state`);
    const total = totals.find(({ currency }) => currency === entry.currency);
    if (total) total.minor += entry.minor;
    else totals.push({ currency: entry.currency, minor: entry.minor });
  }
  for (const { currency, minor } of totals) {
    const sum = sums.reduce((rest, one) => (one.side === side && one.currency === currency ? rest + one.minor : rest), 0);
    if (sum !== minor) throw broken(pipeline, `${side} in ${currency} adds up to ${sum} by state and to ${minor} in all`);
  }
}

function broken(pipeline: string, what: string): FatalError {
  return new FatalError({
    code: 'INTERNAL',
    place: { system: pipeline },
    message: `The reconciliation does not conserve money: ${what}. Nothing of this run is kept.`,
    hint: 'Please report it with this line.',
  });
}
