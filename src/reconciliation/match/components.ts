import type { BusinessDays, Entry, Side } from '../entry.ts';
import { hasLikeness } from '../exceptions/extras.ts';
import { keyOfTotal } from '../passes/control.ts';
import { numberedUnions } from '../../core/numbered-unions.ts';
import { hashIndex, hashOf } from './hash-index.ts';
import type { Decision } from './reconcile.ts';
import { likenessKey, relationsOf } from './relations.ts';
import type { Rules } from './work.ts';

/** Records in an order of their own, from 0 on. */
export interface Numbered {
  length: number;
  entryAt(record: number): Entry;
  sideOf(record: number): Side;
}

/** Records in pieces: no relation ties a record of one to a record of another, so each may be reconciled by itself. */
export interface Components {
  pieces: number;
  /** Its records, in their order. */
  recordsOf(piece: number): Int32Array;
  /** Of each control pass, by its name: the totals of a piece, in their order. One without records is in the first piece. */
  totalsOf(piece: number): NonNullable<Rules['totals']>;
}

/**
 * Puts records into pieces of some `size`, or more where so many are tied to each other. All relations count, also of records that an
 * earlier pass will have tied: what is not in one piece is tied by nothing.
 */
export function componentsOf(
  rules: Rules,
  decisions: readonly Decision[],
  days: BusinessDays,
  records: Numbered,
  size: number,
): Components {
  // The first record of a group is its root, so pieces are in the order of the records.
  const { rootOf, join } = numberedUnions(records.length);
  const index = hashIndex();
  const relations = relationsOf(rules);
  const { duplicates } = rules.exceptions;
  const named = new Map<string, readonly Decision[]>();
  for (const decision of decisions)
    if (decision.verdict === 'same')
      for (const side of ['left', 'right'] as const)
        for (const id of decision[side]) named.set(`${side} ${id}`, [...(named.get(`${side} ${id}`) ?? []), decision]);
  const decided = new Map<Decision, number>();
  for (let record = 0; record < records.length; record++) {
    const entry = records.entryAt(record);
    const side = records.sideOf(record);
    for (let i = 0; i < relations.length; i++) {
      const { keyOf, near, monthly } = relations[i]!;
      const key = keyOf(entry, side);
      if (key === null) continue;
      if (near === undefined) {
        join(record, index.first(hashOf(key, monthly === 'debit' ? i - 1 : i), record));
        continue;
      }
      const day = days.index(entry.day!);
      const first = index.first(hashOf(`${day} ${key}`, i), record);
      join(record, first);
      // The first record of a day is tied to those of the days around it; all others of its day are tied to it.
      if (first === record)
        for (let other = day - near; other <= day + near; other++) {
          const neighbor = index.find(hashOf(`${other} ${key}`, i));
          if (neighbor !== undefined) join(record, neighbor);
        }
    }
    for (let i = 0; i < duplicates.length; i++) {
      const rule = duplicates[i]!;
      if (rule.side === side && hasLikeness(rule, entry))
        join(record, index.first(hashOf(likenessKey(i, rule.fields, entry), relations.length + i), record));
    }
    if (named.size)
      for (const decision of named.get(`${side} ${entry.id}`) ?? []) {
        const first = decided.get(decision);
        if (first === undefined) decided.set(decision, record);
        else join(record, first);
      }
  }
  const pieceOf = piecesOf(records.length, rootOf, size);
  const totals = rules.passes.flatMap((pass, i) => {
    if (pass.kind !== 'control') return [];
    const relation = relations.findIndex((one) => one.pass === i);
    return (rules.totals?.[pass.name] ?? []).map((total) => {
      const key = keyOfTotal(pass, total);
      const record = key === null ? undefined : index.find(hashOf(key, relation));
      return { pass: pass.name, total, piece: record === undefined ? 0 : pieceOf.of[record]! };
    });
  });
  const totalsByPiece = Map.groupBy(totals, ({ piece }) => piece);
  return {
    pieces: pieceOf.pieces,
    recordsOf: pieceOf.recordsOf,
    totalsOf: (piece) =>
      Object.fromEntries(
        [...Map.groupBy(totalsByPiece.get(piece) ?? [], ({ pass }) => pass)].map(([pass, list]) => [pass, list.map(({ total }) => total)]),
      ),
  };
}

/** Groups one after the other, in the order of their first records, until a piece has its size. */
function piecesOf(
  length: number,
  rootOf: (record: number) => number,
  size: number,
): { pieces: number; of: Int32Array; recordsOf(piece: number): Int32Array } {
  const sizes = new Int32Array(length);
  for (let record = 0; record < length; record++) sizes[rootOf(record)]!++;
  const of = new Int32Array(length);
  const starts = [0];
  let [held, all] = [0, 0];
  for (let record = 0; record < length; record++) {
    const root = rootOf(record);
    if (root === record) {
      if (held > 0 && held >= size) {
        starts.push(all);
        held = 0;
      }
      held += sizes[root]!;
      all += sizes[root]!;
    }
    // A root comes before its records.
    of[record] = root === record ? starts.length - 1 : of[root]!;
  }
  const order = new Int32Array(length);
  const next = Int32Array.from(starts);
  for (let record = 0; record < length; record++) order[next[of[record]!]!++] = record;
  return { pieces: starts.length, of, recordsOf: (piece) => order.subarray(starts[piece], starts[piece + 1] ?? length) };
}
