import { DatabaseSync } from 'node:sqlite';
import { addDays, isBankingDay } from './calendar.ts';
import { CASH, CLERK_ACCOUNTS, RECREATION_ACCOUNTS, segments, type Account } from './chart.ts';
import type { ClerkReceipt } from './clerk-activity.ts';
import { groupBy } from './files.ts';
import { dollars, sum } from './money.ts';
import type { Random } from './random.ts';
import { total, type RecreationReceipt } from './recreation-receipts.ts';
import type { Organization } from './people-records.ts';
import { plain, TOWN, type Resident } from './residents.ts';
import { streamTruth, type Registry, type StreamTruth, type Tender } from './truth.ts';
import { HABITS, typePerson, unaccented } from './typing.ts';

/** From here on receipts are still in the open table: unposted receipts block the closing of the year. */
const FIRST_OPEN_DAY = '2026-06-15';

/** Dynamics GP with Diamond (F8): CHAR columns are blank-filled, nothing is NULL, DEX_ROW_ID is GP's identity column. */
const RECEIPT_COLUMNS = [
  'dDOCSUFFIX NUMERIC(19,5) NOT NULL',
  'dINITIALS CHAR(3) NOT NULL',
  'dDATE DATETIME NOT NULL',
  'dDESC CHAR(31) NOT NULL',
  'dDESC2 CHAR(31) NOT NULL',
  'dDESC3 CHAR(31) NOT NULL',
  'dDESC4 CHAR(31) NOT NULL',
  'dDESC5 CHAR(31) NOT NULL',
  'dDESC6 CHAR(31) NOT NULL',
  'dTOTBAL NUMERIC(19,5) NOT NULL',
  'dTXAMOUNT NUMERIC(19,5) NOT NULL',
  'dCASHAMOUNT NUMERIC(19,5) NOT NULL',
  'dCHEQUEAMOUNT NUMERIC(19,5) NOT NULL',
  'dCHEQUENMBR CHAR(21) NOT NULL',
  'dCREDITCARDAMOUNT NUMERIC(19,5) NOT NULL',
  'dCREDITCARDNAME CHAR(15) NOT NULL',
  'dOTHERAMOUNT NUMERIC(19,5) NOT NULL',
  'dVOIDED TINYINT NOT NULL',
  'dCUSTNMBR CHAR(15) NOT NULL',
];
const ROW_COLUMNS = ['DEX_ROW_TS DATETIME NOT NULL', 'DEX_ROW_ID INT NOT NULL PRIMARY KEY'];

export const FINANCE_TABLES = {
  GL00100: [
    'ACTINDX INT NOT NULL',
    ...[1, 2, 3, 4, 5, 6].map((n) => `ACTNUMBR_${n} CHAR(9) NOT NULL`),
    'ACTDESCR CHAR(51) NOT NULL',
    'ACTIVE TINYINT NOT NULL',
    ...ROW_COLUMNS,
  ],
  RM00101: [
    'CUSTNMBR CHAR(15) NOT NULL',
    'CUSTNAME CHAR(65) NOT NULL',
    'ADDRESS1 CHAR(61) NOT NULL',
    'ADDRESS2 CHAR(61) NOT NULL',
    'CITY CHAR(35) NOT NULL',
    'STATE CHAR(29) NOT NULL',
    'ZIP CHAR(11) NOT NULL',
    'PHONE1 CHAR(21) NOT NULL',
    ...ROW_COLUMNS,
  ],
  CR10101: [...RECEIPT_COLUMNS, ...ROW_COLUMNS],
  CR30101: [...RECEIPT_COLUMNS, ...ROW_COLUMNS],
} as const satisfies Record<string, readonly string[]>;

export type FinanceTable = keyof typeof FINANCE_TABLES;
/** One row: column → value, amounts as decimal text, CHAR values not yet blank-filled. */
export type FinanceRow = Record<string, string | number>;

export interface Finance {
  rows: Record<FinanceTable, FinanceRow[]>;
  streams: Record<string, StreamTruth>;
}

const CUSTOMER_STREAM = 'finance.customers';
const FIRST_BATCH_RECEIPT = 90001;

