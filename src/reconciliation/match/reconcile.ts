import type { Ambiguous, BusinessDays, Entry, FoundMatch, KeyPass, Pass, SettlementPass, Side, Unequal } from '../entry.ts';
import { type Explanation, explainUnequal } from '../exceptions/explain-unequal.ts';
import { type Cluster, extrasThatExplain } from '../exceptions/extras.ts';
import { isItemAlone } from '../exceptions/fees.ts';
import { findings } from '../exceptions/findings.ts';
import { isProvenMissing } from '../exceptions/missing-records.ts';
import { exceptAmbiguous, exceptCopies, exceptItems, leaveOutMonthlyFees, leaveOutVoids, leftOver } from '../exceptions/left-over.ts';
import { matchByAmount } from '../passes/amount.ts';
import { numbersBefore } from '../passes/different-numbers.ts';
import { matchByBalance } from '../passes/balance.ts';
import { fits, lagOf, matchByKey } from '../passes/key.ts';
import { checkTotals } from '../passes/control.ts';
import { matchBySettlement } from '../passes/settlement.ts';
import { manyOf } from '../passes/candidates.ts';
import { matchBySubset } from '../passes/subset/subset.ts';
import type { NumberRanges } from '../exceptions/number-ranges.ts';
import { sumOf } from '../sums.ts';
import { hasCopyForAnother, settleFirsts } from './first-of-copies.ts';
import { matchId } from './match-id.ts';
import { keyOf } from '../fields.ts';
import { areSeveral, keyGroups } from './key-groups.ts';
import { doubtExchangeable } from './exchangeable.ts';
import { hasUnprovenWash } from './washes.ts';
import {
  type EntryState,
  except,
  type FoundException,
  holdCopy,
  inOrder,
  isRefused,
  type Known,
  leaveOut,
  openWork,
  type OutOfScope,
  type ReconciledMatch,
  reopen,
  type Rules,
  SIDES,
  take,
  type Work,
} from './work.ts';

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
  const { matches, exceptions, outOfScope, states, numbers, clusters, totals, untried } = work;
  return { matches, exceptions, inTransit, outOfScope, states, numbers, clusters, totals, untried };
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
      const { matches, ambiguous } = matchByAmount(pass, open, allRight, work.days, numbersBefore(pass, work.rules.passes), tied);
      takeAll(work, matches);
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

/** The confirmed matches of one record of each side. */
function pairsIn({ matches }: Work): { left: Entry; right: Entry }[] {
  return matches.flatMap(({ state, left, right }) =>
    state === 'confirmed' && left.length === 1 && right.length === 1 ? [{ left: left[0]!, right: right[0]! }] : [],
  );
}

/**
 * Records that an earlier key ties with unequal sums are looked at again: what lacked its key then may be found by this one. They
 * are only taken together, so no record is moved from one unequal group into another.
 */
