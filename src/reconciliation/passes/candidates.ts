import type { BusinessDays, Entry, FieldPair, Side, SubsetPass, Window } from '../entry.ts';
import { keyOf } from '../fields.ts';
import { sumOf } from '../sums.ts';
import { firstAtLeast } from '../../core/first-at-least.ts';
import type { Unit } from './subset/only-subset.ts';

/** A unit with the business days of its first and its last record, and its place in the order of the records. */
interface PlacedUnit extends Unit {
  first: number;
  last: number;
  place: number;
}

/** The open records of the side of the many, by block: those that agree in `together` are one unit. */
export type Candidates = ReadonlyMap<string, { units: readonly PlacedUnit[]; firsts: readonly number[] }>;

/** Where the records that may add up to one record are looked for. */
export interface View {
  block: readonly FieldPair[];
  within: Window;
}

/** The side of a pass that has several records. */
export function manyOf({ one }: Pick<SubsetPass, 'one'>): Side {
  return one === 'left' ? 'right' : 'left';
}

/** The units of each block, by the day of their first record. A record that lacks a value of `together` stands alone. */
export function candidatesOf(
  pass: Pick<SubsetPass, 'one' | 'together'>,
  block: readonly FieldPair[],
  open: readonly Entry[],
  days: BusinessDays,
): Candidates {
  const blocks = new Map<string, Map<string, Entry[]>>();
  for (const entry of open) {
    const key = entry.day === null ? null : keyOf(entry, block, manyOf(pass));
    if (key === null) continue;
    const values = pass.together.map((field) => entry.values[field] ?? '');
    const name = !values.length || values.includes('') ? `\u0000${entry.id}` : JSON.stringify(values);
    let units = blocks.get(key);
    if (!units) blocks.set(key, (units = new Map()));
    const unit = units.get(name);
    if (unit) unit.push(entry);
    else units.set(name, [entry]);
  }
  return new Map(
    [...blocks].map(([key, entriesOf]) => {
      const units = [...entriesOf.values()].map((entries, place) => placed(entries, place, days));
      units.sort((a, b) => a.first - b.first || a.place - b.place);
      return [key, { units, firsts: units.map(({ first }) => first) }];
    }),
  );
}

function placed(entries: readonly Entry[], place: number, days: BusinessDays): PlacedUnit {
  let [first, last] = [Infinity, -Infinity];
  for (const { day } of entries) {
    const index = days.index(day!);
    first = Math.min(first, index);
    last = Math.max(last, index);
  }
  return { minor: sumOf(entries), entries, first, last, place };
}

/**
 * The units in the block of a record that are wholly within its days, in the order of their records; undefined where there are more of
 * them than `most`. Of units of one sign, those that are larger than `wanted` cannot be part of it, and are left out. Costs as much as there
 * are units of these days, however many the block has.
 */
export function nearTo(
  anchor: Entry,
  { one, most, wanted }: Pick<SubsetPass, 'one' | 'most'> & { wanted?: number },
  { block, within }: View,
  candidates: Candidates,
  days: BusinessDays,
  isCandidate: (unit: Unit) => boolean,
): Unit[] | undefined {
  const reach = reachOf(anchor, one, { block, within }, days);
  const found = reach && candidates.get(reach.key);
  if (!found) return [];
  const { units, firsts } = found;
  const { from, to } = reach;
  const sign = Math.sign(wanted ?? 0);
  let near: PlacedUnit[] = [];
  let [able, isOneSign] = [0, sign !== 0];
  for (let i = firstAtLeast(firsts, from); i < units.length && units[i]!.first <= to; i++) {
    const unit = units[i]!;
    if (unit.last > to || !isCandidate(unit)) continue;
    near.push(unit);
    if (unit.minor * sign < 0) isOneSign = false;
    if (sign === 0 || Math.abs(unit.minor) <= Math.abs(wanted!)) able++;
    if (able > most) return undefined;
  }
  if (isOneSign) near = near.filter(({ minor }) => Math.abs(minor) <= Math.abs(wanted!));
  return near.length > most ? undefined : near.sort((a, b) => a.place - b.place);
}

/** The block of a record, and the business days of those that may add up to it; undefined where it has none. */
export function reachOf(
  anchor: Entry,
  one: Side,
  { block, within }: View,
  days: BusinessDays,
): { key: string; from: number; to: number } | undefined {
  const key = anchor.day === null ? null : keyOf(anchor, block, one);
  if (key === null) return undefined;
  const at = days.index(anchor.day!);
  return one === 'right' ? { key, from: at - within.to, to: at - within.from } : { key, from: at + within.from, to: at + within.to };
}
