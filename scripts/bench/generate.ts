import { once } from 'node:events';
import { createWriteStream, utimesSync } from 'node:fs';

const DEPARTMENTS = ['REC', 'CLK', 'LIB'];
const TENDERS = ['CA', 'CK', 'CC'];

/** Receipts of a till as one CSV file; the same rows for the same number. A longer description makes larger files of as many rows. */
export async function generateReceipts(file: string, rows: number, more = 0, description = 'ok'): Promise<void> {
  const out = createWriteStream(file);
  out.write('receipt_number,received_on,department,account,tender,amount,payer,branch,cashier,description\n');
  let text = '';
  for (let i = 0; i < rows + more; i++) {
    const day = `2026-${String(1 + (i % 6)).padStart(2, '0')}-${String(1 + (i % 28)).padStart(2, '0')}`;
    text += `R${String(i).padStart(8, '0')},${day},${DEPARTMENTS[i % 3]},001-4${i % 97},${TENDERS[i % 3]},${i % 500}.${String(i % 100).padStart(2, '0')},Household ${i % 40_000},Main Street,jdoe,${description}\n`;
    if (text.length > 1_000_000) {
      if (!out.write(text)) await once(out, 'drain');
      text = '';
    }
  }
  out.end(text);
  await once(out, 'close');
  // Old enough to be complete.
  const yesterday = new Date(Date.now() - 86_400_000);
  utimesSync(file, yesterday, yesterday);
}
