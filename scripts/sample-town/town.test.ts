import { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { XMLParser } from 'fast-xml-parser';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PERMIT_COLUMNS } from './generate/files/council-files.ts';
import { FINANCE_TABLES, writeFinance } from './generate/finance-tables.ts';
import { REGISTRATION_COLUMNS } from './generate/files/registration-files.ts';
import { makeTown } from './town.ts';
import type { SeededError } from './generate/truth.ts';

/** The files are read back here by other people's parsers and compared with the truth: whatever differs must be a seeded error. */
const town = makeTown(1, 120);
const { truth } = town;

describe('general ledger (R1)', () => {
  const rows = xmlFiles(/exports\/gl-.*\.xml$/, 'gl-2026-W28').flatMap((xml) => nodes(xml, 'ttReport', 'ttReportRow'));
  const byReceipt = Map.groupBy(rows, (row) => Number(row.sagldistribution_receiptnumber));

  test('debits are credits, receipt by receipt', () => {
    for (const own of byReceipt.values()) expect(total(own, 'sagldistribution_dramount')).toBe(total(own, 'sagldistribution_cramount'));
  });

  test('credits are the receipts, except where an error was seeded', () => {
    const differing: Record<string, number> = {};
    for (const receipt of truth.receipts.filter((each) => each.department === 'recreation')) {
      const own = byReceipt.get(receipt.number) ?? [];
      const difference =
        -total(
          own.filter((row) => row.saglcode_accountnumber !== '100-000-1010'),
          'sagldistribution_netamount',
        ) - (receipt.voided ? 0 : receipt.cents);
      if (difference !== 0) differing[receipt.number] = difference;
    }
    const unposted = seeded('receipt-not-posted');
    expect(differing).toEqual({ [unposted.key ?? '']: -(unposted.cents ?? 0), [seeded('posting-differs').key ?? '']: 10 });
  });

  test('counts are those of the truth, the unknown pay code is on its line', () => {
    expect(rows).toHaveLength(truth.streams['recreation.gl']?.records ?? 0);
    expect(rows.filter((row) => !['01', '02', '03', '04'].includes(String(row.sagldistribution_paycode)))).toHaveLength(1);
    const { file, line, key } = seeded('unknown-pay-code');
    const lines = text(file).split('\n');
    expect(lines[(line ?? 0) - 1]?.trim()).toBe('<ttReportRow>');
    expect(lines.slice(line, (line ?? 0) + 20).join()).toContain(`>97</`);
    expect(lines.slice(line, (line ?? 0) + 20).join()).toContain(`>${key}</`);
  });
});

describe('receipts (F1)', () => {
  const headers = xmlFiles(/exports\/receipts-.*W\d\d\.xml$/).flatMap((xml) => nodes(xml, 'ROOT', 'ReceiptHeaderLevel'));

  test('one header per receipt: transactions, distributions and payment add up to the receipt', () => {
    const numbers = headers.map((header) => Number(header.ReceiptNumber));
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const header of headers) {
      const receipt = truth.receipts.find((each) => each.number === Number(header.ReceiptNumber));
      const transactions = nodes(header, 'ReceiptTransactionLevel');
      expect(total(transactions, 'ReceiptTransactionAmount')).toBe(receipt?.cents);
      expect(
        total(
          transactions.flatMap((each) => nodes(each, 'ReceiptTransactionGLDistributionLevel')),
          'DistributionAmount',
        ),
      ).toBe(receipt?.cents);
      expect(total(nodes(header, 'ReceiptPaymentLevel'), 'ReceiptPaymentAmount')).toBe(receipt?.cents);
      expect(header.VoidedFlag).toBe(receipt?.voided === true ? 'True' : 'False');
    }
  });

  test('only the posting without a receipt is missing', () => {
    const there = new Set(headers.map((header) => Number(header.ReceiptNumber)));
    const missing = truth.receipts.filter((receipt) => receipt.department === 'recreation' && !there.has(receipt.number));
    expect(missing.map((receipt) => String(receipt.number))).toEqual([seeded('posting-without-receipt').key]);
    expect(headers).toHaveLength(truth.streams['recreation.receipts']?.records ?? 0);
    expect(truth.receipts.filter((receipt) => receipt.voided).map((receipt) => String(receipt.number))).toEqual([
      seeded('voided-receipt').key,
    ]);
  });

  test('no card number, expiry or validation value is ever filled', () => {
    for (const payment of nodes({ headers }, 'headers', 'ReceiptPaymentLevel')) {
      const { ReceiptPaymentCreditCardNumber, ReceiptPaymentCreditCardExperationDate, ReceiptPaymentCreditCardValidationNumber } = payment;
      expect([ReceiptPaymentCreditCardNumber, ReceiptPaymentCreditCardExperationDate, ReceiptPaymentCreditCardValidationNumber]).toEqual([
        '',
        '',
        '',
      ]);
    }
  });

  test('one file comes twice, with the same bytes and its own marker; unfinished uploads have no marker', () => {
    const { file = '' } = seeded('same-file-twice');
    expect(bytes(file).equals(bytes(file.replace('-resent', '')))).toBe(true);
    expect(bytes(`${file}.done`)).toHaveLength(0);
    for (const partial of truth.seeded.filter((error) => error.kind === 'half-uploaded')) {
      expect(town.files.some((each) => each.path === partial.file)).toBe(true);
      expect(town.files.some((each) => each.path === `${partial.file}.done`)).toBe(false);
    }
  });
});

