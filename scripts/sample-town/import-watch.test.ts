import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ImportWatch, startImportWatch } from './import-watch.ts';

let folder: string;
let watch: ImportWatch;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'import-watch-'));
  watch = startImportWatch({ folder, reports: join(folder, 'reports') });
});
afterEach(() => {
  watch.close();
  rmSync(folder, { recursive: true });
});

function receipt(number: string, amount = '5.00', paid = amount): string {
  return `<ReceiptHeaderLevel ReceiptNumber="${number}"><ReceiptTransactionLevel><ReceiptTransactionGLDistributionLevel DistributionAmount="${amount}"/></ReceiptTransactionLevel><ReceiptPaymentLevel ReceiptPaymentAmount="${paid}"/></ReceiptHeaderLevel>`;
}
function drop(name: string, ...receipts: string[]): void {
  writeFileSync(join(folder, 'imports', name), `<?xml version="1.0"?><ROOT>${receipts.join('')}</ROOT>`);
}
const report = (name: string): string => readFileSync(join(folder, 'reports', `${name}.txt`), 'utf8');

test('a file is taken a moment after it is there, and one that is still being written is not', async () => {
  drop('.b.xml.part', receipt('2'));
  drop('a.xml', receipt('1'), receipt('00012', '80.10'));
  await expect.poll(() => watch.taken()).toEqual({ files: 1, receipts: 2, amount: 8510 });
  expect(report('a.xml')).toBe('EDIT REPORT a.xml\n2 receipts, 85.10\nIMPORTED, no errors\n');
  expect(readdirSync(join(folder, 'imports'))).toEqual(['.b.xml.part']);
});

test('a receipt number that was ever imported is refused with its whole file, also by the next watch of the folder', () => {
  drop('a.xml', receipt('1'));
  watch.close();
  watch = startImportWatch({ folder, reports: join(folder, 'reports') });
  drop('b.xml', receipt('2'), receipt('1'));
  watch.takeAll();
  expect(watch.taken()).toEqual({ files: 1, receipts: 1, amount: 500 });
  expect(report('b.xml')).toContain('NOT IMPORTED\nReceipt 1 was imported before.');
  expect(existsSync(join(folder, 'refused/b.xml'))).toBe(true);
});

test.each([
  ['what is cut off', '<ROOT><ReceiptHeaderLevel', 'The file is not well-formed XML'],
  ['a file without receipts', '<ROOT></ROOT>', 'There is no ReceiptHeaderLevel in ROOT.'],
  [
    'a receipt that is not paid as it is distributed',
    `<ROOT>${receipt('1', '5.00', '6.00')}</ROOT>`,
    'paid with 6.00, but distributes 5.00',
  ],
  ['an amount that is not one', `<ROOT>${receipt('1', '5')}</ROOT>`, 'has no amount, or one that is not one'],
  ['a receipt without a number', `<ROOT>${receipt('')}</ROOT>`, 'has no number'],
])('%s is not imported', (_, text, why) => {
  writeFileSync(join(folder, 'imports/a.xml'), text);
  watch.takeAll();
  expect([watch.taken().files, report('a.xml').includes(why)]).toEqual([0, true]);
});
