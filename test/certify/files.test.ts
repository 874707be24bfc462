import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { certified, failures, type Files, finding, packOf, README } from './packs.ts';

// Several certifications of 2 to 3 seconds of CPU each.
const SEVERAL = { timeout: 90_000 };
const CSV =
  'number,paid_on,payer,amount\n00101,2026-03-02,Pat Sample,24.50\n00102,2026-03-02,Sam Doe,110.00\n00103,2026-03-03,Kim Example,7.25\n';
const records = (text: string): object[] => {
  const [head, ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(head!.map((name, i) => [name, row[i] === '' ? null : row[i]])));
};
const MANIFEST = `connector: till
version: 1.0.0
title: Till
transport: sftp
streams:
  payments:
    retriever: { files: { pattern: "payments-*.csv" } }
    decoder: { csv: {} }
    schema:
      fields:
        number: { required: true }
        paid_on: { type: date }
        payer: { class: personal }
        amount: { type: decimal, required: true }
    primary_key: [number]
`;
const FILES: Files = {
  'connector.yaml': MANIFEST,
  'README.md': README,
  'fixtures/payments/payments-20260303.csv': CSV,
  'fixtures/payments/records.json': JSON.stringify({ records: records(CSV) }),
};
const pack = (changes: Files = {}): string => packOf('till', { ...FILES, ...changes });
const manifest = (...changes: [string, string][]): Files => ({
  'connector.yaml': changes.reduce((text, [what, by]) => text.replace(what, by), MANIFEST),
});

test('what takes rows off the end or reads whole files in an order that nobody named is remarked, and holds once it is said', async () => {
  const footed = { 'fixtures/payments/payments-20260303.csv': `${CSV}Total,,,141.75\n` };
  const loose = await certified(
    pack({ ...manifest(['csv: {}', 'csv: { footer_lines: 1 }'], ['.csv" }', '.csv", content: snapshot }']), ...footed }),
  );
  expect(failures(loose)).toEqual([]);
  expect(finding(loose, 'footer')).toMatchObject({ state: 'warning', hint: expect.stringContaining('footer_has: Total') as string });
  expect(finding(loose, 'order')).toMatchObject({ state: 'warning', hint: expect.stringContaining('order: name') as string });
  const said = await certified(
    pack({
      ...manifest(['csv: {}', 'csv: { footer_lines: 1, footer_has: Total }'], ['.csv" }', '.csv", content: snapshot, order: name }']),
      ...footed,
    }),
  );
  expect(failures(said)).toEqual([]);
  expect([finding(said, 'footer')?.state, finding(said, 'order')?.state]).toEqual(['ok', 'ok']);
});

test('two streams over one file share its trailer, though its figures are about the lines of one alone', SEVERAL, async () => {
  const text = 'H0000001Pat Sample\nD00000001250\nD00000000250\nH0000002Sam Doe   \nD00000000500\nT00000300000002000\n';
  const yaml = `connector: till
version: 1.0.0
title: Till
transport: folder
streams:
  permits:
    retriever: &files { files: { pattern: "permits-*.txt" } }
    decoder: &decoder
      fixed_width:
        record_types:
          H: { when: { from: 1, to: 1, is: H }, fields: { number: { from: 2, to: 8 }, holder: { from: 9, to: 18 } } }
          D: { when: { from: 1, to: 1, is: D }, fields: { amount: { from: 2, to: 12, decimals: 2 } } }
          T: { when: { from: 1, to: 1, is: T }, fields: { lines: { from: 2, to: 7 }, total: { from: 8, to: 18, decimals: 2 } } }
    control: &control [{ type: T, records: [D], count: lines, total: { field: total, of: amount } }]
    record_selector: { types: [H] }
    schema: { fields: { number: { required: true }, holder: { class: personal } } }
    primary_key: [number]
  fees:
    retriever: *files
    decoder: *decoder
    control: *control
    record_selector: { types: [D], parents: [H] }
    schema: { fields: { amount: { type: decimal, required: true } } }
    primary_key: { fields: [H.number], repeats: number }
`;
  const holders = [
    { number: '0000001', holder: 'Pat Sample' },
    { number: '0000002', holder: 'Sam Doe' },
  ];
  const fee = (permit: number, amount: string) => ({ amount, H: holders[permit] });
  const certificate = await certified(
    packOf('till', {
      'connector.yaml': yaml,
      'README.md': README,
      'fixtures/permits/permits-1.txt': text,
      'fixtures/permits/records.json': JSON.stringify({ records: holders }),
      'fixtures/fees/permits-1.txt': text,
      'fixtures/fees/records.json': JSON.stringify({ records: [fee(0, '12.50'), fee(0, '2.50'), fee(1, '5.00')] }),
    }),
  );
  expect(failures(certificate)).toEqual([]);
  const found = certificate.findings.filter((f) => f.check === 'control_figures');
  expect(found.map((f) => [f.stream, f.state])).toEqual([
    ['permits', 'warning'],
    ['fees', 'ok'],
  ]);
  expect(found[0]!.detail).toContain('The control figures cover other records (D)');
});

