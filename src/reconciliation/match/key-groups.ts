import { dateOf } from '../calendar.ts';
import type { Entry, FieldPair, KeyPass, Pass, SettlementPass, Side } from '../entry.ts';
import { keyOf } from '../fields.ts';
import { narrowerKeys } from './washes.ts';
import type { Work } from './work.ts';

/** What the numbers that records carry say of a set of them, where the one record that they belong to has lost its own. */
export interface KeyGroups {
  /** Whether it has only some of the records of a number: a bag is in one slip, so the others of the bag would be in it too. */
  areTorn(records: readonly Entry[]): boolean;
  /** Whether each of these units has a record of one number, and nothing else has that number: this is no sum that fits by chance. */
  areOneGroup(units: readonly (readonly Entry[])[], kept: readonly Entry[]): boolean;
}

/** The numbers by which earlier passes tie many records to one; undefined: there are none. */
export function keyGroups(work: Pick<Work, 'all' | 'states' | 'rules'>, pass: Pass, many: Side): KeyGroups | undefined {
  const apart = pass.kind === 'settlement' || (pass.kind === 'subset' && pass.parts !== undefined);
  const groups = numbersOf(pass, work.rules.passes, many).map((on) => numbered(work, on, many, apart));
  if (!groups.length) return undefined;
  return {
    areTorn: (records) => groups.some((group) => isTorn(group, records)),
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

/** The fields of each number by which a pass before this one ties many records to one. */
function numbersOf(pass: Pass, passes: readonly Pass[], many: Side): (readonly FieldPair[])[] {
  return narrowerKeys(pass, passes).flatMap((one) => (tiesManyToOne(one, many) ? [one.on] : []));
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
function numbered(work: Pick<Work, 'all' | 'states'>, on: readonly FieldPair[], side: Side, apart: boolean): Numbered {
  let sizes: Map<string, number> | undefined;
  const own = (entry: Entry): string | null => (apart && entry.minor < 0 ? null : numberOf(entry, on, side));
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
