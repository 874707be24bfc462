import type { Entry, Side, Unequal } from '../entry.ts';
import { sumOf } from '../sums.ts';
import type { Rules } from '../match/work.ts';
import type { Difference } from './difference.ts';
import { netOf, partsOf } from '../passes/settlement.ts';
import { missingFrom, type MissingRecords } from './missing-records.ts';
import { NO_RULES } from './rules.ts';

/** Why the sums of a group differ, and how well that explains it. */
export interface Explanation {
  difference: Difference;
  /** The one set of records that is the whole difference: without them the rest adds up. */
  missing?: { side: Side; entries: readonly Entry[] };
  /** exact: something accounts for every cent. small: only the size of the difference speaks for it. */
  strength: 'exact' | 'likely' | 'small' | 'none';
}

/** Names why records that a key ties have different sums: the first of these that explains the whole difference. */
export function explainUnequal(group: Unequal, rules: Pick<Rules, 'passes' | 'open' | 'exceptions'>): Explanation {
  const { left, right, difference } = group;
  const { splits, overShort, unequal } = rules.exceptions;
  const sums = { left_sum: group.sums?.left ?? sumOf(left), right_sum: group.sums?.right ?? sumOf(right), pass: group.pass };
  const as = (type: string, facts: Record<string, string | number> = {}, minor = difference): Difference => ({
    type,
    left,
    right,
    minor,
    facts: { ...sums, ...facts },
  });
  const split = splits.find((rule) => missingPart(group[rule.side], rule.field) !== undefined);
  if (split) return { difference: as(split.type, { missing: missingPart(group[split.side], split.field)! }), strength: 'exact' };
  const missing = missingFrom(group, rules);
  if (missing && isCorrection(group, missing, rules)) return { difference: as(unequal), strength: 'likely' };
  if (isTransposed(sums.left_sum, sums.right_sum) && !isCalculated(group, rules))
    return { difference: as('transposed', missing ? { or_missing: missing.sets.length } : {}), strength: 'likely' };
  if (missing) {
    const { side, sets, bySum } = missing;
    const [first] = sets;
    const { type } = rules.open[side];
    if (sets.length > 1)
      return { difference: as(type, { side, one_of: sets.length, records: first!.length }, sumOf(first!)), strength: 'likely' };
    const sides = { left: side === 'left' ? first! : [], right: side === 'right' ? first! : [] };
    return {
      difference: { type, ...sides, minor: sumOf(first!), facts: { pass: group.pass } },
      missing: { side, entries: first! },
      strength: bySum ? 'likely' : 'exact',
    };
  }
  if (overShort !== undefined && Math.abs(difference) <= overShort) return { difference: as('cash_over_short'), strength: 'small' };
  return { difference: as(unequal), strength: 'none' };
}

/**
 * The one record too many has the number of the other side's record, and is later than all that this record has already: somebody has
 * corrected it. It is not money that nothing explains.
 */
function isCorrection(
  { pass, left, right }: Unequal,
  { side, sets }: MissingRecords,
  { passes, exceptions }: Pick<Rules, 'passes' | 'exceptions'>,
): boolean {
  const own = passes.find(({ name }) => name === pass);
  const [first, ...others] = sets;
  if (exceptions.unequal === NO_RULES.unequal || own?.kind !== 'key' || own.on.length !== 1) return false;
  if (side !== 'right' || left.length !== 1 || others.length || first!.length !== 1) return false;
  const [{ day }] = first as [Entry];
  return day !== null && right.every((entry) => first!.includes(entry) || (entry.day !== null && entry.day < day));
}

/**
 * Whether a key that has one record of the other side has one record too many, and that is a correction of what the record before it has
 * in full.
 */
export function isCorrectedLater(
  { pass, left, right }: Pick<Unequal, 'pass' | 'left' | 'right'>,
  { passes, exceptions }: Pick<Rules, 'passes' | 'exceptions'>,
): boolean {
  const own = passes.find(({ name }) => name === pass);
  if (exceptions.unequal === NO_RULES.unequal || own?.kind !== 'key' || own.on.length !== 1) return false;
  if (left.length !== 1 || right.length !== 2 || right.some(({ day }) => day === null)) return false;
  const [before, after] = [...right].sort((a, b) => a.day! - b.day!);
  return before!.day! < after!.day! && before!.minor === left[0]!.minor;
}

/** The amounts of settlements whose parts come to their net were not typed by anybody. */
function isCalculated(group: Unequal, { passes }: Pick<Rules, 'passes'>): boolean {
  const own = passes.find(({ name }) => name === group.pass);
  if (own?.kind !== 'settlement') return false;
  return passes.some(
    (pass) =>
      pass.kind === 'settlement' &&
      pass.of === own.of &&
      group[own.of].every((entry) => {
        const parts = partsOf(pass, entry);
        return parts.net !== undefined && parts.net === netOf(parts);
      }),
  );
}

/** Which part of a whole is missing among texts such as "bag 1/2": "2/2". Undefined: all are there, or no text names parts. */
export function missingPart(entries: readonly Entry[], field: string): string | undefined {
  const seen = new Map<number, Set<number>>();
  for (const { values } of entries) {
    const part = partOf(values[field] ?? '');
    if (!part) continue;
    const list = seen.get(part.of) ?? new Set();
    seen.set(part.of, list.add(part.number));
  }
  for (const [of, numbers] of seen) for (let i = 1; i <= of; i++) if (!numbers.has(i)) return `${i}/${of}`;
  return undefined;
}

/** "bag 1/2" is part 1 of 2; a date such as 7/1/2026 is none. */
export function partOf(text: string): { number: number; of: number; text: string; whole: string } | undefined {
  const found = /(?<![0-9/])([1-9])\s?(?:\/|of)\s?([2-9])(?![0-9/])/i.exec(text);
  if (!found || Number(found[1]) > Number(found[2])) return undefined;
  return { number: Number(found[1]), of: Number(found[2]), text: found[0], whole: text.replace(found[0], `/${found[2]}`) };
}

/** Two neighboring digits were swapped in one of two amounts: 54.00 for 45.00. */
export function isTransposed(left: number, right: number): boolean {
  if (Math.sign(left) !== Math.sign(right) || (left - right) % 9 !== 0) return false;
  const [a, b] = [String(Math.abs(left)), String(Math.abs(right))];
  if (a.length !== b.length) return false;
  const differ = [...a].flatMap((digit, i) => (digit === b[i] ? [] : [i]));
  return differ.length === 2 && differ[1] === differ[0]! + 1 && a[differ[0]!] === b[differ[1]] && a[differ[1]] === b[differ[0]!];
}
