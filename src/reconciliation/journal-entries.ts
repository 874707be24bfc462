import { type Split, STANDINGS } from './standing.ts';

/** Money as the ledger should know it. Minor units. */
export interface Postable {
  account: string | null;
  tender: string | null;
  currency: string;
  amount: number;
  split: Split;
}

/** How a town's ledger is built. */
export interface LedgerRules {
  /** The fund of an account; undefined where the account has none. */
  fundOf(account: string): string | undefined;
  /** The account that takes the money, by way of paying. */
  debit: Readonly<Record<string, string>>;
  /** What a fund is owed by another, and what it owes; `{fund}` is its own fund, `{other}` the other one. */
  dueFrom: string;
  dueTo: string;
}

/** One line of a summarized entry: either debit or credit, never both, never negative. Minor units. */
export interface EntryLine {
  currency: string;
  fund: string;
  account: string;
  what: 'money' | 'revenue' | 'due from' | 'due to';
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

/**
 * Summarized entries of reconciled revenue: what came in against what it was for, balanced in each fund by what funds owe each other.
 * What is not reconciled, has no account, or came in a way that has no account for its money, is in no entry and is told.
 */
export function journalEntries(facts: Iterable<Postable>, rules: LedgerRules): { lines: EntryLine[]; notPosted: NotPosted[] } {
  const sums = new Map<string, { line: Omit<EntryLine, 'debit' | 'credit'>; debit: number }>();
  const left = new Map<string, NotPosted>();
  const book = (line: Omit<EntryLine, 'debit' | 'credit'>, debit: number): void => {
    const key = JSON.stringify([line.currency, line.fund, line.account, line.what]);
    const sum = sums.get(key);
    if (sum) sum.debit += debit;
    else sums.set(key, { line, debit });
  };
  const leave = ({ account, tender, currency }: Postable, amount: number, reason: string): void => {
    if (amount === 0) return;
    const key = JSON.stringify([account, tender, currency, reason]);
    const one = left.get(key);
    if (one) one.amount += amount;
    else left.set(key, { account, tender, currency, amount, reason });
  };
  for (const fact of facts) {
    const { account, tender, currency, split } = fact;
    for (const standing of STANDINGS)
      if (standing !== 'reconciled') leave(fact, split[standing], `not reconciled: ${standing.replaceAll('_', ' ')}`);
    const amount = split.reconciled;
    if (amount === 0) continue;
    const money = tender === null ? undefined : rules.debit[tender];
    const [revenueFund, moneyFund] = [
      account === null ? undefined : rules.fundOf(account),
      money === undefined ? undefined : rules.fundOf(money),
    ];
    if (account === null) leave(fact, amount, 'it has no account');
    else if (revenueFund === undefined) leave(fact, amount, 'its account names no fund');
    else if (money === undefined || moneyFund === undefined)
      leave(fact, amount, `no account takes money that was paid by ${tender ?? 'it is not known what'}`);
    else {
      book({ currency, fund: moneyFund, account: money, what: 'money' }, amount);
      book({ currency, fund: revenueFund, account, what: 'revenue' }, -amount);
      if (revenueFund !== moneyFund) {
        const named = (template: string, fund: string, other: string): string =>
          template.replaceAll('{fund}', fund).replaceAll('{other}', other);
        book({ currency, fund: moneyFund, account: named(rules.dueTo, moneyFund, revenueFund), what: 'due to' }, -amount);
        book({ currency, fund: revenueFund, account: named(rules.dueFrom, revenueFund, moneyFund), what: 'due from' }, amount);
      }
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
