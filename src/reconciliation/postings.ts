import { hash } from 'node:crypto';
import type { EntryLine, LedgerRules } from './journal-entries.ts';
import type { Period } from './periods/fiscal.ts';

/** What an entry has of a receipt in one of its lines. Minor units. */
export interface ReceiptLine {
  /** The golden record of the receipt. */
  golden: number;
  /** What its own system calls it: in the id of an entry, which has to be the same in every store. */
  source: string;
  receiptNumber: string;
  /** The day on which the money was taken. */
  day: string;
  department: string | null;
  tender: string | null;
  currency: string;
  fund: string;
  account: string;
  what: EntryLine['what'];
  /** A credit is negative. */
  debit: number;
}

/** A line that the ledger should have by now, in the period in which it counts. */
export interface DueLine extends ReceiptLine {
  period: Period;
}

/** A line that is in the ledger, or may be, by an entry that was sent; or that a person entered by hand. */
export interface PostedLine extends DueLine {
  entry: { number: number; id: string };
}

/** An entry that is not in the ledger yet. */
export interface EntryDraft {
  /** Made from what is in it: the same content has the same id, whenever and in whatever store it is made. */
  id: string;
  period: Period;
  /** null where there is no entry for each. */
  department: string | null;
  tender: string | null;
  currency: string;
  /** The newest entry that has money of the same receipts, which this one adjusts. */
  corrects: { number: number; id: string } | null;
  receiptLines: ReceiptLine[];
  lines: EntryLine[];
}

export interface PostingRules {
  /** The connection that entries are sent to; part of their ids. */
  connection: string;
  /** An entry for each value of these. */
  by: readonly ('department' | 'tender')[];
  /** May entries of a period be made now? */
  ready(period: Period): boolean;
  /** Receipts of which it is not known how they stand: what is posted of them stays as it is for now. */
  unsure: ReadonlySet<number>;
}

/** What one receipt lacks in one period, paid in one way. */
interface Missing {
  lines: DueLine[];
  /** As the receipt's own data decide it, without the accounts that the configuration names: account of revenue, money, clearing. */
  said: Map<string, number>;
}

/**
 * The entries that are still missing: what is due in each period, less what earlier entries have of it. A receipt that an entry has already gives
 * an adjusting entry of its own, which names the entry that it corrects; money that only moves from a clearing account to its own corrects nothing.
 * What was posted is never changed, and stays where it is when only the accounts in the configuration changed. Pure: the same money gives the same
 * entries with the same ids, in whatever order it comes. `reversed`: receipts of which entries take back more than they add.
 */
export function draftEntries(
  due: Iterable<DueLine>,
  posted: Iterable<PostedLine>,
  rules: PostingRules,
): { entries: EntryDraft[]; reversed: number } {
  const newest = new Map<number, PostedLine['entry']>();
  const open = new Map<string, Missing>();
  const add = (line: DueLine, sign: 1 | -1): void => {
    const { golden, period, department, tender, currency, account, what } = line;
    const key = JSON.stringify([golden, period.id, department, tender, currency]);
    let one = open.get(key);
    if (!one) open.set(key, (one = { lines: [], said: new Map() }));
    one.lines.push(sign === 1 ? line : { ...line, debit: -line.debit });
    if (what === 'due from' || what === 'due to') return;
    const name = what === 'revenue' ? account : `\u0000${what}`;
    one.said.set(name, (one.said.get(name) ?? 0) + sign * line.debit);
  };
  for (const line of posted) {
    add(line, -1);
    const known = newest.get(line.golden);
    if (!known || known.number < line.entry.number) newest.set(line.golden, line.entry);
  }
  for (const line of due) add(line, 1);
  const groups = new Map<string, { corrects: EntryDraft['corrects']; lines: DueLine[] }>();
  const net = new Map<number, number>();
  for (const { lines, said } of open.values()) {
    const [{ golden, period, department, tender, currency }] = lines as [DueLine];
    if ([...said.values()].every((debit) => debit === 0) || !rules.ready(period)) continue;
    const before = newest.get(golden) ?? null;
    if (before && rules.unsure.has(golden)) continue;
    if (before) net.set(golden, (net.get(golden) ?? 0) + (said.get('\u0000money') ?? 0) + (said.get('\u0000clearing') ?? 0));
    const corrects = before && !isMove(said) ? before : null;
    const of = { department: rules.by.includes('department') ? department : null, tender: rules.by.includes('tender') ? tender : null };
    const key = JSON.stringify([period.id, of.department, of.tender, currency, corrects?.id ?? null]);
    const group = groups.get(key);
    if (group) group.lines.push(...lines);
    else groups.set(key, { corrects, lines: [...lines] });
  }
  const entries = [...groups.values()].flatMap((group) => draftOf(group, rules) ?? []);
  return {
    entries: entries.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)),
    reversed: [...net.values()].filter((debit) => debit < 0).length,
  };
}

