import type { Ambiguous, BusinessDays, Entry, FoundMatch, Pass, Side } from '../entry.ts';
import type { Cluster } from '../exceptions/extras.ts';
import { findings } from '../exceptions/findings.ts';
import { exceptAmbiguous, exceptCopies, exceptItems, leaveOutMonthlyFees, leaveOutVoids, leftOver } from '../exceptions/left-over.ts';
import { matchByAmount } from '../passes/amount.ts';
import { numbersBefore } from '../passes/different-numbers.ts';
import { matchByBalance } from '../passes/balance.ts';
import { checkTotals } from '../passes/control.ts';
import { manyOf } from '../passes/candidates.ts';
import { matchBySubset } from '../passes/subset/subset.ts';
import type { NumberRanges } from '../exceptions/number-ranges.ts';
import { sumOf } from '../sums.ts';
import { settleFirsts } from './first-of-copies.ts';
import { matchId } from './match-id.ts';
import { keyGroups } from './key-groups.ts';
import { doubtExchangeable } from './exchangeable.ts';
import {
  type EntryState,
  except,
  type FoundException,
  isRefused,
  type Known,
  openWork,
  type OutOfScope,
  type ReconciledMatch,
  reopen,
  type Rules,
  SIDES,
  take,
  type Work,
} from './work.ts';
import { exceptUnequal, holdUnequal } from './unequal.ts';
import { runKeyPass } from './run-key-pass.ts';
import type { Tie } from '../passes/pair-order.ts';
import { completedBy, groupsOf, heldOfSeveral } from './held-records.ts';

export type { EntryState, FoundException, Known, OutOfScope, ReconciledMatch, Rules } from './work.ts';

/** What a person decided about a set of records; it outranks every rule and survives new data. */
export interface Decision {
  verdict: 'same' | 'not_same';
  left: readonly string[];
  right: readonly string[];
  /** Right less left when it was decided, minor units: what a person accepted. */
  difference?: number;
}

export interface Reconciled {
  matches: ReconciledMatch[];
  exceptions: FoundException[];
  inTransit: Record<Side, Entry[]>;
  outOfScope: OutOfScope[];
  /** Every entry of both sides is here exactly once. */
  states: ReadonlyMap<Entry, EntryState>;
  /** The numbers that are used, for each gap rule. */
  numbers: readonly NumberRanges[];
  /** Entries that say the same. */
  clusters: readonly Cluster[];
  /** How the totals of each control pass stand that were looked at. */
  totals: Work['totals'];
  untried: Work['untried'];
  unanswered: Work['unanswered'];
}

/** What is saved of a result: the states are those of its matches and exceptions, and are needed no longer once that is checked. */
export type CheckedResult = Omit<Reconciled, 'states'>;

/**
 * Reconciles two sides: what people decided first, then the passes in their order, then what is left. Each record ends in one
 * state, and its money is used once. The order of the records never matters. `asOf`: the day up to which the sources were read.
 */
export function reconcileSides(
  rules: Rules,
  sides: Readonly<Record<Side, readonly Entry[]>>,
  decisions: readonly Decision[],
  days: BusinessDays,
  asOf: number,
  known?: Known,
): Reconciled {
  const work = openWork(rules, sides, days, asOf, known);
  const inTransit = tie(work, decisions);
  findings(work);
  const { matches, exceptions, outOfScope, states, numbers, clusters, totals, untried, unanswered } = work;
  return { matches, exceptions, inTransit, outOfScope, states, numbers, clusters, totals, untried, unanswered };
}

/** Decisions, passes, and what is left: every record has its state then. Gives what is in transit. */
export function tie(work: Work, decisions: readonly Decision[]): Record<Side, Entry[]> {
  const { left, right } = work.all;
  applyDecisions(work, decisions, left, right);
  leaveOutVoids(work, 'same day');
  leaveOutMonthlyFees(work);
  exceptItems(work, 'rejected');
  const ambiguous: Ambiguous[] = [];
  for (const pass of work.rules.passes) for (const group of runPass(work, pass, { left, right })) ambiguous.push(group);
  settleFirsts(work);
  takeWeak(work);
  for (const group of [...work.unequal]) exceptUnequal(work, group);
  exceptAmbiguous(work, ambiguous);
  exceptCopies(work);
  exceptItems(work, 'rest');
  leaveOutVoids(work, 'rest');
  doubtExchangeable(work);
  return leftOver(work);
}

/** Proposes what a pass was not sure of, where no later one has found more. */
function takeWeak(work: Work): void {
  for (const { match, group } of work.weak) {
    const isHeld = group !== undefined && work.unequal.has(group);
    const held = new Set(isHeld ? [...group.left, ...group.right] : []);
    const isFree = SIDES.every((side) => match[side].every((entry) => work.open[side].has(entry) || held.has(entry)));
    if (!isFree || isRefused(work, match)) continue;
    if (isHeld) reopen(work, [group]);
    take(work, match, 'rule');
  }
}