describe('a pack of files', () => {
  test('in which everything is right certifies, and each check says what was found', async () => {
    const certificate = await certified(pack());
    expect(failures(certificate)).toEqual([]);
    expect(certificate.passed).toBe(true);
    expect(certificate.hash).toMatch(/^[0-9a-f]{64}$/);
    const checks = certificate.findings.map((f) => f.check);
    for (const check of [
      'recording',
      'read_twice',
      'resume',
      'growing',
      'truncated',
      'replaced',
      'duplicate',
      'empty',
      'byte_order_mark',
      'utf_16',
      'windows_1252',
      'line_endings',
      'quoted_newline',
      'ragged_row',
      'leading_zeros',
      'column_added',
      'column_removed',
      'column_renamed',
      'retyped',
      'memory',
      'secrets',
    ])
      expect(checks).toContain(check);
    // The password went as far as an SSH server.
    expect(finding(certificate, 'secrets')?.detail).toContain('SSH server that accepted it and to one that refused it');
  });

  test('whose hash does not change unless the pack does', SEVERAL, async () => {
    const [one, same, other] = await Promise.all([certified(pack()), certified(pack()), certified(pack({ 'README.md': `${README} ` }))]);
    expect(one.hash).toBe(same.hash);
    expect(other.hash).not.toBe(one.hash);
  });

  test('without README, recording or manifest is told what is missing', async () => {
    const { 'README.md': _, ...bare } = FILES;
    expect(failures(await certified(packOf('till', bare)))).toEqual(['readme: There is no README.md.']);
    expect(failures(await certified(packOf('till', { 'connector.yaml': MANIFEST, 'README.md': README })))[0]).toContain(
      'The stream payments has no recording.',
    );
    expect(failures(await certified(packOf('till', { 'README.md': README })))[0]).toContain(
      'This folder has no connector.yaml, so it is no connector.',
    );
    expect(failures(await certified(pack(manifest(['primary_key: [number]', 'primary_key: [numer]']))))[0]).toContain(
      'Did you mean number?',
    );
  });

  test('whose records.json is wrong is told where', async () => {
    const wrong = records(CSV.replace('110.00', '111.00'));
    expect(failures(await certified(pack({ 'fixtures/payments/records.json': JSON.stringify({ records: wrong }) })))[0]).toContain(
      'record 2 (payments-20260303.csv, line 3): amount is "110.00", but records.json says "111.00"',
    );
    expect(
      failures(await certified(pack({ 'fixtures/payments/records.json': JSON.stringify({ records: records(CSV).slice(1) }) })))[0],
    ).toContain('3 records read, but records.json has 2');
    expect(failures(await certified(pack({ 'fixtures/payments/records.json': '{ "records": [ { "number": 101 } ] }' })))[0]).toContain(
      'FIXTURE_INVALID',
    );
  });

  test('whose records.json is missing, or has other keys than it may, is told what to write', async () => {
    const { 'records.json': _, ...others } = { 'records.json': '', 'connector.yaml': MANIFEST, 'README.md': README };
    const bare = packOf('till', { ...others, 'fixtures/payments/payments-20260303.csv': CSV });
    expect(failures(await certified(bare))[0]).toMatch(/The recording has no records\.json.* run interlocal certify with --write-records/);
    const misspelled = JSON.stringify({ record: records(CSV), refuse: [] });
    const [told] = failures(await certified(pack({ 'fixtures/payments/records.json': misspelled })));
    expect(told).toContain('"record" is not a known key here. Did you mean records? Allowed: records, rejected, refused, now.');
    expect(told).toContain('Did you mean refused?');
    const number = '{ "records": [ { "number": 101 } ] }';
    const [said] = failures(await certified(pack({ 'fixtures/payments/records.json': number })));
    expect(said).toMatch(/records\[0\]\.number: .*number 101.* All values in records are text/s);
  });

  test('with a rejected record and a file refused, as the recording says', async () => {
    const bad = CSV.replace('2026-03-03', 'yesterday');
    const recorded = JSON.stringify({
      records: records(CSV).slice(0, 2),
      rejected: [{ line: 4, code: 'TYPE_CHANGED' }],
      refused: [{ file: 'payments-20260304.csv', code: 'FILE_TRUNCATED' }],
    });
    const certificate = await certified(
      pack({
        'fixtures/payments/payments-20260303.csv': bad,
        'fixtures/payments/payments-20260304.csv': CSV.slice(0, -9),
        'fixtures/payments/records.json': recorded,
      }),
    );
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'recording')?.detail).toBe('2 records, 1 rejected, 1 file refused, as recorded.');
  });

  test('whose key is not that of a record does not pass', async () => {
    const doubled = CSV.replace('00102', '00101');
    const certificate = await certified(
      pack({
        'fixtures/payments/payments-20260303.csv': doubled,
        'fixtures/payments/records.json': JSON.stringify({ records: records(doubled) }),
      }),
    );
    expect(failures(certificate)[0]).toContain('KEY_REPEATED');
  });

  test('whose last line may lack its line break is told what that costs', async () => {
    const certificate = await certified(pack(manifest(['csv: {}', 'csv: { final_newline: optional }'])));
    expect(finding(certificate, 'truncated')).toMatchObject({
      state: 'warning',
      hint: expect.stringContaining('final_newline: required') as string,
    });
  });

  test('whose drift is set to freeze or to reject rows is held to that', async () => {
    const frozen = await certified(pack(manifest(['      fields:', '      drift: { columns: freeze, data_type: freeze }\n      fields:'])));
    expect(finding(frozen, 'column_added')?.detail).toContain('freeze');
    expect(finding(frozen, 'retyped')?.detail).toContain('refuses the file');
    expect(failures(frozen)).toEqual([]);
    const aside = await certified(
      pack(manifest(['      fields:', '      drift: { columns: quarantine_row, data_type: quarantine_value }\n      fields:'])),
    );
    expect(finding(aside, 'column_added')?.detail).toContain('quarantine_row');
    expect(finding(aside, 'retyped')?.detail).toContain('the record is kept');
    expect(failures(aside)).toEqual([]);
  });

  test('that deletes what is absent is held to its limit', async () => {
    const certificate = await certified(
      pack(
        manifest(
          ['pattern: "payments-*.csv" }', 'pattern: "payments-*.csv", content: snapshot }'],
          ['    primary_key', '    deletes: { when_absent: true }\n    primary_key'],
        ),
      ),
    );
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'deletes')?.detail).toContain('33 %, more than the 10 % allowed');
  });

  test('of a list that the schema declares reads one element as a list of one, whether or not the decoder names it', SEVERAL, async () => {
    const receipt = (n: number, lines: number): string =>
      `<Receipt><No>${n}</No>${'<Line><Amount>1.00</Amount></Line>'.repeat(lines)}</Receipt>\n`;
    const xml = `<Root>\n${receipt(1, 2)}${receipt(2, 1)}</Root>\n`;
    const of = (lists: string, one: unknown = [{ Amount: '1.00' }]): Files => ({
      'connector.yaml': `connector: till\nversion: 1.0.0\ntitle: Till\ntransport: folder\nstreams:\n  receipts:\n    retriever: { files: { pattern: "*.xml" } }\n    decoder: { xml: { row: Root/Receipt${lists} } }\n    schema: { fields: { No: { required: true }, Line: { type: list } } }\n    primary_key: [No]\n`,
      'README.md': README,
      'fixtures/receipts/a.xml': xml,
      'fixtures/receipts/records.json': JSON.stringify({
        records: [
          { No: '1', Line: [{ Amount: '1.00' }, { Amount: '1.00' }] },
          { No: '2', Line: one },
        ],
      }),
    });
    expect(failures(await certified(packOf('till', of(', lists: [Line]'))))).toEqual([]);
    expect(failures(await certified(packOf('till', of(''))))).toEqual([]);
    expect(failures(await certified(packOf('till', of('', { Amount: '1.00' })))).join()).toContain(
      'recording: record 2 (a.xml, line 3): Line is [{"Amount":"1.00"}], but records.json says {"Amount":"1.00"}',
    );
  });
});