function runKeyPass(work: Work, pass: KeyPass | SettlementPass): void {
  const tied = new Map<Entry, Unequal>();
  // A settlement whose payments add up to its gross is tied: only what adds up to its refunds, and nothing else, may be added.
  const earlierGroups = [...work.unequal].filter(({ otherwise }) => !otherwise);
  for (const group of earlierGroups) for (const entry of [...group.left, ...group.right]) tied.set(entry, group);
  const all = { left: [...work.open.left], right: [...work.open.right] };
  if (pass.kind === 'settlement') all[pass.of] = all[pass.of].filter((entry) => !isItemAlone(work.rules, pass, entry));
  for (const group of earlierGroups) {
    for (const entry of group.left) all.left.push(entry);
    for (const entry of group.right) all.right.push(entry);
  }
  const { matches, unequal, unfit } =
    pass.kind === 'key'
      ? matchByKey(pass, inOrder(all.left), inOrder(all.right), work.days)
      : matchBySettlement(pass, inOrder(all.left), inOrder(all.right), work.days, seeksRefunds(work.rules, pass));
  const keys = { left: keyGroups(work, pass, 'left'), right: keyGroups(work, pass, 'right') };
  // A group of one day and place may have only some of the records of a bag or a batch.
  const isTorn = (match: FoundMatch): boolean =>
    SIDES.some((side) => match[otherSide(side)].length === 1 && keys[side]?.areTorn(match[side]));
  for (const match of matches) {
    const earlier = wholeGroups(match, tied);
    if (!earlier || isRefused(work, match)) continue;
    reopen(work, earlier);
    const isUnsure = hasUnprovenWash(work, pass, match) || isTorn(match) || hasCopyForAnother(work, match);
    const doubt = isUnsure ? 'by_chance' : areSeveral(work.rules.passes, pass, match) ? 'several' : undefined;
    take(work, doubt ? { ...match, state: 'proposed', evidence: { ...match.evidence, doubt } } : match, 'rule');
  }
  for (const group of unfit) takeWithoutExtras(work, pass, group, tied);
  for (const group of unequal) {
    const earlier = wholeGroups(group, tied);
    if (earlier && takeWithoutExtras(work, pass, group, tied)) continue;
    // The group whose difference is explained is the exception, then the one that leaves less; the narrower key wins where they are even.
    if (!earlier || (earlier.length > 0 && earlier.every((narrower) => !isBetter(work, group, narrower)))) continue;
    reopen(work, earlier);
    holdUnequal(work, group);
  }
}

function otherSide(side: Side): Side {
  return side === 'left' ? 'right' : 'left';
}

/** Keeps a group whose sums differ for later passes. */
function holdUnequal(work: Work, group: Unequal): void {
  work.unequal.add(group);
  for (const side of SIDES) for (const entry of group[side]) work.open[side].delete(entry);
}

/** Whether a later pass looks for the refunds of settlements by themselves. */
function seeksRefunds({ passes }: Rules, pass: Pass): boolean {
  return passes.slice(passes.indexOf(pass) + 1).some((later) => later.kind === 'subset' && later.parts !== undefined);
}

/** Ties a group that adds up once its copies and voided records are left out; these are named then. */
function takeWithoutExtras(work: Work, pass: KeyPass | SettlementPass, group: Unequal, tied: ReadonlyMap<Entry, Unequal>): boolean {
  const earlier = wholeGroups(group, tied);
  if (!work.extras.size || !earlier) return false;
  const extras = extrasThatExplain(group, work.extras, (left, right) => fits(left, right, pass.sides));
  if (!extras) return false;
  const without = new Set(extras.flatMap(({ records }) => records));
  const left = group.left.filter((entry) => !without.has(entry));
  const right = group.right.filter((entry) => !without.has(entry));
  const automatic = pass.confirm === 'automatic';
  const match: FoundMatch = {
    pass: pass.name,
    state: automatic ? 'confirmed' : 'proposed',
    left,
    right,
    difference: pass.kind === 'key' ? 0 : sumOf(right) - sumOf(left),
    evidence: { fields: group.fields, lag: lagOf(left, right, work.days), rivals: 0, ...(automatic ? {} : { doubt: 'suggested' }) },
  };
  if (isRefused(work, match)) return false;
  reopen(work, earlier);
  take(work, match, 'rule');
  for (const { extra, records } of extras)
    if (extra.kind === 'void') for (const entry of records) leaveOut(work, extra.side, entry, 'voided before its money was deposited');
    else holdCopy(work, extra, records, pass.name);
  return true;
}

/**
 * Records that are a group's whole difference are the exception; else the group is. The rest is confirmed where nothing else could be the
 * difference, and proposed otherwise.
 */