function applyDecisions(work: Work, decisions: readonly Decision[], left: readonly Entry[], right: readonly Entry[]): void {
  if (!decisions.length) return;
  const byId = { left: new Map(left.map((e) => [e.id, e])), right: new Map(right.map((e) => [e.id, e])) };
  for (const { verdict, difference = 0, ...ids } of decisions) {
    const id = matchId(
      work.rules.reconciliation,
      ids.left.map((name) => ({ id: name })),
      ids.right.map((name) => ({ id: name })),
    );
    if (verdict === 'not_same') {
      work.refused.add(id);
      continue;
    }
    const found = {
      left: ids.left.flatMap((name) => byId.left.get(name) ?? []),
      right: ids.right.flatMap((name) => byId.right.get(name) ?? []),
    };
    const whole = found.left.length === ids.left.length && found.right.length === ids.right.length;
    const free = [...found.left].every((e) => work.open.left.has(e)) && [...found.right].every((e) => work.open.right.has(e));
    const now = sumOf(found.right) - sumOf(found.left);
    if (whole && free && now === difference) {
      const evidence = { fields: [], lag: null, rivals: 0 };
      take(work, { pass: 'person', state: 'confirmed', ...found, difference: now, evidence }, 'person');
    } else if (found.left.length + found.right.length > 0 && free)
      except(work, {
        type: 'decision_no_longer_balances',
        ...found,
        minor: now - difference,
        facts: { difference: now, accepted: difference },
      });
  }
}

function runPass(work: Work, pass: Pass, all: Record<Side, readonly Entry[]>): Ambiguous[] {
  const open = { left: [...work.open.left], right: [...work.open.right] };
  switch (pass.kind) {
    case 'key':
    case 'settlement':
      runKeyPass(work, pass);
      return [];
    case 'control':
      checkTotals(work, pass, work.rules.totals?.[pass.name] ?? []);
      return [];
    case 'amount': {
      const allRight = [...all.right, ...(work.known?.strangers ?? [])];
      const tied = pass.order ? pairsIn(work) : [];
      const held = heldOfSeveral(work);
      const single = { left: open.left.filter(isOfOne(work, 'left')), right: open.right.filter(isOfOne(work, 'right')) };
      const candidates = { left: [...single.left, ...held.left.keys()], right: [...single.right, ...held.right.keys()] };
      const numbers = numbersBefore(pass, work.rules.passes);
      const { matches, ambiguous } = matchByAmount(pass, candidates, allRight, work.days, numbers, tied, entriesOf(work.rules));
      takeAll(work, [...matches.filter((match) => groupsOf(match, held).length === 0), ...completedBy(work, matches, held)]);
      return ambiguous;
    }
    case 'subset': {
      const others = work.rules.passes.filter((one) => one.kind === 'subset');
      const { matches, ambiguous, completed, unequal, weak, untried } = matchBySubset(
        pass,
        open,
        [...work.unequal],
        work.days,
        others,
        keyGroups(work, pass, manyOf(pass)),
      );
      if (untried) work.untried.set(pass.name, untried);
      reopen(work, completed);
      takeAll(work, matches);
      for (const group of unequal) holdUnequal(work, group);
      work.weak.push(...weak);
      return ambiguous;
    }
    case 'balance':
      takeAll(work, matchByBalance(pass, open, work.days));
      return [];
  }
}

/** Whether a record does not say that it is made of several: a credit of 2 bags is no single bag of its amount. */
function isOfOne({ rules: { passes } }: Work, side: Side): (entry: Entry) => boolean {
  const counts = passes.flatMap((pass) =>
    pass.kind === 'subset' && pass.one === side && !pass.parts && pass.count !== undefined ? [pass.count] : [],
  );
  return ({ values }) => counts.every((field) => !(Number(values[field] ?? 1) > 1));
}

/** The fields that tell the entries of a side apart, such as the number of a journal: each has its own lines 1, 2, 3. */
function entriesOf({ exceptions }: Rules): Record<Side, string[]> {
  const of = (side: Side): string[] =>
    exceptions.duplicates.flatMap((rule) => (rule.side === side && rule.entry !== undefined ? [rule.entry] : []));
  return { left: of('left'), right: of('right') };
}

/** The confirmed matches of one record of each side. */
function pairsIn({ matches, rules: { passes } }: Work): Tie[] {
  const shared = new Map(passes.flatMap((one) => (one.kind === 'key' && one.sides !== 'one_to_one' ? [[one.name, one.on]] : [])));
  return matches.flatMap(({ pass, state, left, right }) => {
    if (state !== 'confirmed' || left.length !== 1 || right.length !== 1) return [];
    const by = shared.get(pass);
    return [{ left: left[0]!, right: right[0]!, ...(by ? { by } : {}) }];
  });
}

/** All of a pass's matches but those that a person has refused; their records stay open for the next pass. */
function takeAll(work: Work, matches: readonly FoundMatch[]): void {
  for (const match of matches) take(work, match, 'rule');
}
