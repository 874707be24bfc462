import type { Cleaning, Entry, FieldPair, Side } from './entry.ts';

/** Separates the parts of a key; cannot be in a value that was cleaned. */
const BETWEEN = '\u0000';

/** The cleaned value of one side's field; null where nothing is left of it. */
export function valueOf(entry: Entry, pair: FieldPair, side: Side): string | null {
  const text = entry.values[pair[side]];
  if (text === null || text === undefined) return null;
  return cleaned(text, pair.clean ?? []);
}

/** An entry's key: all fields cleaned, with its currency. Null when any field is empty: an unknown key equals no other. */
export function keyOf(entry: Entry, pairs: readonly FieldPair[], side: Side): string | null {
  let key = entry.currency;
  for (const pair of pairs) {
    const value = valueOf(entry, pair, side);
    if (value === null) return null;
    key += BETWEEN + value;
  }
  return key;
}

/** Applies the cleanings in their order; spaces around a value never count. Null when nothing is left. */
export function cleaned(text: string, cleanings: readonly Cleaning[]): string | null {
  let value = text.trim();
  for (const cleaning of cleanings) value = CLEANINGS[cleaning](value);
  return (value.includes(BETWEEN) ? value.replaceAll(BETWEEN, '') : value) || null;
}

const CLEANINGS: Record<Cleaning, (text: string) => string> = {
  upper: (text) => text.toUpperCase(),
  alnum: (text) => text.replace(/[^\p{L}\p{N}]/gu, ''),
  digits: (text) => text.replace(/[^0-9]/g, ''),
  // "000" is the number 0, not an empty value.
  no_leading_zeros: (text) => text.replace(/^0+(?=.)/, ''),
};

/** A pair's name in evidence: one word where both sides call the field the same. */
export function pairName({ left, right }: FieldPair): string {
  return left === right ? left : `${left} = ${right}`;
}
