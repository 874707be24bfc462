import type { Entry, KeyPass, Pass, SettlementPass } from '../entry.ts';
import { dateOf } from '../calendar.ts';
import { keyOf } from '../fields.ts';
import { type FoundException, note, SIDES, type Unanswered, type Work } from '../match/work.ts';
import { sumOf } from '../sums.ts';
import type { ExpectedRule } from './rules.ts';

/** By habit, a day is expected when its weekday had records in so many of the last weeks. */
const HABIT = { weeks: 8, of: 7 };

/**
 * Days on which a place should have sent something and did not: every business day between its first and its last one (and up to
 * today less what is usual), or by the habit of the weekday. Days of which nothing is known are not guessed. After the last day
 * of which either side has anything, a place has one exception for all days since, not one for each.
 *
 * A habit is only a guess: a day that the left knows, and of which nothing of the place waits for the right, lacks nothing. The place
 * was closed, or nobody paid by that card.
 */
export function noteExpected(work: Work, rule: ExpectedRule, i: number): void {
  const series = work.known?.senders[i] ?? withSenders(new Map(), rule, work.all[rule.side]);
  const known = lastDayOf(work);
  const waiting = rule.side === 'right' && rule.days === 'habit' ? waitingFor(work, rule.by) : undefined;
  for (const [name, seen] of series) {
    const first = Math.min(...seen);
    const today = work.days.index(work.asOf);
    const mayLack = waiting?.of(JSON.parse(name) as string[]);
    for (let day = first + 1; day <= work.asOf && today - work.days.index(day) > rule.within; day++) {
      if (seen.has(day) || !isExpected(work, rule, day, first, seen) || mayLack?.(day) === false) continue;
      const onward = day > known;
      const cause = note(work, {
        type: rule.type,
        left: [],
        right: [],
        minor: 0,
        subject: `${rule.side} ${name} ${day}`,
        since: day,
        facts: { of: (JSON.parse(name) as string[]).join(', '), day: dateOf(day), side: rule.side, ...(onward ? { onward: 1 } : {}) },
      });
      const values = Object.fromEntries(rule.by.map((field, i) => [field, (JSON.parse(name) as string[])[i]!]));
      work.echoing.push({ of: rule.side, values, day, cause });
      waiting?.told(JSON.parse(name) as string[], day);
      if (onward) break;
    }
  }
}

/** Records for which nothing of the right came, in the order of the passes. `i`: the place of the rule. */
export function unanswered(work: Work, rule: ExpectedRule, i: number): Unanswered[] {
  if (rule.side !== 'right') return [];
  const known = work.known?.unanswered?.[i] ?? [];
  const isOpen = new Set(openLeft(work).flatMap(({ left }) => left));
  const found: Unanswered[] = [];
  for (const [place, pass] of work.rules.passes.entries()) {
    if (!isOpen.size || !tiesSenders(pass, rule)) continue;
    const answered = new Set(work.all.right.map((entry) => keyOf(entry, pass.on, 'right')));
    for (const [key, entries] of Map.groupBy(work.all.left, (entry) => keyOf(entry, pass.on, 'left')))
      if (key !== null && entries.length > 1 && !answered.has(key) && entries.every((entry) => isOpen.has(entry) && entry.day !== null))
        found.push({ pass: place, entries });
  }
  return [...found, ...known].sort((a, b) => a.pass - b.pass);
}

/** Whether a pass ties by the fields that tell senders of the right apart. */
export function tiesSenders(pass: Pass, { by }: ExpectedRule): pass is KeyPass | SettlementPass {
  return (pass.kind === 'key' || pass.kind === 'settlement') && by.every((field) => pass.on.some(({ right }) => right === field));
}

/** Exceptions of records of the left for which the right has nothing. */
function openLeft(work: Work): FoundException[] {
  return [...work.exceptions, ...(work.known?.kept ?? [])].filter(
    ({ holds, type, left, right }) => holds && type === work.rules.open.left.type && left.length > 0 && !right.length,
  );
}

/**
 * What the left itself says: two or more of its records have one number, or are of one day of a sender, none of them is tied to anything,
 * and nothing of the right has it. What they belong to did not come, however new the sender is and whatever else it sent on that day.
 */
