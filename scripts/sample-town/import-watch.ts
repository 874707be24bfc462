import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { dollars, sum } from './generate/money.ts';

/** The part of finance that watches a folder for receipts to import, as New World ERP does. */
export interface ImportWatch {
  /** What it has imported so far, as its taken files have it. */
  taken(): ImportCount;
  /** Imports what is in its folder now, without waiting for the next beat. */
  takeAll(): void;
  /** Imports what is there, and ends. */
  close(): void;
}

export interface ImportCount {
  files: number;
  receipts: number;
  /** In minor units, over all payments. */
  amount: number;
}

/** Sums are in cents; undefined where an amount is none. */
interface ImportedReceipt {
  number: string;
  paid: number | undefined;
  distributed: number | undefined;
}

/** A file is imported at the second beat that sees it, one file a beat. */
const BEAT_MS = 250;

/**
 * Watches `folder`/imports. A file that is right is moved to `folder`/taken, any other to `folder`/refused; what came of it is written to an
 * edit report in `reports`, which stands for the e-mail that New World sends. What it imported is what is in taken, and nothing else.
 */
export function startImportWatch({ folder, reports }: { folder: string; reports: string }): ImportWatch {
  for (const name of ['imports', 'taken']) mkdirSync(join(folder, name), { recursive: true });
  let seen: string | undefined;
  const timer = setInterval(() => {
    const [first] = waiting(folder);
    if (first !== undefined && first === seen) importFile(folder, reports, first);
    seen = first;
  }, BEAT_MS);
  const takeAll = (): void => {
    for (const name of waiting(folder)) importFile(folder, reports, name);
  };
  return {
    taken: () => countOf(folder),
    takeAll,
    close() {
      clearInterval(timer);
      takeAll();
    },
  };
}

/** Names that begin with a point are still being written. */
function waiting(folder: string): string[] {
  return filesOf(join(folder, 'imports')).filter((name) => !name.startsWith('.') && name.endsWith('.xml'));
}

function importFile(folder: string, reports: string, name: string): void {
  const text = readFileSync(join(folder, 'imports', name), 'utf8');
  const before = takenReceipts(folder);
  const receipts = receiptsOf(text);
  const faults = typeof receipts === 'string' ? [receipts] : faultsOf(receipts, new Set(before.map((r) => r.number)));
  const to = faults.length === 0 ? 'taken' : 'refused';
  mkdirSync(join(folder, to), { recursive: true });
  renameSync(join(folder, 'imports', name), join(folder, to, name));
  mkdirSync(reports, { recursive: true });
  writeFileSync(join(reports, `${name}.txt`), reportOf(name, receipts, faults));
}

function receiptsOf(text: string): ImportedReceipt[] | string {
  const wellFormed = XMLValidator.validate(text);
  if (wellFormed !== true) return `The file is not well-formed XML: ${wellFormed.err.msg} (line ${wellFormed.err.line}).`;
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    isArray: (name) => name.endsWith('Level'),
  });
  const root = (parser.parse(text) as { ROOT?: { ReceiptHeaderLevel?: Header[] } }).ROOT;
  if (!root?.ReceiptHeaderLevel) return 'There is no ReceiptHeaderLevel in ROOT.';
  return root.ReceiptHeaderLevel.map((header) => ({
    number: header.ReceiptNumber ?? '',
    paid: sumOf(header.ReceiptPaymentLevel, 'ReceiptPaymentAmount'),
    distributed: sumOf(
      header.ReceiptTransactionLevel?.flatMap((transaction) => transaction.ReceiptTransactionGLDistributionLevel ?? []),
      'DistributionAmount',
    ),
  }));
}

interface Header {
  ReceiptNumber?: string;
  ReceiptPaymentLevel?: Record<string, string>[];
  ReceiptTransactionLevel?: { ReceiptTransactionGLDistributionLevel?: Record<string, string>[] }[];
}

function sumOf(items: readonly Record<string, string>[] | undefined, name: string): number | undefined {
  const amounts = (items ?? []).map((item) => /^(-?\d+)\.(\d\d)$/.exec(item[name] ?? ''));
  return amounts.includes(null) || amounts.length === 0 ? undefined : sum(amounts.map((amount) => Number(`${amount![1]}${amount![2]}`)));
}

function faultsOf(receipts: readonly ImportedReceipt[], known: ReadonlySet<string>): string[] {
  const seen = new Set(known);
  return receipts.flatMap(({ number, paid, distributed }) => {
    const faults = [
      ...(number === '' ? ['A receipt has no number.'] : []),
      ...(seen.has(number) ? [`Receipt ${number} was imported before.`] : []),
      ...(paid === undefined || distributed === undefined ? [`Receipt ${number} has no amount, or one that is not one.`] : []),
      ...(paid === distributed ? [] : [`Receipt ${number} is paid with ${text(paid)}, but distributes ${text(distributed)}.`]),
    ];
    seen.add(number);
    return faults;
  });
}

function text(amount: number | undefined): string {
  return amount === undefined ? 'nothing' : dollars(amount);
}

function reportOf(name: string, receipts: ImportedReceipt[] | string, faults: readonly string[]): string {
  const list = typeof receipts === 'string' ? [] : receipts;
  const total = dollars(paidOf(list));
  const head = [`EDIT REPORT ${name}`, `${list.length} receipts, ${total}`];
  return `${[...head, ...(faults.length ? ['NOT IMPORTED', ...faults] : ['IMPORTED, no errors'])].join('\n')}\n`;
}

function countOf(folder: string): ImportCount {
  const receipts = takenReceipts(folder);
  return {
    files: filesOf(join(folder, 'taken')).length,
    receipts: receipts.length,
    amount: paidOf(receipts),
  };
}

function paidOf(receipts: readonly ImportedReceipt[]): number {
  return sum(receipts.map(({ paid }) => paid ?? 0));
}

function takenReceipts(folder: string): ImportedReceipt[] {
  return filesOf(join(folder, 'taken')).flatMap((name) => {
    const receipts = receiptsOf(readFileSync(join(folder, 'taken', name), 'utf8'));
    return typeof receipts === 'string' ? [] : receipts;
  });
}

function filesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
