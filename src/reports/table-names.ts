import type { SavedReport } from '../config/schema/saved-report.ts';

/** The tables of each report that can be saved, the one of a CSV file anywhere among them. A test holds them against the shapes. */
export const TABLE_NAMES: Readonly<Record<SavedReport['report'], readonly string[]>> = {
  revenue: ['revenue', 'totals'],
  receipts: ['totals', 'receipts'],
  reconciled: ['money', 'reconciliations'],
  adjustments: ['adjustments'],
  exceptions: ['exceptions'],
  entries: ['entries', 'not_posted'],
  postings: ['postings', 'not_posted'],
  clearing: ['accounts', 'items'],
  gaps: ['gaps'],
  drawers: ['drawers'],
  drawer: ['receipts'],
  deposits: ['deposits', 'receipts', 'not_deposited'],
  settlements: ['settlements', 'totals', 'payments'],
  records: ['records'],
  'proof-of-cash': ['proof'],
  years: ['years'],
  outstanding: ['summary', 'outstanding'],
  aging: ['ages', 'owners', 'exceptions'],
  unposted: ['unposted', 'entries'],
};

/** The tables of a report, by its name; undefined for what is not a report. */
export function tablesOfReport(report: string): readonly string[] | undefined {
  return Object.hasOwn(TABLE_NAMES, report) ? TABLE_NAMES[report as SavedReport['report']] : undefined;
}
