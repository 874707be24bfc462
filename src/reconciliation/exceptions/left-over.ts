import type { Ambiguous, Entry, Side } from '../entry.ts';
import { keyOf } from '../fields.ts';
import { except, isMatched, leaveOut, note, SIDES, take, type Work } from '../match/work.ts';
import { partsOf } from '../passes/settlement.ts';
import { sumOf } from '../sums.ts';
import { dateOf, dayNumber } from '../calendar.ts';
import { missingPart } from './explain-unequal.ts';
import { type ItemRule, isWhere } from './rules.ts';
import { type Incomplete, incompleteFor, wholeOf } from './splits.ts';

/**
 * Voided records are not money of a reconciliation where nothing has it. `same day`: those voided on or before their own day, before
 * any pass looks at them. `rest`: those that no pass has tied.
 */
export function leaveOutVoids(work: Work, which: 'same day' | 'rest'): void {
  for (const rule of work.rules.exceptions.voids)
    for (const entry of [...work.open[rule.side]]) {
      if (!isWhere(entry.values, rule.where)) continue;
      if (which === 'rest') leaveOut(work, rule.side, entry, 'voided, and nothing has its money');
      else {
        const voided = rule.on === undefined ? null : dayOf(entry.values[rule.on] ?? null);
        if (voided !== null && entry.day !== null && voided <= entry.day) leaveOut(work, rule.side, entry, 'voided on its own day');
      }
    }
}

/** The debit of the fees of a month is among the settlements, and no payments belong to it. */
export function leaveOutMonthlyFees(work: Work): void {
  for (const pass of work.rules.passes) {
    if (pass.kind !== 'settlement' || !pass.on.length || !pass.monthly) continue;
    for (const entry of [...work.open[pass.of]])
      if (isWhere(entry.values, pass.monthly.where))
        leaveOut(work, pass.of, entry, 'the debit of the fees of a month, which no payment has');
  }
}

/** Of what a pass could not decide and no later pass did: one exception for records that hang together. */
export function exceptAmbiguous(work: Work, ambiguous: readonly Ambiguous[]): void {
  // A settlement whose refunds a later pass has found leaves no doubt.
  const takenLast = new Set(work.matches.flatMap((match) => (match.takenLast === true ? [...match.left, ...match.right] : [])));
  const doubtful = ambiguous.filter(({ oneSided }) => !oneSided || takenLast.has(oneSided));
  for (const group of joined(work, doubtful)) {
    const left = group.left.filter((entry) => work.open.left.has(entry));
    const right = group.right.filter((entry) => work.open.right.has(entry));
    if (group.oneSided ? !left.length && !right.length : !left.length || !right.length) continue;
    if (takeOneOfCopies(work, group.pass, left, right)) continue;
    except(work, {
      type: 'ambiguous',
      left,
      right,
      minor: right.length ? sumOf(right) : sumOf(left),
      facts: { pass: group.pass, left: left.length, right: right.length },
    });
  }
}

type Joined = Pick<Ambiguous, 'pass' | 'left' | 'right'> & { oneSided: boolean };

/** Groups that share an open record are one, under the name of the first pass: which of them has it cannot be known without the other. */
function joined(work: Work, groups: readonly Ambiguous[]): Joined[] {
  const places = new Map<string, number>();
  const found: ({ pass: string; left: Set<Entry>; right: Set<Entry>; oneSided: boolean } | undefined)[] = [];
  for (const group of groups) {
    const own = { pass: group.pass, left: new Set<Entry>(), right: new Set<Entry>(), oneSided: group.oneSided !== undefined };
    const at = found.push(own) - 1;
    for (const side of SIDES)
      for (const entry of group[side]) {
        if (!work.open[side].has(entry)) continue;
        const place = places.get(`${side} ${entry.id}`);
        const other = place === undefined ? undefined : found[place];
        if (other && other !== own) {
          own.pass = other.pass;
          own.oneSided ||= other.oneSided;
          found[place!] = undefined;
          for (const of of SIDES)
            for (const moved of other[of]) {
              own[of].add(moved);
              places.set(`${of} ${moved.id}`, at);
            }
        }
        own[side].add(entry);
        places.set(`${side} ${entry.id}`, at);
      }
  }
  return found.flatMap((group) => {
    if (!group) return [];
    return [{ ...group, left: [...group.left], right: [...group.right] }];
  });
}

