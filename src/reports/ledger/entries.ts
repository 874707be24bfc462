import type { Project } from '../../config/project.ts';
import { entryPipelines } from '../../engine/outbound/entries/open-entries.ts';
import { receiptPipelines } from '../../engine/outbound/receipt-pipelines.ts';
import { ledgerRules } from '../../engine/revenue/ledger-rules.ts';
import { revenueLedger } from '../../engine/revenue/ledger.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { journalEntries, type Postable } from '../../reconciliation/journal-entries.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

/** `report entries`: summarized journal entries of the reconciled revenue of some days, and what is in none of them. */
export async function entriesReport(engine: Engine, range: { from?: string | undefined; to?: string | undefined }): Promise<Report> {
  const rules = ledgerRules(engine.project);
  const facts: Postable[] = [];
  for await (const { account, tender, currency, amount, split, moved, posted, before } of revenueLedger(engine, range, { moved: true }))
    facts.push({ account, tender, currency, amount, split, moved, posted, before });
  const { lines, notPosted } = journalEntries(facts, rules);
  const days = { first: range.from ?? null, last: range.to ?? null };
  const options = { '--from': 'first', '--to': 'last' };
  return {
    title: 'Summarized journal entries',
    definition: { report: 'entries', from: range.from ?? null, to: range.to ?? null },
    notes: [
      `Debits and credits are equal in each fund. ${postedBy(engine.project)}`,
      Object.keys(rules.clearing).length > 0
        ? 'What is not reconciled yet is in the clearing account. It moves from there to its own account in the month in which it arrives.'
        : 'Only reconciled money is in an entry, in the month in which it is reconciled. With ledger.clearing in config/interlocal.yaml revenue is in the month of its receipt.',
      ...sentTwice(engine.project),
    ],
    tables: [
      {
        name: 'entries',
        title: 'Entries',
        drills: [
          {
            as: 'drill',
            what: 'Receipts of a line, each with its file and line',
            command: ['report', 'postings'],
            options: { ...options, '--account': 'account', '--what': 'what' },
            more: ['--table', 'postings'],
          },
        ],
        columns: columnsFrom('fund:Fund', 'account:Account', 'what:What', 'currency:Currency', 'debit:Debit:money', 'credit:Credit:money'),
        rows: lines.map((line): ReportRow => ({ ...days, ...line })),
      },
      {
        name: 'not_posted',
        title: 'In no entry',
        drills: [
          {
            as: 'drill',
            what: 'Receipts of a line, each with its file and line',
            command: ['report', 'postings'],
            options: { ...options, '--account': 'on', '--tender': 'how', '--why': 'reason' },
            more: ['--table', 'not_posted'],
          },
        ],
        columns: columnsFrom('account:Account', 'tender:Paid by', 'currency:Currency', 'amount:Amount:money', 'reason:Why'),
        rows: notPosted.map((one): ReportRow => ({
          ...days,
          ...one,
          on: one.account ?? '(no account)',
          how: one.tender ?? '(no tender)',
        })),
      },
    ],
  };
}

/** Who brings entries into the ledger. */
function postedBy(project: Project): string {
  const pipelines = entryPipelines(project);
  const names = pipelines.filter(({ mode }) => mode !== 'shadow').map(({ pipeline }) => pipeline);
  const tried = pipelines.filter(({ mode }) => mode === 'shadow').map(({ pipeline }) => pipeline);
  if (names.length === 0 && tried.length > 0)
    return `No pipeline posts entries yet, as the mode of ${tried.sort().join(', ')} is shadow: import the file.`;
  if (names.length === 0) return 'No pipeline posts entries: import the file.';
  return `Entries are posted by ${names.sort().join(', ')}: do not import this file as well. To see what was posted, run interlocal report journals.`;
}

/** Where receipts also go one by one, so that nobody books them a second time. */
function sentTwice(project: Project): string[] {
  const names = receiptPipelines(project)
    .filter(({ mode }) => mode !== 'shadow')
    .map(({ pipeline }) => pipeline);
  if (names.length === 0) return [];
  return [
    `Receipts are also sent one by one, by ${names.sort().join(', ')}. What was sent is in these entries too: if both go to the same ledger, leave it out.`,
  ];
}
