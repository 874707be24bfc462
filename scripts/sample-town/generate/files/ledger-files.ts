import { isoWeek, longDate, mondayAfter } from '../calendar.ts';
import { CASH, RECREATION_ACCOUNTS, TENDERS, type Account } from '../chart.ts';
import { doneMarker, exportedOn, groupBy, xmlEscape, type TownFile } from '../files.ts';
import { dollars } from '../money.ts';
import type { Plan } from '../plan.ts';
import { byAccount, total, type RecreationReceipt } from '../recreation-receipts.ts';
import { streamTruth, type SeededError, type StreamTruth } from '../truth.ts';

export const LEDGER_STREAM = 'recreation.gl';
const FOLDER = 'sftp/recreation/exports';

/** RecTrac's general-ledger report (R1), one file an ISO week: per receipt a credit for each revenue account and one debit of cash. */
export function ledgerFiles(
  receipts: readonly RecreationReceipt[],
  plan: Plan,
): { files: TownFile[]; seeded: SeededError[]; stream: StreamTruth } {
  const files: TownFile[] = [];
  const seeded: SeededError[] = [];
  let record = 0;
  for (const [week, inWeek] of groupBy(receipts, (receipt) => isoWeek(receipt.date))) {
    const path = `${FOLDER}/gl-${week}.xml`;
    const lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<ttReport>'];
    for (const receipt of inWeek) {
      for (const row of rowsOf(receipt, plan)) {
        record++;
        if (row.payCode === UNKNOWN_PAY_CODE) {
          seeded.push({
            kind: 'unknown-pay-code',
            stream: LEDGER_STREAM,
            file: path,
            line: lines.length + 1,
            key: String(receipt.number),
            expect: `reject this row: pay code ${UNKNOWN_PAY_CODE} is in no lookup; the receipt keeps its credit rows`,
          });
        }
        lines.push(...rowXml(receipt, row, record));
      }
      const error = errorOf(receipt, plan, path);
      if (error !== undefined) seeded.push(error);
    }
    lines.push('</ttReport>', '');
    const file = { path, bytes: Buffer.from(lines.join('\r\n')), modified: exportedOn(mondayAfter(inWeek.at(-1)?.date ?? '')) };
    files.push(file, doneMarker(file));
  }
  const dataFiles = files.length / 2;
  files.push(halfUploaded(files.at(-2)?.bytes ?? Buffer.alloc(0)));
  seeded.push({
    kind: 'half-uploaded',
    stream: LEDGER_STREAM,
    file: `${FOLDER}/gl-2026-W28.xml`,
    expect: 'never read: it has no .done marker (and ends in the middle of a row)',
  });
  return { files, seeded, stream: streamTruth({ files: dataFiles, incomplete: 1, records: record, rejected: 1 }) };
}

const UNKNOWN_PAY_CODE = '97';

interface Row {
  account: Account;
  payCode: string;
  debit: number;
  credit: number;
  module: string;
  reference: string;
}

function rowsOf(receipt: RecreationReceipt, plan: Plan): Row[] {
  if (receipt === plan.unposted) return [];
  const payCode = TENDERS[receipt.tender].payCode;
  const parts = byAccount(receipt);
  const extra = receipt === plan.postedTooMuch ? 10 : 0;
  const credits = parts.map((part, i): Row => ({
    account: RECREATION_ACCOUNTS[part.account],
    payCode,
    debit: 0,
    credit: part.cents + (i === 0 ? extra : 0),
    module: part.line.module,
    reference: part.line.reference,
  }));
  const module = parts[0]?.line.module ?? 'PS';
  const debit: Row = {
    account: CASH,
    payCode: receipt === plan.unknownPayCode ? UNKNOWN_PAY_CODE : payCode,
    debit: total(receipt) + extra,
    credit: 0,
    module,
    reference: '',
  };
  const rows = [...credits, debit];
  // a void is posted a second time the other way round: what was credited is debited
  return receipt.voided ? [...rows, ...rows.map((row) => ({ ...row, debit: row.credit, credit: row.debit, reference: 'VOID' }))] : rows;
}

function rowXml(receipt: RecreationReceipt, row: Row, record: number): string[] {
  const costCenter = row.account.number.split('-')[1] ?? '';
  const values: Record<string, string> = {
    sagldistribution_glcode: row.account.glCode,
    sagldistribution_costcenter: costCenter,
    sagldistribution_receiptnumber: String(receipt.number),
    sagldistribution_module: row.module,
    sagldistribution_paycode: row.payCode,
    sagldistribution_transactionreference1: row.reference,
    sagldistribution_username: receipt.cashier,
    sagldistribution_dramount: dollars(row.debit),
    sagldistribution_cramount: dollars(row.credit),
    sagldistribution_netamount: dollars(row.debit - row.credit),
    'sagldistribution_postingdate-weekdaymonthdayyear': longDate(receipt.date),
    sagldistribution_postingdate_sort: receipt.date,
    sagldistribution_glcode_sort: row.account.glCode,
    sagldistribution_costcenter_sort: costCenter.padStart(6, '0'),
    sagldistribution_receiptnumber_sort: String(receipt.number).padStart(10, '0'),
    saglcode_accountnumber: row.account.number,
    DT_RowId: `0x${(0x4a0000 + record).toString(16).padStart(16, '0')}`,
    DT_AllowChange: 'false',
    DT_Record: String(record),
  };
  return [
    '  <ttReportRow>',
    ...Object.entries(values).map(([name, value]) => `    <${name}>${xmlEscape(value)}</${name}>`),
    '  </ttReportRow>',
  ];
}

function errorOf(receipt: RecreationReceipt, plan: Plan, file: string): SeededError | undefined {
  const about = { stream: LEDGER_STREAM, file, key: String(receipt.number) };
  if (receipt === plan.unposted)
    return {
      kind: 'receipt-not-posted',
      ...about,
      cents: total(receipt),
      expect: 'an exception: the receipt is in the receipts file and at the bank, but has no general-ledger rows',
    };
  if (receipt === plan.withoutReceipt)
    return {
      kind: 'posting-without-receipt',
      ...about,
      cents: total(receipt),
      expect: 'an exception: the general ledger posts a receipt that is in no receipts file (the money is at the bank)',
    };
  if (receipt === plan.postedTooMuch)
    return {
      kind: 'posting-differs',
      ...about,
      cents: 10,
      expect: 'an exception: the general ledger credits 0.10 more than the receipt (debits equal credits)',
    };
  return undefined;
}

/** The next week's export while it is still on its way: the beginning of a file under its final name, without a marker. */
function halfUploaded(like: Buffer): TownFile {
  return { path: `${FOLDER}/gl-2026-W28.xml`, bytes: like.subarray(0, Math.min(9173, like.length - 40)), modified: '2026-07-06T10:05:00Z' };
}