describe('a fixed-width layout with two kinds of lines and a trailer, written from the vendor guide alone', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/vendor-guide.md'), 'utf8');
  const recipe = /```yaml\n( {4}decoder:\n {6}fixed_width:[\s\S]*?)```/.exec(guide)![1]!;
  const lines = ['H20260302', 'D000010100000002450', 'D000010200000011000', 'D000010300000000725', 'T000003000000014175'];
  const files: Files = {
    'connector.yaml': `connector: water\nversion: 1.0.0\ntitle: Water\ntransport: sftp\nstreams:\n  payments:\n    retriever: { files: { pattern: "*.dat" } }\n${recipe}`,
    'README.md': README,
    'fixtures/payments/water.dat': `${lines.join('\r\n')}\r\n`,
    'fixtures/payments/records.json': JSON.stringify({
      records: [
        ['0000101', '24.50'],
        ['0000102', '110.00'],
        ['0000103', '7.25'],
      ].map(([number, amount]) => ({ number, amount, H: { paid_on: '20260302' } })),
    }),
  };

  test('certifies, and no cut, digit or record goes unnoticed', async () => {
    const certificate = await certified(packOf('water', files));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'control_figures')?.detail).toMatch(
      /single digits changed refuse the file, and so does each of 3 records left out/,
    );
    expect(finding(certificate, 'truncated')).toMatchObject({ state: 'ok' });
  });

  test('without its control figures is found out', async () => {
    const without = String(files['connector.yaml']).replace(/ {4}control:\n.*\n/, '');
    const certificate = await certified(packOf('water', { ...files, 'connector.yaml': without }));
    expect(finding(certificate, 'control_figures')).toBeUndefined();
    expect(finding(certificate, 'truncated')?.state).toBe('warning');
  });
});
