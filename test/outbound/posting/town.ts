import { closePeriod, knownPeriod, reopenPeriod } from '../../../src/engine/periods/periods.ts';
import { periodReports } from '../../../src/reports/ledger/period-reports.ts';
import { type EntryOnItsWay, listEntries, receiptLinesOf } from '../../../src/store/outbound/entries.ts';
import { MONEY } from '../../engine/reconciliation/agreement-town.ts';
import { type Files, makeTown, type TestTown } from '../../engine/town.ts';

/** Runs begin by the clock of the machine; by this one, the months that tests are about are over. */
export const LATER = (): Date => new Date(Date.now() + 60 * 86_400_000);

export const LEDGER = `ledger:
  fund: { segment: 1, separator: "-" }
  debit: { cash: 100-1010, check: 100-1010, card: 100-1045 }
  due_from: "{fund}-1310-{other}"
  due_to: "{fund}-2080-{other}"
`;

export interface PostingShape {
  mode?: string;
  entries?: string;
  when?: 'over' | 'closed';
  deliver?: string;
  ledger?: string;
  /** Of the sink, next to what it has. */
  sink?: string;
}

/** Receipts of a desk that the bank has by their numbers, and a journal that a ledger takes as CSV, a row for each line. */
export function posting({
  mode = 'live',
  entries = '',
  deliver = '',
  when = 'over',
  ledger = LEDGER,
  sink = '',
}: PostingShape = {}): Record<string, string> {
  return {
    ...MONEY,
    'config/interlocal.yaml': MONEY['config/interlocal.yaml']! + ledger,
    'config/connections.yaml': `${MONEY['config/connections.yaml']!}  ledger: { connector: journal, options: { path: ledger } }\n`,
    'connectors/journal/connector.yaml': `connector: journal
version: 1.0.0
title: Journal
transport: folder
streams: {}
sinks:
  entries:
    target: { file: { name: 'journal-{{ sequence }}.csv' } }
    encoder: { csv: {} }
    rows:
      for_each: Lines
      each:
        - Ref: '{{ record.Ref }}'
          Date: '{{ record.Date }}'
          Account: '{{ record.Lines.Account }}'
          Debit: '{{ record.Lines.Debit }}'
          Credit: '{{ record.Lines.Credit }}'
          Text: '{{ record.Text }}'
    schema:
      fields:
        Ref: { required: true, max_length: 10 }
        Date: { type: date, format: MM/DD/YYYY, required: true }
        Text: { max_length: 60 }
        Lines: { type: list, required: true }
        Lines.Account: { required: true, max_length: 16 }
        Lines.Debit: { type: decimal, decimals: 2, signed: false }
        Lines.Credit: { type: decimal, decimals: 2, signed: false }
    idempotency_key: [Ref]
    totals: [Lines.Debit, Lines.Credit]
    sequence_digits: 3
    acknowledgment:
      file: { accepted: '{name}.ok', rejected: '{name}.err', number_after: 'Journal ' }
      within: 2d
${sink}`,
    'mappings/entries.from-journal_entry.yaml': `mapping: entries.from-journal_entry
sink: { connector: journal, sink: entries }
from: { entity: journal_entry }
fields:
  Ref: reference
  Date: entry_date
  Text: description
lists:
  Lines:
    for_each: lines
    fields: { Account: account, Debit: debit, Credit: credit }
`,
    'pipelines/receipts-against-deposits.yaml': `pipeline: receipts-against-deposits
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes: [{ key: number, on: [{ left: receipt_number, right: reference }] }]
  open: { left: { type: not_deposited, within: 400 }, right: { type: deposit_without_receipt, within: 400 } }
`,
    'pipelines/to-ledger.yaml': `pipeline: to-ledger
mode: ${mode}
deliver:
  mapping: entries.from-journal_entry
  connection: ledger
  entries: { since: 2026-07-01, when: ${when}${entries} }
${deliver}`,
    'ledger/.keep': '',
    'desk/.keep': '',
    'pool/.keep': '',
    'bank/.keep': '',
    'lines/.keep': '',
  };
}

/** A town that posts, without having read anything. */
export function postingTown(files: Files, shape: PostingShape = {}): Promise<TestTown> {
  return makeTown(files, posting(shape));
}

/** Everything before posting: files are read, and receipts are held against deposits. */
export async function load(town: TestTown): Promise<void> {
  for (const pipeline of ['desk-receipts', 'pool-receipts', 'bank-deposits', 'charges', 'receipts-against-deposits']) {
    const run = await town.run(pipeline, { now: LATER });
    if (run.outcome !== 'succeeded') throw new Error(`${pipeline}: ${JSON.stringify(run.problems)} ${run.notes.join(' ')}`);
  }
}

export const post = (town: TestTown, options: Parameters<TestTown['run']>[1] = {}) => town.run('to-ledger', { now: LATER, ...options });

/** A month closed by two people. */
export async function close(town: TestTown, id: string): Promise<void> {
  for (const actor of ['dana', 'lee'])
    await closePeriod(town.engine, knownPeriod(town.engine, id), periodReports, { actor, now: new Date(Date.now() + 200 * 86_400_000) });
}

export async function reopen(town: TestTown, id: string): Promise<void> {
  for (const actor of ['dana', 'lee'])
    await reopenPeriod(town.engine, knownPeriod(town.engine, id), 'a bag was found', { actor, now: LATER() });
}

export const entriesOf = (town: TestTown): Promise<EntryOnItsWay[]> => listEntries(town.engine.knex, {});

/** Each entry: number, period, what it corrects, state, and its lines as `account +debit` or `account -credit`. */
export async function journal(town: TestTown): Promise<string[]> {
  return (await entriesOf(town)).map(
    (entry) => `${entry.number} ${entry.period}${entry.corrects ? ` corrects ${entry.corrects}` : ''} ${entry.state}: ${linesText(entry)}`,
  );
}

export function linesText({ lines }: Pick<EntryOnItsWay, 'lines'>): string {
  return lines.map(({ account, debit, credit }) => `${account} ${debit ? `+${debit / 100}` : `-${credit / 100}`}`).join(', ');
}

/** What all settled entries have of each receipt, in cents. */
export async function postedOf(town: TestTown): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const entry of await entriesOf(town))
    if (['sent', 'acknowledged', 'accepted', 'unknown'].includes(entry.state))
      for (const part of await receiptLinesOf(town.engine.knex, entry))
        if (part.what === 'revenue') sums[part.receiptNumber] = (sums[part.receiptNumber] ?? 0) - part.debit;
  return sums;
}
