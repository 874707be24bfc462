import { expect } from 'vitest';
import { commandLine } from '../cli/command-line.ts';

export type Row = Record<string, string | number | boolean | null | string[]>;
export type Tables = Record<string, Row[]>;

const cents = (text: unknown): number => Math.round(Number(text ?? 0) * 100);
const sum = (rows: readonly Row[], of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
/** Amounts of the rows in the currency of the row that leads to them. */
const amounts = (column: string) => (row: Row, rows: readonly Row[]) =>
  sum(
    rows.filter(({ currency }) => currency === row.currency),
    (one) => cents(one[column]),
  );

/** What a figure is, and what is behind it: both have to be the same. */
type Check = (row: Row, behind: Tables) => [figure: unknown, behind: unknown];

const receipts =
  (column = 'amount'): Check =>
  (row, { receipts: list = [] }) => [cents(row[column]), amounts('amount')(row, list)];
const FOUR = ['reconciled', 'in_transit', 'exception', 'not_covered'] as const;
const standing: Check = (row, { receipts: list = [], records: other = list }) => [
  [row.amount, ...FOUR.map((name) => row[name])].map(cents),
  ['amount', ...FOUR].map((name) => amounts(name)(row, other)),
];
const records =
  (column: string, sign = 1): Check =>
  (row, { records: list = [] }) => [cents(row[column]), sign * amounts('amount')(row, list)];
const net: Check = (row, { postings: list = [] }) => [
  cents(row.debit) - cents(row.credit),
  amounts('debit')(row, list) - amounts('credit')(row, list),
];
/** The receipt's own way: its first step says where it came from; a record that did not come in a file has no line. */
const trace: Check = (_, { steps = [] }) => [
  true,
  steps.some(({ step, key, connection }) => step === 0 && key !== '' && connection !== ''),
];
const aged: Check = (row, { exceptions = [] }) => {
  const own = exceptions.filter(({ currency }) => currency === row.currency);
  return [
    [row.count, cents(row.amount)],
    [own.length, sum(own, ({ amount }) => Math.abs(cents(amount)))],
  ];
};
const balance = (column: string, row: Row, behind: Tables): ReturnType<Check> => {
  const list = behind.records ?? [];
  // Accepted differences: right less left of the matches that differ.
  if ((behind.definition as unknown as Row | undefined)?.state === 'different') {
    const left = sum(list, (one) => (one.side === 'left' ? cents(one.amount) : 0));
    return [Math.abs(cents(row[column])), Math.abs(sum(list, (one) => cents(one.amount)) - 2 * left)];
  }
  if (behind.outstanding) return [Math.abs(cents(row[column])), Math.abs(amounts('amount')(row, behind.outstanding))];
  return [cents(row[column]), amounts('amount')(row, list)];
};

/** By report, table and name of the drill. */
const CHECKS: Readonly<Record<string, Check>> = {
  'revenue rows drill': standing,
  'revenue revenue drill': standing,
  'revenue totals drill': receipts(),
  'revenue not_reconciled drill': (row, { receipts: list = [] }) => [
    cents(row.amount),
    amounts('amount')(row, list) - amounts('reconciled')(row, list),
  ],
  'years years drill': receipts(),
  'years years drill_before': receipts('before'),
  'receipts receipts drill': trace,
  'reconciled money drill': standing,
  'reconciled reconciliations drill': standing,
  'adjustments adjustments drill': trace,
  'gaps gaps drill': trace,
  'gaps gaps drill_after': trace,
  'gaps gaps drill_rejected': (row, { rejects = [] }) => [true, rejects.length >= Number(row.rejected)],
  'exceptions exceptions drill': (row, { records: list = [] }) => [
    [row.id, true],
    [row.id, list.every(({ drill, file }) => Array.isArray(drill) && file !== undefined)],
  ],
  'aging ages drill': aged,
  'aging owners drill': aged,
  'aging exceptions drill': (_, { records: list = [] }) => [true, list.every(({ file }) => file !== undefined)],
  'drawers drawers drill': (row, { receipts: list = [] }) => [
    [row.amount, row.voided_amount].map(cents),
    [false, true].map((voided) => sum(list, (one) => (one.voided === voided ? cents(one.amount) : 0))),
  ],
  'drawer receipts drill': trace,
  'deposits deposits drill': (row, { receipts: list = [] }) => [cents(row.taken), amounts('amount')(row, list)],
  'deposits receipts drill': trace,
  'deposits not_deposited drill': trace,
  'settlements settlements drill': (row, { payments = [] }) => [
    row.payments === null ? null : [row.payments, row.settlement],
    row.payments === null ? null : [payments.length, payments[0]?.settlement],
  ],
  'settlements settlements drill_bank': (row, { records: list = [] }) => [
    row.bank === null ? true : cents(row.bank),
    row.bank === null ? list.length > 0 : sum(list, ({ entity, amount }) => (entity === 'deposit' ? cents(amount) : 0)),
  ],
  'settlements payments drill': trace,
  'proof-of-cash proof drill': (row, behind) =>
    String(row.line).startsWith('Balance')
      ? records('movement')({ ...row, movement: (cents(row.receipts) + cents(row.disbursements)) / 100 }, behind)
      : [true, true],
  'proof-of-cash proof drill_beginning': (row, behind) => balance('beginning', row, behind),
  'proof-of-cash proof drill_ending': (row, behind) => balance('ending', row, behind),
  'outstanding summary drill': (row, behind) => balance('amount', row, behind),
  'outstanding outstanding drill': (row, { records: list = [] }) => [
    true,
    list.some(({ key, file }) => key === row.key && typeof file === 'string'),
  ],
  'unposted unposted drill': (row, { records: list = [] }) => [true, list.length >= Number(row.receipts) || list.length > 0],
  'unposted entries drill': () => [true, true],
  'entries entries drill': net,
  'entries not_posted drill': (row, { not_posted: list = [] }) => [cents(row.amount), amounts('amount')(row, list)],
  'postings postings drill': trace,
  'postings not_posted drill': trace,
  'clearing accounts drill': (row, { items = [] }) => [cents(row.ending), amounts('amount')(row, items)],
  'clearing accounts drill_beginning': (row, { items = [] }) => [cents(row.beginning), amounts('amount')(row, items)],
  'clearing accounts drill_came': (row, { postings: list = [] }) => [
    // Without a first day what was there before is in it as well.
    cents(row.came) + cents(row.moved),
    amounts('debit')(row, list) - amounts('credit')(row, list),
  ],
  'clearing items drill': trace,
  'journals journals drill': (row, { lines = [] }) => [cents(row.amount), amounts('debit')(row, lines)],
  'journal journals drill': () => [true, true],
  'journal lines drill': (row, { receipts: list = [] }) => [
    cents(row.debit) - cents(row.credit),
    amounts('debit')(row, list) - amounts('credit')(row, list),
  ],
  'journal receipts drill': trace,
  'records records drill': (_, { records: list = [] }) => [1, list.length],
  'reconciliation keys drill': (row, { records: list = [] }) => [
    [row.left, row.right].map(cents),
    ['left', 'right'].map((side) =>
      sum(
        list.filter(({ currency }) => currency === row.currency),
        (one) => (one.side === side ? cents(one.amount) : 0),
      ),
    ),
  ],
  'reconciliation states drill': (row, { records: list = [] }) => [
    [row.records, cents(row.amount)],
    [list.length, amounts('amount')(row, list)],
  ],
};

export async function asJson(folder: string, args: readonly string[]): Promise<Tables> {
  const { exit, out, err } = await commandLine([...args, '--json', '--project', folder]);
  expect([args.join(' '), exit, err]).toEqual([args.join(' '), 0, '']);
  return JSON.parse(out) as Tables;
}

/**
 * Makes these reports, and from their figures goes where each says: what is there has to come to the figure. Of each table at most `most`
 * rows are followed. Gives the names of the drills that were followed.
 */
export async function followFigures(folder: string, reports: readonly (readonly string[])[], most = 6): Promise<Set<string>> {
  const followed = new Set<string>();
  for (const args of reports) {
    const made = await asJson(folder, ['report', ...args]);
    for (const [table, rows] of Object.entries(made)) {
      if (!Array.isArray(rows)) continue;
      for (const row of some(
        rows.filter((one) => typeof one === 'object'),
        most,
      ))
        for (const [name, command] of Object.entries(row)) {
          if (!/^drill(_|$)/.test(name) || !Array.isArray(command)) continue;
          const id = `${args[0]!} ${table} ${name}`;
          const behind = await asJson(folder, command);
          const check = CHECKS[id];
          if (!check) throw new Error(`Nobody checks where ${id} leads: ${command.join(' ')}`);
          const [figure, found] = check(row, behind);
          expect([id, command.join(' '), found]).toEqual([id, command.join(' '), figure]);
          followed.add(id);
        }
    }
  }
  return followed;
}

/** Some of the rows, from all over the table; always the first and the last. */
function some(rows: readonly Row[], most: number): Row[] {
  const step = Math.max(1, (rows.length - 1) / Math.max(1, most - 1));
  const chosen = new Set(Array.from({ length: Math.min(most, rows.length) }, (_, i) => Math.round(i * step)));
  return rows.filter((_, i) => chosen.has(i));
}
