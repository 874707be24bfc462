import { hash } from 'node:crypto';
import { type EntryLine, journalEntries, type LedgerRules, type NotPosted, type Postable } from './journal-entries.ts';
import type { Period } from './periods/fiscal.ts';
import { wholly } from './standing.ts';

/** What a receipt gives to one account, paid in one way. */
export interface EntryPart {
  /** The golden record of the receipt. */
  golden: number;
  /** What its own system calls it: in the id of an entry, which has to be the same in every store. */
  source: string;
  receiptNumber: string;
  /** The day on which the money was taken. */
  day: string;
  department: string | null;
  account: string | null;
  tender: string | null;
  currency: string;
  /** Minor units; negative takes back what an earlier entry has. */
  amount: number;
}

/** Reconciled money in the period in which it counts. */
export interface DuePart extends EntryPart {
  period: Period;
}

/** What an entry that was sent, or that a person entered by hand, has of a receipt. */
export interface PostedPart extends DuePart {
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
  parts: EntryPart[];
  lines: EntryLine[];
}

export interface Drafts {
  entries: EntryDraft[];
  /** Money that is due and in no entry, and why. */
  notPosted: NotPosted[];
  /** Receipts of which entries take back more than they add. */
  reversed: number;
}

export interface PostingRules {
  /** The connection that entries are sent to; part of their ids. */
  connection: string;
  ledger: LedgerRules;
  /** An entry for each value of these. */
  by: readonly ('department' | 'tender')[];
  /** May entries of a period be made now? */
  ready(period: Period): boolean;
  /** Receipts of which it is not known how they stand: what is posted of them stays as it is for now. */
  unsure: ReadonlySet<number>;
}

/**
 * The entries that are still missing: what is due in each period, less what earlier entries have of it. A receipt that an entry has already gives
 * an adjusting entry of its own, which names the entry that it corrects; nothing that was posted is ever changed. Pure: the same money gives the
 * same entries with the same ids, in whatever order it comes.
 */
export function draftEntries(due: Iterable<DuePart>, posted: Iterable<PostedPart>, rules: PostingRules): Drafts {
  const open = new Map<string, DuePart>();
  const add = (part: DuePart, sign: 1 | -1): void => {
    const { golden, currency, account, tender, department, period } = part;
    const key = JSON.stringify([golden, currency, account, tender, department, period.id]);
    const one = open.get(key);
    if (one) one.amount += sign * part.amount;
    else open.set(key, { ...part, amount: sign * part.amount });
  };
  const newest = new Map<number, PostedPart['entry']>();
  for (const part of posted) {
    add(part, -1);
    const known = newest.get(part.golden);
    if (!known || known.number < part.entry.number) newest.set(part.golden, part.entry);
  }
  for (const part of due) add(part, 1);
  const groups = new Map<string, { corrects: EntryDraft['corrects']; parts: DuePart[] }>();
  const left: DuePart[] = [];
  const net = new Map<number, number>();
  const postable = postableBy(rules.ledger);
  for (const part of open.values()) {
    if (part.amount === 0 || !rules.ready(part.period)) continue;
    const corrects = newest.get(part.golden) ?? null;
    if (corrects && rules.unsure.has(part.golden)) continue;
    if (!postable(part)) {
      left.push(part);
      continue;
    }
    if (corrects) net.set(part.golden, (net.get(part.golden) ?? 0) + part.amount);
    const key = JSON.stringify([part.period.id, ...rules.by.map((name) => part[name]), part.currency, corrects?.id ?? null]);
    const group = groups.get(key);
    if (group) group.parts.push(part);
    else groups.set(key, { corrects, parts: [part] });
  }
  const entries = [...groups.values()].flatMap((group) => draftOf(group, rules) ?? []);
  return {
    entries: entries.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)),
    notPosted: journalEntries(left.map(postableFact), rules.ledger).notPosted,
    reversed: [...net.values()].filter((amount) => amount < 0).length,
  };
}

/** Funds in which debits and credits differ, by the funds that the accounts of the lines name; with their lines. */
export function unbalancedFunds(
  lines: readonly EntryLine[],
  { fundOf }: Pick<LedgerRules, 'fundOf'>,
): { fund: string; lines: EntryLine[] }[] {
  const funds = Map.groupBy(lines, (line) => `${line.currency} ${fundOf(line.account) ?? '(no fund)'}`);
  return [...funds].flatMap(([fund, own]) =>
    fund.endsWith('(no fund)') || own.reduce((sum, line) => sum + line.debit - line.credit, 0) !== 0 ? [{ fund, lines: own }] : [],
  );
}

function draftOf({ corrects, parts }: { corrects: EntryDraft['corrects']; parts: DuePart[] }, rules: PostingRules): EntryDraft | undefined {
  const [first] = parts;
  const { lines } = journalEntries(parts.map(postableFact), rules.ledger);
  // Only what the lines do not tell apart changed: nothing is to be posted.
  if (lines.length === 0) return undefined;
  const own = parts.map(({ period: _, ...part }): EntryPart => part).sort((a, b) => (partText(a) < partText(b) ? -1 : 1));
  const department = rules.by.includes('department') ? first!.department : null;
  const tender = rules.by.includes('tender') ? first!.tender : null;
  const { period, currency } = first!;
  const content = [rules.connection, period.id, department, tender, currency, corrects?.id ?? null, own.map(partText), lines];
  return { id: hash('sha256', JSON.stringify(content)).slice(0, 24), period, department, tender, currency, corrects, parts: own, lines };
}

function postableFact({ account, tender, currency, amount }: EntryPart): Postable {
  return { account, tender, currency, amount, split: wholly('reconciled', amount) };
}

/** Can money of this account and way of paying be in an entry? Asked once for each. */
function postableBy(ledger: LedgerRules): (part: EntryPart) => boolean {
  const known = new Map<string, boolean>();
  return (part) => {
    const key = JSON.stringify([part.account, part.tender]);
    let can = known.get(key);
    if (can === undefined) known.set(key, (can = journalEntries([postableFact({ ...part, amount: 1 })], ledger).notPosted.length === 0));
    return can;
  };
}

function partText({ source, receiptNumber, day, department, account, tender, currency, amount }: EntryPart): string {
  return JSON.stringify([source, receiptNumber, day, department, account, tender, currency, amount]);
}

function orderOf({ period, department, tender, currency, corrects }: EntryDraft): string {
  return [period.last, period.id, department ?? '', tender ?? '', currency, String(corrects?.number ?? 0).padStart(12, '0')].join('\u0000');
}
