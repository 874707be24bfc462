import type { Entry, Side, Unequal } from '../entry.ts';
import { sumOf } from '../sums.ts';
import { type DuplicateRule, type ExceptionRules, isWhere } from './rules.ts';

/** Records that may have no money behind them: a copy of another entry, or one that was voided. */
export interface Extra {
  kind: 'copy' | 'void';
  type: string;
  side: Side;
  records: readonly Entry[];
  /** Extras with the same likeness can stand for each other: the last one is left out first. */
  likeness: string;
  order: number;
  /** Of a copy: the entries that say the same. */
  cluster?: Cluster;
}

/** Entries that say the same, the first one first. */
export interface Cluster {
  side: Side;
  type: string;
  /** What they have in common besides the amounts. */
  fields: readonly string[];
  entries: readonly (readonly Entry[])[];
}

/** All copies on both sides, by cluster. Records are in the order of their ids. */
export function clustersOf(rules: ExceptionRules, sides: Readonly<Record<Side, readonly Entry[]>>): Cluster[] {
  return rules.duplicates.flatMap((rule) => clustersOfRule(rule, sides[rule.side]));
}

function clustersOfRule(rule: DuplicateRule, records: readonly Entry[]): Cluster[] {
  const byEntry = new Map<string, Entry[]>();
  for (const record of rule.entry === undefined ? notAlone(rule, records) : records) {
    const name = rule.entry === undefined ? null : (record.values[rule.entry] ?? null);
    const key = name === null ? `\u0000${record.id}` : name;
    const list = byEntry.get(key);
    if (list) list.push(record);
    else byEntry.set(key, [record]);
  }
  const alike = new Map<string, { records: Entry[]; at: number | null }[]>();
  for (const list of byEntry.values()) {
    const likeness = likenessOf(rule, list);
    if (likeness === null) continue;
    const item = { records: list, at: momentOf(rule, list) };
    const same = alike.get(likeness);
    if (same) same.push(item);
    else alike.set(likeness, [item]);
  }
  const clusters: Cluster[] = [];
  for (const list of alike.values()) {
    if (list.length < 2) continue;
    list.sort((a, b) => (a.at ?? 0) - (b.at ?? 0) || (a.records[0]!.id < b.records[0]!.id ? -1 : 1));
    for (const run of near(rule, list))
      if (run.length > 1)
        clusters.push({ side: rule.side, type: rule.type, fields: rule.fields, entries: run.map((item) => item.records) });
  }
  return clusters;
}

/** Records that may be like another one: most are like none, and nothing more is kept of these. */
function notAlone(rule: DuplicateRule, records: readonly Entry[]): Entry[] {
  const slots = 1 << Math.min(24, Math.max(10, Math.ceil(Math.log2(records.length + 1)) + 4));
  const seen = new Uint8Array(slots);
  const slotOf = Int32Array.from(records, (record) => likenessHash(rule, record) & (slots - 1));
  for (const slot of slotOf) if (seen[slot]! < 2) seen[slot]!++;
  return records.filter((_, i) => seen[slotOf[i]!] === 2);
}

/** The same for records that are alike, and nearly always another one for those that are not: 32 bits. */
export function likenessHash({ fields }: DuplicateRule, { minor, values }: Entry): number {
  let sum = minor | 0;
  for (const field of fields) {
    const text = values[field] ?? '';
    for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0;
    sum = Math.imul(sum ^ (sum >>> 15), 0x85ebca6b);
  }
  return (sum ^ (sum >>> 13)) >>> 0;
}

/** Whether another record can be a copy of this one at all, by what is in its fields. */
export function hasLikeness({ fields, entry }: DuplicateRule, { values }: Entry): boolean {
  return entry !== undefined || fields.some((field) => (values[field] ?? '') !== '');
}

/** Entries with nothing in any of the fields are like no other. */
function likenessOf(rule: DuplicateRule, records: readonly Entry[]): string | null {
  if (!records.some(({ values }) => rule.fields.some((field) => (values[field] ?? '') !== ''))) return null;
  return JSON.stringify(
    records
      .map(({ minor, currency, values }) => JSON.stringify([minor, currency, ...rule.fields.map((field) => values[field] ?? '')]))
      .sort(),
  );
}

