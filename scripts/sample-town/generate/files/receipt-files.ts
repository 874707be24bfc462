import { isoWeek, mondayAfter, usDate } from '../calendar.ts';
import { RECREATION_ACCOUNTS, TENDERS } from '../chart.ts';
import { doneMarker, exportedOn, groupBy, xmlAttributes, type TownFile } from '../files.ts';
import { dollars } from '../money.ts';
import type { Plan } from '../plan.ts';
import { at } from '../random.ts';
import { total, type RecreationLine, type RecreationReceipt } from '../recreation-receipts.ts';
import { streamTruth, type SeededError, type StreamTruth } from '../truth.ts';

export const RECEIPT_STREAM = 'recreation.receipts';
const FOLDER = 'sftp/recreation/exports';

/**
 * New World's standard receipt import (F1), one file an ISO week: a header per receipt, in it a transaction with its general-ledger
 * distribution per line, and the payment. Card numbers and validation values stay empty, as City code leaves them.
 */
export function receiptFiles(
  receipts: readonly RecreationReceipt[],
  plan: Plan,
  householdOf: (receipt: RecreationReceipt) => string,
): { files: TownFile[]; seeded: SeededError[]; stream: StreamTruth } {
  const files: TownFile[] = [];
  const seeded: SeededError[] = [];
  let records = 0;
  for (const [week, inWeek] of groupBy(receipts, (receipt) => isoWeek(receipt.date))) {
    const path = `${FOLDER}/receipts-${week}.xml`;
    const lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<ROOT>'];
    for (const receipt of inWeek) {
      if (receipt === plan.withoutReceipt) continue;
      if (receipt.voided) {
        seeded.push({
          kind: 'voided-receipt',
          stream: RECEIPT_STREAM,
          file: path,
          line: lines.length + 1,
          key: String(receipt.number),
          cents: total(receipt),
          expect: 'no revenue: VoidedFlag is True, the general ledger posts it and takes it back, the bank never sees it',
        });
      }
      lines.push(...headerXml(receipt, householdOf(receipt)));
      records++;
    }
    lines.push('</ROOT>', '');
    const file = { path, bytes: Buffer.from(lines.join('\r\n')), modified: exportedOn(mondayAfter(inWeek.at(-1)?.date ?? '')) };
    files.push(file, doneMarker(file));
  }
  const dataFiles = files.length / 2;
  const partial = `${FOLDER}/receipts-2026-W28.xml.part`;
  files.push(...resent(files, plan), { path: partial, bytes: at(files, 0).bytes.subarray(0, 7001), modified: '2026-07-06T10:05:00Z' });
  seeded.push({
    kind: 'same-file-twice',
    stream: RECEIPT_STREAM,
    file: `${FOLDER}/receipts-${plan.resentWeek}-resent.xml`,
    expect: `nothing: its bytes are those of receipts-${plan.resentWeek}.xml, so whichever is read second is already taken`,
  });
  seeded.push({ kind: 'half-uploaded', stream: RECEIPT_STREAM, file: partial, expect: 'never read: the name still ends in .part' });
  return { files, seeded, stream: streamTruth({ files: dataFiles, alreadyTaken: 1, incomplete: 1, records }) };
}

function resent(files: readonly TownFile[], plan: Plan): TownFile[] {
  const original = files.find((file) => file.path.endsWith(`receipts-${plan.resentWeek}.xml`));
  if (original === undefined) throw new Error(`no receipts of ${plan.resentWeek} to send again`);
  const again = { path: original.path.replace('.xml', '-resent.xml'), bytes: original.bytes, modified: exportedOn('2026-03-04') };
  return [again, doneMarker(again)];
}

function headerXml(receipt: RecreationReceipt, household: string): string[] {
  const date = usDate(receipt.date);
  const header = {
    ReceiptNumber: String(receipt.number),
    VoidedFlag: receipt.voided ? 'True' : 'False',
    PaymentEnteredDate: date,
    PaymentRecordedDate: date,
    PaymentGLDate: date,
    ReceivedFromName: receipt.payer === undefined ? 'WALK-IN' : `${receipt.payer.last}, ${receipt.payer.first}`,
    ReceiptDescription: at(receipt.lines, 0).what,
    ReceiptCashier: receipt.cashier,
  };
  return [
    `  <ReceiptHeaderLevel${xmlAttributes(header)}>`,
    ...receipt.lines.flatMap((line) => transactionXml(receipt, line, household)),
    `    <ReceiptPaymentLevel${xmlAttributes(payment(receipt))}/>`,
    '  </ReceiptHeaderLevel>',
  ];
}

function transactionXml(receipt: RecreationReceipt, line: RecreationLine, household: string): string[] {
  const account = RECREATION_ACCOUNTS[line.account].number;
  const transaction = {
    ReceiptTransactionType: '0',
    ReceiptTransactionAmount: dollars(line.cents),
    ReceiptTransactionDescription: line.what,
    ReceiptTransactionARCustomerNumber: household,
    ReceiptTransactionARBillType: '',
    ReceiptTransactionARBillNumber: '',
    ReceiptTransactionLicenseeNumber: '',
    ReceiptTransactionLicenseType: '',
    ReceiptTransactionLicenseNumber: '',
    ReceiptTransactionLicenseNumberID: '',
    ReceiptTransactionLicenseRenewalNumber: '',
    ReceiptTransactionLicenseRenewalNumberID: '',
    ReceiptTransactionProjectCode1: '',
    ReceiptTransactionProjectCode2: '',
    ReceiptTransactionProjectCode3: '',
  };
  const distribution = {
    GLAccountNumber: account,
    DueToDueFromFund: account.startsWith('100-') ? '' : '100',
    ProjectCode1: '',
    ProjectCode2: '',
    ProjectCode3: '',
    DistributionAmount: dollars(line.cents),
    DistributionType: TENDERS[receipt.tender].distributionType,
  };
  return [
    `    <ReceiptTransactionLevel${xmlAttributes(transaction)}>`,
    `      <ReceiptTransactionGLDistributionLevel${xmlAttributes(distribution)}/>`,
    '    </ReceiptTransactionLevel>',
  ];
}

function payment(receipt: RecreationReceipt): Record<string, string> {
  return {
    ReceiptPaymentType: TENDERS[receipt.tender].paymentType,
    ReceiptPaymentAmount: dollars(total(receipt)),
    ReceiptPaymentCheckNumber: receipt.checkNumber,
    ReceiptPaymentCreditCardNumber: '',
    ReceiptPaymentCreditCardType: receipt.tender === 'credit card' ? 'VISA' : '',
    ReceiptPaymentCreditCardExperationDate: '',
    ReceiptPaymentCreditCardValidationNumber: '',
    ReceiptPaymentCreditCardOtherType: '',
  };
}