describe('registrations', () => {
  const files = town.files.filter((file) => /registrations-/.test(file.path));
  const records = registrations();

  test('every registration that was paid for has its line; one is ragged, two are equal', () => {
    expect(records).toHaveLength(truth.streams['recreation.registrations']?.records ?? 0);
    expect(records.filter((record) => record.length !== REGISTRATION_COLUMNS.length).map((record) => record[0])).toEqual([
      seeded('ragged-line').key,
    ]);
    const equal = records.filter((record, i) => records.findIndex((other) => other.join('|') === record.join('|')) !== i);
    expect(equal.map((record) => record[0])).toEqual([seeded('equal-lines-both-real').key]);
    for (const kind of ['ragged-line', 'equal-lines-both-real']) {
      const { file, line, key } = seeded(kind);
      expect(text(file).split('\n')[(line ?? 0) - 1]).toMatch(new RegExp(`^${key},`));
    }
  });

  test('it is Windows-1252 with what Excel leaves behind', () => {
    const all = Buffer.concat(files.map((file) => file.bytes));
    expect(all.includes(0x92)).toBe(true);
    expect(all.includes('="00')).toBe(true);
    expect(records.some((record) => record.at(-1)?.includes('\r\n'))).toBe(true);
    expect(records.some((record) => record.at(-1)?.includes('"Nana"'))).toBe(true);
    expect(/[ñíéü]/.test(iconv.decode(all, 'windows-1252'))).toBe(true);
  });
});

describe('truth', () => {
  test('revenue is what receipts that were not voided brought, whichever way it is added up', () => {
    const months = Object.values(truth.revenue).flatMap((department) => Object.values(department));
    const kept = truth.receipts.filter((receipt) => !receipt.voided);
    expect(months).toHaveLength(12);
    expect(months.reduce((a, b) => a + b)).toBe(kept.reduce((all, receipt) => all + receipt.cents, 0));
    expect(truth.deposits.reduce((all, deposit) => all + deposit.cents, 0)).toBe(kept.reduce((all, receipt) => all + receipt.cents, 0));
  });

  test('every appearance is in the stream that it names', () => {
    const keys = new Map<string, Set<string>>();
    for (const one of [...truth.residents, ...truth.organizations])
      for (const each of one.appearances) keys.set(each.stream, (keys.get(each.stream) ?? new Set()).add(each.key));
    const registered = registrations().map((record) => `${digits(record[2])}-${digits(record[3])}`);
    expect([...(keys.get('recreation.registrations') ?? [])].sort()).toEqual([...new Set(registered)].sort());
    expect([...(keys.get('clerk.dog-licenses') ?? [])].sort()).toEqual(town.clerk.dogLicenses.map((license) => license.AnimalID).sort());
    expect([...(keys.get('finance.customers') ?? [])].sort()).toEqual(town.finance.RM00101.map((row) => row['CUSTNMBR']).sort());
    expect([...(keys.get('recreation.residents') ?? [])].sort()).toEqual(town.people.recreation.map((row) => row.resident_no).sort());
    expect([...(keys.get('clerk.residents') ?? [])].sort()).toEqual(town.people.register.map((entry) => entry.ResidentNo).sort());
    expect(keys.get('council.permits')?.size).toBe(truth.permits.length);
  });

  test('a father and his son have one name and one address, and are two residents', () => {
    const [pair] = truth.lookAlikes;
    const [father, son] = [pair?.a, pair?.b].map((id) => truth.residents.find((resident) => resident.id === id));
    expect([father?.first, father?.last, father?.address]).toEqual([son?.first, son?.last, son?.address]);
    expect(father?.birthDate).not.toBe(son?.birthDate);
  });
});

describe('finance tables (F8)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sample-town-'));
  beforeAll(() => writeFinance(join(folder, 'finance.db'), town.finance));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('open and history together hold the revenue of the half-year, in exact cents', () => {
    const database = new DatabaseSync(join(folder, 'finance.db'), { readOnly: true });
    const sql =
      'SELECT sum(CAST(round(dTOTBAL * 100) AS INTEGER)) AS cents, sum(CAST(round((dCASHAMOUNT + dCHEQUEAMOUNT + dCREDITCARDAMOUNT + dOTHERAMOUNT) * 100) AS INTEGER)) AS tenders FROM (SELECT * FROM CR10101 UNION ALL SELECT * FROM CR30101)';
    const revenue = Object.values(truth.revenue)
      .flatMap((department) => Object.values(department))
      .reduce((a, b) => a + b);
    expect(database.prepare(sql).get()).toEqual({ cents: revenue, tenders: revenue });
    for (const table of Object.keys(FINANCE_TABLES)) {
      const widths = database.prepare(`PRAGMA table_info(${table})`).all() as { name: string; type: string }[];
      for (const { name, type } of widths.filter((column) => column.type.startsWith('CHAR'))) {
        expect(database.prepare(`SELECT count(*) AS n FROM ${table} WHERE length(${name}) <> ${type.slice(5, -1)}`).get()).toEqual({
          n: 0,
        });
      }
    }
    database.close();
  });
});

