import { dateOf } from '../calendar.ts';
import type { Entry, FieldPair, KeyPass, Pass, SettlementPass, Side } from '../entry.ts';
import { keyOf } from '../fields.ts';
import { spellsOf } from '../passes/key.ts';
import { narrowerKeys } from './washes.ts';
import { SIDES, type Work } from './work.ts';

/** What the numbers that records carry say of a set of them, where the one record that they belong to has lost its own. */
export interface KeyGroups {
  /** Whether it has only some of the records of a number: a bag is in one slip, so the others of the bag would be in it too. */
  areTorn(records: readonly Entry[]): boolean;
  /** Whether they have more than one number. */
  areApart(records: readonly Entry[]): boolean;
  /** Whether each of these units has a record of one number, and nothing else has that number: this is no sum that fits by chance. */
  areOneGroup(units: readonly (readonly Entry[])[], kept: readonly Entry[]): boolean;
}

/** The numbers by which earlier passes tie many records to one; undefined: there are none. */
export function keyGroups(work: Pick<Work, 'all' | 'states' | 'rules' | 'days'>, pass: Pass, many: Side): KeyGroups | undefined {
  const apart = pass.kind === 'settlement' || (pass.kind === 'subset' && pass.parts !== undefined);
  const groups = numbersOf(pass, work.rules.passes, many).map((by) => numbered(work, by, many, apart));
  if (!groups.length) return undefined;
  return {
    areTorn: (records) => groups.some((group) => isTorn(group, records)),
    areApart: (records) => groups.some((group) => new Set(records.flatMap((entry) => group.keyOf(entry) ?? [])).size > 1),
    areOneGroup: (units, kept) =>
      groups.some((group) => {
        const keys = new Set(kept.map(group.keyOf).filter((key) => key !== null));
        for (const unit of units) {
          const own = unit.map(group.keyOf).filter((key) => key !== null);
          if (!own.length) return false;
          for (const key of own) keys.add(key);
        }
        const [key, second] = keys;
        return key !== undefined && second === undefined && group.sizeOf(key) > 1 && !isTorn(group, [...kept, ...units.flat()]);
      }),
  };
}

/**
 * Whether the records that a wider key ties, several to several, have more than one number of an earlier pass: two tills of one day. They
 * add up together, but which of the other side belongs to which number is not known. Where a number is of one record on each side, a record
 * that lacks its own has another one than those that have theirs. A narrower key that has this one's fields and more (batch and account,
 * before batch) splits the group, and does not say that it is several.
 */
export function areSeveral(passes: readonly Pass[], pass: KeyPass | SettlementPass, match: Record<Side, readonly Entry[]>): boolean {
  if (match.left.length < 2 || match.right.length < 2) return false;
  return narrowerKeys(pass, passes).some(
    ({ on, sides }) =>
      !pass.on.every((own) => on.some(({ left, right }) => left === own.left && right === own.right)) &&
      SIDES.some((side) => {
        const numbers = new Set(match[side].flatMap((entry) => numberOf(entry, on, side) ?? []));
        return sides === 'one_to_one' ? numbers.size > 0 : numbers.size > 1;
      }),
  );
}

/** Each number by which a pass before this one ties many records to one. */
function numbersOf(pass: Pass, passes: readonly Pass[], many: Side): (KeyPass | SettlementPass)[] {
  return narrowerKeys(pass, passes).filter((one) => tiesManyToOne(one, many));
}

/** The number of a record; null: it has none, or a day for one. Records of one day may well be in several bags. */
function numberOf(entry: Entry, on: readonly FieldPair[], side: Side): string | null {
  const isByDay = entry.day !== null && on.some((pair) => entry.values[pair[side]] === dateOf(entry.day!));
  return isByDay ? null : keyOf(entry, on, side);
}

interface Numbered {
  keyOf: (entry: Entry) => string | null;
  /** How many records have this number. */
  sizeOf: (key: string) => number;
}

/**
 * Refunds do not count among settlements (`apart`): one of an earlier day is netted into another batch than its own. Neither does what is
 * known to have no money. Counted when it is first asked.
 */
function numbered(work: Pick<Work, 'all' | 'states' | 'days'>, by: KeyPass | SettlementPass, side: Side, apart: boolean): Numbered {
  let sizes: Map<string, number> | undefined;
  const timed = withTime(work, by);
  const own = (entry: Entry): string | null => {
    const number = apart && entry.minor < 0 ? null : numberOf(entry, by.on, side);
    return number === null ? null : timed(number, entry);
  };
  const count = (): Map<string, number> => {
    const found = new Map<string, number>();
    for (const entry of work.all[side]) {
      const state = work.states.get(entry);
      const key = state === 'excepted' || state === 'out_of_scope' ? null : own(entry);
      if (key !== null) found.set(key, (found.get(key) ?? 0) + 1);
    }
    return found;
  };
  return { keyOf: own, sizeOf: (key) => (sizes ??= count()).get(key) ?? 0 };
}

/**
 * Numbers that begin again each year, each with the time that it belongs to, as the pass tells them apart by its days. null: a record without
 * a day, whose number comes round again.
 */
function withTime(
  { all, days }: Pick<Work, 'all' | 'days'>,
  by: KeyPass | SettlementPass,
): (number: string, entry: Entry) => string | null {
  const { on, within } = by;
  if (!within) return (number) => number;
  let starts: Map<string, number[]> | undefined;
  const count = (): Map<string, number[]> => {
    const used = new Map<string, number[]>();
    for (const side of SIDES)
      for (const entry of all[side]) {
        const key = entry.day === null ? null : keyOf(entry, on, side);
        if (key === null) continue;
        const known = used.get(key);
        if (known) known.push(days.index(entry.day!));
        else used.set(key, [days.index(entry.day!)]);
      }
    return new Map([...used].map(([key, indexes]) => [key, spellsOf(indexes, within)]));
  };
  return (number, { day }) => {
    const known = (starts ??= count()).get(number) ?? [];
    if (known.length < 2) return number;
    return day === null ? null : `${number}\u0000${known.findLastIndex((start) => start <= days.index(day))}`;
  };
}

function isTorn({ keyOf: own, sizeOf }: Numbered, records: readonly Entry[]): boolean {
  const counts = new Map<string, number>();
  for (const entry of records) {
    const key = own(entry);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const [key, count] of counts) if (count < sizeOf(key)) return true;
  return false;
}

/** Whether a pass ties many records of this side to one of the other. */
export function tiesManyToOne(pass: KeyPass | SettlementPass, many: Side): boolean {
  return pass.sides === (many === 'left' ? 'many_to_one' : 'one_to_many');
}