export function makeFinance(
  random: Random,
  clerk: readonly ClerkReceipt[],
  recreation: readonly RecreationReceipt[],
  organizations: readonly Organization[],
  registry: Registry,
): Finance {
  const customers = new Map<string, { number: string; row: FinanceRow }>();
  for (const receipt of clerk)
    if (!customers.has(receipt.payer.id)) customers.set(receipt.payer.id, customer(random, receipt.payer, customers.size + 1, registry));
  const receipts = [
    ...clerk.map((receipt) => counterReceipt(receipt, customers.get(receipt.payer.id)?.number ?? '')),
    ...dailyBatches(recreation),
  ].sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : a.number - b.number));
  const rows = {
    GL00100: [CASH, ...Object.values(RECREATION_ACCOUNTS), ...Object.values(CLERK_ACCOUNTS)].map(accountRow),
    RM00101: [
      ...[...customers.values()].map(({ row }) => row),
      ...organizations.map((organization, i) => organizationRow(organization, customers.size + 1 + i, registry)),
    ],
    CR10101: receipts
      .filter((receipt) => receipt.date >= FIRST_OPEN_DAY)
      .map((receipt, i) => ({ ...receipt.row, DEX_ROW_TS: enteredAt(receipt.date, i), DEX_ROW_ID: i + 1 })),
    CR30101: receipts
      .filter((receipt) => receipt.date < FIRST_OPEN_DAY)
      .map((receipt, i) => ({ ...receipt.row, DEX_ROW_TS: postedAt(receipt.date), DEX_ROW_ID: i + 1 })),
  };
  const streams = {
    'finance.accounts': streamTruth({ records: rows.GL00100.length }),
    [CUSTOMER_STREAM]: streamTruth({ records: rows.RM00101.length }),
    'finance.receipts-open': streamTruth({ records: rows.CR10101.length }),
    'finance.receipts-history': streamTruth({ records: rows.CR30101.length }),
  };
  return { rows, streams };
}

