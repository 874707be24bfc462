import type { Ambiguous, BusinessDays, Entry, FoundMatch, KeyPass, Pass, Side, Unequal } from '../entry.ts';
import { type Difference, explainUnequal, type DifferenceRules } from '../exceptions/explain-unequal.ts';
import { matchByAmount } from '../passes/amount.ts';
import { matchByBalance } from '../passes/balance.ts';
import { matchByKey } from '../passes/key.ts';
import { matchBySubset } from '../passes/subset.ts';
import { sumOf } from '../sums.ts';
import { exceptionId, matchId } from './match-id.ts';

/** A reconciliation's rules, as its pipeline declares them. */
export interface Rules {
  reconciliation: string;
  passes: readonly Pass[];
  /** What an open record of each side is called, and for how many business days after its own it is in transit. */
  open: Readonly<Record<Side, { type: string; within: number }>>;
  differences?: DifferenceRules;
}

/** What a person decided about a set of records; it outranks every rule and survives new data. */
export interface Decision {
  verdict: 'same' | 'not_same';
  left: readonly string[];
  right: readonly string[];
  /** Right less left when it was decided, minor units: what a person accepted. */
  difference?: number;
}

export interface ReconciledMatch extends FoundMatch {
  id: string;
  by: 'rule' | 'person';
}

export interface FoundException {
  id: string;
  type: string;
  left: readonly Entry[];
  right: readonly Entry[];
  /** What is at stake, minor units: the difference where there is one, else the records' sum. */
  minor: number;
  currency: string;
  /** The first day of its records. */
  since: number | null;
  /** Facts for its sentence. */
  facts: Readonly<Record<string, string | number>>;
}

export type EntryState = 'confirmed' | 'proposed' | 'excepted' | 'in_transit';

export interface Reconciled {
  matches: ReconciledMatch[];
  exceptions: FoundException[];
  inTransit: Record<Side, Entry[]>;
  /** Every entry of both sides is here exactly once. */
  states: ReadonlyMap<Entry, EntryState>;
}

const SIDES = ['left', 'right'] as const;

interface Work {
  rules: Rules;
  days: BusinessDays;
  open: Record<Side, Set<Entry>>;
  states: Map<Entry, EntryState>;
  matches: ReconciledMatch[];
  exceptions: FoundException[];
  unequal: Unequal[];
  refused: Set<string>;
}

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
): Reconciled {
  // Maps and sets go by insertion: with the ids in order, the result does not depend on the order of the input.
  const left = inOrder(sides.left);
  const right = inOrder(sides.right);
  const work: Work = {
    rules,
    days,
    open: { left: new Set(left), right: new Set(right) },
    states: new Map(),
    matches: [],
    exceptions: [],
    unequal: [],
    refused: new Set(),
  };
  applyDecisions(work, decisions, left, right);
  const ambiguous: Ambiguous[] = [];
  for (const pass of rules.passes) ambiguous.push(...runPass(work, pass, { left, right }));
  for (const group of work.unequal) except(work, explainUnequal(group, rules.differences ?? {}));
  exceptAmbiguous(work, ambiguous);
  const inTransit = leftOver(work, asOf);
  return { matches: work.matches, exceptions: work.exceptions, inTransit, states: work.states };
}

function applyDecisions(work: Work, decisions: readonly Decision[], left: readonly Entry[], right: readonly Entry[]): void {
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
      except(work, [
        { type: 'decision_no_longer_balances', ...found, minor: now - difference, facts: { difference: now, accepted: difference } },
      ]);
  }
}

function runPass(work: Work, pass: Pass, all: Record<Side, readonly Entry[]>): Ambiguous[] {
  const open = { left: [...work.open.left], right: [...work.open.right] };
  switch (pass.kind) {
    case 'key':
      runKeyPass(work, pass);
      return [];
    case 'amount': {
      const { matches, ambiguous } = matchByAmount(pass, open, all, work.days);
      takeAll(work, matches);
      return ambiguous;
    }
    case 'subset': {
      const { matches, ambiguous, completed } = matchBySubset(pass, open, work.unequal, work.days);
      reopen(work, completed);
      takeAll(work, matches);
      return ambiguous;
    }
    case 'balance':
      takeAll(work, matchByBalance(pass, open, work.days));
      return [];
  }
}

/**
 * Records that an earlier key ties with unequal sums are looked at again: what lacked its key then may be found by this one. They
 * are only taken together, so no record is moved from one unequal group into another.
 */
