import { hash } from 'node:crypto';
import type { Entry, Side } from '../../reconciliation/entry.ts';
import type { CheckedResult, Rules } from '../../reconciliation/match/reconcile.ts';
import { likenessKey, type Relation, relationsOf, takenBy } from '../../reconciliation/match/relations.ts';
import { SIDES } from '../../reconciliation/match/work.ts';
import { type MatchKey, unitOf } from '../../store/reconciliation/settled.ts';
import type { StoredEntry } from './read-entries.ts';

/** Keys may be made of what people typed; what is kept says nothing of it. */
export function keptKey(text: string): string {
  return hash('sha256', text).slice(0, 16);
}

/** The keys by which a later run finds what it must look at again. `ids`: of the matches, in their order. */
export function* keysOf(rules: Rules, result: CheckedResult, ids: readonly number[]): Generator<MatchKey> {
  const relations = relationsOf(rules);
  const alike = copiesOf(rules, result);
  for (const [i, match] of result.matches.entries()) {
    const taken = takenBy(rules, match);
    const seen = new Set<string>();
    for (const side of SIDES) for (const entry of match[side]) yield* keysOfEntry(relations, alike, entry, side, ids[i]!, taken, seen);
  }
  const last = rules.passes.length;
  const open = function* (entries: readonly Entry[], side: Side): Generator<MatchKey> {
    for (const entry of entries as readonly StoredEntry[])
      yield* keysOfEntry(relations, alike, entry, side, unitOf(entry.golden, side), last);
  };
  for (const { holds, left, right } of result.exceptions)
    if (holds) {
      yield* open(left, 'left');
      yield* open(right, 'right');
    }
  for (const side of SIDES) yield* open(result.inTransit[side], side);
  for (const { entry, side } of result.outOfScope) yield* open([entry], side);
}

/** `seen`: keys of the match that are known; nearly all of its records have the same ones, and making one takes time. */
function* keysOfEntry(
  relations: readonly Relation[],
  alike: ReadonlyMap<Entry, readonly string[]>,
  entry: Entry,
  side: Side,
  unit: number,
  taken: number,
  seen?: Set<string>,
): Generator<MatchKey> {
  const isNew = (relation: number, key: string, day: number): boolean => {
    if (!seen) return true;
    const before = seen.size;
    return seen.add(`${relation} ${day} ${key}`).size > before;
  };
  for (const [relation, { pass, keyOf, near, always }] of relations.entries()) {
    if (taken < pass && always !== side && always !== 'both') continue;
    const key = keyOf(entry, side);
    if (key === null) continue;
    const day = near === undefined ? 0 : entry.day!;
    if (isNew(relation, key, day)) yield { relation, key: keptKey(key), day, unit, taken };
  }
  for (const key of alike.get(entry) ?? [])
    if (isNew(relations.length, key, 0)) yield { relation: relations.length, key: keptKey(key), day: 0, unit, taken };
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
