import type { BusinessDays, Entry, FieldPair, Pass, Side, Window } from '../entry.ts';
import { partOf } from '../exceptions/explain-unequal.ts';
import { keyOf } from '../fields.ts';
import type { ReconciledMatch, Rules } from './work.ts';

/**
 * A way in which one record may decide what becomes of another: both are in one group of a pass, or are rivals in it. Whatever is
 * tied by no relation to a record that has changed ends as it did before.
 */
export interface Relation {
  /** Index of its pass; passes.length: it is a relation of what is left open. */
  pass: number;
  /** What a record is found by. */
  keysOf(entry: Entry, side: Side): string[];
  /** What it looks for in others. */
  lookups(entry: Entry, side: Side): string[];
  /** Business days beyond which two records have nothing to do with each other; undefined: any number. */
  near?: number;
  /** Records of this side count in every group, also where an earlier pass has tied them. */
  always: (side: Side) => boolean;
}

/** Days that are found together. */
const BUCKET = 32;

/** All relations of a reconciliation but those of copies, which are found by their values. */
export function relationsOf(rules: Rules): Relation[] {
  const found = rules.passes.flatMap((pass, i) => relationsOfPass(pass, i));
  for (const side of ['left', 'right'] as const) {
    const { together } = rules.open[side];
    if (together) found.push(simple(rules.passes.length, (entry, of) => (of === side ? togetherKey(entry, together) : null)));
  }
  for (const rule of rules.exceptions.splits)
    found.push(
      simple(rules.passes.length, (entry, of) => (of === rule.side ? (partOf(entry.values[rule.field] ?? '')?.whole ?? null) : null)),
    );
  return found;
}

/** The pass that took a match; the last of all for what was only taken when every pass had run, -1 for a person. */
export function takenBy(rules: Rules, { by, pass, evidence, takenLast }: ReconciledMatch): number {
  if (by === 'person') return -1;
  if (takenLast === true || evidence.doubt === 'without_one') return rules.passes.length;
  return rules.passes.findIndex(({ name }) => name === pass);
}

function relationsOfPass(pass: Pass, i: number): Relation[] {
  switch (pass.kind) {
    case 'key':
      return [simple(i, (entry, side) => keyOf(entry, pass.on, side))];
    case 'settlement':
      return pass.on.length ? [simple(i, (entry, side) => keyOf(entry, pass.on, side))] : [];
    case 'control':
      return [
        simple(
          i,
          (entry, side) => (side === pass.of ? keyOf(entry, pass.on, 'left') : null),
          () => true,
        ),
      ];
    case 'amount':
      // Strangers of the right count also where they are tied already.
      if (!pass.tolerance)
        return [
          simple(
            i,
            (entry, side) => amountKey(entry, pass.block, side),
            (side) => side === 'right',
          ),
        ];
      return [{ ...nearby(i, pass.block, pass.within), always: (side) => side === 'right' }];
    case 'balance':
      return [nearby(i, pass.block, pass.within)];
    case 'subset': {
      const many: Side = pass.one === 'left' ? 'right' : 'left';
      const block = nearby(i, pass.block, pass.within);
      if (!pass.together.length) return [block];
      return [block, simple(i, (entry, side) => (side === many ? togetherKey(entry, pass.together) : null))];
    }
  }
}

function simple(pass: number, key: (entry: Entry, side: Side) => string | null, always: Relation['always'] = () => false): Relation {
  const keysOf = (entry: Entry, side: Side): string[] => {
    const found = key(entry, side);
    return found === null ? [] : [found];
  };
  return { pass, keysOf, lookups: keysOf, always };
}

function nearby(pass: number, block: readonly FieldPair[], { from, to }: Window): Relation {
  const near = Math.max(Math.abs(from), Math.abs(to));
  const reach = near * 2 + 12;
  const keys = (entry: Entry, side: Side, around: number): string[] => {
    const key = entry.day === null ? null : keyOf(entry, block, side);
    if (key === null) return [];
    const [first, last] = [Math.floor((entry.day! - around) / BUCKET), Math.floor((entry.day! + around) / BUCKET)];
    return Array.from({ length: last - first + 1 }, (_, n) => `${key}\n${first + n}`);
  };
  return {
    pass,
    near,
    keysOf: (entry, side) => keys(entry, side, 0),
    lookups: (entry, side) => keys(entry, side, reach),
    always: () => false,
  };
}

function amountKey(entry: Entry, block: readonly FieldPair[], side: Side): string | null {
  const key = entry.day === null ? null : keyOf(entry, block, side);
  return key === null ? null : `${key}\n${entry.minor}`;
}

function togetherKey({ values, currency }: Entry, fields: readonly string[]): string | null {
  const parts = fields.map((field) => values[field] ?? '');
  return parts.includes('') ? null : JSON.stringify([currency, ...parts]);
}

/** Whether two records are near enough for a relation. */
export function isRelated({ near }: Relation, a: Entry, b: Entry, days: BusinessDays): boolean {
  if (near === undefined) return true;
  return a.day !== null && b.day !== null && Math.abs(days.index(a.day) - days.index(b.day)) <= near;
}

/**
 * Whether a run may look at the changed part alone. A debit of a whole month's fees is about everything in that month, the entries
 * of a journal about records of any match.
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
