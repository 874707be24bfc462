import { dateOf, monthOf } from '../calendar.ts';
import type { Entry } from '../entry.ts';
import { afterClose } from './after-close.ts';
import { wrongParts } from './parts.ts';
import { firstDay, isMatched, note, type ReconciledMatch, type Unanswered, type Work } from '../match/work.ts';
import { sumOf } from '../sums.ts';
import { byEntry, noteItems } from './left-over.ts';
import { noteExpected, noteUnanswered, unanswered } from './expected.ts';
import { noteSettlements } from './fees.ts';
import { noteGaps } from './gaps.ts';
import { nameEchoes } from './name-echoes.ts';
import { type AfterCloseRule, isWhere, type PartsRule, type PeriodRule } from './rules.ts';

/** What a person should know although the money is accounted for, and what is not there at all. Changes no record's state. */
export function findings(work: Work): void {
  noteRecords(work);
  noteWhole(work, unansweredIn(work));
}

/** What records tell together with those that a relation ties to them. */
export function noteRecords(work: Work): void {
  const { late, parts, periods, voids, afterClose: closed } = work.rules.exceptions;
  const takenOn = dayOfTaking(work);
  for (const match of work.matches) {
    for (const rule of late) noteLate(work, match, rule.type, rule.businessDays, takenOn);
    for (const rule of parts) noteParts(work, match, rule);
  }
  for (const rule of voids) {
    const voided = work.all[rule.side].filter((entry) => isMatched(work, entry) && isWhere(entry.values, rule.where));
    for (const records of byEntry(rule, voided))
      note(work, { type: rule.type, ...on(rule.side, records), minor: sumOf(records), facts: {} });
  }
  for (const rule of periods) notePeriods(work, rule);
  noteItems(work);
  for (const rule of closed) noteAfterClose(work, rule);
  for (const pass of work.rules.passes) if (pass.kind === 'settlement') noteSettlements(work, pass);
}

/** What only all records together tell: which numbers and days are missing, and what is open for their sake. */
export function noteWhole(work: Work, unanswered: readonly (readonly Unanswered[])[]): void {
  const { gaps, expected } = work.rules.exceptions;
  work.unanswered = unanswered;
  gaps.forEach((rule, i) => noteGaps(work, rule, i));
  expected.forEach((rule, i) => noteExpected(work, rule, i));
  expected.forEach((rule, i) => noteUnanswered(work, rule, unanswered[i]!));
  nameEchoes(work);
}

/** For each rule of what is expected. */
export function unansweredIn(work: Work): Unanswered[][] {
  return work.rules.exceptions.expected.map((rule, i) => unanswered(work, rule, i));
}

function on(side: 'left' | 'right', records: readonly Entry[]): Record<'left' | 'right', readonly Entry[]> {
  return { left: side === 'left' ? records : [], right: side === 'right' ? records : [] };
}

/** The records of a match that came more than so many business days before its last one. */
function noteLate(
  work: Work,
  { left, right }: ReconciledMatch,
  type: string,
  most: number,
  takenOn: (entry: Entry) => number | null,
): void {
  const last = firstDay(right);
  if (last === null) return;
  const limit = work.days.index(last) - most;
  const isLate = (day: number | null): boolean => day !== null && work.days.index(day) < limit;
  const late = left.filter((entry) => isLate(entry.day) && isLate(takenOn(entry)));
  if (!late.length) return;
  const businessDays = work.days.index(last) - work.days.index(firstDay(late)!);
  note(work, { type, left: late, right, minor: sumOf(late), facts: { business_days: businessDays, deposited: dateOf(last) } });
}

/** The day of a record of the left; of one that was dated back into a closed month, the day on which it was entered: that is told once. */
function dayOfTaking({ rules, days }: Work): (entry: Entry) => number | null {
  const entered = rules.exceptions.afterClose.filter(({ side }) => side === 'left').map((rule) => afterClose(rule, days));
  return (entry) => entered.map((late) => late(entry)).find((late) => late !== undefined)?.entered ?? entry.day;
}

/** Sums by tender or account that differ although the match adds up: what one lacks, another has too much. */
function noteParts(work: Work, { left, right, difference }: ReconciledMatch, rule: PartsRule): void {
  if (difference !== 0) return;
  const wrong = wrongParts(left, right, rule);
  if (!wrong?.length) return;
  const names = new Set(wrong.map(([name]) => name));
  const { right: field } = rule;
  const listed = (sign: number): string =>
    wrong
      .filter(([, minor]) => Math.sign(minor) === sign)
      .map(([name]) => name)
      .join(', ');
  note(work, {
    type: rule.type,
    left: left.filter(({ values }) => names.has(values[rule.left]!)),
    right: typeof field === 'string' ? right.filter(({ values }) => names.has(values[field]!)) : right,
    minor: wrong.reduce((sum, [, minor]) => sum + Math.max(0, minor), 0),
    facts: { short: listed(-1), over: listed(1) },
  });
}

/**
 * Records of the right in another month or period than the left of their match; those of one entry are one exception. What was
 * dated back into a closed month is posted in the open one: that is told once, by the rule for it, and its entry is right.
 */
function notePeriods(work: Work, rule: PeriodRule): void {
  const enteredLate = work.rules.exceptions.afterClose.filter(({ side }) => side === 'left').map((closed) => afterClose(closed, work.days));
  const periodsOf = (entry: Entry): (string | null)[] => {
    const entered = enteredLate.map((late) => late(entry)).find((late) => late !== undefined)?.entered;
    return [entry.values[rule.left] ?? null, ...(entered === undefined ? [] : [dateOf(entered)])];
  };
  const entries = new Map<string, { records: Entry[]; left: string; right: string }>();
  for (const { left, right } of work.matches) {
    const wanted = new Set(left.flatMap(periodsOf));
    for (const record of right) {
      const has = record.values[rule.right] ?? null;
      const periods = [...wanted].map((value) => (value === null || has === null ? null : samePeriod(work, value, has)));
      if (!periods.length || periods.some((same) => same !== false)) continue;
      const name = rule.entry === undefined ? null : (record.values[rule.entry] ?? null);
      const key = name ?? `\u0000${record.id}`;
      const known = entries.get(key);
      if (known) known.records.push(record);
      else entries.set(key, { records: [record], left: [...wanted].sort()[0]!, right: has! });
    }
  }
  for (const { records, left, right } of entries.values())
    note(work, { type: rule.type, left: [], right: records, minor: sumOf(records), facts: { is: right, should_be: monthOf(left) } });
}

/** null: it cannot be told. A number is a fiscal period, a date or month is a month. */
function samePeriod(work: Work, left: string, right: string): boolean | null {
  const date = /^\d{4}-\d{2}/.exec(left)?.[0];
  if (date === undefined) return null;
  const month = /^\d{4}-\d{2}/.exec(right)?.[0];
  if (month !== undefined) return month === date;
  if (!/^\d{1,2}$/.test(right)) return null;
  const starts = work.rules.fiscalYearStarts ?? 1;
  return Number(right) === ((Number(date.slice(5)) - starts + 12) % 12) + 1;
}

function noteAfterClose(work: Work, rule: AfterCloseRule): void {
  const enteredLate = afterClose(rule, work.days);
  const found = work.all[rule.side].filter((entry) => enteredLate(entry) !== undefined);
  for (const records of byEntry(rule, found)) {
    const { entered, closed } = enteredLate(records[0]!)!;
    const facts = { entered: dateOf(entered), closed: dateOf(closed) };
    note(work, { type: rule.type, ...on(rule.side, records), minor: sumOf(records), facts });
  }
}