/** Copies of one entry are not rivals: the first one has the money, the others are copies. */
function takeOneOfCopies(work: Work, pass: string, left: readonly Entry[], right: readonly Entry[]): boolean {
  for (const side of SIDES) {
    const [many, other] = side === 'left' ? [left, right] : [right, left];
    if (other.length !== 1 || many.length < 2) continue;
    const cluster = work.clusters.find(
      (c) => c.side === side && many.every((entry) => c.entries.some((records) => records.length === 1 && records[0] === entry)),
    );
    if (!cluster) continue;
    const first = cluster.entries.find(([entry]) => many.includes(entry!))![0]!;
    const sides = side === 'left' ? { left: [first], right: other } : { left: other, right: [first] };
    const evidence = { fields: [], lag: null, rivals: many.length - 1 };
    take(
      work,
      { pass, state: 'confirmed', ...sides, difference: sumOf(sides.right) - sumOf(sides.left), evidence, takenLast: true },
      'rule',
    );
    return true;
  }
  return false;
}

/** Entries of which a like one has its money: they were entered twice. */
export function exceptCopies(work: Work): void {
  for (const [{ type, side, records }, held] of work.copies) {
    const without = new Set(held.records);
    const all = records.filter((record) => without.has(record) || work.open[side].has(record));
    const sides = { left: side === 'left' ? all : [], right: side === 'right' ? all : [] };
    except(work, { type, ...sides, minor: sumOf(all), facts: { pass: held.pass } });
  }
  for (const { side, type, entries } of work.clusters) {
    const backed = entries.filter((records) => records.some((record) => isMatched(work, record)));
    if (!backed.length) continue;
    for (const records of entries) {
      if (!records.every((record) => work.open[side].has(record))) continue;
      const sides = { left: side === 'left' ? records : [], right: side === 'right' ? records : [] };
      except(work, { type, ...sides, minor: sumOf(records), facts: { original: backed[0]![0]!.id } });
    }
  }
}

/**
 * Records of a kind that needs a person by itself, where no match has them. `rejected`: what finance rejected is not posted, so no
 * pass may tie it; before any pass looks at it.
 */
export function exceptItems(work: Work, which: 'rejected' | 'rest'): void {
  for (const rule of work.rules.exceptions.items)
    if ((rule.type === 'rejected') === (which === 'rejected'))
      for (const records of itemsOf(rule, [...work.open[rule.side]])) except(work, itemOf(work, rule, records));
}

/** Items that a person must answer although a match has their money. */
export function noteItems(work: Work): void {
  for (const rule of work.rules.exceptions.items)
    if (rule.always)
      for (const records of itemsOf(
        rule,
        work.all[rule.side].filter((entry) => isMatched(work, entry)),
      ))
        note(work, itemOf(work, rule, records));
}

/** The records that a rule names; those of one entry together. */
function itemsOf(rule: ItemRule, entries: readonly Entry[]): Iterable<Entry[]> {
  return byEntry(
    rule,
    entries.filter(({ values }) => isWhere(values, rule.where)),
  );
}

/** Records of one entry together, where the rule says by which field they are one: the lines of a receipt. */
export function byEntry(rule: { entry?: string }, entries: readonly Entry[]): Iterable<Entry[]> {
  return Map.groupBy(entries, (entry) => {
    const name = rule.entry === undefined ? '' : (entry.values[rule.entry] ?? '');
    return name === '' ? `\u0000${entry.id}` : JSON.stringify([entry.currency, name]);
  }).values();
}

