import type { BusinessDays, ControlTotal, Echoed, Entry, FoundMatch, Pass, SettlementPass, Side, Unequal } from '../entry.ts';
import type { Difference } from '../exceptions/difference.ts';
import { type Cluster, clustersOf, type Extra, extrasOf } from '../exceptions/extras.ts';
import type { NumberRanges } from '../exceptions/number-ranges.ts';
import type { ExceptionRules } from '../exceptions/rules.ts';
import { exceptionId, matchId } from './match-id.ts';

/** What an open record of a side is called. */
export interface OpenRule {
  type: string;
  /** For so many business days after its own day it is in transit. */
  within: number;
  /** Records that agree in these fields are one exception: a whole bag. */
  together?: readonly string[];
  /** The first day of what the other side has, as day number: the counterpart of older records is in books that nobody reads here. */
  opening?: number;
}

/** A reconciliation's rules, as its pipeline declares them. */
export interface Rules {
  reconciliation: string;
  passes: readonly Pass[];
  open: Readonly<Record<Side, OpenRule>>;
  exceptions: ExceptionRules;
  /** Totals of the control passes, by the name of the pass. */
  totals?: Readonly<Record<string, readonly ControlTotal[]>>;
  /** The town's: that of an exception without records. Default: that of the first record. */
  currency?: string;
  /** Month in which the town's fiscal year starts, 1 to 12. */
  fiscalYearStarts?: number;
}

export interface ReconciledMatch extends FoundMatch {
  id: string;
  by: 'rule' | 'person';
}

/** Records of the left with one number, or of one day of a sender, that are open, and nothing of the right has it. */
export interface Unanswered {
  /** The place of the pass that ties by it. */
  pass: number;
  entries: readonly Entry[];
}

/** What is known of records that a run does not look at, because nothing about them can have changed. */
export interface Known {
  /** Records of the right with amounts of those that are looked at: an amount that is common in its block. */
  strangers: readonly Entry[];
  /** Exceptions that stay as they are; only their cause may become known. */
  kept: FoundException[];
  /** What is unanswered among records that are not looked at, for each rule of what is expected. */
  unanswered?: readonly (readonly Unanswered[])[];
  /** The numbers that are used, for each gap rule. */
  numbers: readonly NumberRanges[];
  /** The days of each sender, for each rule of what is expected. */
  senders: readonly ReadonlyMap<string, ReadonlySet<number>>[];
  /** The days of which the left has anything. */
  leftDays: ReadonlySet<number>;
  /** The last day of any record of both sides. */
  lastDay: number;
  /** Of each control pass, by its name: the totals whose records are all looked at, and those of the others that did not hold. */
  totals: Readonly<Record<string, { looked: ReadonlySet<string>; differing: ReadonlySet<string> }>>;
  /** Whether all settlements of a month, and all debits of its fees, are looked at; what was found of another month stays as it is. */
  isMonthWhole?: (pass: SettlementPass, month: string) => boolean;
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
  /** Whether the money of its records is open because of it; otherwise it tells of records that a match has. */
  holds: boolean;
  /** The exception of this run that it is an echo of. */
  cause?: string;
}

export type EntryState = 'confirmed' | 'proposed' | 'excepted' | 'in_transit' | 'out_of_scope';

export interface OutOfScope {
  entry: Entry;
  side: Side;
  /** Why it is not money of this reconciliation. */
  rule: string;
}

export const SIDES = ['left', 'right'] as const;

/** What a reconciliation has found so far. */
export interface Work {
  rules: Rules;
  days: BusinessDays;
  asOf: number;
  currency: string;
  all: Readonly<Record<Side, readonly Entry[]>>;
  open: Record<Side, Set<Entry>>;
  states: Map<Entry, EntryState>;
  matches: ReconciledMatch[];
  exceptions: FoundException[];
  /** Their ids. */
  exceptionIds: Set<string>;
  outOfScope: OutOfScope[];
  unequal: Set<Unequal>;
  /** Matches that are proposed when every pass has run, where their records are still open. */
  weak: { match: FoundMatch; group?: Unequal }[];
  refused: Set<string>;
  clusters: readonly Cluster[];
  extras: ReadonlyMap<Entry, Extra>;
  /** Copies without money, with those of their records that are known to have none, and the pass that first found one. */
  copies: Map<Extra, { records: Entry[]; pass: string }>;
  /** Numbers of records that are missing with their whole batch: those after `prefix`, of records with these values. */
  missingNumbers: {
    side: Side;
    prefix: string;
    first: number;
    last: number;
    values: Readonly<Record<string, string | null>>;
    /** The exception that says that its total does not hold; without it, nothing of the batch came. */
    cause?: string;
  }[];
  /** What is missing on one side: what is open on the other for its sake is an echo. */
  echoing: Echoed[];
  known?: Known;
  /** How many records a pass did not try, since too many candidates are near; by its name. */
  untried: Map<string, number>;
  /** For each rule of what is expected. */
  unanswered: readonly (readonly Unanswered[])[];
  /** The numbers that are used now, for each gap rule. */
  numbers: NumberRanges[];
  /** How the totals of each control pass stand that were looked at, by the name of the pass and the id of the total. */
  totals: Map<string, Map<string, TotalState>>;
}

