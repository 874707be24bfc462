import type { FieldPair, Side } from '../entry.ts';
import { valueOf } from '../fields.ts';
import { type TextParts, textParts } from '../text.ts';
import { firstAtLeast } from '../../core/first-at-least.ts';
import type { Dated, Dates, Reaches } from './dated.ts';

/**
 * Pairs whose references name each other while no other partner of either does so as well, as places in the lists. They are found by
 * what they name: as many comparisons as there are words, not pairs.
 */
export function namedPairs(fields: readonly FieldPair[], dates: Dates, reaches: Readonly<Record<Side, Reaches>>): [number, number][] {
  if (!fields.length) return [];
  const texts = { left: textsOf(fields, dates.left, 'left'), right: textsOf(fields, dates.right, 'right') };
  const best = {
    left: bestPartners(texts.left, indexOf(texts.right), reaches.left),
    right: bestPartners(texts.right, indexOf(texts.left), reaches.right),
  };
  const named: [number, number][] = [];
  for (const [l, r] of best.left.entries()) if (r >= 0 && best.right[r] === l) named.push([l, r]);
  return named;
}

/** For each pair of fields, what each record says. */
type Texts = readonly (readonly (TextParts | null)[])[];

function textsOf(fields: readonly FieldPair[], records: readonly Dated[], side: Side): Texts {
  return fields.map((pair) =>
    records.map(({ entry }) => {
      const text = valueOf(entry, pair, side);
      return text === null ? null : textParts(text);
    }),
  );
}

/** Places of the records that say something, in their order. */
interface Index {
  whole: Map<string, number[]>;
  name: Map<string, number[]>;
  reference: Map<string, number[]>;
}

function indexOf(texts: Texts): Index[] {
  return texts.map((ofPair) => {
    const index: Index = { whole: new Map(), name: new Map(), reference: new Map() };
    for (const [place, parts] of ofPair.entries()) {
      if (!parts) continue;
      add(index.whole, parts.whole, place);
      if (parts.reference !== null) add(index.reference, parts.reference, place);
      for (const name of parts.names) add(index.name, name, place);
    }
    return index;
  });
}

function add(places: Map<string, number[]>, text: string, place: number): void {
  const list = places.get(text);
  if (list) list.push(place);
  else places.set(text, [place]);
}

const NONE = -1;
const SEVERAL = -2;

/** The partner of each record that agrees with it best, by equal texts or else by a reference; NONE, or SEVERAL that agree alike. */
function bestPartners(texts: Texts, others: readonly Index[], { from, to }: Reaches): Int32Array {
  return Int32Array.from(from, (first, i) => {
    const equal: number[][] = [];
    const named: number[][] = [];
    for (const [p, { whole, name, reference }] of others.entries()) {
      const parts = texts[p]![i];
      if (!parts) continue;
      push(equal, whole.get(parts.whole));
      if (parts.reference !== null) push(named, name.get(parts.reference));
      for (const one of parts.names) push(named, reference.get(one));
    }
    const best = onlyOne(equal, first, to[i]!);
    return best === NONE ? onlyOne(named, first, to[i]!) : best;
  });
}

function push(lists: number[][], list: number[] | undefined): void {
  if (list) lists.push(list);
}

/** The only place in these lists from one to before another. */
function onlyOne(lists: readonly (readonly number[])[], from: number, to: number): number {
  let found = NONE;
  for (const list of lists)
    for (let k = firstAtLeast(list, from); k < list.length && list[k]! < to; k++) {
      if (found === NONE) found = list[k]!;
      else if (list[k] !== found) return SEVERAL;
    }
  return found;
}
