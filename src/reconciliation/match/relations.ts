import { dateOf } from '../calendar.ts';
import type { Entry, FieldPair, KeyPass, Pass, SettlementPass, Side, SubsetPass, Window } from '../entry.ts';
import { partOf } from '../exceptions/explain-unequal.ts';
import { chargebackKeyOf, DETAIL_WITHIN, monthDebited, monthOfFees } from '../exceptions/fees.ts';
import { tiesSenders } from '../exceptions/expected.ts';
import { isWhere } from '../exceptions/rules.ts';
import { fieldsOfWhole, wholeOf } from '../exceptions/splits.ts';
import { refundViews } from '../passes/subset/subset.ts';
import { keyOf } from '../fields.ts';
import { tiesManyToOne } from './key-groups.ts';
import { narrowerKeys } from './washes.ts';
import { type ReconciledMatch, type Rules, SIDES } from './work.ts';

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
  always?: Side | 'both';
  /** So do those of them that have not changed: what is looked at has all records of the key. */
  whole?: true;
  /** Of the fees of a month: `debit` is the relation right after `settlement`. The two are tied to each other, not each to its like. */
  monthly?: 'settlement' | 'debit';
}

/** All relations of a reconciliation. Copies have one only with each other: that of a record that is like no other is null. */
export function relationsOf(rules: Rules): Relation[] {
  const found = rules.passes.flatMap((pass, i) => relationsOfPass(pass, i, rules));
  const last = rules.passes.length;
  for (const { side, field } of entryFields(rules))
    found.push({ pass: last, keyOf: (entry, of) => (of === side ? (entry.values[field] ?? null) : null), always: side });
  for (const { side, where, original } of rules.exceptions.items)
    if (original.length)
      found.push({
        pass: last,
        keyOf: (entry, of) => (of === side && !isWhere(entry.values, where) ? null : keyOf(entry, original, of)),
        always: 'both',
      });
  for (const side of ['left', 'right'] as const) {
    const { together } = rules.open[side];
    if (!together) continue;
    found.push({ pass: last, keyOf: (entry, of) => (of === side ? togetherKey(entry, together) : null) });
    // One that lacks one of the values may belong to those of its day that have it.
    if (together.length > 1)
      for (const lacked of together) {
        const rest = together.filter((field) => field !== lacked);
        found.push({ pass: last, keyOf: (entry, of) => (of === side ? dayKey(entry, rest) : null) });
      }
  }
  for (const pass of rules.passes)
    if (pass.kind === 'settlement' && rules.exceptions.items.some(({ type, side }) => type === 'chargeback' && side === pass.of))
      found.push({
        pass: last,
        keyOf: (entry, of) => (of === pass.of ? chargebackKeyOf(rules, pass, entry) : null),
        near: DETAIL_WITHIN,
        always: pass.of,
      });
  const whole = fieldsOfWhole(rules);
  for (const rule of rules.exceptions.splits) {
    const isPart = (entry: Entry): boolean => partOf(entry.values[rule.field] ?? '') !== undefined;
    found.push({ pass: last, keyOf: (entry, of) => (of === rule.side ? (wholeOf(rules, rule, entry) ?? null) : null) });
    // What is open on the other side may have been in a part that did not come.
    if (whole)
      found.push({
        pass: last,
        keyOf: (entry, of) => (of === rule.side && !isPart(entry) ? null : keyOf(entry, whole, of)),
        always: rule.side,
      });
  }
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

function relationsOfPass(pass: Pass, i: number, rules: Rules): Relation[] {
  const { passes } = rules;
  switch (pass.kind) {
    case 'key':
      return [keyRelation(pass, i, rules)];
    case 'settlement':
      return [...(pass.on.length ? [keyRelation(pass, i, rules)] : []), ...(pass.monthly ? monthlyRelations(pass, i) : [])];
    case 'control':
      return [{ pass: i, keyOf: (entry, side) => (side === pass.of ? keyOf(entry, pass.on, 'left') : null), always: pass.of, whole: true }];
    case 'amount':
      // What is tied already says where the others of its day are, and each of them says more.
      if (pass.order) return [{ pass: i, keyOf: (entry, side) => blockKey(entry, pass.block, side), always: 'both' }];
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
      // Settlements, and the refunds that wait for one of them.
      const refunds = refundViews(
        pass,
        passes.filter((other) => other.kind === 'subset'),
      ).map((view): Relation => {
        const keyOf = (entry: Entry, side: Side): string | null =>
          side === many && entry.minor >= 0 ? null : blockKey(entry, view.block, side);
        return { pass: i, keyOf, near: reachOf(view.within) };
      });
      if (!pass.together.length) return [block, ...refunds];
      return [block, ...refunds, { pass: i, keyOf: (entry, side) => (side === many ? unitKey(entry, pass, side) : null) }];
    }
  }
}