/** Funds in which debits and credits differ, by the funds that the accounts of the lines name; with their lines. */
export function unbalancedFunds(
  lines: readonly EntryLine[],
  { fundOf }: Pick<LedgerRules, 'fundOf'>,
): { fund: string; currency: string; lines: EntryLine[] }[] {
  const funds = Map.groupBy(lines, (line) => JSON.stringify([line.currency, fundOf(line.account) ?? null]));
  return [...funds].flatMap(([key, own]) => {
    const [currency, fund] = JSON.parse(key) as [string, string | null];
    const balances = own.reduce((sum, line) => sum + line.debit - line.credit, 0) === 0;
    return fund !== null && balances ? [] : [{ fund: fund ?? '(none)', currency, lines: own }];
  });
}

/** Money that arrives, or does not arrive after all: it moves between the clearing account and its own, and revenue stays what it was. */
function isMove(said: ReadonlyMap<string, number>): boolean {
  const clearing = said.get('\u0000clearing') ?? 0;
  return (
    clearing !== 0 &&
    [...said].every(([name, debit]) => name.startsWith('\u0000') || debit === 0) &&
    clearing === -(said.get('\u0000money') ?? 0)
  );
}

function draftOf({ corrects, lines }: { corrects: EntryDraft['corrects']; lines: DueLine[] }, rules: PostingRules): EntryDraft | undefined {
  const receiptLines = addedUp(lines, ({ golden, day, department, tender, fund, account, what }) => [
    golden,
    day,
    department,
    tender,
    fund,
    account,
    what,
  ])
    .map(({ period: _, entry: _entry, ...line }: DueLine & Partial<PostedLine>): ReceiptLine => line)
    .sort((a, b) => (lineText(a) < lineText(b) ? -1 : 1));
  const summed = addedUp(receiptLines, ({ fund, account, what }) => [fund, account, what]).map(
    ({ currency, fund, account, what, debit }): EntryLine => ({
      currency,
      fund,
      account,
      what,
      debit: Math.max(debit, 0),
      credit: Math.max(-debit, 0),
    }),
  );
  // Only what no line tells apart changed, such as the department: nothing is to be posted.
  if (summed.length === 0) return undefined;
  summed.sort((a, b) => (lineOrder(a) < lineOrder(b) ? -1 : 1));
  const { period, currency, department: ofDepartment, tender: ofTender } = lines[0]!;
  const department = rules.by.includes('department') ? ofDepartment : null;
  const tender = rules.by.includes('tender') ? ofTender : null;
  const content = [rules.connection, period.id, department, tender, currency, corrects?.id ?? null, receiptLines.map(lineText)];
  const id = hash('sha256', JSON.stringify(content)).slice(0, 24);
  return { id, period, department, tender, currency, corrects, receiptLines, lines: summed };
}

/** Lines of the same key as one; what comes to nothing is left out. */
function addedUp<T extends ReceiptLine>(lines: readonly T[], keyOf: (line: T) => unknown[]): T[] {
  const sums = new Map<string, T>();
  for (const line of lines) {
    const key = JSON.stringify(keyOf(line));
    const sum = sums.get(key);
    if (sum) sum.debit += line.debit;
    else sums.set(key, { ...line });
  }
  return [...sums.values()].filter(({ debit }) => debit !== 0);
}

/** By fund, debits first, as the report of entries has them. */
function lineOrder({ fund, account, what, debit }: EntryLine): string {
  return [fund, debit > 0 ? '0' : '1', account, what].join('\u0000');
}

function lineText({ source, receiptNumber, day, department, tender, currency, fund, account, what, debit }: ReceiptLine): string {
  return JSON.stringify([source, receiptNumber, day, department, tender, currency, fund, account, what, debit]);
}

function orderOf({ period, department, tender, currency, corrects }: EntryDraft): string {
  return [period.last, period.id, department ?? '', tender ?? '', currency, String(corrects?.number ?? 0).padStart(12, '0')].join('\u0000');
}
