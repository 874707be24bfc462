import type { Entry } from '../entry.ts';
import type { GapRule } from './rules.ts';

/** A number that a record has used. */
export interface UsedNumber {
  number: number;
  /** As the record writes it. */
  text: string;
  day: number | null;
  currency: string;
  /** The record; of several with one number, the first by id. */
  id: string;
}

/** Numbers without a gap between them: only the first and the last matter. */
export interface NumberRange {
  first: UsedNumber;
  last: UsedNumber;
}

/** The numbers that are used, by series, in order. */
export type NumberRanges = Map<string, NumberRange[]>;

/** What is in front of the number at the end of a text, and the number; undefined: it has none. */
export function numberedText(text: string): { prefix: string; number: number } | undefined {
  let at = text.length;
  while (at > 0 && text.length - at < MOST_DIGITS && isDigit(text.charCodeAt(at - 1))) at--;
  if (at === text.length) return undefined;
  return { prefix: text.slice(0, at), number: Number(text.slice(at)) };
}

const MOST_DIGITS = 15;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Adds the numbers of these records. */
export function withNumbers(known: Readonly<NumberRanges>, rule: GapRule, entries: readonly Entry[]): NumberRanges {
  const added = new Map<string, UsedNumber[]>();
  const { series } = rule;
  // Nearly always, a record is of the series of the one before it.
  let last: { prefix: string; values: Entry['values']; list: UsedNumber[] } | undefined;
  for (const { id, day, currency, values } of entries) {
    const text = values[rule.number] ?? '';
    const found = numberedText(text);
    if (!found) continue;
    const { prefix, number } = found;
    if (last?.prefix !== prefix || !series.every((field) => values[field] === last!.values[field])) {
      const name = JSON.stringify([prefix, ...series.map((field) => values[field] ?? '')]);
      const list = added.get(name) ?? [];
      added.set(name, list);
      last = { prefix, values, list };
    }
    last.list.push({ number, text, day, currency, id });
  }
  const result: NumberRanges = new Map(known);
  for (const [name, list] of added)
    result.set(name, joined([...(known.get(name) ?? []), ...list.map((used) => ({ first: used, last: used }))]));
  return result;
}

function joined(ranges: NumberRange[]): NumberRange[] {
  ranges.sort((a, b) => a.first.number - b.first.number || a.last.number - b.last.number);
  const result: NumberRange[] = [];
  for (const range of ranges) {
    const before = result.at(-1);
    if (!before || range.first.number > before.last.number + 1) {
      result.push({ ...range });
      continue;
    }
    if (range.first.number === before.first.number) before.first = firstById(before.first, range.first);
    if (range.last.number > before.last.number) before.last = range.last;
    else if (range.last.number === before.last.number) before.last = firstById(before.last, range.last);
  }
  return result;
}

function firstById(a: UsedNumber, b: UsedNumber): UsedNumber {
  return b.id < a.id ? b : a;
}