/** Writes the tables into a new SQLite file, for the TDS endpoint to serve. */
export function writeFinance(file: string, rows: Finance['rows']): void {
  const database = new DatabaseSync(file);
  database.exec('BEGIN');
  for (const [table, columns] of Object.entries(FINANCE_TABLES) as [FinanceTable, readonly string[]][]) {
    database.exec(`CREATE TABLE ${table} (${columns.join(', ')})`);
    const names = columns.map((column) => column.split(' ')[0] ?? '');
    const widths = columns.map((column) => Number(/ CHAR\((\d+)\)/.exec(column)?.[1] ?? 0));
    const insert = database.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`);
    for (const row of rows[table]) insert.run(...names.map((name, i) => blankFilled(row[name], widths[i] ?? 0)));
  }
  database.exec('COMMIT');
  database.close();
}

function blankFilled(value: string | number | undefined, width: number): string | number {
  if (value === undefined) throw new Error('a column of a finance row was never filled in');
  return width > 0 ? String(value).slice(0, width).padEnd(width) : value;
}

function accountRow(account: Account, i: number): FinanceRow {
  const [fund, department, object] = segments(account.number);
  return {
    ACTINDX: i + 1,
    ACTNUMBR_1: fund,
    ACTNUMBR_2: department,
    ACTNUMBR_3: object,
    ACTNUMBR_4: '',
    ACTNUMBR_5: '',
    ACTNUMBR_6: '',
    ACTDESCR: account.description,
    ACTIVE: 1,
    DEX_ROW_TS: '2025-07-01 08:00:00.000',
    DEX_ROW_ID: i + 1,
  };
}

/** GP's habit: five letters of the name and a number. */
function customer(random: Random, resident: Resident, id: number, registry: Registry): { number: string; row: FinanceRow } {
  const typed = typePerson(random, resident, HABITS.finance);
  const number = `${plain(resident.last).toUpperCase().slice(0, 5).padEnd(5, 'X')}${String(id).padStart(4, '0')}`;
  registry.resident(resident.id, CUSTOMER_STREAM, number, typed.variants);
  const row = {
    CUSTNMBR: number,
    CUSTNAME: `${typed.last}, ${typed.first}`,
    ADDRESS1: typed.address1,
    ADDRESS2: typed.address2,
    CITY: TOWN.name,
    STATE: TOWN.state,
    ZIP: TOWN.zip,
    PHONE1: typed.phone,
    DEX_ROW_TS: '2026-01-02 09:15:00.000',
    DEX_ROW_ID: id,
  };
  return { number, row };
}

function organizationRow({ id, name, address, phone }: Organization, row: number, registry: Registry): FinanceRow {
  const number = `${plain(name).toUpperCase().slice(0, 5)}${String(row).padStart(4, '0')}`;
  registry.resident(id, CUSTOMER_STREAM, number, ['upper case']);
  return {
    CUSTNMBR: number,
    CUSTNAME: unaccented(name).toUpperCase(),
    ADDRESS1: address.toUpperCase(),
    ADDRESS2: '',
    CITY: TOWN.name,
    STATE: TOWN.state,
    ZIP: TOWN.zip,
    PHONE1: HABITS.finance.phone(phone),
    DEX_ROW_TS: '2026-01-02 09:15:00.000',
    DEX_ROW_ID: row,
  };
}

interface FinanceReceipt {
  number: number;
  date: string;
  row: FinanceRow;
}

/** One row per receipt of the clerk's counter: what, its reference, the account, the department. */
function counterReceipt(receipt: ClerkReceipt, customerNumber: string): FinanceReceipt {
  const cents = sum(receipt.lines.map((line) => line.cents));
  const [first] = receipt.lines;
  const what = receipt.lines.length > 1 ? `${receipt.lines.length} ${first?.what}S` : (first?.what ?? '');
  const descriptions = {
    dDESC: what,
    dDESC2: first?.reference ?? '',
    dDESC3: first?.account ?? '',
    dDESC4: 'CLERK',
    dDESC5: '',
    dDESC6: unaccented(receipt.payer.last).toUpperCase(),
  };
  return {
    number: receipt.number,
    date: receipt.date,
    row: receiptRow(receipt.number, 'AKL', receipt.date, descriptions, { [receipt.tender]: cents }, receipt.checkNumber, customerNumber),
  };
}

/** The recreation counter hands finance one total a day; voided receipts are not in it. */
function dailyBatches(recreation: readonly RecreationReceipt[]): FinanceReceipt[] {
  return [
    ...groupBy(
      recreation.filter((receipt) => !receipt.voided),
      (receipt) => receipt.date,
    ),
  ].map(([date, receipts], i) => {
    const byTender = Object.fromEntries(
      [...groupBy(receipts, (receipt) => receipt.tender)].map(([tender, own]) => [tender, sum(own.map(total))]),
    );
    const descriptions = {
      dDESC: 'RECREATION DAILY BATCH',
      dDESC2: date,
      dDESC3: '',
      dDESC4: 'RECREATION',
      dDESC5: `${receipts.length} RECEIPTS`,
      dDESC6: '',
    };
    return {
      number: FIRST_BATCH_RECEIPT + i,
      date,
      row: receiptRow(FIRST_BATCH_RECEIPT + i, 'RBM', date, descriptions, byTender, '', 'RECREATION'),
    };
  });
}

function receiptRow(
  number: number,
  initials: string,
  date: string,
  descriptions: FinanceRow,
  cents: Partial<Record<Tender, number>>,
  checkNumber: string,
  customerNumber: string,
): FinanceRow {
  const card = (cents['credit card'] ?? 0) + (cents['debit card'] ?? 0);
  return {
    dDOCSUFFIX: number,
    dINITIALS: initials,
    dDATE: `${date} 00:00:00.000`,
    ...descriptions,
    dTOTBAL: dollars(sum(Object.values(cents))),
    dTXAMOUNT: '0.00',
    dCASHAMOUNT: dollars(cents.cash ?? 0),
    dCHEQUEAMOUNT: dollars(cents.check ?? 0),
    dCHEQUENMBR: checkNumber,
    dCREDITCARDAMOUNT: dollars(card),
    dCREDITCARDNAME: card > 0 ? 'VISA' : '',
    dOTHERAMOUNT: '0.00',
    dVOIDED: 0,
    dCUSTNMBR: customerNumber,
  };
}

/** Posting moves a day's receipts together: all of them carry one time stamp, which is the tie a cursor has to survive. */
function postedAt(date: string): string {
  let day = addDays(date, 1);
  while (!isBankingDay(day)) day = addDays(day, 1);
  return `${day} 06:30:00.000`;
}

/** SQL Server's datetime counts in 1/300 s: milliseconds end in 0, 3 or 7. */
function enteredAt(date: string, i: number): string {
  const minute = (i * 7) % 480;
  const time = `${String(13 + Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:${String((i * 13) % 60).padStart(2, '0')}`;
  return `${date} ${time}.${['000', '003', '007'][i % 3]}`;
}
