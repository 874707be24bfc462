import { type LedgerEntry, revenueLedger } from '../engine/revenue/ledger.ts';
import type { Engine } from '../engine/run/run.ts';
import { addSplit, noSplit, type Standing } from '../reconciliation/standing.ts';
import { columnsFrom, type Report, type ReportRow } from './report-table.ts';

/** Which receipts: each name narrows it; `(no account)` and the like as the revenue report has them. */
export interface ReceiptFilter {
  from?: string | undefined;
  to?: string | undefined;
  department?: string | undefined;
  account?: string | undefined;
  tender?: string | undefined;
  standing?: Standing | undefined;
}

/** `report receipts`: the receipts behind a figure of the revenue report; their sum is the figure. */
export async function receiptsReport(engine: Engine, filter: ReceiptFilter): Promise<Report> {
  const { from, to, department, account, tender, standing } = filter;
  const is = (wanted: string | undefined, value: string | null, none: string): boolean =>
    wanted === undefined || wanted === (value ?? none);
  const entries: LedgerEntry[] = [];
  const sums = new Map<string, { amount: number; split: ReturnType<typeof noSplit> }>();
  for await (const entry of revenueLedger(engine, { from, to })) {
    if (!is(department, entry.department, '(no department)') || !is(account, entry.account, '(no account)')) continue;
    if (!is(tender, entry.tender, '(no tender)')) continue;
    // A correction may leave an amount at 0.00 and move cents from one standing to another.
    if (standing !== undefined && entry.split[standing] === 0) continue;
    entries.push(entry);
    let sum = sums.get(entry.currency);
    if (!sum) sums.set(entry.currency, (sum = { amount: 0, split: noSplit() }));
    sum.amount += entry.amount;
    addSplit(sum.split, entry.split);
  }
  entries.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const figures = [
    'amount:Amount:money',
    'reconciled:Reconciled:money',
    'in_transit:In transit:money',
    'exception:Exception:money',
    'not_covered:Not covered:money',
  ] as const;
  return {
    title: 'Receipts',
    definition: {
      report: 'receipts',
      from: from ?? null,
      to: to ?? null,
      department: department ?? null,
      account: account ?? null,
      tender: tender ?? null,
      standing: standing ?? null,
    },
    notes: ['A receipt that its lines split over accounts is once for each. interlocal report trace RECEIPT leads on from here.'],
    tables: [
      {
        name: 'totals',
        title: 'Total',
        columns: columnsFrom('currency:Currency', ...figures),
        rows: [...sums].sort().map(([currency, { amount, split }]): ReportRow => ({ currency, amount, ...split })),
      },
      {
        name: 'receipts',
        title: 'Receipts',
        columns: columnsFrom(
          'booked_on:Counts on',
          'receipt:Receipt',
          'source:System',
          'day:Taken on',
          'department:Department',
          'account:Account',
          'tender:Paid by',
          'currency:Currency',
          ...figures,
          'corrects:Corrects',
          'why:Why not reconciled',
        ),
        rows: entries.map((entry): ReportRow => {
          const { bookedOn: booked_on, receiptNumber: receipt, source, day, currency, amount, split, corrects, reasons } = entry;
          const names = { department: entry.department, account: entry.account, tender: entry.tender };
          return { booked_on, receipt, source, day, ...names, currency, amount, ...split, corrects, why: reasons.join('; ') || null };
        }),
      },
    ],
  };
}

function key(entry: LedgerEntry): string {
  const { bookedOn, source, receiptNumber, account, part, corrects } = entry;
  return [bookedOn, source, receiptNumber, account ?? '', part, corrects ?? '', String(entry.amount)].join('\u0000');
}