function runKeyPass(work: Work, pass: KeyPass): void {
  const tied = new Map<Entry, Unequal>();
  for (const group of work.unequal) for (const entry of [...group.left, ...group.right]) tied.set(entry, group);
  const all = { left: [...work.open.left], right: [...work.open.right] };
  for (const group of work.unequal) {
    all.left.push(...group.left);
    all.right.push(...group.right);
  }
  const { matches, unequal } = matchByKey(pass, inOrder(all.left), inOrder(all.right), work.days);
  for (const match of matches) {
    const earlier = wholeGroups(match, tied);
    if (!earlier || isRefused(work, match)) continue;
    reopen(work, earlier);
    take(work, match, 'rule');
  }
  for (const group of unequal) {
    const earlier = wholeGroups(group, tied);
    // The group that leaves the least unexplained is the exception; the narrower key wins where they are even.
    if (!earlier || (earlier.length > 0 && earlier.every(({ difference }) => Math.abs(difference) <= Math.abs(group.difference)))) continue;
    reopen(work, earlier);
    work.unequal.push(group);
    for (const side of SIDES) for (const entry of group[side]) work.open[side].delete(entry);
  }
}

/** The earlier groups that these records contain, each of them whole; undefined when one would be torn. */
function wholeGroups(found: { left: readonly Entry[]; right: readonly Entry[] }, tied: ReadonlyMap<Entry, Unequal>): Unequal[] | undefined {
  const entries = new Set([...found.left, ...found.right]);
  const groups = new Set<Unequal>();
  for (const entry of entries) {
    const group = tied.get(entry);
    if (group) groups.add(group);
  }
  for (const group of groups) if (![...group.left, ...group.right].every((entry) => entries.has(entry))) return undefined;
  return [...groups];
}

function reopen(work: Work, groups: readonly Unequal[]): void {
  const gone = new Set(groups);
  if (!gone.size) return;
  work.unequal = work.unequal.filter((group) => !gone.has(group));
  for (const group of groups) for (const side of SIDES) for (const entry of group[side]) work.open[side].add(entry);
}

/** All of a pass's matches but those that a person has refused; their records stay open for the next pass. */
function takeAll(work: Work, matches: readonly FoundMatch[]): void {
  for (const match of matches) take(work, match, 'rule');
}

function take(work: Work, match: FoundMatch, by: 'rule' | 'person'): void {
  if (by === 'rule' && isRefused(work, match)) return;
  const id = matchId(work.rules.reconciliation, match.left, match.right);
  for (const side of SIDES)
    for (const entry of match[side]) {
      if (!work.open[side].delete(entry)) throw new Error(`A record is used twice: ${entry.id}.`);
      work.states.set(entry, match.state);
    }
  work.matches.push({ ...match, id, by });
}

function isRefused(work: Work, { left, right }: FoundMatch): boolean {
  return work.refused.size > 0 && work.refused.has(matchId(work.rules.reconciliation, left, right));
}

function except(work: Work, differences: readonly Difference[]): void {
  for (const { type, left, right, minor, facts } of differences) {
    for (const entry of [...left, ...right]) {
      work.open.left.delete(entry);
      work.open.right.delete(entry);
      work.states.set(entry, 'excepted');
    }
    const entries = [...left, ...right];
    work.exceptions.push({
      id: exceptionId(work.rules.reconciliation, type, left, right),
      type,
      left,
      right,
      minor,
      currency: entries[0]?.currency ?? '',
      since: firstDay(entries),
      facts,
    });
  }
}

/** Of what a pass could not decide and no later pass did: one exception for records that hang together. */
function exceptAmbiguous(work: Work, ambiguous: readonly Ambiguous[]): void {
  for (const group of ambiguous) {
    const left = group.left.filter((entry) => work.open.left.has(entry));
    const right = group.right.filter((entry) => work.open.right.has(entry));
    if (!left.length || !right.length) continue;
    except(work, [
      { type: 'ambiguous', left, right, minor: sumOf(right), facts: { pass: group.pass, left: left.length, right: right.length } },
    ]);
  }
}

function leftOver(work: Work, asOf: number): Record<Side, Entry[]> {
  const inTransit: Record<Side, Entry[]> = { left: [], right: [] };
  for (const side of SIDES) {
    const { type, within } = work.rules.open[side];
    for (const entry of [...work.open[side]]) {
      if (entry.day !== null && work.days.index(asOf) - work.days.index(entry.day) <= within) {
        work.states.set(entry, 'in_transit');
        inTransit[side].push(entry);
      } else
        except(work, [
          side === 'left'
            ? { type, left: [entry], right: [], minor: entry.minor, facts: {} }
            : { type, left: [], right: [entry], minor: entry.minor, facts: {} },
        ]);
    }
  }
  return inTransit;
}

function firstDay(entries: readonly Entry[]): number | null {
  const days = entries.flatMap(({ day }) => (day === null ? [] : [day]));
  return days.length ? Math.min(...days) : null;
}

function inOrder(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
