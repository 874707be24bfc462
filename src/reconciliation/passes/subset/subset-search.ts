import type { BusinessDays, Entry, SubsetPass } from '../../entry.ts';
import type { KeyGroups } from '../../match/key-groups.ts';
import { amongAlike, MOST_IN_GROUPS } from './alike-groups.ts';
import { sumOf } from '../../sums.ts';
import { isByChance, isEveryday, waysByChance } from '../by-chance.ts';
import { type Candidates, candidatesOf, nearTo, type View } from '../candidates.ts';
import { type RecordsInOrder, recordsInOrder } from './in-order.ts';
import { onlySubset, type Unit } from './only-subset.ts';
import type { Target } from './target.ts';
import { salesAndRefunds, takingsOf } from '../settlement.ts';

/** Which of the sums of a target: of a settlement, its sales or its refunds; all records where these are not apart. */
export type SumOf = 'sales' | 'refunds' | 'all';

/**
 * Why a solution may be another one. many: so many candidates would add up to an unrelated amount as well, unless it is known that what is
 * wanted is among them. claimed: so would they where amounts are round, and another record may want them; what is wanted here may be missing.
 * equal: which of equal records it is cannot be told, or the settlement says another number of payments.
 */
export interface Doubt {
  of: SumOf;
  why: 'many' | 'claimed' | 'equal';
}

/** Records that add up to a target, with what is kept of its group. */
export interface Solution {
  kept: readonly Entry[];
  chosen: readonly Entry[];
  doubts: readonly Doubt[];
  /** The refunds of a settlement, where its sales do not add up to the gross; the difference between these. */
  lacking?: number;
}

/** A sum that was looked for among units, and the records of each way in which they come to it, as far as these are known. */
export interface SoughtSum {
  of: SumOf;
  minor: number;
  units: readonly Unit[];
  ways: readonly (readonly Entry[])[];
}

export interface Answer {
  target: Target;
  /** The first record of each unit on which the answer depends. */
  near: readonly Entry[];
  found?: Solution;
  sums: readonly SoughtSum[];
  /** There are several solutions, with these records. */
  several?: readonly Entry[];
  /** The sales of a settlement, where its refunds are not known or several would fit. */
  sales?: Solution;
  /** More candidates are near than are tried. */
  untried?: boolean;
}

export interface SubsetSearch {
  answer(target: Target): Answer;
  /** These records are taken: no other target can have them. */
  use(entries: readonly Entry[]): void;
  /** No other ways are left for a sum of a record. */
  narrow(anchor: Entry, of: SumOf, ways: readonly (readonly Entry[])[]): void;
}

/** What a search for one sum came to. */
interface Sought extends SoughtSum {
  result: 'none' | 'several' | 'found';
  chosen: readonly Entry[];
  doubts: readonly Doubt[];
}

/** Whether chosen records may be all that a target still lacks. */
type IsFit = (chosen: readonly Entry[]) => boolean;

/** More candidates are only tried where an unrelated amount would not come from them in several ways: it would be ambiguous. */
const ALWAYS_TRIED = 16;
/** Of more refunds that wait, none is taken. */
const MOST_REFUNDS = 40;
/** Amounts are often in quarters, whatever the cents of a few of them are. */
const ROUND = 25;
/** A settlement says itself what its refunds come to: so they are there, and fit by chance ten times less often. */
const REFUND_CHANCES = 10;

function nothing(of: SumOf, result: 'none' | 'found', minor = 0, units: readonly Unit[] = []): Sought {
  return { of, minor, units, ways: [], result, chosen: [], doubts: [] };
}

/**
 * Looks for records that add up to a target. Of a settlement that says its gross, sales are looked for among sales and refunds among
 * refunds. A refund is not settled on its own day, so it could be any that waits, and is taken only where no other of those fits that
 * any of the `views` shows; the first of these is where the pass itself looks.
 */
