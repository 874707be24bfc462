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
  const found = /^(.*?)(\d{1,15})$/.exec(text);
  return found ? { prefix: found[1]!, number: Number(found[2]) } : undefined;
}

/** Adds the numbers of these records. */
export function withNumbers(known: Readonly<NumberRanges>, rule: GapRule, entries: readonly Entry[]): NumberRanges {
  const added = new Map<string, UsedNumber[]>();
  for (const { id, day, currency, values } of entries) {
    const text = values[rule.number] ?? '';
    const found = numberedText(text);
    if (!found) continue;
    const name = JSON.stringify([found.prefix, ...rule.series.map((field) => values[field] ?? '')]);
    const list = added.get(name);
    const used = { number: found.number, text, day, currency, id };
    if (list) list.push(used);
    else added.set(name, [used]);
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
