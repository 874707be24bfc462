import { expect, test } from 'vitest';
import { certified, failures, packOf, README } from './packs.ts';

const SEGMENTS = [
  'ISA*00*X12',
  'ST*820*0001',
  'BPR*C*37.50*C*ACH*20260302',
  'N1*PR*ACME INC',
  'RMR*IV*00042**12.50*12.50',
  'RMR*IV*00043**25.00',
  'SE*6*0001',
];
const record = (invoice: string, paid: string, invoiced: string | null) => ({
  type: 'RMR',
  qualifier: 'IV',
  invoice,
  action: null,
  paid,
  invoiced,
  ST: { type: 'ST', set: '820', number: '0001' },
  BPR: { type: 'BPR', handling: 'C', total: '37.50', sign: 'C', method: 'ACH', paid_on: '20260302' },
});

/** A pack with these options of its csv decoder. */
function remittances(layout: string): string {
  return packOf('acme', {
    'connector.yaml': `connector: acme
version: 1.0.0
title: Acme remittances, X12
transport: folder
streams:
  remits:
    retriever: { files: { pattern: "*.820" } }
    decoder:
      csv:
        delimiter: "*"
        ${layout}
        header: false
        short_rows: fill
        record_types:
          ISA: [type, i1, i2]
          ST: [type, set, number]
          BPR: [type, handling, total, sign, method, paid_on]
          N1: [type, who, name, qualifier, id]
          RMR: [type, qualifier, invoice, action, paid, invoiced]
          SE: [type, segments, number]
    record_selector: { types: [RMR], parents: [ST, BPR] }
    schema:
      fields:
        ST.number: { required: true }
        BPR.paid_on: { type: date, format: YYYYMMDD, required: true }
        invoice: { required: true }
        paid: { type: decimal, required: true }
    primary_key: [ST.number, invoice]
`,
    'README.md': README,
    'fixtures/remits/a.820': SEGMENTS.map((segment) => `${segment}~`).join(''),
    'fixtures/remits/records.json': JSON.stringify({ records: [record('00042', '12.50', '12.50'), record('00043', '25.00', null)] }),
  });
}

test('a connector of X12 segments certifies: cut off, damaged, with a segment too long, sent twice', async () => {
  expect(failures(await certified(remittances('quote: null\n        row_end: "~"')))).toEqual([]);
});

test('a character that ends rows needs a file without quotes, and is not the delimiter', async () => {
  const said = async (layout: string): Promise<string> => failures(await certified(remittances(layout))).join('\n');
  expect(await said('row_end: "~"')).toMatch(/csv\.row_end: needs a file without quotes: .* Add quote: null\. \[VALUE_INVALID\]/);
  expect(await said('quote: null\n        row_end: "*"')).toMatch(/csv\.row_end: is the same as the delimiter\. \[VALUE_INVALID\]/);
});
