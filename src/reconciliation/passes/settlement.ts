import { dateOf } from '../calendar.ts';
import type { BusinessDays, Entry, FoundMatch, SettlementPart, SettlementPass } from '../entry.ts';
import { pairName } from '../fields.ts';
import { sumOf } from '../sums.ts';
import { fits, keyGroups, type KeyResult, lagOf } from './key.ts';

/** What settlements are made of, as a pass says it. */
type Made = Pick<SettlementPass, 'parts' | 'negative'>;

/**
 * The parts of a settlement in minor units, by their sign in the formula; a part that its record leaves empty is not there. What is
 * given back of a reserve is taken off what is held back, so that every reader has one reserve.
 */
export function partsOf(pass: Made, entry: Entry): Partial<Record<SettlementPart, number>> {
  const parts: Partial<Record<SettlementPart, number>> = {};
  for (const [part, field] of Object.entries(pass.parts) as [SettlementPart, string][]) {
    const text = entry.values[field];
    if (text === null || text === undefined || text === '') continue;
    parts[part] = (pass.negative.includes(part) ? -1 : 1) * Number(text);
  }
  const { released, ...others } = parts;
  return released === undefined ? parts : { ...others, reserve: (parts.reserve ?? 0) - released };
}

/** What is left of the gross after all that is taken from it; null where the gross is not known. */
export function netOf(parts: Partial<Record<SettlementPart, number>>): number | null {
  if (parts.gross === undefined) return null;
  return parts.gross - (parts.refunds ?? 0) - (parts.fees ?? 0) - (parts.chargebacks ?? 0) - (parts.reserve ?? 0);
}

/**
 * What the payments of a settlement must add up to, by its own parts: the gross, less refunds where these are payments too. Of a
 * settlement without a gross, it is worked out from the net. Empty: it cannot be told.
 */
export function takingsOf(pass: Made, entry: Entry): number[] {
  const parts = partsOf(pass, entry);
  if (parts.gross !== undefined) return [parts.gross - (parts.refunds ?? 0), parts.gross];
  // A blank fee is not zero.
  if (parts.net === undefined || (pass.parts.fees !== undefined && parts.fees === undefined)) return [];
  const rest = parts.net + (parts.fees ?? 0) + (parts.chargebacks ?? 0) + (parts.reserve ?? 0);
  return [rest, rest + (parts.refunds ?? 0)];
}

/**
 * What the sales of a settlement add up to, and its refunds as a positive sum, where it says its gross or its net. `stated`: it says its
 * refunds itself, be it 0.
 */
export function salesAndRefunds(pass: Made, entry: Entry): { sales: number; refunds: number; stated: boolean } | undefined {
  const [less, gross] = takingsOf(pass, entry);
  if (less === undefined || gross === undefined) return undefined;
  return { sales: gross, refunds: gross - less, stated: partsOf(pass, entry).refunds !== undefined };
}

/**
 * Ties the payments of each key to its settlements, where they add up to what these are made of. A refund that another settlement
 * nets stays open for it: this one says that it has none, or others. `refundsApart`: a later pass looks for refunds by themselves.
 */
export function matchBySettlement(
  pass: SettlementPass,
  left: readonly Entry[],
  right: readonly Entry[],
  days: BusinessDays,
  refundsApart = false,
): KeyResult {
  const result: KeyResult = { matches: [], unequal: [], unfit: [] };
  if (!pass.on.length) return result;
  for (const group of keyGroups(pass, left, right, days)) {
    const [settlements, payments] = pass.of === 'left' ? [group.left, group.right] : [group.right, group.left];
    const takings = settlements.map((entry) => takingsOf(pass, entry));
    if (takings.some((list) => !list.length)) continue;
    const wanted = [0, 1].map((i) => takings.reduce((sum, list) => sum + list[i]!, 0)) as [number, number];
    const tie = (own: readonly Entry[]): void => tieSettlements(pass, { settlements, payments: own, wanted }, days, result, refundsApart);
    const sales = payments.filter(({ minor }) => minor > 0);
    const byDay = refundsApart && isByDay(pass, settlements);
    // A refund of the day is no more likely than one that waits: all of them are looked at, by a later pass.
    if (byDay && !sales.length) continue;
    const others =
      sales.length > 0 && sales.length < payments.length && (byDay || !takingsWith(payments, wanted).includes(sumOf(payments)));
    // What is refunded here was netted into another settlement, or another one's refunds into this one.
    const elsewhere = sumOf(sales) === wanted[1] || (refundsApart && sumOf(payments) - sumOf(sales) !== wanted[0] - wanted[1]);
    if (others && elsewhere) tie(sales);
    else tie(payments);
  }
  return result;
}

