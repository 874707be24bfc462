import type { ControlPass, ControlTotal, Entry } from '../entry.ts';
import { keyOf } from '../fields.ts';
import { except, note, type Work } from '../match/work.ts';
import { sumOf } from '../sums.ts';

/**
 * Holds the records of each batch against the total that their source gave: count and sum. Nothing of a batch is matched whose
 * total does not hold, and a batch of which nothing came is missing. Voided records may be counted or not.
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
  for (const total of totals) {
    const key = keyOf(asEntry(total), pass.on, 'right');
    if (key === null) continue;
    const records = groups.get(key) ?? [];
    if (records.length === 0) missing(work, pass, total);
    else if (
      !holds(total, records) &&
      !holds(
        total,
        records.filter((entry) => work.states.get(entry) !== 'out_of_scope'),
      )
    )
      differs(work, pass, total, records);
  }
}

function holds({ minor, count }: ControlTotal, records: readonly Entry[]): boolean {
  return (minor === null || minor === sumOf(records)) && (count === null || count === records.length);
}

function missing(work: Work, pass: ControlPass, total: ControlTotal): void {
  // A total that says that there is nothing misses nothing.
  if (total.count === 0 || (total.count === null && total.minor === 0)) return;
  const today = work.days.index(work.asOf);
  if (total.day !== null && today - work.days.index(total.day) <= work.rules.open[pass.of].within) return;
  const [first, last] = [numberOf(total.first), numberOf(total.last)];
  if (first !== null && last !== null && first <= last) work.missingNumbers.push({ first, last });
  const cause = note(work, {
    type: 'missing_batch',
    left: [],
    right: [],
    minor: total.minor ?? 0,
    subject: `${pass.of} ${total.id}`,
    currency: total.currency,
    ...(total.day === null ? {} : { since: total.day }),
    facts: { of: namesOf(pass, total), ...(total.first !== null && total.last !== null ? { first: total.first, last: total.last } : {}) },
  });
  work.echoing.push({ of: pass.of, values: valuesOfRecords(pass, total), day: null, cause });
}

function differs(work: Work, pass: ControlPass, total: ControlTotal, records: readonly Entry[]): void {
  const open = records.filter((entry) => work.open[pass.of].has(entry));
  const have = sumOf(records);
  except(work, {
    type: 'control_total_differs',
    left: pass.of === 'left' ? open : [],
    right: pass.of === 'right' ? open : [],
    minor: total.minor === null ? have : have - total.minor,
    subject: `${pass.of} ${total.id}`,
    currency: total.currency,
    facts: {
      total: namesOf(pass, total),
      count: records.length,
      have,
      ...(total.count === null ? {} : { says_count: total.count }),
      ...(total.minor === null ? {} : { says: total.minor }),
    },
  });
  work.echoing.push({ of: pass.of, values: valuesOfRecords(pass, total), day: null, cause: work.exceptions.at(-1)!.id });
}

function numberOf(text: string | null): number | null {
  const digits = /\d{1,15}$/.exec(text ?? '')?.[0];
  return digits === undefined ? null : Number(digits);
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
