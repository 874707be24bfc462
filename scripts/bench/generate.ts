import { writeText } from './write-text.ts';

const DEPARTMENTS = ['REC', 'CLK', 'LIB'];
const TENDERS = ['CA', 'CK', 'CC'];

/** Receipts of a till as one CSV file; the same rows for the same number. A longer description makes larger files of as many rows. */
export function generateReceipts(file: string, rows: number, more = 0, description = 'ok'): Promise<void> {
  return writeText(file, receiptLines(rows + more, description));
}

function* receiptLines(rows: number, description: string): Generator<string> {
  yield 'receipt_number,received_on,department,account,tender,amount,payer,branch,cashier,description';
  for (let i = 0; i < rows; i++) {
    const day = `2026-${String(1 + (i % 6)).padStart(2, '0')}-${String(1 + (i % 28)).padStart(2, '0')}`;
    yield `R${String(i).padStart(8, '0')},${day},${DEPARTMENTS[i % 3]},001-4${i % 97},${TENDERS[i % 3]},${i % 500}.${String(i % 100).padStart(2, '0')},Household ${i % 40_000},Main Street,jdoe,${description}`;
  }
}
