import type { ControlPass, ControlTotal, Entry } from '../entry.ts';
import { keyOf } from '../fields.ts';
import { afterClose } from '../exceptions/after-close.ts';
import { numberedText } from '../exceptions/number-ranges.ts';
import { exceptionId } from '../match/match-id.ts';
import { except, note, type TotalState, type Work } from '../match/work.ts';
import { sumOf } from '../sums.ts';

/**
 * Holds the records of each batch against the total that their source gave: count and sum. Nothing of a batch is matched whose
 * total does not hold, and a batch of which nothing came is missing. Voided records may be counted or not, and so may those that
 * were entered after the close of their month: these are exceptions by themselves.
 */
export function checkTotals(work: Work, pass: ControlPass, totals: readonly ControlTotal[]): void {
  const groups = new Map<string, Entry[]>();
  for (const entry of work.all[pass.of]) {
    const key = keyOf(entry, pass.on, 'left');
    if (key === null) continue;
    const list = groups.get(key);
    if (list) list.push(entry);
    else groups.set(key, [entry]);
  }
  const late = work.rules.exceptions.afterClose.filter(({ side }) => side === pass.of).map((rule) => afterClose(rule, work.days));
  const known = work.known?.totals[pass.name];
  const states = new Map<string, TotalState>();
  for (const total of totals) {
    const key = keyOfTotal(pass, total);
    if (key === null) continue;
    if (known && !known.looked.has(total.id)) {
      if (known.differing.has(total.id)) {
        const cause = exceptionId(work.rules.reconciliation, DIFFERS, [], [], subjectOf(pass, total));
        addNumbers(work, pass, total, cause);
        echo(work, pass, total, cause);
      }
      continue;
    }
    const records = groups.get(key) ?? [];
    const isHeld = (): boolean => {
      if (holds(total, records)) return true;
      const inScope = records.filter((entry) => work.states.get(entry) !== 'out_of_scope');
      if (holds(total, inScope)) return true;
      const inTime = (some: readonly Entry[]): Entry[] => some.filter((entry) => !late.some((isLate) => isLate(entry)));
      return late.length > 0 && (holds(total, inTime(records)) || holds(total, inTime(inScope)));
    };
    if (records.length === 0) {
      states.set(total.id, 'empty');
      missing(work, pass, total);
    } else if (isHeld()) states.set(total.id, 'holds');
    else {
      states.set(total.id, records.some((entry) => work.open[pass.of].has(entry)) ? 'differs' : 'taken');
      differs(work, pass, total, records);
    }
  }
  work.totals.set(pass.name, states);
}

const DIFFERS = 'control_total_differs';

/** The key of a total's records; null: one of its fields is empty. */
export function keyOfTotal(pass: ControlPass, total: ControlTotal): string | null {
  return keyOf(asEntry(total), pass.on, 'right');
}

function subjectOf(pass: ControlPass, total: ControlTotal): string {
  return `${pass.of} ${total.id}`;
}

/** What is open on the other side because of this total is an echo of its exception. */
function echo(work: Work, pass: ControlPass, total: ControlTotal, cause: string, isMissing = false): void {
  const missing = isMissing ? { isMissing, ...(total.minor === null ? {} : { minor: total.minor }) } : {};
  work.echoing.push({ of: pass.of, values: valuesOfRecords(pass, total), day: null, cause, ...missing });
}

function holds({ minor, count }: ControlTotal, records: readonly Entry[]): boolean {
  return (minor === null || minor === sumOf(records)) && (count === null || count === records.length);
}

function missing(work: Work, pass: ControlPass, total: ControlTotal): void {
  // A total that says that there is nothing misses nothing.
  if (total.count === 0 || (total.count === null && total.minor === 0)) return;
  const today = work.days.index(work.asOf);
  if (total.day !== null && today - work.days.index(total.day) <= work.rules.open[pass.of].within) return;
  addNumbers(work, pass, total);
  const cause = note(work, {
    type: 'missing_batch',
    left: [],
    right: [],
    minor: total.minor ?? 0,
    subject: subjectOf(pass, total),
    currency: total.currency,
    ...(total.day === null ? {} : { since: total.day }),
    facts: {
      of: namesOf(pass, total),
      side: pass.of,
      record: total.id,
      ...(total.first !== null && total.last !== null ? { first: total.first, last: total.last } : {}),
    },
  });
  echo(work, pass, total, cause, true);
}

function differs(work: Work, pass: ControlPass, total: ControlTotal, records: readonly Entry[]): void {
  const open = records.filter((entry) => work.open[pass.of].has(entry));
  // What was voided on its own day is counted by some sources only: by the one whose count agrees without it, it is not.
  const inScope = records.filter((entry) => work.states.get(entry) !== 'out_of_scope');
  const counted = total.count !== null && inScope.length === total.count ? inScope : records;
  const have = sumOf(counted);
  except(work, {
    type: DIFFERS,
    left: pass.of === 'left' ? open : [],
    right: pass.of === 'right' ? open : [],
    minor: total.minor === null ? have : have - total.minor,
    subject: subjectOf(pass, total),
    currency: total.currency,
    facts: {
      total: namesOf(pass, total),
      record: total.id,
      count: counted.length,
      have,
      ...(total.count === null ? {} : { says_count: total.count }),
      ...(total.minor === null ? {} : { says: total.minor }),
    },
  });
  const { id } = work.exceptions.at(-1)!;
  addNumbers(work, pass, total, id);
  echo(work, pass, total, id);
}

/** The numbers of a batch of which nothing came, or whose total does not hold (`cause`). */
function addNumbers(work: Work, pass: ControlPass, total: ControlTotal, cause?: string): void {
  const [first, last] = [numberedText(total.first ?? ''), numberedText(total.last ?? '')];
  if (!first || !last || first.prefix !== last.prefix || first.number > last.number) return;
  work.missingNumbers.push({
    side: pass.of,
    prefix: first.prefix,
    first: first.number,
    last: last.number,
    values: valuesOfRecords(pass, total),
    ...(cause === undefined ? {} : { cause }),
  });
}

function namesOf(pass: ControlPass, { values }: ControlTotal): string {
  return pass.on.map(({ right }) => values[right] ?? '').join(', ');
}

/** The total's values by the names that its records have for them. */
function valuesOfRecords(pass: ControlPass, { values }: ControlTotal): Record<string, string | null> {
  return Object.fromEntries(pass.on.map(({ left, right }) => [left, values[right] ?? null]));
}

function asEntry({ id, currency, day, values }: ControlTotal): Entry {
  return { id, minor: 0, currency, day, values };
}
