import type { Entry, Pass, Side, Unequal } from '../entry.ts';
import type { Rules } from '../match/work.ts';
import { onlySubset } from '../passes/subset/only-subset.ts';
import { sumOf } from '../sums.ts';
import { wrongParts } from './parts.ts';

/** Records of one side without which its group would add up. */
export interface MissingRecords {
  side: Side;
  /** Each of these sets alone is the whole difference; with several of them it is not known which one is missing. */
  sets: readonly (readonly Entry[])[];
  /** They have nothing in common but that their sum fits. */
  bySum: boolean;
}

type RulesOfGroups = Pick<Rules, 'passes' | 'exceptions'>;

/**
 * What a group lacks on its other side: one record, or else records that belong together (those of one till, of one day, all checks).
 * The rest adds up then, by tender and account too where that is known. Undefined: nothing is the whole difference, or it may be on
 * either side.
 */
export function missingFrom(group: Unequal, rules: RulesOfGroups): MissingRecords | undefined {
  for (const setsOf of [singles, unitsOf, fewOf]) {
    const left = candidates(group, 'left', setsOf, rules);
    const right = candidates(group, 'right', setsOf, rules);
    if (left.length && right.length) return undefined;
    const bySum = setsOf === fewOf;
    if (left.length) return { side: 'left', sets: left, bySum };
    if (right.length) return { side: 'right', sets: right, bySum };
    if (setsOf === unitsOf) {
      const sets = missingByParts(group, rules);
      if (sets) return { side: 'left', sets, bySum: true };
    }
  }
  return undefined;
}

/**
 * Whether the right says its sum of each part (cash, checks), and these are the only records, however many of them are taken, that come
 * to what each part lacks: all others of the group are certain then. A small difference may be one of the counter instead.
 */
export function isProvenMissing(
  group: Unequal,
  { side, entries }: { side: Side; entries: readonly Entry[] },
  rules: RulesOfGroups,
): boolean {
  const { overShort, parts } = rules.exceptions;
  if (side !== 'left' || (overShort !== undefined && Math.abs(group.difference) <= overShort)) return false;
  const rule = parts.find((one) => wrongParts(group.left, group.right, one) !== null);
  if (!rule || (group.right.length > 1 && onlySubset(unitsOfOne(group.right), group.difference) !== 'none')) return false;
  const lacking = new Map(wrongParts(group.left, group.right, rule));
  const missing = Map.groupBy(entries, ({ values }) => values[rule.left]!);
  for (const [part, own] of Map.groupBy(group.left, ({ values }) => values[rule.left]!)) {
    const minor = -(lacking.get(part) ?? 0);
    const gone = missing.get(part) ?? [];
    if (minor === 0 ? gone.length > 0 : !isOnlySum(own, minor, gone)) return false;
  }
  return true;
}

/** Whether these are the only ones of the records that have this sum. */
function isOnlySum(entries: readonly Entry[], minor: number, chosen: readonly Entry[]): boolean {
  const only = onlySubset(unitsOfOne(entries), minor);
  return typeof only === 'object' && !only.several && !only.picked && only.chosen.length === chosen.length;
}

function unitsOfOne(entries: readonly Entry[]): { minor: number; entries: Entry[] }[] {
  return entries.map((entry) => ({ minor: entry.minor, entries: [entry] }));
}

/**
 * Where the right says its sum of each part (cash, checks), what is missing is looked for part by part: one check of 3.00 and one note of
 * 120.00. Undefined where one part is not explained by what it lacks, or no part says its sum.
 */
function missingByParts(group: Unequal, { exceptions }: RulesOfGroups): (readonly Entry[])[] | undefined {
  for (const rule of exceptions.parts) {
    const wrong = wrongParts(group.left, group.right, rule);
    if (!wrong?.length) continue;
    let found: (readonly Entry[])[] = [[]];
    for (const [value, minor] of wrong) {
      const own = group.left.filter(({ values }) => values[rule.left] === value);
      const single = own.filter((entry) => entry.minor === -minor).map((entry) => [entry]);
      const sets = single.length ? single : few(own, -minor);
      found = found.flatMap((before) => sets.map((set) => [...before, ...set]));
      if (!found.length || found.length > MOST_SETS) break;
    }
    if (found.length && found.length <= MOST_SETS && found.every((set) => set.length < group.left.length)) return found;
  }
  return undefined;
}

/** Of more possibilities than this, none is named. */
const MOST_SETS = 20;

type SetsOf = (entries: readonly Entry[], side: Side, rules: RulesOfGroups, wanted: number) => Iterable<readonly Entry[]>;

function candidates(group: Unequal, side: Side, setsOf: SetsOf, rules: RulesOfGroups): (readonly Entry[])[] {
  const entries = group[side];
  if (entries.length < 2) return [];
  const wanted = side === 'left' ? -group.difference : group.difference;
  const found: (readonly Entry[])[] = [];
  for (const set of setsOf(entries, side, rules, wanted))
    if (sumOf(set) === wanted && rules.exceptions.parts.every((rule) => !wrongParts(...without(group, set), rule)?.length)) found.push(set);
  return found;
}

