import { ConfigError } from '../../core/errors.ts';
import { plainMoney } from '../../core/money.ts';
import { referenceOf } from '../../engine/outbound/entries/entry-record.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { listDeliveries } from '../../store/outbound/deliveries.ts';
import { type EntryOnItsWay, listEntries, receiptLinesOf } from '../../store/outbound/entries.ts';
import { knownNames } from '../known-names.ts';
import { originsOf } from '../revenue/origins.ts';
import { TRACE } from '../revenue/receipts.ts';
import type { Drill } from '../output/drill.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

const JOURNAL: Drill = { as: 'drill', what: 'Lines and receipts of an entry', command: ['report', 'journal'], args: ['entry'] };

const ENTRY_COLUMNS = columnsFrom(
  'entry:Entry:count',
  'reference:Reference',
  'pipeline:Pipeline',
  'period:Period',
  'day:Day',
  'department:Department',
  'tender:Paid by',
  'corrects:Corrects:count',
  'receipts:Receipts:count',
  'currency:Currency',
  'amount:Debits:money',
  'state:State',
  'ledger_number:Number in the ledger',
  'delivery:Delivery:count',
  'sent_at:Sent:time',
  'reason:Why',
);

/** `report journals`: the journal entries of periods that end in these days, with what became of each and the number that the ledger gave it. */
export async function journalsReport(
  engine: Engine,
  { from, to }: { from?: string | undefined; to?: string | undefined },
): Promise<Report> {
  const entries = (await listEntries(engine.knex, {})).filter(
    ({ last, state }) => state !== 'withdrawn' && (from === undefined || last >= from) && (to === undefined || last <= to),
  );
  return {
    title: 'Journal entries',
    definition: { report: 'journals', from: from ?? null, to: to ?? null },
    notes: ['Each entry is sent once and never changed: what changes later is in an entry that corrects it.'],
    tables: [
      {
        name: 'journals',
        title: 'Journal entries',
        drills: [JOURNAL],
        columns: ENTRY_COLUMNS,
        rows: await rowsOf(engine, entries),
      },
    ],
  };
}

/** `report journal NUMBER`: one entry with its lines and what it has of each receipt. Throws ConfigError ENTRY_UNKNOWN. */
export async function journalReport(engine: Engine, number: number, account?: string): Promise<Report> {
  const [entry] = await listEntries(engine.knex, { number });
  if (!entry)
    throw new ConfigError({
      code: 'ENTRY_UNKNOWN',
      place: {},
      message: `There is no journal entry ${number}.`,
      hint: 'To list the journal entries, run interlocal report journals.',
    });
  const all = await receiptLinesOf(engine.knex, entry);
  const receipts = all.filter((one) => account === undefined || one.account === account);
  if (receipts.length === 0 && account !== undefined) {
    const names = knownNames({ account });
    for (const one of all) names.see('account', one.account);
    names.check();
  }
  const origins = await originsOf(
    engine,
    engine.project.config.revenue.receipts,
    receipts.map(({ golden }) => golden),
  );
  const { currency } = entry;
  return {
    title: `Journal entry ${number}, ${referenceOf(entry.id)}`,
    definition: { report: 'journal', number, id: entry.id, ...(account === undefined ? {} : { account }) },
    notes: [`Its lasting id is ${entry.id}. It has ${plainMoney(entry.total, currency)} ${currency} in debits and as much in credits.`],
    tables: [
      {
        name: 'journals',
        title: 'Entry',
        columns: ENTRY_COLUMNS,
        rows: await rowsOf(engine, [entry]),
      },
      {
        name: 'lines',
        title: 'Lines',
        drills: [
          {
            as: 'drill',
            what: 'Receipts of a line, each with its file and line',
            command: ['report', 'journal', String(number)],
            options: { '--account': 'account' },
            more: ['--table', 'receipts'],
          },
        ],
        columns: columnsFrom('fund:Fund', 'account:Account', 'what:What', 'currency:Currency', 'debit:Debit:money', 'credit:Credit:money'),
        rows: entry.lines.map((line): ReportRow => ({ ...line })),
      },
      {
        name: 'receipts',
        title: 'Receipts',
        drills: [TRACE],
        columns: columnsFrom(
          'source:System',
          'receipt:Receipt',
          'day:Day',
          'department:Department',
          'tender:Paid by',
          'account:Account',
          'what:What',
          'currency:Currency',
          'debit:Debit:money',
          'credit:Credit:money',
          'file:File',
          'line:Line:count',
        ),
        rows: receipts.map(({ golden, source, receiptNumber, day, department, tender, account, what, debit }): ReportRow => ({
          source,
          receipt: receiptNumber,
          day,
          department,
          tender,
          account,
          what,
          currency,
          debit: Math.max(debit, 0),
          credit: Math.max(-debit, 0),
          file: origins.get(golden)?.file ?? null,
          line: origins.get(golden)?.line ?? null,
        })),
      },
    ],
  };
}

async function rowsOf({ knex }: Engine, entries: readonly EntryOnItsWay[]): Promise<ReportRow[]> {
  const rows: ReportRow[] = [];
  for (const entry of entries) {
    const [delivery] = entry.delivery === null ? [] : await listDeliveries(knex, { id: entry.delivery });
    rows.push({
      entry: entry.number,
      reference: referenceOf(entry.id),
      pipeline: entry.pipeline,
      period: entry.period,
      day: entry.last,
      department: entry.department,
      tender: entry.tender,
      corrects: entry.corrects,
      receipts: entry.receipts,
      currency: entry.currency,
      amount: entry.total,
      state: entry.state,
      ledger_number: entry.theirNumber,
      delivery: entry.delivery,
      sent_at: delivery?.sentAt ?? null,
      reason: entry.problems[0]?.message ?? entry.decision?.reason ?? null,
    });
  }
  return rows;
}