describe('council folder', () => {
  const records = (path: string) => parse(bytes(path), { columns: true }) as Record<string, string>[];

  test('control totals are the detail lines, except the two that were seeded', () => {
    const details = new Map<string, number>();
    for (const line of records('council/payments.csv')) {
      const [year = '', month = ''] = (line['month_paid'] ?? '').split('-');
      const start = Number(month) >= 7 ? Number(year) : Number(year) - 1;
      const key = [`${start}/${start + 1}`, line['department'], line['reason'], line['payment_type']].join(' / ');
      details.set(key, (details.get(key) ?? 0) + (/O/.test(line['amount_paid'] ?? '') ? 0 : cents(line['amount_paid'])));
    }
    const off = records('council/payments_summary.csv').flatMap((line) => {
      const key = [line['financial_year'], line['department'], line['reason'], line['payment_type']].join(' / ');
      const difference = cents(line['amount_paid']) - (details.get(key) ?? NaN);
      return difference === 0 ? [] : [[key, difference]];
    });
    expect(off.sort((a, b) => Number(a[1]) - Number(b[1]))).toEqual([
      [seeded('control-total-off').key, 2000],
      ['2024/2025 / Library / CHARGE / CASH', 10500],
    ]);
    expect(text('council/payments.csv').split('\n')[(seeded('unparsable-amount').line ?? 0) - 1]).toContain('1O5.00');
    expect(text('council/payments_summary.csv').split('\n')[(seeded('control-total-off').line ?? 0) - 1]).toContain('Summer camp');
  });

  test('for the half-year the published recreation and clerk payments are the receipts', () => {
    const published = records('council/payments.csv').filter(
      (line) => (line['month_paid'] ?? '') >= '2026-01' && line['department'] !== 'Library',
    );
    const revenue = Object.values(truth.revenue)
      .flatMap((department) => Object.values(department))
      .reduce((a, b) => a + b);
    expect(published.reduce((all, line) => all + cents(line['amount_paid']), 0)).toBe(revenue);
  });

  test('permits have every BLDS field, and one date that is not one', () => {
    const permits = records('council/permits.csv');
    expect(permits).toHaveLength(truth.permits.length);
    expect(Object.keys(permits[0] ?? {})).toEqual([...PERMIT_COLUMNS]);
    expect(permits.filter((permit) => permit['AppliedDate'] === '2026-02-30').map((permit) => permit['PermitNum'])).toEqual([
      seeded('impossible-date').key,
    ]);
    expect(text('council/permits.csv').split('\n')[(seeded('impossible-date').line ?? 0) - 1]).toContain('2026-02-30');
  });
});

/** An element as the parser gives it: one child of a name is an element, two are an array. */
type Element = { [name: string]: string | Element | Element[] };

function xmlFiles(name: RegExp, except = 'nothing'): Element[] {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', parseTagValue: false, parseAttributeValue: false });
  return town.files
    .filter((file) => name.test(file.path) && !file.path.includes(except))
    .map((file) => parser.parse(file.bytes) as Element);
}

function registrations(): string[][] {
  return town.files
    .filter((file) => /registrations-/.test(file.path))
    .flatMap(
      (file) =>
        parse(iconv.decode(file.bytes, 'windows-1252'), {
          from_line: 2,
          relax_column_count: true,
          relax_quotes: true,
          record_delimiter: '\r\n',
        }) as string[][],
    );
}

/** All elements at the end of that path, however many each step has. */
function nodes(from: Element, ...path: string[]): Element[] {
  return path.reduce((elements, name) => elements.flatMap((element) => element[name] ?? []) as Element[], [from]);
}

function total(rows: readonly Element[], field: string): number {
  return rows.reduce((all, row) => all + cents(row[field]), 0);
}

function cents(amount: unknown): number {
  const [, sign, whole, fraction] = /^(-?)(\d+)\.(\d\d)$/.exec(String(amount)) ?? [];
  if (whole === undefined) throw new Error(`no amount: ${String(amount)}`);
  return (sign === '-' ? -1 : 1) * (Number(whole) * 100 + Number(fraction));
}

function digits(cell: string | undefined): string {
  return (cell ?? '').replace(/\D/g, '');
}

function seeded(kind: string): SeededError {
  const found = truth.seeded.find((error) => error.kind === kind);
  if (found === undefined) throw new Error(`nothing of kind ${kind} was seeded`);
  return found;
}

function bytes(path = ''): Buffer {
  const found = town.files.find((file) => file.path === path);
  if (found === undefined) throw new Error(`no file ${path}`);
  return found.bytes;
}

function text(path = ''): string {
  return bytes(path).toString('latin1');
}
