import { hash } from 'node:crypto';
import type { Entry, Side } from '../../reconciliation/entry.ts';
import type { CheckedResult, Rules } from '../../reconciliation/match/reconcile.ts';
import { likenessKey, type Relation, relationsOf, takenBy } from '../../reconciliation/match/relations.ts';
import { SIDES } from '../../reconciliation/match/work.ts';
import { type MatchKey, unitOf } from '../../store/reconciliation/settled.ts';
import type { StoredEntry } from './read-entries.ts';

/** Keys may be made of what people typed; what is kept says nothing of it. */
export function keptKey(text: string): string {
  return hash('sha256', text).slice(0, 12);
}

/** Gives the keys by which a later run finds what it must look at again to `add`. `ids`: of the matches, in their order. */
export function addKeys(rules: Rules, result: CheckedResult, ids: readonly number[], add: (key: MatchKey) => void): void {
  const relations = relationsOf(rules);
  const own = keysOfUnits(relations, copiesOf(rules, result), add);
  for (const [i, match] of result.matches.entries()) {
    own.begin(ids[i]!, takenBy(rules, match));
    for (const side of SIDES) for (const entry of match[side]) own.addEntry(entry, side);
  }
  const open = (entries: readonly Entry[], side: Side): void => {
    for (const entry of entries as readonly StoredEntry[]) {
      own.begin(unitOf(entry.golden, side), rules.passes.length);
      own.addEntry(entry, side);
    }
  };
  for (const { holds, left, right } of result.exceptions)
    if (holds) {
      open(left, 'left');
      open(right, 'right');
    }
  for (const side of SIDES) open(result.inTransit[side], side);
  for (const { entry, side } of result.outOfScope) open([entry], side);
}

/** The keys of one unit after the other, each once: nearly all records of a match have the same ones, and making one takes time. */
function keysOfUnits(
  relations: readonly Relation[],
  alike: ReadonlyMap<Entry, readonly string[]>,
  add: (key: MatchKey) => void,
): { begin(unit: number, taken: number): void; addEntry(entry: Entry, side: Side): void } {
  let [unit, taken] = [0, 0];
  /** By relation: the first key of the unit. A match that has others has a set of all of them. */
  const first: ({ text: string; day: number; key: string } | undefined)[] = Array.from({ length: relations.length + 1 });
  let others: Set<string> | undefined;
  const addKey = (relation: number, text: string, day: number): void => {
    const known = first[relation];
    if (known?.text === text && known.day === day) return;
    if (known && others?.has(`${relation} ${day} ${text}`)) return;
    const key = keptKey(text);
    if (!known) first[relation] = { text, day, key };
    else {
      others ??= new Set();
      others.add(`${relation} ${day} ${text}`);
      // Two texts may have one key.
      if ((known.key === key && known.day === day) || others.has(`${relation} ${day}#${key}`)) return;
      others.add(`${relation} ${day}#${key}`);
    }
    add({ relation, key, day, unit, taken });
  };
  return {
    begin(ofUnit, ofTaken) {
      [unit, taken, others] = [ofUnit, ofTaken, undefined];
      first.fill(undefined);
    },
    addEntry(entry, side) {
      for (let relation = 0; relation < relations.length; relation++) {
        const { pass, keyOf, near, always } = relations[relation]!;
        if (taken < pass && always !== side && always !== 'both') continue;
        const text = keyOf(entry, side);
        if (text !== null) addKey(relation, text, near === undefined ? 0 : entry.day!);
      }
      for (const text of alike.get(entry) ?? []) addKey(relations.length, text, 0);
    },
  };
}

/** What the records of copies have in common; of all others nothing is kept, since they are found by their values. */
function copiesOf({ exceptions }: Rules, { clusters }: CheckedResult): Map<Entry, string[]> {
  const found = new Map<Entry, string[]>();
  for (const { side, fields, entries } of clusters) {
    const i = exceptions.duplicates.findIndex((rule) => rule.side === side && rule.fields === fields);
    for (const entry of entries.flat()) found.set(entry, [...(found.get(entry) ?? []), likenessKey(i, fields, entry)]);
  }
  return found;
}
