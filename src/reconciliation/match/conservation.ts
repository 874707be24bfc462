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
  const placed = new Map<Entry, EntryState>();
  const place = (entry: Entry, state: EntryState): void => {
    if (placed.has(entry)) throw broken(pipeline, `${entry.id} is ${placed.get(entry)} and ${state}`);
    placed.set(entry, state);
  };
  for (const { state, left, right } of result.matches) for (const entry of [...left, ...right]) place(entry, state);
  for (const { holds, left, right } of result.exceptions) if (holds) for (const entry of [...left, ...right]) place(entry, 'excepted');
  for (const side of SIDES) for (const entry of result.inTransit[side]) place(entry, 'in_transit');
  for (const { entry } of result.outOfScope) place(entry, 'out_of_scope');
  const sums: SideSum[] = [];
  for (const side of SIDES) sums.push(...sumsOf(pipeline, side, sides[side], placed, result));
  const listed = sums.reduce((n, { records }) => n + records, 0);
  if (placed.size !== listed) throw broken(pipeline, `${placed.size - listed} records are on no side`);
  return sums;
}

function sumsOf(
  pipeline: string,
  side: Side,
  entries: readonly Entry[],
  placed: ReadonlyMap<Entry, EntryState>,
  result: Reconciled,
): SideSum[] {
  const byCurrency = new Map<string, Map<EntryState, SideSum>>();
  const totals = new Map<string, number>();
  for (const entry of entries) {
    const { currency, minor } = entry;
    const state = placed.get(entry);
    if (state === undefined) throw broken(pipeline, `${entry.id} is in no state`);
    if (result.states.get(entry) !== state) throw broken(pipeline, `${entry.id} is ${state} and ${result.states.get(entry)}`);
    totals.set(currency, (totals.get(currency) ?? 0) + minor);
    let states = byCurrency.get(currency);
    if (!states) byCurrency.set(currency, (states = new Map()));
    let sum = states.get(state);
    if (!sum) states.set(state, (sum = { side, currency, state, records: 0, minor: 0 }));
    sum.records++;
    sum.minor += minor;
  }
  for (const [currency, total] of totals) {
    const sum = [...byCurrency.get(currency)!.values()].reduce((rest, { minor }) => rest + minor, 0);
    if (sum !== total) throw broken(pipeline, `${side} in ${currency} adds up to ${sum} by state and to ${total} in all`);
  }
  return [...byCurrency.values()].flatMap((states) => [...states.values()]);
}

function broken(pipeline: string, what: string): FatalError {
  return new FatalError({
    code: 'INTERNAL',
    place: { system: pipeline },
    message: `The reconciliation does not conserve money: ${what}. Nothing of this run is kept.`,
    hint: 'Please report it with this line.',
  });
}