function without({ left, right }: Unequal, set: readonly Entry[]): [Entry[], Entry[]] {
  const missing = new Set(set);
  return [left.filter((entry) => !missing.has(entry)), right.filter((entry) => !missing.has(entry))];
}

function singles(entries: readonly Entry[]): (readonly Entry[])[] {
  return entries.map((entry) => [entry]);
}

/**
 * Two records that are the whole difference, or else three, where so few sets of so many come near to it that none would fit by
 * chance. A difference in whole dollars is compared with the sets that come to whole dollars: prices do. Sets of the same amounts say the
 * same.
 */
function fewOf(entries: readonly Entry[], _side: Side, _rules: RulesOfGroups, wanted: number): (readonly Entry[])[] {
  return few(entries, wanted);
}

function few(entries: readonly Entry[], wanted: number): (readonly Entry[])[] {
  if (entries.length > MOST_OF_FEW || wanted === 0) return [];
  const step = STEPS.find((one) => wanted % one === 0)!;
  const slots = Math.max(1, Math.abs(wanted) / step) * (step >= ROUND ? ROUND_IS_RARE : 1);
  for (const sets of [pairsOf(entries), triplesOf(entries)]) {
    const exact: (readonly Entry[])[] = [];
    const near = new Set<string>();
    for (const set of sets) {
      const sum = sumOf(set);
      if (sum === wanted) exact.push(set);
      else if (sum % step === 0 && Math.abs(sum - wanted) * 2 <= Math.abs(wanted)) near.add(amountsOf(set));
    }
    if (exact.length) return new Set(exact.map(amountsOf)).size === 1 && (near.size + 1) * FEW_BY_CHANCE <= slots ? exact : [];
  }
  return [];
}

function amountsOf(set: readonly Entry[]): string {
  return set
    .map(({ minor }) => minor)
    .sort((a, b) => a - b)
    .join(' ');
}

function* pairsOf(entries: readonly Entry[]): Iterable<readonly Entry[]> {
  for (let i = 0; i < entries.length; i++) for (let j = i + 1; j < entries.length; j++) yield [entries[i]!, entries[j]!];
}

function* triplesOf(entries: readonly Entry[]): Iterable<readonly Entry[]> {
  for (let i = 0; i < entries.length; i++) for (const pair of pairsOf(entries.slice(i + 1))) yield [entries[i]!, ...pair];
}

/** More records than this are not tried by twos and threes. */
const MOST_OF_FEW = 60;
/** One set in so many amounts may be there by chance. */
const FEW_BY_CHANCE = 20;
/** Amounts in whole tens of dollars, dollars, quarters, and all others. */
const STEPS = [1000, 100, 25, 5, 1];
/** Only one of so many differences is in whole dollars, if no record is missing. */
const ROUND = 100;
const ROUND_IS_RARE = 5;

/** Records of one day, and those that have one value of a field that the rules name; each set of two or more once, never all of them. */
function* unitsOf(entries: readonly Entry[], side: Side, rules: RulesOfGroups): Iterable<readonly Entry[]> {
  const seen = new Set<string>();
  const ways: ((entry: Entry) => string | null)[] = [
    ({ day }) => (day === null ? null : String(day)),
    ...fieldsNamed(rules, side).map(
      (field) =>
        ({ values }: Entry) =>
          values[field] || null,
    ),
  ];
  for (const wayOf of ways)
    for (const [value, unit] of Map.groupBy(entries, wayOf)) {
      if (value === null || unit.length < 2 || unit.length === entries.length) continue;
      const name = unit.map(({ id }) => id).join('\n');
      if (!seen.has(name)) yield unit;
      seen.add(name);
    }
}

/** The fields of a side by which the rules tell which records belong together. */
function fieldsNamed({ passes, exceptions }: RulesOfGroups, side: Side): string[] {
  const fields = new Set(passes.flatMap((pass) => fieldsOfPass(pass, side)));
  for (const { left, right } of exceptions.parts)
    if (side === 'left') fields.add(left);
    else if (typeof right === 'string') fields.add(right);
  for (const rule of exceptions.duplicates) if (rule.side === side && rule.entry !== undefined) fields.add(rule.entry);
  return [...fields].sort();
}

function fieldsOfPass(pass: Pass, side: Side): string[] {
  switch (pass.kind) {
    case 'key':
    case 'settlement':
      return pass.on.map((pair) => pair[side]);
    case 'control':
      return pass.of === side ? pass.on.map(({ left }) => left) : [];
    case 'subset':
      return [...pass.block.map((pair) => pair[side]), ...(pass.one === side ? [] : pass.together)];
    case 'amount':
    case 'balance':
      return pass.block.map((pair) => pair[side]);
  }
}