function exceptUnequal(work: Work, group: Unequal): void {
  if (group.otherwise && !isRefused(work, group.otherwise)) {
    reopen(work, [group]);
    take(work, { ...group.otherwise, takenLast: true }, 'rule');
    return;
  }
  const { difference, missing, strength } = explainUnequal(group, work.rules);
  if (!missing) return except(work, difference);
  const without = new Set(missing.entries);
  const rest = { left: group.left.filter((e) => !without.has(e)), right: group.right.filter((e) => !without.has(e)) };
  const count = strength === 'exact' ? countedBy(work.rules, group.pass, rest) : undefined;
  const evidence = { fields: [...group.fields, ...(count ? [count] : [])], lag: null, rivals: 0 };
  const proven = count !== undefined || (isAutomatic(work.rules, group.pass) && isProvenMissing(group, missing, work.rules));
  const match: FoundMatch = {
    ...{ pass: group.pass, ...rest, difference: sumOf(rest.right) - sumOf(rest.left), takenLast: true },
    ...(proven ? { state: 'confirmed', evidence } : { state: 'proposed', evidence: { ...evidence, doubt: 'without_one' } }),
  };
  if (isRefused(work, match)) {
    // A person has said that the rest does not belong together: the whole group is open.
    except(work, { ...difference, left: group.left, right: group.right });
    return;
  }
  reopen(work, [group]);
  take(work, match, 'rule');
  except(work, difference);
}

function isAutomatic({ passes }: Rules, name: string): boolean {
  const pass = passes.find((one) => one.name === name);
  return pass !== undefined && 'confirm' in pass && pass.confirm === 'automatic';
}

/** The field in which a settlement gives the number of just these payments, or of the sales among them, by any pass that names it. */
function countedBy({ passes }: Rules, name: string, rest: Record<Side, readonly Entry[]>): string | undefined {
  const own = passes.find((one) => one.name === name);
  if (own?.kind !== 'settlement' || own.confirm !== 'automatic') return undefined;
  const [settlements, payments] = own.of === 'left' ? [rest.left, rest.right] : [rest.right, rest.left];
  const counts = [payments.length, payments.filter(({ minor }) => minor > 0).length].map(String);
  for (const pass of passes) {
    if (pass.kind !== 'settlement' || pass.of !== own.of || pass.count === undefined) continue;
    const says = settlements.length === 1 ? settlements[0]!.values[pass.count] : undefined;
    if (says && counts.includes(says)) return pass.count;
  }
  return undefined;
}

/**
 * Whether a group says better than a narrower one what happened. Where it has only records more that lack the narrower key, it does:
 * one difference is likelier than a difference and a missing record. Unless the narrower one is explained to the cent.
 */
function isBetter(work: Work, group: Unequal, than: Unequal): boolean {
  const [now, before] = [
    STRENGTHS.indexOf(explainUnequal(group, work.rules).strength),
    STRENGTHS.indexOf(explainUnequal(than, work.rules).strength),
  ];
  if (hasOnlyKeylessMore(work, group, than)) return now >= before || before <= STRENGTHS.indexOf('small');
  return now === before ? Math.abs(group.difference) < Math.abs(than.difference) : now > before;
}

const STRENGTHS: readonly Explanation['strength'][] = ['none', 'small', 'likely', 'exact'];

function hasOnlyKeylessMore(work: Work, group: Unequal, than: Unequal): boolean {
  const pass = work.rules.passes.find(({ name }) => name === than.pass);
  if (pass?.kind !== 'key' && pass?.kind !== 'settlement') return false;
  return SIDES.every((side) => {
    const narrower = new Set(than[side]);
    return group[side].every((entry) => narrower.has(entry) || keyOf(entry, pass.on, side) === null);
  });
}

/** The earlier groups that these records contain, each of them whole; undefined when one would be torn. */
function wholeGroups(found: { left: readonly Entry[]; right: readonly Entry[] }, tied: ReadonlyMap<Entry, Unequal>): Unequal[] | undefined {
  if (!tied.size) return [];
  const entries = new Set([...found.left, ...found.right]);
  const groups = new Set<Unequal>();
  for (const entry of entries) {
    const group = tied.get(entry);
    if (group) groups.add(group);
  }
  for (const group of groups) if (![...group.left, ...group.right].every((entry) => entries.has(entry))) return undefined;
  return [...groups];
}

/** All of a pass's matches but those that a person has refused; their records stay open for the next pass. */
function takeAll(work: Work, matches: readonly FoundMatch[]): void {
  for (const match of matches) take(work, match, 'rule');
}
