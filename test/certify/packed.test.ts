import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stylesOf, workbookOf } from '../../src/formats/xlsx/write.ts';
import { writeRecords } from '../../src/authoring/certify/write-records.ts';
import { encrypted, gzip, keysOf, zip } from '../formats/packing.ts';
import { certified, failures, type Files, finding, packOf, README } from './packs.ts';

const CSV =
  'number,paid_on,payer,amount\n00101,2026-03-02,Pat Sample,24.50\n00102,2026-03-02,Sam Doe,110.00\n00103,2026-03-03,Kim Example,7.25\n';
const RECORDS = JSON.stringify({
  records: CSV.trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(','))
    .map(([number, paid_on, payer, amount]) => ({ number, paid_on, payer, amount })),
});
const manifest = (unpack: string, decoder = '{ csv: {} }') => `connector: till
version: 1.0.0
title: Till
transport: sftp
streams:
  payments:
    retriever: { files: { pattern: "payments-*"${unpack ? `, unpack: ${unpack}` : ''} } }
    decoder: ${decoder}
    schema:
      fields:
        number: { required: true }
        paid_on: { type: date }
        payer: { class: personal }
        amount: { type: decimal, required: true }
    primary_key: [number]
`;
const pack = (yaml: string, file: string, bytes: Uint8Array, more: Files = {}): string =>
  packOf('till', {
    'connector.yaml': yaml,
    'README.md': README,
    [`fixtures/payments/${file}`]: bytes,
    'fixtures/payments/records.json': RECORDS,
    ...more,
  });
/** What is tried on the file as it is sent, and on the text in it. */
const BOTH = [
  'recording',
  'read_twice',
  'resume',
  'growing',
  'truncated',
  'replaced',
  'duplicate',
  'empty',
  'damaged',
  'packed_otherwise',
  'bomb',
];
const TEXT = [
  'byte_order_mark',
  'utf_16',
  'line_endings',
  'quoted_newline',
  'ragged_row',
  'column_removed',
  'retyped',
  'memory',
  'secrets',
];

describe('a pack of files', { timeout: 240_000 }, () => {
  test('that are gzip files certifies from a gzip file: its way is proven packed, its text unpacked', async () => {
    const certificate = await certified(pack(manifest('[{ gzip: {} }]'), 'payments-1.csv.gz', gzip(CSV)));
    expect(failures(certificate)).toEqual([]);
    const checks = certificate.findings.map((f) => f.check);
    expect(checks).toEqual(expect.arrayContaining([...BOTH, ...TEXT]));
    expect(new Set(checks).size).toBe(checks.length);
    expect(finding(certificate, 'truncated')).toMatchObject({
      state: 'ok',
      detail: expect.stringMatching(/^(\d+) of \1 cuts are refused/) as string,
    });
    expect(finding(certificate, 'bomb')?.detail).toContain('UNPACKED_TOO_LARGE');
  });

  test('in a ZIP archive too', async () => {
    const certificate = await certified(
      pack(manifest('[{ zip: { entry: "*.csv" } }]'), 'payments-1.zip', await zip({ 'out/payments.csv': CSV, 'readme.txt': 'x' })),
    );
    expect(failures(certificate)).toEqual([]);
    expect(certificate.findings.map((f) => f.check)).toEqual(expect.arrayContaining([...BOTH, ...TEXT]));
  });

  test('that are encrypted and signed, written from the vendor guide alone, with keys made for the recording', async () => {
    const guide = readFileSync(join(import.meta.dirname, '../../docs/vendor-guide.md'), 'utf8');
    const recipe = /```yaml\n(options:\n {2}pgp_key:[\s\S]*?)```/.exec(guide)![1]!;
    const yaml = `connector: till\nversion: 1.0.0\ntitle: Till\ntransport: sftp\n${recipe}    schema:\n      fields: { number: { required: true }, paid_on: { type: date }, payer: {}, amount: { type: decimal } }\n    primary_key: [number]\n`;
    const [town, sender] = [await keysOf('town'), await keysOf('sender')];
    const bytes = await encrypted(await zip({ 'payments-1.csv': CSV }), { to: town, by: sender });
    const options = { 'fixtures/options.json': JSON.stringify({ pgp_sender: sender.public }) };
    const certificate = await certified(pack(yaml, 'payments-1.zip.pgp', bytes, { ...options, 'fixtures/pgp_key.asc': town.private }));
    expect(failures(certificate)).toEqual([]);
    expect(certificate.findings.map((f) => f.check)).toEqual(expect.arrayContaining([...BOTH, ...TEXT]));
    const without = await certified(pack(yaml, 'payments-1.zip.pgp', bytes, options));
    expect(failures(without).join('\n')).toMatch(/fixtures\/pgp_key\.asc: .*key to decrypt them is missing/);
  });

  test('that are workbooks: what is about text is left out, everything else is proven', async () => {
    const bytes = workbook();
    const certificate = await certified(pack(manifest('', '{ xlsx: {} }'), 'payments-1.xlsx', bytes));
    expect(failures(certificate)).toEqual([]);
    const checks = certificate.findings.map((f) => f.check);
    expect(checks).toEqual(
      expect.arrayContaining([
        'recording',
        'read_twice',
        'resume',
        'growing',
        'truncated',
        'duplicate',
        'empty',
        'damaged',
        'bomb',
        'memory',
        'secrets',
      ]),
    );
    for (const check of ['byte_order_mark', 'utf_16', 'line_endings', 'quoted_newline', 'packed_otherwise'])
      expect(checks).not.toContain(check);
    expect(finding(certificate, 'memory')?.detail).toMatch(/50,000 records/);
    const packed = await certified(pack(manifest('[{ zip: {} }]', '{ xlsx: {} }'), 'payments-1.zip', await zip({ 'a.xlsx': bytes })));
    expect(failures(packed)).toEqual([]);
  });

  test('with a packed recording has its records written from it', async () => {
    const folder = pack(manifest('[{ gzip: {} }]'), 'payments-1.csv.gz', gzip(CSV), {
      'fixtures/payments/records.json': '{ "records": [] }',
    });
    expect(failures(await certified(folder))[0]).toContain('3 records read, but records.json has 0');
    await writeRecords(folder, undefined);
    expect(failures(await certified(folder))).toEqual([]);
  });
});

function workbook(): Buffer {
  const rows = CSV.trim()
    .split('\n')
    .map((row) => row.split(','));
  return workbookOf({
    styles: stylesOf(['yyyy-mm-dd', '0.00']),
    sheets: [
      {
        name: 'Payments',
        rows: rows.map((cells, i) => ({
          number: i + 1,
          cells: cells.map((value, column) => {
            const text = { column, style: 0, type: 'inlineStr', value, formula: false };
            if (i === 0 || column === 0 || column === 2) return text;
            return column === 1
              ? { ...text, type: 'n', style: 1, value: String(Date.parse(value) / 86_400_000 + 25_569) }
              : { ...text, type: 'n', style: 2, value: String(Number(value)) };
          }),
        })),
      },
    ],
  });
}
