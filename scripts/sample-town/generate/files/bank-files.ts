import { addDays, datesFrom, FIRST_DAY, isBankingDay, isoWeek, LAST_DAY, shortDate } from '../calendar.ts';
import { exportedOn, groupBy, type TownFile } from '../files.ts';
import { dollars, sum } from '../money.ts';
import type { Plan } from '../plan.ts';
import { at } from '../random.ts';
import { streamTruth, type Department, type DepositTruth, type SeededError, type StreamTruth } from '../truth.ts';

const BANK_STREAM = 'bank.deposits';
const ACCOUNT = '000123456789';
const BANK = '021999990';
const OPENING_CENTS = 125_000_000;

/** What each department took on each day, in cents: `taken(department, date)`. */
export type Takings = (department: Department, date: string) => number;

/**
 * BAI2 previous-day files (B1), one a week with one group per banking day. A department's takings of a day are paid in on the next
 * banking day, each day's as a deposit of its own. July 1 is in the last file: June 30 is in transit over the fiscal year's end.
 */
export function bankFiles(
  taken: Takings,
  plan: Plan,
): { files: TownFile[]; deposits: DepositTruth[]; seeded: SeededError[]; stream: StreamTruth } {
  const bankingDays = datesFrom(FIRST_DAY, addDays(LAST_DAY, 1)).filter(isBankingDay);
  const files: TownFile[] = [];
  const deposits: DepositTruth[] = [];
  const seeded: SeededError[] = [];
  let ledger = OPENING_CENTS;
  let previous = FIRST_DAY;
  let goodRecords = 0;
  for (const [week, days] of groupBy(bankingDays, isoWeek)) {
    const path = `sftp/bank/outgoing/bai-${shortDate(at(days, days.length - 1))}.txt`;
    const bank = days.map((day) => {
      const made = depositsOf(taken, previous, day, path, plan);
      previous = day;
      const opening = ledger;
      ledger += sum(made.map(credited));
      return { day, opening, closing: ledger, deposits: made };
    });
    const inFile = bank.flatMap((each) => each.deposits);
    deposits.push(...inFile);
    const refused = week === plan.unbalancedBankWeek;
    if (!refused) goodRecords += inFile.length;
    const lines = fileLines(bank, refused);
    const short = inFile.find((deposit) => deposit.bankSays !== undefined);
    if (short !== undefined) {
      seeded.push({
        kind: 'deposit-short',
        stream: BANK_STREAM,
        file: path,
        line: lineOf(lines, customerReference(short)),
        key: customerReference(short),
        cents: -500,
        expect: `an exception: the bank credited ${dollars(credited(short))}, the receipts of ${short.collected} are ${dollars(short.cents)}`,
      });
    }
    if (refused) {
      seeded.push({
        kind: 'bank-file-unbalanced',
        stream: BANK_STREAM,
        file: path,
        key: week,
        cents: -UNBALANCED_BY,
        expect: `refuse the whole file: its details are ${dollars(UNBALANCED_BY)} below the control totals of account, group and file; its ${inFile.length} deposits (${dollars(sum(inFile.map((d) => d.cents)))}) stay in transit`,
      });
    }
    files.push({ path, bytes: Buffer.from(`${lines.join('\n')}\n`), modified: exportedOn(addDays(at(days, days.length - 1), 1)) });
  }
  return { files, deposits, seeded, stream: streamTruth({ files: files.length - 1, refused: 1, records: goodRecords }) };
}

const UNBALANCED_BY = 1200;

interface BankDay {
  day: string;
  opening: number;
  closing: number;
  deposits: DepositTruth[];
}

function depositsOf(taken: Takings, from: string, day: string, file: string, plan: Plan): DepositTruth[] {
  const collectedOn = datesFrom(from, addDays(day, -1));
  return (['recreation', 'clerk'] as const).flatMap((department) =>
    collectedOn.flatMap((collected): DepositTruth[] => {
      const cents = taken(department, collected);
      if (cents === 0) return [];
      const short = department === 'recreation' && collected === plan.shortDay;
      return [{ department, collected, banked: day, cents, file, ...(short ? { bankSays: cents - 500 } : {}) }];
    }),
  );
}

function credited(deposit: DepositTruth): number {
  return deposit.bankSays ?? deposit.cents;
}

function customerReference(deposit: DepositTruth): string {
  return `${deposit.department === 'recreation' ? 'REC' : 'CLK'}${deposit.collected.replaceAll('-', '')}`;
}

function fileLines(bank: readonly BankDay[], unbalanced: boolean): string[] {
  const groups = bank.map((each, i) => groupLines(each, unbalanced && i === bank.length - 1));
  const created = addDays(at(bank, bank.length - 1).day, 1);
  const lines = [`01,${BANK},MAPLEWOOD,${shortDate(created)},0600,1,,,2/`, ...groups.flatMap((group) => group.lines)];
  lines.push(`99,${sum(groups.map((group) => group.total))},${groups.length},${lines.length + 1}/`);
  return lines;
}

/** One banking day: its control totals add up everything that 03, 88 and 16 say, summaries and details alike. */
function groupLines(bank: BankDay, unbalanced: boolean): { lines: string[]; total: number } {
  const amounts = bank.deposits.map(credited);
  const credits = sum(amounts);
  const account = [
    `03,${ACCOUNT},USD,010,${bank.opening},,,015,${bank.closing},,/`,
    `88,100,${credits},${bank.deposits.length},/`,
    ...bank.deposits.flatMap((deposit, i) => detailLines(deposit, i, unbalanced && i === 0)),
  ];
  const total = bank.opening + bank.closing + credits + credits;
  account.push(`49,${total},${account.length + 1}/`);
  const lines = [`02,MAPLEWOOD,${BANK},1,${shortDate(bank.day)},,USD,2/`, ...account];
  lines.push(`98,${total},1,${lines.length + 1}/`);
  return { lines, total };
}

/** 301 is a commercial deposit, funds type 0 is available at once. */
function detailLines(deposit: DepositTruth, index: number, unbalanced: boolean): string[] {
  const bankReference = `${shortDate(deposit.banked)}${String(index + 1).padStart(4, '0')}`;
  const cents = credited(deposit) - (unbalanced ? UNBALANCED_BY : 0);
  const text = `MAPLEWOOD ${deposit.department.toUpperCase()} DEPOSIT ${deposit.collected}`;
  const withCommas = deposit.department === 'recreation' && deposit.collected === '2026-03-03';
  const first = `16,301,${cents},0,${bankReference},${customerReference(deposit)},${text}${withCommas ? ', CASH, CHECKS, AND CARDS' : ''}/`;
  return index % 3 === 2 ? [first, `88,BRANCH 0007 NIGHT DROP ${String(index + 1).padStart(3, '0')}/`] : [first];
}

function lineOf(lines: readonly string[], reference: string): number {
  return lines.findIndex((line) => line.includes(`,${reference},`)) + 1;
}
