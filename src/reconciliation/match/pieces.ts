import type { BusinessDays, Entry, Side } from '../entry.ts';
import { withSenders } from '../exceptions/expected.ts';
import { noteRecords, noteWhole, unansweredIn } from '../exceptions/findings.ts';
import { withNumbers } from '../exceptions/number-ranges.ts';
import { type CheckedResult, type Decision, type Reconciled, tie } from './reconcile.ts';
import { openWork, type Rules, SIDES, type TotalState, type Work } from './work.ts';

/** A reconciliation whose records are looked at piece by piece, so that only what is left of a piece stays in memory. */
export interface Pieces {
  /** Reconciles one piece, see componentsOf. What it gives of exceptions is not all: finish tells what only all records together tell. */
  add(sides: Readonly<Record<Side, readonly Entry[]>>, totals: Rules['totals']): Reconciled;
  /** What was found of all pieces, without their matches. */
  finish(): Omit<CheckedResult, 'matches' | 'clusters'>;
}

/** Gives the same matches, exceptions and states as reconcileSides, in another order. */
export function reconcileInPieces(rules: Rules, decisions: readonly Decision[], days: BusinessDays, asOf: number): Pieces {
  const { gaps, expected } = rules.exceptions;
  const all = openWork(rules, { left: [], right: [] }, days, asOf);
  const inTransit: Record<Side, Entry[]> = { left: [], right: [] };
  const totals = new Map<string, Map<string, TotalState>>();
  const unanswered = expected.map((): ReturnType<typeof unansweredIn>[number] => []);
  const leftDays = new Set<number>();
  let numbers = gaps.map((): Work['numbers'][number] => new Map());
  let senders = expected.map((): Map<string, Set<number>> => new Map());
  let lastDay = -Infinity;
  return {
    add(sides, own) {
      const work = openWork({ ...rules, ...(own ? { totals: own } : {}) }, sides, days, asOf);
      const open = tie(work, decisions);
      noteRecords(work);
      unansweredIn(work).forEach((groups, i) => push(unanswered[i]!, groups));
      all.currency ||= work.currency;
      push(all.exceptions, work.exceptions);
      for (const id of work.exceptionIds) all.exceptionIds.add(id);
      push(all.outOfScope, work.outOfScope);
      push(all.missingNumbers, work.missingNumbers);
      push(all.echoing, work.echoing);
      for (const [pass, records] of work.untried) all.untried.set(pass, (all.untried.get(pass) ?? 0) + records);
      for (const [pass, states] of work.totals) totals.set(pass, new Map([...(totals.get(pass) ?? []), ...states]));
      for (const side of SIDES) {
        push(inTransit[side], open[side]);
        for (const { day } of sides[side]) {
          if (day === null) continue;
          if (day > lastDay) lastDay = day;
          if (side === 'left') leftDays.add(day);
        }
      }
      numbers = numbers.map((known, i) => withNumbers(known, gaps[i]!, sides[gaps[i]!.side]));
      senders = senders.map((known, i) => withSenders(known, expected[i]!, sides[expected[i]!.side]));
      const { matches, exceptions, outOfScope, states, clusters, untried } = work;
      return {
        matches,
        exceptions,
        inTransit: open,
        outOfScope,
        states,
        numbers: [],
        clusters,
        totals: work.totals,
        untried,
        unanswered: [],
      };
    },
    finish() {
      all.all = inTransit;
      for (const entry of inTransit.left) all.states.set(entry, 'in_transit');
      all.known = { strangers: [], kept: [], numbers, senders, leftDays, lastDay, totals: {} };
      noteWhole(all, unanswered);
      return {
        exceptions: all.exceptions,
        inTransit,
        outOfScope: all.outOfScope,
        numbers: all.numbers,
        totals,
        untried: all.untried,
        unanswered,
      };
    },
  };
}

function push<T>(list: T[], more: readonly T[]): void {
  for (const one of more) list.push(one);
}
