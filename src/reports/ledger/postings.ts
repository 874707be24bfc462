import type { DayRange } from '../../core/time/time.ts';
import { type LedgerEntry, revenueLedger } from '../../engine/revenue/ledger.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { type EntryPart, postingOf } from '../../reconciliation/journal-entries.ts';
import { ledgerRules } from '../../engine/revenue/ledger-rules.ts';
import { ageInBusinessDays } from '../reconciliation/exceptions.ts';
import { knownNames } from '../known-names.ts';
import { originsOf } from '../revenue/origins.ts';
import { TRACE } from '../revenue/receipts.ts';
import { dayBefore } from '../../reconciliation/periods/fiscal.ts';
import type { Drill } from '../output/drill.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

/** Which postings: of an account, of a part of the entries; of what is in no entry also by way of paying and reason. */
interface PostingFilter extends DayRange {
  account?: string | undefined;
  what?: EntryPart | undefined;
  tender?: string | undefined;
  why?: string | undefined;
}

/**
 * `report postings`: the receipts behind the lines of the summarized entries, each with its file and line. Debits and credits of one
 * account add up to its line in `report entries`.
 */
export async function postingsReport(engine: Engine, filter: PostingFilter): Promise<Report> {
  const rules = ledgerRules(engine.project);
  const { from, to, account: wanted, what: part, tender: how, why } = filter;
  const is = (asked: string | undefined, value: string): boolean => asked === undefined || asked === value;
  const found: { entry: LedgerEntry; fund: string; account: string; what: string; debit: number }[] = [];
  const left: { entry: LedgerEntry; amount: number; reason: string }[] = [];
  for await (const entry of revenueLedger(engine, { from, to }, { moved: true })) {
    if (!is(how, entry.tender ?? '(no tender)')) continue;
    const { lines, notPosted } = postingOf(entry, rules);
    for (const line of lines) if (line.debit !== 0 && is(wanted, line.account) && is(part, line.what)) found.push({ entry, ...line });
    for (const one of notPosted)
      if (part === undefined && is(wanted, entry.account ?? '(no account)') && is(why, one.reason)) left.push({ entry, ...one });
  }
  if (found.length === 0 && left.length === 0 && wanted !== undefined) {
    const names = knownNames({ account: wanted });
    for await (const entry of revenueLedger(engine, {}, { moved: true }))
      for (const account of [entry.account, ...postingOf(entry, rules).lines.map((line) => line.account)]) names.see('account', account);
    names.check();
  }
  const key = (one: (typeof found)[number]): string =>
    [one.fund, one.account, one.entry.bookedOn, one.entry.source, one.entry.receiptNumber, one.entry.part].join('\u0000');
  found.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const origins = await originsOf(
    engine,
    engine.project.config.revenue.receipts,
    [...found, ...left].map(({ entry }) => entry.golden),
  );
  return {
    title: 'Receipts behind the summarized entries',
    definition: {
      report: 'postings',
      from: from ?? null,
      to: to ?? null,
      account: wanted ?? null,
      ...(part === undefined ? {} : { what: part }),
      ...(how === undefined ? {} : { tender: how }),
      ...(why === undefined ? {} : { why }),
    },
    notes: ['Of one account, debits less credits are its line in interlocal report entries. Moved: its revenue is in an earlier period.'],
    tables: [
      {
        name: 'postings',
        title: 'Postings',
        drills: [TRACE],
        columns: columnsFrom(
          'fund:Fund',
          'account:Account',
          'what:What',
          'booked_on:Counts on',
          'receipt:Receipt',
          'source:System',
          'day:Taken on',
          'tender:Paid by',
          'currency:Currency',
          'debit:Debit:money',
          'credit:Credit:money',
          'moved:Moved:flag',
          'file:File',
          'line:Line:count',
        ),
        rows: found.map(({ entry, fund, account, what, debit }): ReportRow => {
          const { bookedOn: booked_on, receiptNumber: receipt, source, day, tender, currency, moved } = entry;
          const { file, line } = origins.get(entry.golden) ?? { file: null, line: null };
          const sums = { debit: Math.max(debit, 0), credit: Math.max(-debit, 0) };
          return { fund, account, what, booked_on, receipt, source, day, tender, currency, ...sums, moved, file, line };
        }),
      },
      {
        name: 'not_posted',
        title: 'In no entry',
        drills: [TRACE],
        columns: columnsFrom(
          'booked_on:Counts on',
          'receipt:Receipt',
          'source:System',
          'day:Taken on',
          'account:Account',
          'tender:Paid by',
          'currency:Currency',
          'amount:Amount:money',
          'reason:Why',
          'file:File',
          'line:Line:count',
        ),
        rows: left
          .sort((a, b) => (inOrder(a.entry) < inOrder(b.entry) ? -1 : 1))
          .map(({ entry, amount, reason }): ReportRow => {
            const { bookedOn: booked_on, receiptNumber: receipt, source, day, account, tender, currency } = entry;
            const { file, line } = origins.get(entry.golden) ?? { file: null, line: null };
            return { booked_on, receipt, source, day, account, tender, currency, amount, reason, file, line };
          }),
      },
    ],
  };
}