/** Whether a pass ties what is of one day, without a number. */
function isByDay(pass: SettlementPass, settlements: readonly Entry[]): boolean {
  return settlements.some(({ day, values }) => day !== null && pass.on.some((pair) => values[pair[pass.of]] === dateOf(day)));
}

interface SettledGroup {
  settlements: readonly Entry[];
  payments: readonly Entry[];
  /** The gross less the refunds, and the gross. */
  wanted: readonly [number, number];
}

function tieSettlements(
  pass: SettlementPass,
  { settlements, payments, wanted }: SettledGroup,
  days: BusinessDays,
  result: KeyResult,
  refundsApart: boolean,
): void {
  const fields = pass.on.map(pairName);
  const group = pass.of === 'left' ? { left: settlements, right: payments } : { left: payments, right: settlements };
  const paid = sumOf(payments);
  const found = takingsWith(payments, wanted).find((sum) => sum === paid);
  // Sales are held against the gross where refunds are looked for by themselves.
  const onlySales = refundsApart && payments.every(({ minor }) => minor > 0);
  const own = found ?? (onlySales ? wanted[1] : wanted[0]);
  const sums = pass.of === 'left' ? { left: own, right: paid } : { left: paid, right: own };
  const unequal = { pass: pass.name, ...group, difference: sums.right - sums.left, fields, sums };
  if (!fits(group.left.length, group.right.length, pass.sides)) {
    result.unfit.push(unequal);
    return;
  }
  if (found === undefined) {
    result.unequal.push(unequal);
    return;
  }
  const automatic = pass.confirm === 'automatic';
  const match: FoundMatch = {
    pass: pass.name,
    state: automatic ? 'confirmed' : 'proposed',
    ...group,
    difference: sumOf(group.right) - sumOf(group.left),
    evidence: {
      fields,
      lag: lagOf(group.left, group.right, days),
      rivals: 0,
      parts: addedUp(settlements.map((entry) => partsOf(pass, entry))),
      ...(automatic ? {} : { doubt: 'suggested' as const }),
    },
  };
  if (paid === wanted[0] && (paid === wanted[1] || !onlySales)) {
    result.matches.push(match);
    return;
  }
  // Sales without the refunds that it says: they may be payments of another day, which a later pass finds; if not, this is it.
  const rest = paid === wanted[0] ? wanted[1] : wanted[0];
  const less = pass.of === 'left' ? { left: rest, right: paid } : { left: paid, right: rest };
  result.unequal.push({ ...unequal, difference: less.right - less.left, sums: less, otherwise: match });
}

/** Where refunds are payments, the gross is not their sum with the sales: that would be one sale too many, as large as the refunds. */
function takingsWith(payments: readonly Entry[], [less, gross]: readonly [number, number]): readonly number[] {
  return payments.some(({ minor }) => minor < 0) ? [less] : [less, gross];
}

function addedUp(list: readonly Partial<Record<SettlementPart, number>>[]): Partial<Record<SettlementPart, number>> {
  const sums: Partial<Record<SettlementPart, number>> = {};
  for (const parts of list)
    for (const [part, minor] of Object.entries(parts) as [SettlementPart, number][]) sums[part] = (sums[part] ?? 0) + minor;
  return sums;
}