/** What a reconciliation of these records begins with. */
export function openWork(
  rules: Rules,
  sides: Readonly<Record<Side, readonly Entry[]>>,
  days: BusinessDays,
  asOf: number,
  known?: Known,
): Work {
  // Maps and sets go by insertion: with the ids in order, the result does not depend on the order of the input.
  const left = inOrder(sides.left);
  const right = inOrder(sides.right);
  const clusters = clustersOf(rules.exceptions, { left, right });
  return {
    rules,
    days,
    asOf,
    currency: rules.currency ?? (left[0] ?? right[0])?.currency ?? '',
    all: { left, right },
    open: { left: new Set(left), right: new Set(right) },
    states: new Map(),
    matches: [],
    exceptions: [],
    exceptionIds: new Set(),
    outOfScope: [],
    unequal: new Set(),
    weak: [],
    refused: new Set(),
    clusters,
    extras: extrasOf(rules.exceptions, clusters, { left, right }),
    copies: new Map(),
    missingNumbers: [],
    echoing: [],
    untried: new Map(),
    unanswered: [],
    numbers: [],
    totals: new Map(),
    ...(known ? { known } : {}),
  };
}

/** empty: no record is there. differs: its records are not what it says. taken: they are not, and others have taken all of them. */
export type TotalState = 'holds' | 'empty' | 'differs' | 'taken';

/** Ties the records of a match; a match that a person has refused leaves them open. */
export function take(work: Work, match: FoundMatch, by: 'rule' | 'person'): void {
  if (by === 'rule' && isRefused(work, match)) return;
  const made: ReconciledMatch = {
    ...match,
    // Exactly as long as they are: a list that has grown keeps room for sixteen more, and there are as many lists as matches.
    left: match.left.slice(),
    right: match.right.slice(),
    id: matchId(work.rules.reconciliation, match.left, match.right),
    by,
  };
  for (const side of SIDES)
    for (const entry of match[side]) {
      if (!work.open[side].delete(entry)) throw new Error(`A record is used twice: ${entry.id}.`);
      work.states.set(entry, match.state);
    }
  work.matches.push(made);
}

/** Whether a match has a record, confirmed or proposed. */
export function isMatched({ states }: Pick<Work, 'states'>, entry: Entry): boolean {
  const state = states.get(entry);
  return state === 'confirmed' || state === 'proposed';
}

export function isRefused(work: Work, { left, right }: Pick<FoundMatch, 'left' | 'right'>): boolean {
  return work.refused.size > 0 && work.refused.has(matchId(work.rules.reconciliation, left, right));
}

/** Records whose money is open, and why. */
export function except(work: Work, difference: Difference): void {
  for (const side of SIDES)
    for (const entry of difference[side]) {
      work.open[side].delete(entry);
      work.states.set(entry, 'excepted');
    }
  add(work, difference, true);
}

/**
 * What a person should know of records whose money is accounted for, or of records that are not there. Two passes or rules that
 * find the same type on the same records are one exception: the first one that finds it. Returns its id.
 */
export function note(work: Work, difference: Difference): string {
  return add(work, difference, false);
}

function add(work: Work, { type, left, right, minor, subject, since, currency, facts }: Difference, holds: boolean): string {
  const entries = [...left, ...right];
  const id = exceptionId(work.rules.reconciliation, type, left, right, subject);
  if (!holds && work.exceptionIds.has(id)) return id;
  work.exceptionIds.add(id);
  work.exceptions.push({
    id,
    type,
    left,
    right,
    minor,
    currency: currency ?? entries[0]?.currency ?? work.currency,
    since: since ?? firstDay(entries),
    facts,
    holds,
  });
  return id;
}

/** Records of a copy that a group adds up without. Those of other groups may follow: the copy is one exception. */
export function holdCopy(work: Work, copy: Extra, records: readonly Entry[], pass: string): void {
  for (const entry of records) {
    work.open[copy.side].delete(entry);
    work.states.set(entry, 'excepted');
  }
  const held = work.copies.get(copy);
  if (held) held.records.push(...records);
  else work.copies.set(copy, { records: [...records], pass });
}

/** A record that is not money of this reconciliation, by the rule named. */
export function leaveOut(work: Work, side: Side, entry: Entry, rule: string): void {
  work.open[side].delete(entry);
  work.states.set(entry, 'out_of_scope');
  work.outOfScope.push({ entry, side, rule });
}

/** Gives the records of unequal groups back. */
export function reopen(work: Work, groups: readonly Unequal[]): void {
  for (const group of groups) {
    work.unequal.delete(group);
    for (const side of SIDES) for (const entry of group[side]) work.open[side].add(entry);
  }
}

export function firstDay(entries: readonly Entry[]): number | null {
  let first: number | null = null;
  for (const { day } of entries) if (day !== null && (first === null || day < first)) first = day;
  return first;
}

export function inOrder(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
