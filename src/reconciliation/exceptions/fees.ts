import { dateOf, monthBefore, monthOf } from '../calendar.ts';
import type { Entry, FeeRule, SettlementPass } from '../entry.ts';
import { note, type Rules, type Work } from '../match/work.ts';
import { netOf, partsOf } from '../passes/settlement.ts';
import { isWhere } from './rules.ts';

/**
 * Checks every settlement by itself, tied or not: that its parts come to its net, that it says its fee, and that the fee is what
 * the contract gives. A fee difference is never part of a tolerance, and a chargeback that was netted into it is told.
 */
export function noteSettlements(work: Work, pass: SettlementPass): void {
  const expectedByMonth = new Map<string, number>();
  const payments = paymentsOf(work, pass);
  const detailed = detailedChargebacks(work, pass);
  const settlementPasses = work.rules.passes.filter((one): one is SettlementPass => one.kind === 'settlement' && one.of === pass.of);
  for (const entry of work.all[pass.of]) {
    if (settlementPasses.some(({ monthly }) => monthly && isWhere(entry.values, monthly.where)) || isItemAlone(work.rules, pass, entry))
      continue;
    const parts = partsOf(pass, entry);
    const rule = ruleOf(pass, entry);
    // The contract may stand in another pass: one by number has it, one by day has not.
    const monthly = settlementPasses.some((one) => ruleOf(one, entry)?.deducted === 'monthly');
    const blank = pass.parts.fees !== undefined && parts.fees === undefined && !monthly;
    // Monthly fees are in the report and are not taken out of the net.
    const net = netOf(monthly ? { ...parts, fees: 0 } : parts);
    if (blank) add(work, pass, entry, 'fee_missing', entry.minor, {});
    else if (net !== null && parts.net !== undefined && net !== parts.net)
      add(work, pass, entry, 'settlement_does_not_add_up', parts.net - net, { net: parts.net, parts: net });
    // One that was won comes back with the other sign. Where the processor's record of it is read, that is the exception.
    if (parts.chargebacks && parts.chargebacks > 0 && !detailed(entry, parts.chargebacks))
      add(work, pass, entry, 'chargeback', parts.chargebacks, {});
    if (!rule || parts.gross === undefined) continue;
    const expected = expectedFee(rule, entry, parts.gross, itemsOf(payments.get(entry), parts.gross));
    if (expected === null) continue;
    if (monthly && entry.day !== null) {
      const key = monthKey(pass, entry, monthOf(dateOf(entry.day)));
      expectedByMonth.set(key, (expectedByMonth.get(key) ?? 0) + expected.fee);
    }
    // A report of gross amounts may leave the fee to the debit of the month, which is checked below.
    if (parts.fees === undefined || (monthly && pass.monthly && parts.fees === 0)) continue;
    const off = Math.abs(parts.fees - expected.fee) - expected.doubt;
    if (off > pass.feeLimit) add(work, pass, entry, 'fee_odd', parts.fees - expected.fee, { fee: parts.fees, expected: expected.fee });
  }
  if (pass.monthly) noteMonthly(work, pass, expectedByMonth);
}

/**
 * Whether the records of single chargebacks have those that were netted into a settlement: one of them, or all of its days together. A
 * processor may report some of its chargebacks in records of their own, and net others.
 */
function detailedChargebacks(work: Work, pass: SettlementPass): (settlement: Entry, minor: number) => boolean {
  const isRead = work.rules.exceptions.items.some(({ type }) => type === 'chargeback');
  const isHere = work.rules.exceptions.items.some(({ type, side }) => type === 'chargeback' && side === pass.of);
  const details = isHere ? work.all[pass.of].filter((entry) => entry.day !== null && isChargeback(work.rules, pass, entry)) : [];
  return ({ day, currency }, minor) => {
    if (!isHere || day === null) return isRead;
    const at = work.days.index(day);
    const near = details.filter((one) => one.currency === currency && Math.abs(work.days.index(one.day!) - at) <= DETAIL_WITHIN);
    const minors = near.map((one) => Math.abs(partsOf(pass, one).chargebacks || one.minor));
    return minors.includes(minor) || (minors.length > 1 && minors.reduce((sum, one) => sum + one, 0) === minor);
  };
}

/** Whether a rule names a record of this side as a chargeback. */
function isChargeback({ exceptions }: Pick<Rules, 'exceptions'>, { of }: SettlementPass, { values }: Entry): boolean {
  return exceptions.items.some(({ type, side, where }) => type === 'chargeback' && side === of && isWhere(values, where));
}

/** What a settlement with chargebacks and the records of single ones have in common; null: it is neither. */
export function chargebackKeyOf(rules: Pick<Rules, 'exceptions'>, pass: SettlementPass, entry: Entry): string | null {
  return isChargeback(rules, pass, entry) || (partsOf(pass, entry).chargebacks ?? 0) > 0 ? entry.currency : null;
}

/** Business days between a settlement and the record of a chargeback in it. */
export const DETAIL_WITHIN = 3;

/** A chargeback or a return in a record of its own, among the settlements: it has no payments and no fee, and is an exception by itself. */
export function isItemAlone({ exceptions }: Pick<Rules, 'exceptions'>, pass: SettlementPass, entry: Entry): boolean {
  return exceptions.items.some(({ side, where }) => side === pass.of && isWhere(entry.values, where)) && !partsOf(pass, entry).gross;
}

