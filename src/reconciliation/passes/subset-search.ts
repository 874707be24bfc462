import type { BusinessDays, Entry, SubsetPass, Unequal } from '../entry.ts';
import { sumOf } from '../sums.ts';
import type { Need } from './balanced.ts';
import { type Candidates, candidatesOf, nearTo, type View } from './candidates.ts';
import { onlySubset, type Unit } from './only-subset.ts';
import { salesAndRefunds, takingsOf } from './settlement.ts';

/** One record, and what a key ties to it already. */
export interface Target {
  anchor: Entry;
  kept: readonly Entry[];
  group?: Unequal;
}

/** Records that add up to a target, with what is kept of its group. */
export interface Solution {
  kept: readonly Entry[];
  chosen: readonly Entry[];
  /**
   * many: so many candidates would add up to an unrelated amount as well, unless it is known that what is wanted is among them. equal:
   * which of equal records it is cannot be told, or many refunds wait.
   */
  doubt?: 'many' | 'equal';
  /** The refunds of a settlement, where its sales do not add up to the gross; the difference between these. */
  lacking?: number;
}

export interface Answer {
  target: Target;
  /** The first record of each unit on which the answer depends. */
  near: readonly Entry[];
  found?: Solution;
  /** What was looked for among which records; refunds are not counted. */
  need?: Need;
  /** There are several solutions, with these records. */
  several?: readonly Entry[];
  /** The sales of a settlement, where its refunds are not known or several would fit. */
  sales?: Solution;
}

export interface SubsetSearch {
  answer(target: Target): Answer;
  /** These records are taken: no other target can have them. */
  use(entries: readonly Entry[]): void;
}

/** What a search for one sum came to. */
interface Sought {
  near: readonly Unit[];
  result: 'none' | 'several' | 'found';
  chosen: readonly Entry[];
  doubt?: 'many' | 'equal';
}

/** Of more refunds that wait, none is taken. */
const MOST_REFUNDS = 40;
/** A settlement says itself what its refunds come to: so they are there, and fit by chance ten times less often. */
const REFUND_CHANCES = 10;
const NOTHING: Sought = { near: [], result: 'found', chosen: [] };

/**
 * Looks for records that add up to a target. Of a settlement that says its gross, sales are looked for among sales and refunds among
 * refunds. A refund is not settled on its own day, so it could be any that waits, and is taken only where no other of those fits that
 * any of the `views` shows; the first of these is where the pass itself looks.
 */
