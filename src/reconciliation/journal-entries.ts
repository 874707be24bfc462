import { type Split, STANDINGS } from './standing.ts';

/** Money as the ledger should know it. Minor units. */
export interface Postable {
  account: string | null;
  tender: string | null;
  currency: string;
  amount: number;
  split: Split;
  /** Of money that a closing booked: what the closing's entries have of it as revenue. null: it is in none of them. */
  posted?: number | null | undefined;
  /** Of a change: what closings booked of the same money before it. */
  before?: BookedBefore | undefined;
  /** Only how the money stands changed: it counted in an earlier period. */
  moved?: boolean | undefined;
}

/** What closings booked of some money, added up. Minor units. */
export interface BookedBefore {
  amount: number;
  reconciled: number;
  /** What their entries have of it as revenue. null: some of it is in no entry. */
  posted: number | null;
}

/** How a town's ledger is built. */
export interface LedgerRules {
  /** The fund of an account; undefined where the account has none. */
  fundOf(account: string): string | undefined;
  /** The account that takes the money, by way of paying. */
  debit: Readonly<Record<string, string>>;
  /** The account that holds what is not reconciled yet, by way of paying; without one, only what is reconciled is revenue. */
  clearing: Readonly<Record<string, string>>;
  /** What a fund is owed by another, and what it owes; `{fund}` is its own fund, `{other}` the other one. */
  dueFrom: string;
  dueTo: string;
}

/** What a line of an entry is about. money: the account that took it. clearing: the account of what is not reconciled yet. */
export type EntryPart = 'money' | 'clearing' | 'revenue' | 'due from' | 'due to';

/** One line of a summarized entry: either debit or credit, never both, never negative. Minor units. */
export interface EntryLine {
  currency: string;
  fund: string;
  account: string;
  what: EntryPart;
  debit: number;
  credit: number;
}

/** Money that is in no entry, and why. */
export interface NotPosted {
  account: string | null;
  tender: string | null;
  currency: string;
  amount: number;
  reason: string;
}

/** What one amount comes to in the ledger. Minor units; a debit is positive. */
export interface Posting {
  lines: { fund: string; account: string; what: EntryPart; debit: number }[];
  /** What the entries have of it as revenue; null: it is in no entry. */
  revenue: number | null;
  notPosted: { amount: number; reason: string }[];
}

/**
 * What one amount comes to in the ledger. Revenue counts in the period of its receipt. What is reconciled is debited to the account
 * that takes the money, all else to a clearing account; when it is reconciled, it moves from there. Where no clearing account is
 * named, revenue counts when it is reconciled. What closings have in their entries is never posted again.
 */
export function postingOf(fact: Postable, rules: LedgerRules): Posting {
  const { account, tender, amount, split, moved } = fact;
  // A move has no amount: what it moves is told.
  const none = (reason: string, told = amount): Posting => ({
    lines: [],
    revenue: null,
    notPosted: told === 0 ? [] : [{ amount: told, reason }],
  });
  if (account === null) return none('it has no account');
  const fund = rules.fundOf(account);
  if (fund === undefined) return none('its account does not say the fund');
  const money = tender === null ? undefined : rules.debit[tender];
  const moneyFund = money === undefined ? undefined : rules.fundOf(money);
  if (money === undefined || moneyFund === undefined)
    return none(`no account takes money that was paid by ${tender ?? 'it is not known what'}`);
  const told = moved ? split.reconciled : amount;
  if (fact.posted === null || fact.before?.posted === null)
    return none('it belongs to a closed period whose entries do not have it: enter it by hand', told);
  const clearing = rules.clearing[tender!];
  const before = fact.before ?? { amount: 0, reconciled: 0, posted: 0 };
  const all = clearing === undefined ? split.reconciled + before.reconciled : amount + before.amount;
  const revenue = fact.posted ?? all - before.posted!;
  const held = revenue - split.reconciled;
  const clearingFund = clearing === undefined ? undefined : rules.fundOf(clearing);
  if (held !== 0 && (clearing === undefined || clearingFund === undefined))
    return none(`what is not reconciled of it was booked to a clearing account, and ledger.clearing names none for ${tender}`, told);
  return {
    lines: [
      ...paid(rules, { account, fund }, { account: money, fund: moneyFund, what: 'money' }, split.reconciled),
      ...(held === 0 ? [] : paid(rules, { account, fund }, { account: clearing!, fund: clearingFund!, what: 'clearing' }, held)),
    ],
    revenue,
    notPosted:
      clearing !== undefined || moved
        ? []
        : STANDINGS.filter((standing) => standing !== 'reconciled' && split[standing] !== 0).map((standing) => ({
            amount: split[standing],
            reason: `not reconciled: ${standing.replaceAll('_', ' ')}`,
          })),
  };
}

/** An amount that one account takes for another, with what their funds owe each other for it. */
function paid(
  { dueFrom, dueTo }: LedgerRules,
  revenue: { account: string; fund: string },
  taker: { account: string; fund: string; what: EntryPart },
  debit: number,
): Posting['lines'] {
  const lines: Posting['lines'] = [
    { ...taker, debit },
    { ...revenue, what: 'revenue', debit: -debit },
  ];
  if (revenue.fund === taker.fund) return lines;
  const named = (template: string, fund: string, other: string): string => template.replaceAll('{fund}', fund).replaceAll('{other}', other);
  return [
    ...lines,
    { fund: taker.fund, account: named(dueTo, taker.fund, revenue.fund), what: 'due to', debit: -debit },
    { fund: revenue.fund, account: named(dueFrom, revenue.fund, taker.fund), what: 'due from', debit },
  ];
}

/**
 * Summarized entries: what came in against what it was for, balanced in each fund by what funds owe each other. What has no account,
 * or came in a way that has no account for its money, is in no entry and is told.
 */
export function journalEntries(facts: Iterable<Postable>, rules: LedgerRules): { lines: EntryLine[]; notPosted: NotPosted[] } {
  const sums = new Map<string, { line: Omit<EntryLine, 'debit' | 'credit'>; debit: number }>();
  const left = new Map<string, NotPosted>();
  for (const fact of facts) {
    const { account, tender, currency } = fact;
    const posting = postingOf(fact, rules);
    for (const { debit, fund, account: booked, what } of posting.lines) {
      const key = JSON.stringify([currency, fund, booked, what]);
      const sum = sums.get(key);
      if (sum) sum.debit += debit;
      else sums.set(key, { line: { currency, fund, account: booked, what }, debit });
    }
    for (const { amount, reason } of posting.notPosted) {
      const key = JSON.stringify([account, tender, currency, reason]);
      const one = left.get(key);
      if (one) one.amount += amount;
      else left.set(key, { account, tender, currency, amount, reason });
    }
  }
  const order = (line: EntryLine): string => [line.currency, line.fund, line.debit > 0 ? '0' : '1', line.account, line.what].join('\u0000');
  const lines = [...sums.values()]
    .filter(({ debit }) => debit !== 0)
    .map(({ line, debit }): EntryLine => ({ ...line, debit: Math.max(debit, 0), credit: Math.max(-debit, 0) }))
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const key = (one: NotPosted): string => [one.currency, one.reason, one.account ?? '', one.tender ?? ''].join('\u0000');
  return { lines, notPosted: [...left.values()].filter(({ amount }) => amount !== 0).sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
}
