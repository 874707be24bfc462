import type { Entry, FieldPair, KeyPass, Pass, Side } from '../entry.ts';
import { keyOf, valueOf } from '../fields.ts';

/** Says whether the numbers of two records cannot be those of one payment. */
export type Excludes = (left: Entry, right: Entry) => boolean;

/** The numbers by which passes before this one tie records: each is a field of its own, not a day and not part of a wider key. */
export function numbersBefore(pass: Pass, passes: readonly Pass[]): KeyPass[] {
  return passes
    .slice(0, passes.indexOf(pass))
    .filter((one) => one.kind === 'key')
    .filter(({ on, sides }) => on.length === 1 && sides !== 'many_to_many');
}

/**
 * Two records that both have a number, and not the same one, are not each other's: a check is another check. What a typing error or a cut
 * makes of one number excludes nothing, nor does a number that several records of one amount and block have where it should be of one: it
 * fills an empty field. `all`: the records among which it should be of one.
 */
export function excludesByNumbers(
  keys: readonly KeyPass[],
  block: readonly FieldPair[],
  all: Readonly<Record<Side, readonly Entry[]>>,
): Excludes {
  const numbers = keys.map(({ on: [pair], sides }) => ({
    left: numberReader(pair!, block, 'left', sides === 'one_to_one' || sides === 'one_to_many' ? all.left : []),
    right: numberReader(pair!, block, 'right', sides === 'one_to_one' || sides === 'many_to_one' ? all.right : []),
  }));
  return (left, right) =>
    numbers.some((number) => {
      const [own, other] = [number.left(left), number.right(right)];
      return own !== null && other !== null && areDifferent(own, other);
    });
}

function numberReader(pair: FieldPair, block: readonly FieldPair[], side: Side, all: readonly Entry[]): (entry: Entry) => string | null {
  const nameOf = (entry: Entry, number: string): string => `${number} ${entry.minor} ${keyOf(entry, block, side)}`;
  let counts: Map<string, number> | undefined;
  const count = (): Map<string, number> => {
    const found = new Map<string, number>();
    for (const entry of all) {
      const number = numberIn(entry, pair, side);
      if (number === null) continue;
      const name = nameOf(entry, number);
      found.set(name, (found.get(name) ?? 0) + 1);
    }
    return found;
  };
  return (entry) => {
    const number = numberIn(entry, pair, side);
    return number !== null && ((counts ??= count()).get(nameOf(entry, number)) ?? 0) > 1 ? null : number;
  };
}

/** Digits without leading zeros; null where there are too few of them, where all are one digit, and of a date. */
function numberIn(entry: Entry, pair: FieldPair, side: Side): string | null {
  const text = valueOf(entry, pair, side);
  if (text === null || /^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const digits = text.replace(/[^0-9]/g, '').replace(/^0+/, '');
  return digits.length < FEWEST_DIGITS || new Set(digits).size === 1 ? null : digits;
}

const FEWEST_DIGITS = 3;

/** Whether neither of two numbers is part of the other, and more than two typing errors lie between them. */
export function areDifferent(a: string, b: string): boolean {
  if (a.includes(b) || b.includes(a) || Math.max(a.length, b.length) > MOST_DIGITS) return false;
  return typingErrors(a, b) > MOST_ERRORS;
}

const MOST_DIGITS = 40;
const MOST_ERRORS = 2;

/** Digits that were changed, left out, added, or swapped with their neighbor. */
function typingErrors(a: string, b: string): number {
  let [before, above] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      let least = Math.min(row[j - 1]! + 1, above[j]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    [before, above] = [above, row];
  }
  return above[b.length]!;
}