function itemOf(work: Work, rule: ItemRule, records: readonly Entry[]): Parameters<typeof except>[1] {
  const original = originalOf(work, rule, records[0]!);
  return {
    type: rule.type,
    left: rule.side === 'left' ? records : [],
    right: rule.side === 'right' ? records : [],
    minor: sumOf(records),
    facts: original === undefined ? {} : { original },
  };
}

/** The record of the other side that it takes back, where there is one only. */
function originalOf(work: Work, rule: ItemRule, entry: Entry): string | undefined {
  if (!rule.original.length) return undefined;
  const key = keyOf(entry, rule.original, rule.side);
  let index = originals.get(work)?.get(rule);
  if (!index) {
    index = new Map();
    const other: Side = rule.side === 'left' ? 'right' : 'left';
    for (const candidate of work.all[other]) {
      const name = keyOf(candidate, rule.original, other);
      if (name !== null) index.set(name, index.has(name) ? null : candidate.id);
    }
    originals.set(work, (originals.get(work) ?? new Map()).set(rule, index));
  }
  return key === null ? undefined : (index.get(key) ?? undefined);
}

/** Ids by key, null where several have it; made once for each rule of a run. */
const originals = new WeakMap<Work, Map<ItemRule, Map<string, string | null>>>();

/**
 * Whether the counterpart of a record is of before the first day of the other side, or may be: what the bank credits on the first day is a
 * slip of the day before, and on the next ones it may be, as long as slips are in transit.
 */
function isOpening({ rules, days }: Work, side: Side, { day }: Entry): boolean {
  const { opening } = rules.open[side];
  if (day === null || opening === undefined) return false;
  if (day < opening || side === 'left') return day < opening;
  return days.index(day) - days.index(opening - 1) <= rules.open.left.within;
}

/** What no rule has tied: in transit while it is young, then an exception of its side's type. */
export function leftOver(work: Work): Record<Side, Entry[]> {
  const inTransit: Record<Side, Entry[]> = { left: [], right: [] };
  for (const side of SIDES) {
    const { type, within, together, opening } = work.rules.open[side];
    const today = work.days.index(work.asOf);
    const incompleteOf = incompleteFor(work, side);
    const parts = new Map<string, Incomplete>();
    const groups = new Map<string, Entry[]>();
    const lacking: Entry[] = [];
    for (const entry of [...work.open[side]]) {
      if (isNothing(work, side, entry)) {
        leaveOut(work, side, entry, 'an amount of 0.00, which nothing needs to match');
        continue;
      }
      if (isOpening(work, side, entry)) {
        leaveOut(work, side, entry, `an opening item, of before ${dateOf(opening!)}`);
        continue;
      }
      if (entry.day !== null && today - work.days.index(entry.day) <= within) {
        work.open[side].delete(entry);
        work.states.set(entry, 'in_transit');
        inTransit[side].push(entry);
        continue;
      }
      const incomplete = incompleteOf(entry);
      const split = incomplete ? `${SPLIT}${incomplete.group}` : splitOf(work, side, entry);
      if (incomplete) parts.set(split!, incomplete);
      const values = together?.map((field) => entry.values[field] ?? null);
      const whole = values && !values.includes(null) ? JSON.stringify([entry.currency, ...values]) : undefined;
      if (split === undefined && values && lacksOne(values)) {
        lacking.push(entry);
        continue;
      }
      const key = split ?? whole ?? `\u0000${entry.id}`;
      const list = groups.get(key);
      if (list) list.push(entry);
      else groups.set(key, [entry]);
    }
    if (together) joinLacking(groups, lacking, together);
    for (const [key, entries] of groups) {
      if (!key.startsWith('\u0000') && comesToNothing(work, side, entries)) {
        for (const entry of entries) leaveOut(work, side, entry, 'it comes to 0.00 with its reversal, which nothing needs to match');
        continue;
      }
      const sides = { left: side === 'left' ? entries : [], right: side === 'right' ? entries : [] };
      const split = key.startsWith(SPLIT)
        ? work.rules.exceptions.splits.find((rule) => rule.side === side && missingPart(entries, rule.field) !== undefined)
        : undefined;
      const subject = key.startsWith('\u0000') ? {} : { subject: `${side} ${key}` };
      const lacking = parts.get(key);
      const facts: Record<string, string | number> = lacking
        ? { missing: lacking.missing, is_missing: 1 }
        : split
          ? { missing: missingPart(entries, split.field)! }
          : {};
      except(work, { type: lacking?.type ?? split?.type ?? type, ...sides, minor: sumOf(entries), ...subject, facts });
    }
  }
  return inTransit;
}