export function noteUnanswered(work: Work, rule: ExpectedRule, groups: readonly Unanswered[]): void {
  if (rule.side !== 'right') return;
  const named = new Map(
    work.echoing.filter(({ of }) => of === 'right').map(({ values, day, cause }) => [nameOf(rule, values, day), cause] as const),
  );
  const told = new Map<Entry, string>();
  for (const { pass: i, entries } of groups) {
    const pass = work.rules.passes[i]!;
    if (!tiesSenders(pass, rule) || entries.some((entry) => told.has(entry))) continue;
    const day = Math.max(...entries.map((entry) => entry.day!));
    const values = Object.fromEntries(
      rule.by.map((field) => [field, entries[0]!.values[pass.on.find(({ right }) => right === field)!.left]!]),
    );
    // All payments of one number lack the settlement that is missing already for the day of one of them.
    const known = entries.map((entry) => named.get(nameOf(rule, values, entry.day))).find((one) => one !== undefined);
    if (known !== undefined) {
      for (const entry of entries) told.set(entry, known);
      continue;
    }
    const cause = note(work, {
      type: rule.type,
      left: entries,
      right: [],
      minor: sumOf(entries),
      since: day,
      facts: { of: rule.by.map((field) => values[field]).join(', '), day: dateOf(day), side: rule.side },
    });
    for (const entry of entries) told.set(entry, cause);
    work.echoing.push({ of: rule.side, values, day, cause });
  }
  for (const exception of openLeft(work)) {
    const causes = new Set(exception.left.map((entry) => told.get(entry)).filter((cause) => cause !== undefined));
    const [cause] = causes;
    if (causes.size === 1 && cause !== undefined) exception.cause ??= cause;
  }
}

function nameOf({ by }: ExpectedRule, values: Readonly<Record<string, string | null>>, day: number | null): string {
  return JSON.stringify([day, ...by.map((field) => values[field] ?? '')]);
}

/**
 * Whether a sender of the right may lack a day, by what is open on the left: undefined where no pass ties the fields that tell senders
 * apart to fields of the left. `told`: what is open for a day that is named as missing says nothing about a later one.
 */
function waitingFor(work: Work, by: readonly string[]): Waiting | undefined {
  const tied = work.rules.passes.flatMap((pass) => (pass.kind === 'key' || pass.kind === 'settlement' ? pass.on : []));
  const pairs = by.map((field) => tied.find(({ right }) => right === field));
  if (!pairs.every((pair) => pair !== undefined)) return undefined;
  const open = new Map<string, { day: number; since: number }[]>();
  const add = (entry: Entry, isYoung: boolean): void => {
    const key = keyOf({ ...entry, currency: '' }, pairs, 'left');
    if (key === null || entry.day === null) return;
    const list = open.get(key) ?? [];
    // Payments of a day may be in the settlement of one of the next days.
    list.push({ day: entry.day, since: work.days.index(entry.day) + (isYoung ? 0 : work.rules.open.left.within) });
    open.set(key, list);
  };
  const { type } = work.rules.open.left;
  for (const exception of [...work.exceptions, ...(work.known?.kept ?? [])])
    if (exception.holds && exception.type === type) for (const entry of exception.left) add(entry, false);
  const known = new Set(work.known?.leftDays);
  for (const entry of work.all.left) {
    if (entry.day !== null) known.add(entry.day);
    if (work.states.get(entry) === 'in_transit') add(entry, true);
  }
  const nameOf = (sender: readonly string[]): string => {
    const values = Object.fromEntries(by.map((field, i) => [field, sender[i]!]));
    return keyOf({ id: '', minor: 0, currency: '', day: null, values }, pairs, 'right') ?? '';
  };
  return {
    of: (sender) => {
      const name = nameOf(sender);
      return (day) => !known.has(day) || (open.get(name) ?? []).some((one) => one.day <= day && work.days.index(day) <= one.since);
    },
    told: (sender, day) => {
      const name = nameOf(sender);
      open.set(
        name,
        (open.get(name) ?? []).filter((one) => one.day > day),
      );
    },
  };
}

interface Waiting {
  of: (sender: readonly string[]) => (day: number) => boolean;
  told: (sender: readonly string[], day: number) => void;
}

/** The days on which each sender has anything, by the values of `by`, with those that are known already. */
export function withSenders(
  known: ReadonlyMap<string, ReadonlySet<number>>,
  rule: ExpectedRule,
  entries: readonly Entry[],
): Map<string, Set<number>> {
  const series = new Map([...known].map(([name, days]) => [name, new Set(days)]));
  for (const { day, values } of entries) {
    const parts = rule.by.map((field) => values[field] ?? null);
    if (day === null || parts.includes(null)) continue;
    const name = JSON.stringify(parts);
    const days = series.get(name);
    if (days) days.add(day);
    else series.set(name, new Set([day]));
  }
  return series;
}

/** The last day of any record of both sides. */
function lastDayOf(work: Work): number {
  if (work.known) return work.known.lastDay;
  let last = -Infinity;
  for (const side of SIDES) for (const { day } of work.all[side]) if (day !== null && day > last) last = day;
  return last;
}

function isExpected(work: Work, rule: ExpectedRule, day: number, first: number, seen: ReadonlySet<number>): boolean {
  const isBusiness = (date: number): boolean => work.days.index(date) > work.days.index(date - 1);
  if (rule.days === 'business') return isBusiness(day);
  if (day - 7 * HABIT.weeks < first) return false;
  let [count, business] = [0, 0];
  for (let week = 1; week <= HABIT.weeks; week++) {
    if (seen.has(day - 7 * week)) count++;
    if (isBusiness(day - 7 * week)) business++;
  }
  // A weekday without business that usually has it is a holiday.
  return count >= HABIT.of && (isBusiness(day) || business === 0);
}