/**
 * The fees of a month are debited as one sum: its settlements decide what becomes of the debit, which is checked with all of them. Until
 * there is a debit they have nothing to do with each other.
 */
function monthlyRelations(pass: SettlementPass, i: number): Relation[] {
  const relation = (keyOf: typeof monthOfFees, monthly: 'settlement' | 'debit'): Relation => ({
    pass: i,
    keyOf: (entry, side) => (side === pass.of ? keyOf(pass, entry) : null),
    always: pass.of,
    whole: true,
    monthly,
  });
  return [relation(monthOfFees, 'settlement'), relation(monthDebited, 'debit')];
}

/**
 * Records that an earlier pass has tied count too where the key is wider than that of an earlier pass, since a reversal without a narrower
 * key may belong to each record that has the wider one; and where a later pass heeds the number: a sum that has only some of the records
 * of a bag is not certain, wherever the others are. Where something is expected from the senders of the key, all records say whether it came.
 */
function keyRelation(pass: KeyPass | SettlementPass, i: number, { passes, exceptions }: Rules): Relation {
  const own = (entry: Entry, side: Side): string | null => keyOf(entry, pass.on, side);
  if (exceptions.expected.some((rule) => rule.side === 'right' && tiesSenders(pass, rule)))
    return { pass: i, keyOf: own, always: 'both', whole: true };
  const always = narrowerKeys(pass, passes).length ? 'both' : numberedSide(pass, i, passes);
  return { pass: i, keyOf: own, ...(always ? { always } : {}) };
}

/** The side of which several records have one number of this pass, where a later pass looks at these. */
function numberedSide(pass: KeyPass | SettlementPass, i: number, passes: readonly Pass[]): Side | undefined {
  const many = SIDES.find((side) => tiesManyToOne(pass, side));
  const isHeeded = passes
    .slice(i + 1)
    .some((later) => (later.kind === 'subset' ? later.one !== many : later.kind === 'key' || later.kind === 'settlement'));
  return isHeeded ? many : undefined;
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

/** What the records of one unit of a subset have in common; units are made in each block by itself. */
function unitKey(entry: Entry, { block, together }: SubsetPass, side: Side): string | null {
  const [within, unit] = [blockKey(entry, block, side), togetherKey(entry, together)];
  return within === null || unit === null ? null : `${within}\n${unit}`;
}

/** Its day, and its values of these fields; null where it has no day, or they say no more than the day. */
function dayKey(entry: Entry, fields: readonly string[]): string | null {
  const { day, values } = entry;
  if (day === null || !fields.some((field) => values[field] !== dateOf(day))) return null;
  const key = togetherKey(entry, fields);
  return key === null ? null : `${day} ${key}`;
}

/** The fields that say which records of a side are one entry: what is found of one of them depends on all of them. */
function entryFields({ exceptions }: Rules): { side: Side; field: string }[] {
  const fields = new Map<string, { side: Side; field: string }>();
  const add = (side: Side, field: string | undefined): void => {
    if (field !== undefined) fields.set(`${side} ${field}`, { side, field });
  };
  for (const { side, entry } of exceptions.duplicates) add(side, entry);
  for (const { entry } of exceptions.periods) add('right', entry);
  for (const { side, entry } of [...exceptions.items, ...exceptions.voids, ...exceptions.afterClose]) add(side, entry);
  return [...fields.values()];
}

/** Whether a run may look at the changed part alone: passes of one name cannot be distinguished in what is stored. */
export function mayRunInPart({ passes }: Rules): boolean {
  return new Set(passes.map(({ name }) => name)).size === passes.length;
}