function momentOf({ at }: DuplicateRule, records: readonly Entry[]): number | null {
  const text = at === undefined ? null : (records[0]!.values[at] ?? null);
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

/** Whether two records alone could be copies, by the moments of their entry. What is compared as a whole entry is not told by one record. */
export function mayBeCopies(rule: DuplicateRule, a: Entry, b: Entry): boolean {
  if (rule.minutes === undefined || rule.entry !== undefined) return true;
  const [one, other] = [momentOf(rule, [a]), momentOf(rule, [b])];
  return one !== null && other !== null && Math.abs(one - other) <= rule.minutes * MINUTE;
}

const MINUTE = 60_000;

/** Runs of entries that are each entered within the minutes after the one before; without a time they are near to nothing. */
function near<T extends { at: number | null }>({ minutes }: DuplicateRule, sorted: readonly T[]): T[][] {
  if (minutes === undefined) return [[...sorted]];
  const runs: T[][] = [];
  for (const item of sorted) {
    const last = runs.at(-1)?.at(-1);
    if (last && last.at !== null && item.at !== null && item.at - last.at <= minutes * MINUTE) runs.at(-1)!.push(item);
    else runs.push([item]);
  }
  return runs;
}

/** Copies and voided records, by record. */
export function extrasOf(
  rules: ExceptionRules,
  clusters: readonly Cluster[],
  sides: Readonly<Record<Side, readonly Entry[]>>,
): Map<Entry, Extra> {
  const extras = new Map<Entry, Extra>();
  clusters.forEach((cluster, i) => {
    const { side, type, entries } = cluster;
    entries.forEach((records, order) => {
      const extra: Extra = { kind: 'copy', type, side, records, likeness: `copy ${i}`, order, cluster };
      if (order > 0) for (const record of records) extras.set(record, extra);
    });
  });
  for (const rule of rules.voids)
    for (const record of sides[rule.side])
      if (isWhere(record.values, rule.where))
        extras.set(record, { kind: 'void', type: rule.type, side: rule.side, records: [record], likeness: `void ${record.id}`, order: 0 });
  return extras;
}

/**
 * The first of the entries that a copy is like, where it lacks the key that the copy has: its record in place of this one. The money
 * of an entry that was made twice is that of the first. Undefined where there is none that is free.
 */
export function firstInstead(extras: ReadonlyMap<Entry, Extra>, record: Entry, isFree: (candidate: Entry) => boolean): Entry | undefined {
  const extra = extras.get(record);
  if (extra?.cluster === undefined) return undefined;
  const { fields, entries } = extra.cluster;
  for (const records of entries.slice(0, extra.order))
    for (const candidate of records) {
      const same = candidate.minor === record.minor && fields.every((field) => candidate.values[field] === record.values[field]);
      if (same && isFree(candidate)) return candidate;
    }
  return undefined;
}

/** The records of an extra in one group. The lines of a journal that was posted twice are in as many groups as it has accounts. */
export interface ExtraPart {
  extra: Extra;
  records: readonly Entry[];
}

/** More extras than this in one group are only tried all together. */
const MAX_TRIED = 12;

/**
 * The extras without which both sides of a group add up to the same and have as many records as `fits` allows; undefined where
 * there are none, or where two choices that differ would do.
 */
export function extrasThatExplain(
  group: Pick<Unequal, 'left' | 'right' | 'difference'>,
  extras: ReadonlyMap<Entry, Extra>,
  fits: (left: number, right: number) => boolean,
): ExtraPart[] | undefined {
  const found = new Map<Extra, Entry[]>();
  for (const entry of [...group.left, ...group.right]) {
    const extra = extras.get(entry);
    if (extra) found.set(extra, [...(found.get(extra) ?? []), entry]);
  }
  const list = [...found]
    .map(([extra, records]): ExtraPart => ({ extra, records }))
    .sort((a, b) => b.extra.order - a.extra.order || (a.records[0]!.id < b.records[0]!.id ? -1 : 1));
  if (!list.length) return undefined;
  const { difference } = group;
  const works = (chosen: readonly ExtraPart[]): boolean => {
    let [rest, left, right] = [difference, group.left.length, group.right.length];
    for (const { extra, records } of chosen) {
      const { side } = extra;
      rest += (side === 'left' ? 1 : -1) * sumOf(records);
      if (side === 'left') left -= records.length;
      else right -= records.length;
    }
    return rest === 0 && left > 0 && right > 0 && fits(left, right);
  };
  if (list.length > MAX_TRIED) return works(list) ? list : undefined;
  let best: { chosen: ExtraPart[]; likeness: string; several: boolean } | undefined;
  for (let bits = 1; bits < 1 << list.length; bits++) {
    const chosen = list.filter((_, i) => bits & (1 << i));
    if ((best && chosen.length > best.chosen.length) || !works(chosen)) continue;
    const likeness = chosen
      .map(({ extra }) => extra.likeness)
      .sort()
      .join('\n');
    if (!best || chosen.length < best.chosen.length) best = { chosen, likeness, several: false };
    else if (best.likeness !== likeness) best.several = true;
  }
  return best && !best.several ? best.chosen : undefined;
}