function inOrder({ bookedOn, source, receiptNumber, part }: LedgerEntry): string {
  return [bookedOn, source, receiptNumber, part].join('\u0000');
}

interface Item {
  entry: LedgerEntry;
  account: string;
  amount: number;
}

/**
 * `report clearing`: the clearing accounts over some days, as the summarized entries have them: what was in them, what came, what
 * moved on, and each receipt that is still there. The balance is the sum of these receipts.
 */
export async function clearingReport(
  engine: Engine,
  range: { from?: string | undefined; to: string; account?: string | undefined },
): Promise<Report> {
  const rules = ledgerRules(engine.project);
  const { from = '0000-01-01', to } = range;
  const accounts = new Map<string, { account: string; currency: string; beginning: number; came: number; moved: number }>();
  const items = new Map<string, Item>();
  for await (const entry of revenueLedger(engine, { to }, { moved: true }))
    for (const { account, what, debit } of postingOf(entry, rules).lines) {
      if (what !== 'clearing' || (range.account !== undefined && account !== range.account)) continue;
      const name = JSON.stringify([account, entry.currency]);
      let sum = accounts.get(name);
      if (!sum) accounts.set(name, (sum = { account, currency: entry.currency, beginning: 0, came: 0, moved: 0 }));
      sum[entry.bookedOn < from ? 'beginning' : debit > 0 === entry.amount >= 0 && !entry.moved ? 'came' : 'moved'] += debit;
      const id = JSON.stringify([entry.golden, account, entry.currency]);
      const item = items.get(id);
      if (item) item.amount += debit;
      else items.set(id, { entry, account, amount: debit });
    }
  if (accounts.size === 0 && range.account !== undefined) {
    const names = knownNames({ account: range.account });
    for (const account of Object.values(rules.clearing)) names.see('account', account);
    names.check();
  }
  const open = [...items.values()].filter(({ amount }) => amount !== 0);
  const key = ({ entry, account }: Item): string => [account, entry.day, entry.source, entry.receiptNumber].join('\u0000');
  open.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const origins = await originsOf(
    engine,
    engine.project.config.revenue.receipts,
    open.map(({ entry }) => entry.golden),
  );
  return {
    title: `Clearing accounts on ${to}`,
    definition: { report: 'clearing', from: range.from ?? null, to, ...(range.account === undefined ? {} : { account: range.account }) },
    notes: [
      'As the summarized entries have them: the ending balance is the sum of the receipts below, and has to be that of the account in the ledger.',
      ...(Object.keys(rules.clearing).length ? [] : ['config/interlocal.yaml names no clearing account: ledger.clearing.']),
    ],
    main: 'items',
    tables: [
      {
        name: 'accounts',
        title: 'Accounts',
        drills: clearingDrills(range),
        columns: columnsFrom(
          'account:Account',
          'currency:Currency',
          'beginning:Beginning:money',
          'came:Came:money',
          'moved:Moved on:money',
          'ending:Ending:money',
        ),
        rows: [...accounts.values()]
          .sort((a, b) => (a.account + a.currency < b.account + b.currency ? -1 : 1))
          .map((sum): ReportRow => ({
            ...sum,
            ending: sum.beginning + sum.came + sum.moved,
          })),
      },
      {
        name: 'items',
        title: 'Still there',
        drills: [TRACE],
        columns: columnsFrom(
          'account:Account',
          'receipt:Receipt',
          'source:System',
          'day:Taken on',
          'age:Business days:count',
          'tender:Paid by',
          'currency:Currency',
          'amount:Amount:money',
          'why:Why',
          'file:File',
          'line:Line:count',
        ),
        rows: open.map(({ entry, account, amount }): ReportRow => {
          const { receiptNumber: receipt, source, day, tender, currency, reasons } = entry;
          const { file, line } = origins.get(entry.golden) ?? { file: null, line: null };
          const age = day === '' ? null : ageInBusinessDays(engine.project, day, to);
          return { account, receipt, source, day, age, tender, currency, amount, why: reasons.join('; ') || null, file, line };
        }),
      },
    ],
  };
}

/** The ending balance leads to the items, the beginning to those of the day before; what came and moved on to its postings. */
function clearingDrills({ from, to }: { from?: string | undefined; to: string }): Drill[] {
  const items = (as: Drill['as'], what: string, day: string): Drill => ({
    as,
    what,
    command: ['report', 'clearing', '--to', day],
    options: { '--account': 'account' },
    more: ['--table', 'items'],
  });
  return [
    items('drill', 'Receipts that are still in an account, each with its file and line', to),
    {
      as: 'drill_came',
      what: 'What came and what moved on',
      command: ['report', 'postings', ...(from === undefined ? [] : ['--from', from]), '--to', to],
      options: { '--account': 'account' },
      more: ['--what', 'clearing', '--table', 'postings'],
    },
    ...(from === undefined ? [] : [items('drill_beginning', 'What was in it before', dayBefore(from))]),
  ];
}