export function subsetSearch(
  pass: SubsetPass,
  open: readonly Entry[],
  targets: readonly Target[],
  days: BusinessDays,
  views: readonly View[],
  keys?: KeyGroups,
): SubsetSearch {
  const used = new Set<Entry>();
  const narrowed = new Map<string, ReadonlySet<string>>();
  /** Of the target that is looked at. */
  let tooMany = false;
  const all = candidatesOf(pass, pass.block, open, days);
  const positive = pass.parts ? open.filter(({ minor }) => minor > 0) : open;
  const sales = positive.length === open.length ? all : candidatesOf(pass, pass.block, positive, days);
  const negative = pass.parts ? open.filter(({ minor }) => minor < 0) : [];
  // One by one: a refund that is settled apart from the others of its day fits as well as one that is alone on its day.
  const single = { one: pass.one, together: [] };
  const refunds = negative.length ? views.map((view) => ({ view, candidates: candidatesOf(single, view.block, negative, days) })) : [];

  const order = pass.order && recordsInOrder({ ...pass, order: pass.order }, open, targets, days, (entry) => used.has(entry), keys);

  function near(anchor: Entry, view: View, candidates: Candidates, most: number, wanted?: number): Unit[] | undefined {
    const isCandidate = ({ entries }: Unit): boolean => !used.has(entries[0]!);
    const found = nearTo(anchor, { one: pass.one, most, wanted }, view, candidates, days, isCandidate);
    if (!found) tooMany = true;
    return found;
  }

  /** The units that may come to one of the wanted sums; undefined where they are too many to tell which of them do. */
  function triable(anchor: Entry, candidates: Candidates, wanted: readonly number[]): Unit[] | undefined {
    const found = near(anchor, pass, candidates, pass.most, wanted.length === 1 ? wanted[0] : undefined);
    if (!found || found.length <= ALWAYS_TRIED || wanted.every((minor) => waysByChance(found, minor) <= 1)) return found;
    tooMany = true;
    return undefined;
  }

  function seek({ anchor, kept }: Target, of: SumOf, units: readonly Unit[], minor: number, isFit?: IsFit): Sought {
    const left = narrowed.get(sumName(anchor, of));
    const isLeft: IsFit = (chosen) => left === undefined || left.has(wayName(chosen));
    const find = (fit: IsFit): ReturnType<typeof onlySubset> => {
      const found = minor === 0 || !units.length ? 'none' : onlySubset(units, minor, fit);
      // A refund may be settled on another day than its own.
      if (typeof found !== 'object' || !found.several || of === 'refunds') return found;
      const rest = restOfDays(units, kept);
      return rest && sumOf(rest) === minor && fit(rest) ? { chosen: rest, picked: false, several: false, ways: [rest] } : found;
    };
    const fitting = isFit ? find((chosen) => isFit(chosen) && isLeft(chosen)) : 'none';
    const only = fitting === 'none' ? find(isLeft) : fitting;
    if (only === 'unknown') tooMany = true;
    if (typeof only !== 'object') return nothing(of, 'none', minor, units);
    // What does not fit what else is known of the target is only proposed.
    const isUnsure = only.picked || (isFit !== undefined && only !== fitting);
    const chance = of === 'refunds' ? pass.chance * REFUND_CHANCES : pass.chance;
    const byChance = (step?: number): boolean =>
      (of !== 'refunds' && isEveryday(only.chosen, [anchor, ...kept], chance)) ||
      (isByChance(units, minor, chance, only.chosen, {
        isCounted: countOf(anchor) !== undefined,
        ...(step === undefined ? {} : { step }),
      }) &&
        !areOneGroup(units, only.chosen, kept) &&
        !areRestOfDays(units, only.chosen, kept));
    const why = isUnsure ? 'equal' : byChance() ? 'many' : of !== 'refunds' && byChance(ROUND) ? 'claimed' : undefined;
    const { chosen, several, ways = [] } = only;
    return { of, minor, units, ways, result: several ? 'several' : 'found', chosen, doubts: why ? [{ of, why }] : [] };
  }

  /** Whether the numbers of the records say that they belong together. */
  function areOneGroup(units: readonly Unit[], chosen: readonly Entry[], kept: readonly Entry[]): boolean {
    if (!keys) return false;
    const isChosen = new Set(chosen);
    return keys.areOneGroup(
      units.filter(({ entries }) => isChosen.has(entries[0]!)).map(({ entries }) => entries),
      kept,
    );
  }

  /**
   * All that is open of the days (or tills) that the number names, and nothing else: one sum that is known beforehand, not one of the many
   * that so many candidates come to. Of several solutions, it is the one that the number speaks for.
   */
  function restOfDays(units: readonly Unit[], kept: readonly Entry[]): Entry[] | undefined {
    const dayOf = ({ values }: Entry): string | null => {
      const own = pass.together.map((field) => values[field]);
      return own.length && own.every(Boolean) ? JSON.stringify(own) : null;
    };
    const named = new Set(kept.map(dayOf));
    if (named.has(null) || !named.size) return undefined;
    return units.flatMap(({ entries }) => (named.has(dayOf(entries[0]!)) ? entries : []));
  }

  function areRestOfDays(units: readonly Unit[], chosen: readonly Entry[], kept: readonly Entry[]): boolean {
    const rest = restOfDays(units, kept);
    return rest !== undefined && wayName(rest) === wayName(chosen);
  }

  function seekRefunds(target: Target, refunded: number, isFit?: IsFit): Sought {
    const { anchor } = target;
    const units = new Map<Entry, Unit>();
    for (const { view, candidates } of refunds) {
      const waiting = near(anchor, view, candidates, MOST_REFUNDS, -refunded);
      // Where they are too many to try, another one may fit as well.
      if (!waiting) return nothing('refunds', 'none');
      for (const unit of waiting) units.set(unit.entries[0]!, unit);
    }
    const sought = seek(target, 'refunds', [...units.values()], -refunded, isFit);
    const inReach = refunds.length ? (near(anchor, pass, refunds[0]!.candidates, MOST_REFUNDS, -refunded) ?? []) : [];
    const own = new Set(inReach.flatMap(({ entries }) => entries));
    // Another pass looks where these are.
    return sought.result === 'found' && !sought.chosen.every((entry) => own.has(entry)) ? { ...sought, result: 'none' } : sought;
  }

  /** The number of payments that a settlement says it has. */
  function countOf({ values }: Entry): number | undefined {
    const count = Number(pass.count === undefined ? '' : (values[pass.count] ?? ''));
    return Number.isInteger(count) && count > 0 ? count : undefined;
  }

  /** Whether chosen records agree with each other and with those known. Where those known differ themselves, a field tells nothing. */
  function isAlike(known: readonly Entry[], chosen: readonly Entry[]): boolean {
    return (pass.alike ?? []).every((field) => {
      const own = valuesOf(known, field);
      return own.size > 1 || valuesOf([...known, ...chosen], field).size <= 1;
    });
  }

  /** Whether others have a number of these records, and are left out. */
  function isTorn(known: readonly Entry[], chosen: readonly Entry[]): boolean {
    return keys?.areTorn([...known, ...chosen]) ?? false;
  }

  /** Whether these records may be all that belongs to a target, by what they have in common and by how many it says it has. */
  function isWhole({ anchor, kept }: Target, chosen: readonly Entry[]): boolean {
    const count = pass.parts ? undefined : countOf(anchor);
    return (count === undefined || kept.length + chosen.length === count) && isAlike(kept, chosen) && !isTorn(kept, chosen);
  }

  function answer(target: Target): Answer {
    tooMany = false;
    const found = answerTo(target);
    return tooMany ? { ...found, untried: true } : found;
  }

  function answerTo(target: Target): Answer {
    const { anchor, kept } = target;
    const parts = pass.parts && salesAndRefunds({ parts: pass.parts, negative: pass.negative }, anchor);
    const ofRun = order && inOrder(target, parts, order);
    if (ofRun) return ofRun;
    if (!parts) return plain(target, pass.parts ? takingsOf({ parts: pass.parts, negative: pass.negative }, anchor) : [anchor.minor]);
    const keptSales = kept.filter(({ minor }) => minor > 0);
    const keptRefunds = kept.filter(({ minor }) => minor <= 0);
    const count = countOf(anchor);
    const lacks = parts.sales - sumOf(keptSales);
    // Some settlements count their sales alone, others the refunds too.
    const isFit: IsFit = (chosen) =>
      (count === undefined || isCount(keptSales.length + chosen.length, count, parts.refunds !== 0)) &&
      isAlike(keptSales, chosen) &&
      !isTorn(keptSales, chosen);
    const ofSales =
      lacks === 0
        ? nothing('sales', 'found')
        : lacks < 0
          ? nothing('sales', 'none')
          : seek(target, 'sales', triable(anchor, sales, [lacks]) ?? [], lacks, isFit);
    if (ofSales.result === 'none') return parts.stated ? onlyRefunds(target, parts, ofSales) : plain(target, [parts.sales]);
    if (ofSales.result === 'several') return { ...about(target, ofSales), several: ofSales.chosen };
    const sold = [...keptSales, ...ofSales.chosen];
    const isFitRefund: IsFit = (chosen) =>
      (count === undefined || [sold.length, sold.length + chosen.length].includes(count)) && isAlike(sold, chosen);
    const hasRefunds = sumOf(keptRefunds) === -parts.refunds;
    const ofRefunds = hasRefunds ? nothing('refunds', 'found') : seekRefunds(target, parts.refunds, isFitRefund);
    const found = about(target, ofSales, ofRefunds);
    // Sales that an earlier pass could only propose are not more certain because the refunds are known.
    const isProposed = target.group?.otherwise?.evidence.doubt === 'by_chance';
    const doubts: readonly Doubt[] = isProposed ? [{ of: 'sales', why: 'equal' }] : ofSales.doubts;
    if (ofRefunds.result !== 'found') {
      const known: Solution = { kept: keptSales, chosen: ofSales.chosen, doubts };
      return { ...found, sales: known, ...(ofRefunds.result === 'several' ? { several: ofRefunds.chosen } : {}) };
    }
    const chosen = [...ofSales.chosen, ...ofRefunds.chosen];
    const whole = hasRefunds ? [...keptSales, ...keptRefunds] : keptSales;
    if (!chosen.length && whole.length === kept.length) return found;
    return { ...found, found: { kept: whole, chosen, doubts: [...doubts, ...ofRefunds.doubts] } };
  }

  /** What follows one another and adds up; undefined where the order says nothing. */
  function inOrder(target: Target, parts: ReturnType<typeof salesAndRefunds>, { runsOf }: RecordsInOrder): Answer | undefined {
    const { anchor, kept } = target;
    const wanted = parts?.stated ? [{ minor: parts.sales, refunds: -parts.refunds }] : wantedOf(anchor).map((minor) => ({ minor }));
    const runs = runsOf(target, wanted);
    if (!runs) return undefined;
    const left = narrowed.get(sumName(anchor, 'all'));
    const count = countOf(anchor);
    const isFit: IsFit = (chosen) =>
      (left === undefined || left.has(wayName(chosen))) &&
      isAlike(kept, chosen) &&
      (count === undefined ||
        isCount([...kept, ...chosen].filter(({ minor }) => !parts || minor > 0).length, count, (parts?.refunds ?? 0) !== 0));
    const ways = runs.ways.filter(isFit);
    const units = runs.near.map((entry) => ({ minor: entry.minor, entries: [entry] }));
    const own: Answer = { target, near: runs.near, sums: [] };
    const [way, second] = ways;
    if (!way) return own;
    const minor = sumOf(way);
    const sums: SoughtSum[] = wanted.length === 1 ? [{ of: 'all', minor, units, ways }] : [];
    if (second) return { ...own, sums, several: [...new Set(ways.flat())] };
    return { ...own, sums, found: { kept, chosen: way, doubts: runs.isByChance ? [{ of: 'all', why: 'many' }] : [] } };
  }

  /** What all records of a target may come to. */
  function wantedOf(anchor: Entry): readonly number[] {
    return pass.parts ? [...new Set(takingsOf({ parts: pass.parts, negative: pass.negative }, anchor))] : [anchor.minor];
  }

  /** The refunds of a settlement whose sales have another sum than its gross: what is wrong is among these. */
  function onlyRefunds(target: Target, { sales, refunds }: { sales: number; refunds: number }, ofSales: Sought): Answer {
    const { kept, group } = target;
    const wanted = group && !group.otherwise && refunds !== 0 && kept.every(({ minor }) => minor > 0);
    if (!wanted) return about(target, ofSales);
    const ofRefunds = seekRefunds(target, refunds, (chosen) => isAlike(kept, chosen));
    const found = about(target, ofSales, ofRefunds);
    if (ofRefunds.result !== 'found') return found;
    return { ...found, found: { kept, chosen: ofRefunds.chosen, doubts: ofRefunds.doubts, lacking: sumOf(kept) - sales } };
  }

  /** Without parts, or where it is not known which of them the records are: all of them, with their signs. */
  function plain(target: Target, wanted: readonly number[]): Answer {
    const { anchor, kept } = target;
    const minors = [...new Set(wanted)].map((minor) => minor - sumOf(kept));
    const units = triable(anchor, all, minors);
    if (!units) return minors.length === 1 ? byGroups(target, minors[0]!) : about(target);
    const sums = minors.map((minor) => seek(target, 'all', units, minor, (chosen) => isWhole(target, chosen)));
    const sought = sums.filter(({ result }) => result !== 'none');
    const [first, second] = sought;
    const own = { ...about(target, ...sums), sums: sums.length === 1 ? sums : [] };
    if (!first) return own;
    // What makes up the gross is part of what makes up gross and refunds: it says the same.
    const only =
      sought.every(({ result }) => result === 'found') && (!second || second.chosen.every((entry) => first.chosen.includes(entry)));
    if (only) return { ...own, found: { kept, chosen: first.chosen, doubts: first.doubts } };
    return { ...own, several: [...new Set(sought.flatMap(({ chosen }) => chosen))] };
  }

  /** Of more records than can be tried together, those that agree are tried, group by group. */
  function byGroups(target: Target, minor: number): Answer {
    const { anchor, kept } = target;
    const units = pass.alike ? near(anchor, pass, all, MOST_IN_GROUPS, minor) : undefined;
    if (!units) return about(target);
    const isFit: IsFit = (chosen) => isWhole(target, chosen);
    const found = amongAlike(units, pass.alike!, { minor, most: pass.most, chance: pass.chance, isFit });
    const own: Answer = { target, near: units.map(({ entries }) => entries[0]!), sums: [] };
    tooMany = found === 'unknown';
    if (typeof found !== 'object') return own;
    if ('several' in found) return { ...own, several: found.several };
    return { ...own, found: { kept, chosen: found.chosen, doubts: found.doubt ? [{ of: 'all', why: found.doubt }] : [] } };
  }

  return {
    answer,
    use: (entries) => {
      for (const entry of entries) used.add(entry);
    },
    narrow: (anchor, of, ways) => void narrowed.set(sumName(anchor, of), new Set(ways.map(wayName))),
  };
}

function sumName({ id }: Entry, of: SumOf): string {
  return `${of} ${id}`;
}

function wayName(records: readonly Entry[]): string {
  return records
    .map(({ id }) => id)
    .sort()
    .join('\n');
}

function valuesOf(entries: readonly Entry[], field: string): Set<string> {
  return new Set(entries.flatMap(({ values }) => values[field] || []));
}

function isCount(sales: number, count: number, hasRefunds: boolean): boolean {
  return sales === count || (hasRefunds && sales < count);
}

function about(target: Target, ...sums: readonly Sought[]): Pick<Answer, 'target' | 'near' | 'sums'> {
  return { target, near: sums.flatMap(({ units }) => units.map(({ entries }) => entries[0]!)), sums };
}