/** The entry of the contract that holds for a settlement; undefined: none does. */
export function ruleOf(pass: SettlementPass, { values, day }: Entry): FeeRule | undefined {
  return pass.contract.find(
    ({ where, from, to }) =>
      isWhere(values, where) && (day === null || ((from === undefined || day >= from) && (to === undefined || day <= to))),
  );
}

/**
 * The fee that the contract gives for a settlement of this gross, in minor units. `items`: its payments, where they are known.
 * `doubt`: by how much the fee may be off because the items are not known one by one. null: it cannot be told.
 */
export function expectedFee(
  rule: FeeRule,
  entry: Pick<Entry, 'values'>,
  gross: number,
  items: readonly number[] | undefined,
): { fee: number; doubt: number } | null {
  const field = rule.items === undefined ? null : (entry.values[rule.items] ?? null);
  const count = field !== null && /^\d+$/.test(field) ? Number(field) : items?.length;
  if (rule.rounding === 'item' && items && (count === undefined || count === items.length))
    return { fee: items.reduce((sum, minor) => sum + rounded(minor, rule.millionths) + rule.perItem, 0), doubt: 0 };
  if (count === undefined && (rule.perItem !== 0 || rule.rounding === 'item')) return null;
  const fee = rounded(gross, rule.millionths) + rule.perItem * (count ?? 0);
  // Each item may be rounded by half a cent; a fee that is further off is wrong however it was rounded.
  return { fee, doubt: rule.rounding === 'item' ? Math.ceil(count! / 2) : 0 };
}

/** The payments that each settlement is tied to by the pass. */
function paymentsOf({ matches }: Work, { name, of, on }: SettlementPass): Map<Entry, readonly Entry[]> {
  const found = new Map<Entry, readonly Entry[]>();
  if (on.length)
    for (const match of matches)
      if (match.pass === name && match[of].length === 1) found.set(match[of][0]!, match[of === 'left' ? 'right' : 'left']);
  return found;
}

/** The amounts of payments where these add up to the gross; undefined: they are not known. */
function itemsOf(payments: readonly Entry[] | undefined, gross: number): number[] | undefined {
  const items = payments?.map(({ minor }) => minor).filter((minor) => minor > 0);
  return items?.reduce((sum, minor) => sum + minor, 0) === gross ? items : undefined;
}

/** Half a cent goes up. */
function rounded(minor: number, millionths: number): number {
  const product = BigInt(Math.abs(minor)) * BigInt(millionths);
  return Math.sign(minor) * Number((product + 500_000n) / 1_000_000n);
}

function monthKey(pass: SettlementPass, { values, currency }: Entry, month: string): string {
  return JSON.stringify([month, currency, ...(pass.monthly?.by ?? []).map((field) => values[field] ?? '')]);
}

/** The month whose fees a settlement is part of, where its fees are debited by the month; null: they are not, or it has no day. */
export function monthOfFees(pass: SettlementPass, entry: Entry): string | null {
  if (entry.day === null || !pass.monthly || isWhere(entry.values, pass.monthly.where)) return null;
  return ruleOf(pass, entry)?.deducted === 'monthly' ? monthKey(pass, entry, monthOf(dateOf(entry.day))) : null;
}

/** Whether the fee that the contract gives for a settlement does not depend on which payments it is tied to. */
export function hasOwnFee(pass: SettlementPass, entry: Entry): boolean {
  const rule = ruleOf(pass, entry);
  if (!rule || rule.rounding === 'item') return rule === undefined;
  return rule.perItem === 0 || (rule.items !== undefined && /^\d+$/.test(entry.values[rule.items] ?? ''));
}

/** The month whose fees a debit takes; null: it is none, or has no day. */
export function monthDebited(pass: SettlementPass, entry: Entry): string | null {
  if (entry.day === null || !pass.monthly || !isWhere(entry.values, pass.monthly.where)) return null;
  return monthKey(pass, entry, monthBefore(dateOf(entry.day)));
}

/** The debit of a month's fees comes in the next month. */
function noteMonthly(work: Work, pass: SettlementPass, expected: ReadonlyMap<string, number>): void {
  const charged = new Map<string, Entry[]>();
  for (const entry of work.all[pass.of]) {
    if (entry.day === null || !isWhere(entry.values, pass.monthly!.where)) continue;
    const key = monthKey(pass, entry, monthBefore(dateOf(entry.day)));
    charged.set(key, [...(charged.get(key) ?? []), entry]);
  }
  for (const [key, fee] of expected) {
    const entries = charged.get(key);
    if (!entries || work.known?.isMonthWhole?.(pass, key) === false) continue;
    const paid = Math.abs(entries.reduce((sum, { minor }) => sum + minor, 0));
    if (Math.abs(paid - fee) > pass.feeLimit)
      note(work, {
        type: 'fee_odd',
        left: pass.of === 'left' ? entries : [],
        right: pass.of === 'right' ? entries : [],
        minor: paid - fee,
        facts: { fee: paid, expected: fee, month: (JSON.parse(key) as string[])[0]! },
      });
  }
}

function add(work: Work, pass: SettlementPass, entry: Entry, type: string, minor: number, facts: Record<string, number>): void {
  note(work, {
    type,
    left: pass.of === 'left' ? [entry] : [],
    right: pass.of === 'right' ? [entry] : [],
    minor,
    facts: { pass: pass.name, ...facts },
  });
}