/** Whether no money goes with a record: a payout of 0.00. A settlement of 0.00 that has sales and refunds is not nothing. */
function isNothing({ rules }: Work, side: Side, entry: Entry): boolean {
  if (entry.minor !== 0) return false;
  return rules.passes.every((pass) => {
    const own = (pass.kind === 'settlement' && pass.of === side) || (pass.kind === 'subset' && pass.one === side);
    if (!own || !pass.parts || (pass.kind === 'settlement' && !pass.on.length)) return true;
    return Object.values(partsOf({ parts: pass.parts, negative: pass.negative }, entry)).every((minor) => minor === 0);
  });
}

/** Whether records that belong together are an amount and its reversal: there is no money. A settlement says both, so it is missing. */
function comesToNothing({ rules }: Work, side: Side, entries: readonly Entry[]): boolean {
  if (entries.length < 2 || sumOf(entries) !== 0) return false;
  return rules.passes.every((pass) => (pass.kind === 'settlement' ? pass.of === side : pass.kind !== 'subset' || !pass.parts));
}

function lacksOne(values: readonly (string | null)[]): boolean {
  return values.length > 1 && values.filter((value) => !value).length === 1;
}

/**
 * A record that lacks one of the values by which open records belong together is one trouble with those of its day that agree with it in
 * all others, where there is one such group: a payment without the number of its batch, where one batch of its merchant is missing. The
 * day alone is not enough.
 */
function joinLacking(groups: Map<string, Entry[]>, lacking: readonly Entry[], together: readonly string[]): void {
  const whole = [...groups].filter(([key]) => !key.startsWith('\u0000'));
  for (const field of together) {
    const own = lacking.filter(({ values }) => !values[field]);
    if (!own.length) continue;
    const rest = together.filter((name) => name !== field);
    const nameOf = ({ currency, minor, day, values }: Entry): string =>
      JSON.stringify([currency, minor < 0, day, ...rest.map((name) => values[name])]);
    const byRest = Map.groupBy(whole, ([, entries]) => nameOf(entries[0]!));
    for (const entry of own) {
      const date = entry.day === null ? null : dateOf(entry.day);
      const [one, second] = rest.some((name) => entry.values[name] !== date) ? (byRest.get(nameOf(entry)) ?? []) : [];
      if (one && !second) one[1].push(entry);
      else groups.set(`\u0000${entry.id}`, [entry]);
    }
  }
}

const SPLIT = '\u0000\u0000split ';

/** Parts of one whole are one exception, while one of them is missing. */
function splitOf(work: Work, side: Side, entry: Entry): string | undefined {
  for (const rule of work.rules.exceptions.splits) {
    const whole = rule.side === side ? wholeOf(work.rules, rule, entry) : undefined;
    if (whole !== undefined) return `${SPLIT}${whole}`;
  }
  return undefined;
}

/** Day number of a date or moment that a field has; null where it has none. */
export function dayOf(text: string | null): number | null {
  const date = text === null ? undefined : /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0];
  return date === undefined ? null : dayNumber(date);
}
