import { readAmount } from '../core/text/amount-text.ts';
import type { Problem } from '../core/errors.ts';
import { problemIn } from './refuse.ts';

/** Exact sums of the entries of a bank statement: balances are its control figures. No float touches them. */

const DECIMALS = 6;

/** `-12.5` as a whole number of millionths; undefined: it is not an amount, or has more decimals than any currency. */
export function exactAmount(text: string): bigint | undefined {
  const parts = readAmount(text, {}, 'number');
  if (typeof parts === 'string' || parts.fraction.length > DECIMALS) return undefined;
  const value = BigInt(parts.whole + parts.fraction.padEnd(DECIMALS, '0'));
  return parts.negative ? -value : value;
}

/** A whole number of millionths as people read it: at least two decimals. */
function shownAmount(value: bigint): string {
  const digits = String(value < 0n ? -value : value).padStart(DECIMALS + 1, '0');
  let end = digits.length;
  while (end > digits.length - DECIMALS + 2 && digits[end - 1] === '0') end--;
  return `${value < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}.${digits.slice(digits.length - DECIMALS, end)}`;
}

/** Bank accounts are not shown whole in messages. */
export function lastDigits(account: string): string {
  return account.length > 4 ? `…${account.slice(-4)}` : account;
}

/**
 * The problem of a statement whose opening balance and entries do not give its closing balance; undefined: they do. `line`: where the
 * statement ends.
 */
export function imbalance(
  { file, line }: { file: string; line: number },
  { account, opening, entries, closing, currency }: Statement,
): Problem | undefined {
  const found = opening + entries;
  if (found === closing) return undefined;
  const amount = (value: bigint): string => `${shownAmount(value)} ${currency}`;
  return problemIn(
    'STATEMENT_UNBALANCED',
    file,
    { line },
    `The statement of the account ${lastDigits(account)} opens with ${amount(opening)}, its entries add up to ${amount(entries)}, and it closes with ${amount(closing)}: off by ${amount(closing - found)}.`,
    'Entries are missing or were changed in transit: have the bank send the file again.',
  );
}

/** Amounts in millionths. */
interface Statement {
  account: string;
  opening: bigint;
  entries: bigint;
  closing: bigint;
  currency: string;
}
