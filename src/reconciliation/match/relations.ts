import type { Entry, FieldPair, Pass, Side, Window } from '../entry.ts';
import { partOf } from '../exceptions/explain-unequal.ts';
import { keyOf } from '../fields.ts';
import type { ReconciledMatch, Rules } from './work.ts';

/**
 * A way in which one record may decide what becomes of another: both are in one group of a pass, or are rivals in it. Whatever is
 * tied by no relation to a record that has changed ends as it did before.
 */
export interface Relation {
  /** Index of its pass: records that an earlier pass has tied are out of it. passes.length: of what is left open. */
  pass: number;
  keyOf(entry: Entry, side: Side): string | null;
  /** Business days beyond which two records have nothing to do with each other; undefined: any number. */
  near?: number;
  /** Records of this side count in it also where an earlier pass has tied them. */
  always?: Side;
}

/** All relations of a reconciliation. Copies have one only with each other: that of a record that is like no other is null. */
export function relationsOf(rules: Rules): Relation[] {
  const found = rules.passes.flatMap((pass, i) => relationsOfPass(pass, i));
  const last = rules.passes.length;
  for (const side of ['left', 'right'] as const) {
    const { together } = rules.open[side];
    if (together) found.push({ pass: last, keyOf: (entry, of) => (of === side ? togetherKey(entry, together) : null) });
  }
  for (const rule of rules.exceptions.splits)
    found.push({ pass: last, keyOf: (entry, of) => (of === rule.side ? (partOf(entry.values[rule.field] ?? '')?.whole ?? null) : null) });
  return found;
}

/** What two copies have in common, by the rule that finds them. */
export function likenessKey(i: number, fields: readonly string[], { minor, currency, values }: Entry): string {
  return JSON.stringify([i, minor, currency, ...fields.map((field) => values[field] ?? '')]);
}

/** The pass that took a match: after the last one, what was only taken when every pass had run; -1, a person. */
export function takenBy(rules: Rules, { by, pass, evidence, takenLast }: ReconciledMatch): number {
  if (by === 'person') return -1;
  if (takenLast === true || evidence.doubt === 'without_one') return rules.passes.length;
  return rules.passes.findIndex(({ name }) => name === pass);
}

function relationsOfPass(pass: Pass, i: number): Relation[] {
  switch (pass.kind) {
    case 'key':
      return [{ pass: i, keyOf: (entry, side) => keyOf(entry, pass.on, side) }];
    case 'settlement':
      return pass.on.length ? [{ pass: i, keyOf: (entry, side) => keyOf(entry, pass.on, side) }] : [];
    case 'control':
      return [];
    case 'amount':
      // Strangers of the right count also where they are tied already.
      if (!pass.tolerance) return [{ pass: i, keyOf: (entry, side) => amountKey(entry, pass.block, side), always: 'right' }];
      return [
        { pass: i, keyOf: (entry, side) => amountKey(entry, pass.block, side), always: 'right' },
        { pass: i, keyOf: (entry, side) => blockKey(entry, pass.block, side), near: reachOf(pass.within) },
      ];
    case 'balance':
      return [{ pass: i, keyOf: (entry, side) => blockKey(entry, pass.block, side), near: reachOf(pass.within) }];
    case 'subset': {
      const many: Side = pass.one === 'left' ? 'right' : 'left';
      const block: Relation = { pass: i, keyOf: (entry, side) => blockKey(entry, pass.block, side), near: reachOf(pass.within) };
      if (!pass.together.length) return [block];
      return [block, { pass: i, keyOf: (entry, side) => (side === many ? togetherKey(entry, pass.together) : null) }];
    }
  }
}

function reachOf({ from, to }: Window): number {
  return Math.max(Math.abs(from), Math.abs(to));
}

function blockKey(entry: Entry, block: readonly FieldPair[], side: Side): string | null {
  return entry.day === null ? null : keyOf(entry, block, side);
}

function amountKey(entry: Entry, block: readonly FieldPair[], side: Side): string | null {
  const key = blockKey(entry, block, side);
  return key === null ? null : `${key}\n${entry.minor}`;
}

function togetherKey({ values, currency }: Entry, fields: readonly string[]): string | null {
  const parts = fields.map((field) => values[field] ?? '');
  return parts.includes('') ? null : JSON.stringify([currency, ...parts]);
}

/**
 * Whether a run may look at the changed part alone. Control totals, a debit of a whole month's fees, and entries whose records are in
 * many matches tie records together in ways that no relation tells.
 */
export function mayRunInPart({ passes, exceptions }: Rules): boolean {
  return (
    passes.every((pass) => pass.kind !== 'control' && !(pass.kind === 'settlement' && pass.monthly)) &&
    new Set(passes.map(({ name }) => name)).size === passes.length &&
    exceptions.duplicates.every(({ entry }) => entry === undefined) &&
    exceptions.periods.every(({ entry }) => entry === undefined) &&
    exceptions.items.every(({ original }) => original.length === 0)
  );
}
