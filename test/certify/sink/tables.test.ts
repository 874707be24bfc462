import { describe, expect, test } from 'vitest';
import { writeRecords } from '../../../src/authoring/certify/write-records.ts';
import { tablesPort } from '../../../src/cli/authoring/certify-tables.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { certified, failures, type Files, finding, packOf, README } from '../packs.ts';

const MANIFEST = `connector: finance-db
version: 1.0.0
title: Finance database
transport: sqlserver
streams: {}
sinks:
  entries:
    target: { table: { name: dbo.ENTRIES, write: upsert } }
    schema:
      fields:
        NUMBER: { required: true }
        PAID_ON: { type: date }
        AMOUNT: { type: decimal, decimals: 2, required: true }
        NOTE: {}
    idempotency_key: [NUMBER]
    acknowledgment: { read_back: true }
`;
const COLUMNS = { NUMBER: 'CHAR(8) NOT NULL PRIMARY KEY', PAID_ON: 'DATE', AMOUNT: 'NUMERIC(19,2)', NOTE: 'VARCHAR(10)', RV: 'ROWVERSION' };
const FILES: Files = {
  'connector.yaml': MANIFEST,
  'README.md': README,
  'fixtures/entries/records.json': JSON.stringify({
    records: [
      { NUMBER: '00101', PAID_ON: '2026-03-02', AMOUNT: '24.5', NOTE: 'till 1' },
      { NUMBER: '00102', PAID_ON: null, AMOUNT: '-110', NOTE: null },
      { NUMBER: '00103', PAID_ON: '2026-03-03', AMOUNT: '7.25', NOTE: 'much too long' },
    ],
  }),
  'fixtures/entries/tables.json': JSON.stringify({
    'dbo.ENTRIES': {
      columns: COLUMNS,
      rows: [
        ['00101', '2026-03-01', '1.00', 'old', null],
        ['00001', null, '5.00', null, null],
      ],
    },
  }),
  'fixtures/entries/expected.json': JSON.stringify({
    'dbo.ENTRIES': [
      ['00001', null, '5.00', null, null],
      ['00101', '2026-03-02', '24.50', 'till 1', null],
      ['00102', null, '-110.00', null, null],
    ],
  }),
  'fixtures/entries/answers.json': JSON.stringify({ accepted: [['00101'], ['00102']], rejected: [{ key: ['00103'], reason: 'NOTE' }] }),
};
const pack = (changes: Files = {}): string => packOf('finance-db', { ...FILES, ...changes });
const manifest = (...changes: [string, string][]): Files => ({
  'connector.yaml': changes.reduce((text, [what, by]) => {
    expect(text).toContain(what);
    return text.replace(what, by);
  }, MANIFEST),
});
const wrong = async (files: Files): Promise<string> => failures(await certified(pack(files))).join('\n');

describe('a pack whose records are rows of a table', () => {
  test('certifies, with what was found in each check', async () => {
    const certificate = await certified(pack());
    expect(failures(certificate)).toEqual([]);
    const details = Object.fromEntries(certificate.findings.filter((f) => f.sink).map((f) => [f.check, f.detail]));
    expect(details).toMatchObject({
      required: 'Refused without NUMBER, AMOUNT.',
      rows_written: '2 accepted, 1 rejected; the rows are those of expected.json.',
      unique_key: 'dbo.ENTRIES can be written to (upsert).',
      sent_again: '3 rows after once and after twice.',
      read_back: '2 rows, 4 columns.',
      refused_alone: 'NOTE of 11 letters: rejected by the database; 2 others as before.',
      killed: expect.stringContaining('the table of an undisturbed run') as string,
      secrets: expect.stringContaining('Not in messages') as string,
    });
  });

  test('is told which row or column differs', async () => {
    const expected = String(FILES['fixtures/entries/expected.json']);
    expect(await wrong({ 'fixtures/entries/expected.json': expected.replace('24.50', '24.51') })).toContain(
      'rows_written: dbo.ENTRIES: ["00101","2026-03-02 00:00:00","24.51","till 1",null] is not there, and ["00101","2026-03-02 00:00:00","24.5","till 1",null] is there.',
    );
    expect(await wrong(manifest(['write: upsert', 'write: append']))).toMatch(/rows_written: /);
    expect(await wrong(manifest(['NOTE: {}', 'NOTES: {}']))).toContain('The system has no field "NOTE"');
    expect(await wrong(manifest(['dbo.ENTRIES', 'dbo.ENTRY']))).toMatch(/rows_written: .*dbo\.ENTRY/);
  });

  test('is told that a key is not unique', async () => {
    const plain = { ...COLUMNS, NUMBER: 'CHAR(8) NOT NULL' };
    const tables = (key?: string[]): Files => ({
      'fixtures/entries/tables.json': JSON.stringify({
        'dbo.ENTRIES': {
          columns: plain,
          key,
          rows: [
            ['00101', '2026-03-01', '1.00', 'old', null],
            ['00001', null, '5.00', null, null],
          ],
        },
      }),
    });
    const certificate = await certified(pack(tables()));
    expect(finding(certificate, 'unique_key')).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('no unique index guarantees that NUMBER identifies one row') as string,
    });
    expect(finding(await certified(pack(tables(['NUMBER']))), 'unique_key')).toMatchObject({ state: 'ok' });
  });

  test('is found out when the column keeps fewer decimals than it writes', async () => {
    const cents = { ...manifest(['decimals: 2', 'decimals: 3'], ['    acknowledgment: { read_back: true }\n', '']) };
    const records = JSON.stringify({ records: [{ NUMBER: '00101', PAID_ON: '2026-03-02', AMOUNT: '24.505', NOTE: 'till 1' }] });
    const certificate = failures(
      await certified(
        pack({
          ...cents,
          'fixtures/entries/records.json': records,
          'fixtures/entries/answers.json': '{}',
          'fixtures/entries/expected.json': JSON.stringify({
            'dbo.ENTRIES': [
              ['00001', null, '5.00', null, null],
              ['00101', '2026-03-02', '24.51', 'till 1', null],
            ],
          }),
        }),
      ),
    ).join('\n');
    expect(certificate).toMatch(/AMOUNT/);
  });

  test('has its rows written down by --write-records, for a person to look through', async () => {
    const { 'fixtures/entries/expected.json': _, ...bare } = FILES;
    const folder = packOf('finance-db', bare);
    expect(failures(await certified(folder)).join()).toContain('The recording has no expected.json, which certify needs.');
    expect(await writeRecords(folder, await tablesPort())).toEqual(['fixtures/entries/expected.json']);
    const rows = (JSON.parse(readFileSync(join(folder, 'fixtures/entries/expected.json'), 'utf8')) as { 'dbo.ENTRIES': string[][] })[
      'dbo.ENTRIES'
    ];
    expect(rows.find((row) => row[0] === '00102')).toEqual(['00102', null, '-110.00', null, null]);
    expect(failures(await certified(folder))).toEqual([]);
  });
});
