import type { Entry, FoundMatch, KeyPass, Pass, SettlementPass, Side, Unequal } from '../entry.ts';
import { type Explanation, explainUnequal, isCorrectedLater } from '../exceptions/explain-unequal.ts';
import { extrasThatExplain } from '../exceptions/extras.ts';
import { isItemAlone } from '../exceptions/fees.ts';
import { fits, lagOf, matchByKey } from '../passes/key.ts';
import { matchBySettlement } from '../passes/settlement.ts';
import { sumOf } from '../sums.ts';
import { hasCopyForAnother } from './first-of-copies.ts';
import { keyOf } from '../fields.ts';
import { areSeveral, keyGroups } from './key-groups.ts';
import { sharedNumbers } from './shared-numbers.ts';
import { hasUnprovenWash } from './washes.ts';
import { holdCopy, inOrder, isRefused, leaveOut, reopen, type Rules, SIDES, take, type Work } from './work.ts';
import { holdUnequal } from './unequal.ts';

/**
 * Records that an earlier key ties with unequal sums are looked at again: what lacked its key then may be found by this one. They
 * are only taken together, so no record is moved from one unequal group into another.
 */
export function runKeyPass(work: Work, pass: KeyPass | SettlementPass): void {
  const tied = new Map<Entry, Unequal>();
  // A settlement whose payments add up to its gross is tied: only what adds up to its refunds, and nothing else, may be added.
  const earlierGroups = [...work.unequal].filter(({ otherwise }) => !otherwise);
  for (const group of earlierGroups) for (const entry of [...group.left, ...group.right]) tied.set(entry, group);
  const all = { left: [...work.open.left], right: [...work.open.right] };
  if (pass.kind === 'settlement') all[pass.of] = all[pass.of].filter((entry) => !isItemAlone(work.rules, pass, entry));
  for (const group of earlierGroups) {
    for (const entry of group.left) all.left.push(entry);
    for (const entry of group.right) all.right.push(entry);
  }
  const { matches, unequal, unfit } =
    pass.kind === 'key'
      ? matchByKey(pass, inOrder(all.left), inOrder(all.right), work.days)
      : matchBySettlement(pass, inOrder(all.left), inOrder(all.right), work.days, seeksRefunds(work.rules, pass));
  const keys = { left: keyGroups(work, pass, 'left'), right: keyGroups(work, pass, 'right') };
  // A group of one day and place may have only some of the records of a bag or a batch.
  const isTorn = (match: FoundMatch): boolean =>
    SIDES.some((side) => match[otherSide(side)].length === 1 && keys[side]?.areTorn(match[side]));
  const others = sharedNumbers(work, pass);
  for (const match of matches) {
    const earlier = wholeGroups(match, tied);
    if (!earlier || isRefused(work, match)) continue;
    reopen(work, earlier);
    const isUnsure = hasUnprovenWash(work, pass, match) || isTorn(match) || hasCopyForAnother(work, match);
    const isOneOfSeveral = areSeveral(work.rules.passes, pass, match) || others?.mayBePairedOtherwise(match) === true;
    const doubt = isUnsure ? 'by_chance' : isOneOfSeveral ? 'several' : undefined;
    take(work, doubt ? { ...match, state: 'proposed', evidence: { ...match.evidence, doubt } } : match, 'rule');
  }
  for (const group of unfit) {
    if (takeWithoutExtras(work, pass, group, tied) || !isCorrectedLater(group, work.rules)) continue;
    const earlier = wholeGroups(group, tied);
    if (!earlier) continue;
    reopen(work, earlier);
    holdUnequal(work, group);
  }
  for (const group of unequal) {
    const earlier = wholeGroups(group, tied);
    if (earlier && takeWithoutExtras(work, pass, group, tied)) continue;
    // The group whose difference is explained is the exception, then the one that leaves less; the narrower key wins where they are even.
    if (!earlier || (earlier.length > 0 && earlier.every((narrower) => !isBetter(work, group, narrower)))) continue;
    reopen(work, earlier);
    holdUnequal(work, group);
  }
}

/** Ties a group that adds up once its copies and voided records are left out; these are named then. */
function takeWithoutExtras(work: Work, pass: KeyPass | SettlementPass, group: Unequal, tied: ReadonlyMap<Entry, Unequal>): boolean {
  const earlier = wholeGroups(group, tied);
  if (!work.extras.size || !earlier) return false;
  const extras = extrasThatExplain(group, work.extras, (left, right) => fits(left, right, pass.sides));
  if (!extras) return false;
  const without = new Set(extras.flatMap(({ records }) => records));
  const left = group.left.filter((entry) => !without.has(entry));
  const right = group.right.filter((entry) => !without.has(entry));
  const automatic = pass.confirm === 'automatic';
  const match: FoundMatch = {
    pass: pass.name,
    state: automatic ? 'confirmed' : 'proposed',
    left,
    right,
    difference: pass.kind === 'key' ? 0 : sumOf(right) - sumOf(left),
    evidence: { fields: group.fields, lag: lagOf(left, right, work.days), rivals: 0, ...(automatic ? {} : { doubt: 'suggested' }) },
  };
  if (isRefused(work, match)) return false;
  reopen(work, earlier);
  take(work, match, 'rule');
  for (const { extra, records } of extras)
    if (extra.kind === 'void') for (const entry of records) leaveOut(work, extra.side, entry, 'voided before its money was deposited');
    else holdCopy(work, extra, records, pass.name);
  return true;
}

/**
 * Whether a group says better than a narrower one what happened. Where it has only records more that lack the narrower key, it does:
 * one difference is likelier than a difference and a missing record. Unless the narrower one is explained to the cent.
 */
function isBetter(work: Work, group: Unequal, than: Unequal): boolean {
  const [now, before] = [
    STRENGTHS.indexOf(explainUnequal(group, work.rules).strength),
    STRENGTHS.indexOf(explainUnequal(than, work.rules).strength),
  ];
  if (hasOnlyKeylessMore(work, group, than)) return now >= before || before <= STRENGTHS.indexOf('small');
  return now === before ? Math.abs(group.difference) < Math.abs(than.difference) : now > before;
}

const STRENGTHS: readonly Explanation['strength'][] = ['none', 'small', 'likely', 'exact'];

function hasOnlyKeylessMore(work: Work, group: Unequal, than: Unequal): boolean {
  const pass = work.rules.passes.find(({ name }) => name === than.pass);
  if (pass?.kind !== 'key' && pass?.kind !== 'settlement') return false;
  return SIDES.every((side) => {
    const narrower = new Set(than[side]);
    return group[side].every((entry) => narrower.has(entry) || keyOf(entry, pass.on, side) === null);
  });
}

/** The earlier groups that these records contain, each of them whole; undefined when one would be torn. */
function wholeGroups(found: { left: readonly Entry[]; right: readonly Entry[] }, tied: ReadonlyMap<Entry, Unequal>): Unequal[] | undefined {
  if (!tied.size) return [];
  const entries = new Set([...found.left, ...found.right]);
  const groups = new Set<Unequal>();
  for (const entry of entries) {
    const group = tied.get(entry);
    if (group) groups.add(group);
  }
  for (const group of groups) if (![...group.left, ...group.right].every((entry) => entries.has(entry))) return undefined;
  return [...groups];
}

/** Whether a later pass looks for the refunds of settlements by themselves. */
function seeksRefunds({ passes }: Rules, pass: Pass): boolean {
  return passes.slice(passes.indexOf(pass) + 1).some((later) => later.kind === 'subset' && later.parts !== undefined);
}

function otherSide(side: Side): Side {
  return side === 'left' ? 'right' : 'left';
}