export function subsetSearch(pass: SubsetPass, open: readonly Entry[], days: BusinessDays, views: readonly View[]): SubsetSearch {
  const used = new Set<Entry>();
  const all = candidatesOf(pass, pass.block, open, days);
  const positive = pass.parts ? open.filter(({ minor }) => minor > 0) : open;
  const sales = positive.length === open.length ? all : candidatesOf(pass, pass.block, positive, days);
  const negative = pass.parts ? open.filter(({ minor }) => minor < 0) : [];
  // One by one: a refund that is settled apart from the others of its day fits as well as one that is alone on its day.
  const single = { one: pass.one, together: [] };
  const refunds = negative.length ? views.map((view) => ({ view, candidates: candidatesOf(single, view.block, negative, days) })) : [];

  function near(anchor: Entry, view: View, candidates: Candidates, most: number, largest = Infinity): Unit[] | undefined {
    const isCandidate = ({ entries, minor }: Unit): boolean => !used.has(entries[0]!) && Math.abs(minor) <= largest;
    return nearTo(anchor, { one: pass.one, most }, view, candidates, days, isCandidate);
  }

  function seek(units: readonly Unit[], minor: number, chance = pass.chance): Sought {
    const only = minor === 0 || !units.length ? 'none' : onlySubset(units, minor);
    if (typeof only !== 'object') return { ...NOTHING, near: units, result: 'none' };
    const doubt = only.picked ? 'equal' : isByChance(units, minor, chance, only.chosen) ? 'many' : undefined;
    return { near: units, result: only.several ? 'several' : 'found', chosen: only.chosen, ...(doubt ? { doubt } : {}) };
  }

  function seekRefunds(anchor: Entry, minor: number): Sought {
    const units = new Map<Entry, Unit>();
    for (const { view, candidates } of refunds) {
      const waiting = near(anchor, view, candidates, MOST_REFUNDS, minor);
      // Where they are too many to try, another one may fit as well.
      if (!waiting) return { ...NOTHING, result: 'none' };
      for (const unit of waiting) units.set(unit.entries[0]!, unit);
    }
    const sought = seek([...units.values()], -minor, pass.chance * REFUND_CHANCES);
    const inReach = refunds.length ? (near(anchor, pass, refunds[0]!.candidates, MOST_REFUNDS, minor) ?? []) : [];
    const own = new Set(inReach.flatMap(({ entries }) => entries));
    // Another pass looks where these are.
    return sought.result === 'found' && !sought.chosen.every((entry) => own.has(entry)) ? { ...sought, result: 'none' } : sought;
  }

  function answer(target: Target): Answer {
    const { anchor, kept } = target;
    const parts = pass.parts && salesAndRefunds({ parts: pass.parts, negative: pass.negative }, anchor);
    if (!parts) return plain(target, pass.parts ? takingsOf({ parts: pass.parts, negative: pass.negative }, anchor) : [anchor.minor]);
    const keptSales = kept.filter(({ minor }) => minor > 0);
    const keptRefunds = kept.filter(({ minor }) => minor <= 0);
    const missing = parts.sales - sumOf(keptSales);
    const ofSales =
      missing === 0 ? NOTHING : missing < 0 ? seek([], 0) : seek(near(anchor, pass, sales, pass.most, missing) ?? [], missing);
    const need = missing > 0 ? { need: { minor: missing, units: ofSales.near } } : {};
    if (ofSales.result === 'none') return parts.stated ? { ...onlyRefunds(target, parts, ofSales), ...need } : plain(target, [parts.sales]);
    if (ofSales.result === 'several') return { target, near: firsts(ofSales), several: ofSales.chosen, ...need };
    const hasRefunds = sumOf(keptRefunds) === -parts.refunds;
    const ofRefunds = hasRefunds ? NOTHING : seekRefunds(anchor, parts.refunds);
    const about = { target, near: firsts(ofSales, ofRefunds), ...need };
    // Sales that an earlier pass could only propose are no more certain because the refunds are known.
    const doubt = target.group?.otherwise?.evidence.doubt === 'by_chance' ? 'equal' : ofSales.doubt;
    const known: Solution = { kept: keptSales, chosen: ofSales.chosen, ...(doubt ? { doubt } : {}) };
    if (ofRefunds.result !== 'found')
      return { ...about, sales: known, ...(ofRefunds.result === 'several' ? { several: ofRefunds.chosen } : {}) };
    const chosen = [...ofSales.chosen, ...ofRefunds.chosen];
    const whole = hasRefunds ? [...keptSales, ...keptRefunds] : keptSales;
    if (!chosen.length && whole.length === kept.length) return about;
    const unsure = ofRefunds.doubt ? 'equal' : doubt;
    return { ...about, found: { kept: whole, chosen, ...(unsure ? { doubt: unsure } : {}) } };
  }

  /** The refunds of a settlement whose sales have another sum than its gross: what is wrong is among these. */
  function onlyRefunds(target: Target, { sales, refunds }: { sales: number; refunds: number }, ofSales: Sought): Answer {
    const { anchor, kept, group } = target;
    const wanted = group && !group.otherwise && refunds !== 0 && kept.every(({ minor }) => minor > 0);
    const found = wanted ? seekRefunds(anchor, refunds) : undefined;
    if (found?.result !== 'found') return { target, near: firsts(ofSales, ...(found ? [found] : [])) };
    const lacking = sumOf(kept) - sales;
    return {
      target,
      near: firsts(ofSales, found),
      found: { kept, chosen: found.chosen, ...(found.doubt ? { doubt: 'equal' } : {}), lacking },
    };
  }

  /** Without parts, or where it is not known which of them the records are: all of them, with their signs. */
  function plain(target: Target, wanted: readonly number[]): Answer {
    const { anchor, kept } = target;
    const units = near(anchor, pass, all, pass.most) ?? [];
    const sought = [...new Set(wanted)].map((minor) => seek(units, minor - sumOf(kept))).filter(({ result }) => result !== 'none');
    const [first, second] = sought;
    const ofOne = new Set(wanted).size === 1 ? { need: { minor: wanted[0]! - sumOf(kept), units } } : {};
    const about = { target, near: units.map(({ entries }) => entries[0]!), ...ofOne };
    if (!first) return about;
    // What makes up the gross is part of what makes up gross and refunds: it says the same.
    const only =
      sought.every(({ result }) => result === 'found') && (!second || second.chosen.every((entry) => first.chosen.includes(entry)));
    if (only) return { ...about, found: { kept, chosen: first.chosen, ...(first.doubt ? { doubt: first.doubt } : {}) } };
    return { ...about, several: [...new Set(sought.flatMap(({ chosen }) => chosen))] };
  }

  return {
    answer,
    use: (entries) => {
      for (const entry of entries) used.add(entry);
    },
  };
}

function firsts(...sought: readonly Sought[]): Entry[] {
  return sought.flatMap(({ near }) => near.map(({ entries }) => entries[0]!));
}

/**
 * Whether so many candidates are there that some of them would add up to any amount: the subsets that could reach the target, against
 * the amounts that they could come to.
 */
function isByChance(near: readonly Unit[], minor: number, chance: number, chosen: readonly Entry[]): boolean {
  const most = Math.abs(minor);
  const oneSign = near.every((unit) => unit.minor >= 0) || near.every((unit) => unit.minor <= 0);
  const able = oneSign ? near.filter((unit) => Math.abs(unit.minor) <= most) : near;
  let [reach, step] = [0, 0];
  for (const unit of able) {
    reach += Math.abs(unit.minor);
    step = divisor(step, Math.abs(unit.minor));
  }
  const amounts = step === 0 ? 1 : reach / step;
  const isChosen = new Set(chosen);
  const size = near.filter(({ entries }) => isChosen.has(entries[0]!)).length;
  return subsetsUpTo(able.length, size) * 1000 > chance * amounts && able.length > FEWEST_BY_CHANCE;
}

/** How many subsets of so many have this size or a smaller one: few are likelier than many. */
function subsetsUpTo(units: number, size: number): number {
  let [sum, ofSize] = [0, 1];
  for (let k = 1; k <= Math.min(size, units); k++) {
    ofSize = (ofSize * (units - k + 1)) / k;
    sum += ofSize;
  }
  return sum;
}

/** With so few candidates there are too few subsets for any to fit by chance, whatever the amounts are. */
const FEWEST_BY_CHANCE = 2;

function divisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
