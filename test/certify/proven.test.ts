import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeRecords } from '../../src/authoring/certify/write-records.ts';
import { certified, failures, type Files, finding, packOf, README } from './packs.ts';

const MANIFEST = `connector: till
version: 1.0.0
title: Till
transport: folder
streams:
  payments:
    retriever: { files: { pattern: "payments-*.csv" } }
    decoder: { csv: {} }
    schema: { fields: { number: { required: true }, payer: { required: true } } }
    primary_key: [number]
`;
const recorded = (csv: string, records: object): Files => ({
  'connector.yaml': MANIFEST,
  'README.md': README,
  'fixtures/payments/payments-1.csv': csv,
  'fixtures/payments/records.json': JSON.stringify(records),
});
const aside = (...lines: number[]): object[] => lines.map((line) => ({ line, code: 'FIELD_REQUIRED' }));

describe('a recording of which nothing can be used', () => {
  test('does not certify, however well that is recorded, and nothing is left out without a word', async () => {
    const certificate = await certified(packOf('till', recorded('number,payer\n1,\n2,\n', { records: [], rejected: aside(2, 3) })));
    expect(failures(certificate)).toEqual([
      'recording: Not one record can be used: 0 records, 2 rejected, as recorded. The first is rejected with FIELD_REQUIRED: "payer" is empty, but this system must always provide it.',
    ]);
    expect(finding(certificate, 'recording')!.hint).toContain('at least one good record');
    expect(certificate.not_applicable.map((n) => n.check)).toEqual(
      expect.arrayContaining(['read_twice', 'resume', 'truncated', 'secrets']),
    );
  });

  test('nor does one without any record', async () => {
    expect(failures(await certified(packOf('till', recorded('number,payer\n', { records: [] }))))[0]).toContain(
      'Not one record can be used: 0 records, as recorded.',
    );
  });

  test('one of which more than half is rejected does, with a remark', async () => {
    const pack = packOf(
      'till',
      recorded('number,payer\n1,\n2,\n3,Kim\n', { records: [{ number: '3', payer: 'Kim' }], rejected: aside(2, 3) }),
    );
    const certificate = await certified(pack);
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'recording')).toMatchObject({
      state: 'warning',
      hint: expect.stringContaining('More than half') as string,
    });
  });
});

const SERVICE = `connector: dogs
version: 1.0.0
title: Dogs
transport: http
streams:
  dogs:
    retriever: { request: { path: /dogs } }
    decoder: { json: { rows: items } }
    schema:
      fields:
        id: { required: true }
        dog: { type: object }
        dog.name: {}
        dog.tags: { type: list }
        lines: { type: list }
        lines.amount: { type: decimal }
    primary_key: [id]
`;
test('a list inside a record does not keep the proof from being one: reading twice and kills store the records', async () => {
  const records = ['1', '2', '3'].map((id) => ({ id, dog: { name: 'Rex', tags: ['a', 'b'] }, lines: [{ amount: '1.50' }] }));
  const certificate = await certified(
    packOf('dogs', {
      'connector.yaml': SERVICE,
      'README.md': README,
      'fixtures/dogs/exchanges.json': JSON.stringify([
        { request: { path: '/dogs' }, answer: { headers: { 'content-type': 'application/json' }, body: { items: records } } },
      ]),
      'fixtures/dogs/records.json': JSON.stringify({ records }),
    }),
  );
  expect(failures(certificate)).toEqual([]);
  expect(finding(certificate, 'read_twice')?.detail).toContain('3 records after one run and after two');
  expect(finding(certificate, 'resume')?.detail).toMatch(/^\d kills/);
});

const LINES = `connector: moorings
version: 1.0.0
title: Moorings
transport: folder
streams:
  fees:
    retriever: { files: { pattern: "moorings-*.dat" } }
    decoder:
      fixed_width:
        record_types:
          H: { when: { from: 1, to: 1, is: H }, fields: { number: { from: 2, to: 5 }, issued: { from: 6, to: 13 } } }
          D: { when: { from: 1, to: 1, is: D }, fields: { code: { from: 2, to: 5 }, amount: { from: 6, to: 12, align: right, pad: "0", decimals: 2 } } }
    record_selector: { types: [D], parents: [H] }
    schema:
      fields:
        code: { required: true }
        amount: { type: decimal, required: true }
        H.number: { required: true }
        H.issued: { type: date, format: YYYYMMDD, required: true }
    primary_key: [H.number, code]
`;
const moorings = (issued = '20260301', manifest = LINES): string =>
  packOf('moorings', {
    'connector.yaml': manifest,
    'README.md': README,
    'fixtures/fees/moorings-1.dat': `H0001${issued}\nDSLIP0002450\nDDOCK0000100\nH000220260302\nDSLIP0001000\n`,
    'fixtures/fees/records.json': JSON.stringify({
      records: [
        { code: 'SLIP', amount: '24.50', H: { number: '0001', issued } },
        { code: 'DOCK', amount: '1.00', H: { number: '0001', issued } },
        { code: 'SLIP', amount: '10.00', H: { number: '0002', issued: '20260302' } },
      ],
    }),
  });

describe('fields of a parent', () => {
  test('that are required and typed certify where the recording has them', async () => {
    expect(failures(await certified(moorings()))).toEqual([]);
  });

  test('are held against their type', async () => {
    expect(failures(await certified(moorings('2026031x')))[0]).toContain(
      '"H.issued" must be a date written as YYYYMMDD, but is "2026031x"',
    );
  });

  test('that the layout does not have are refused with what was meant', async () => {
    const [failed] = failures(await certified(moorings('20260301', LINES.replace('H.number: { req', 'H.numbr: { req'))));
    expect(failed).toContain('the record type H has no field "numbr". Did you mean number?');
  });
});

describe('fields inside groups and lists of a service', () => {
  const items = ['1', '2', '3'].map((id) => ({ id, dog: { name: 'Rex', age: '7' }, lines: [{ amount: '1.50' }, { amount: '2.00' }] }));
  const dogs = (fields: string): string =>
    packOf('dogs', {
      'connector.yaml': SERVICE.replace(/ {8}dog:[\s\S]*?(?= {4}primary_key)/, `${fields}\n`),
      'README.md': README,
      'fixtures/dogs/exchanges.json': JSON.stringify([
        { request: { path: '/dogs' }, answer: { headers: { 'content-type': 'application/json' }, body: { items } } },
      ]),
      'fixtures/dogs/records.json': JSON.stringify({ records: items }),
    });
  const GOOD =
    '        dog: { type: object }\n        dog.name: { required: true }\n        dog.age: { type: integer }\n        lines: { type: list }\n        lines.amount: { type: decimal, required: true }';

  test('are required, typed, and tried under another name', async () => {
    const certificate = await certified(dogs(GOOD));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'column_renamed')?.detail).toBe(
      'That a required field has another name was noticed for each of 3 fields tried.',
    );
    expect(failures(await certified(dogs(GOOD.replace('dog.name: { required: true', 'dog.name: { type: integer'))))[0]).toContain(
      '"dog.name" must be an integer, but is "Rex"',
    );
  });

  test('that no record has are told', async () => {
    const certificate = await certified(dogs(`${GOOD}\n        dog.nosuch: {}`));
    expect(failures(certificate)).toEqual(['fields: No recorded record has dog.nosuch.']);
  });

  test('and a group that is declared as text is not one', async () => {
    expect(failures(await certified(dogs(GOOD.replace('dog: { type: object }', 'dog: {}'))))[0]).toContain(
      'it is in "dog", which is declared as text. Set type: object there, or list where it repeats.',
    );
  });
});

describe('deletions that a system marks', () => {
  const PERMITS = `connector: permits
version: 1.0.0
title: Permits
transport: sqlserver
streams:
  permits:
    retriever: { query: { tables: [dbo.Permits] } }
    incremental: { cursor: RowVer, kind: rowversion }
    schema: { fields: { No: { required: true }, Gone: { type: boolean }, RowVer: { required: true } } }
    primary_key: [No]
    deletes: { field: Gone, values: ["1"] }
`;
  const permits = (gone: string[], manifest = PERMITS): string =>
    packOf('permits', {
      'connector.yaml': manifest,
      'README.md': README,
      'fixtures/permits/tables.json': JSON.stringify({
        'dbo.Permits': { columns: { No: 'CHAR(5)', Gone: 'BIT', RowVer: 'ROWVERSION' }, rows: gone.map((g, i) => [`P000${i}`, g, null]) },
      }),
      'fixtures/permits/records.json': JSON.stringify({
        records: gone.map((Gone, i) => ({ No: `P000${i}`, Gone, RowVer: `0x${(2001 + i).toString(16).toUpperCase().padStart(16, '0')}` })),
      }),
    });

  test('are proven by a row that is marked after it was read', async () => {
    const certificate = await certified(permits(['0', '1', '0']));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'deleted_records')?.detail).toBe(
      '1 recorded record marked as deleted by Gone. A row whose Gone became 1 was deleted by the next run.',
    );
  });

  test('fail with words that the system does not write, are remarked when none is recorded', async () => {
    expect(failures(await certified(permits(['0', '1', '0'], PERMITS.replace('["1"]', '["true"]'))))).toEqual([
      'deleted_records: Gone is 0, 1 in the recording, and deletes.values says true, so no record would ever be deleted here.',
    ]);
    expect(finding(await certified(permits(['0', '0'])), 'deleted_records')).toMatchObject({ state: 'warning' });
  });

  test('and must be said', async () => {
    expect(failures(await certified(permits(['0', '1'], PERMITS.replace(', values: ["1"]', ''))))[0]).toContain(
      'the key "values" is missing: it says what Gone contains when a record was deleted.',
    );
  });
});

describe('recorded tables', () => {
  const rows = (columns: Record<string, string>, ...list: (string | null)[][]): string =>
    packOf('notes', {
      'connector.yaml': `connector: notes
version: 1.0.0
title: Notes
transport: sqlserver
streams:
  notes:
    retriever: { query: { tables: [dbo.Notes] } }
    schema: { fields: { ${Object.keys(columns).join(': {}, ')}: {} } }
    primary_key: [No]
`,
      'README.md': README,
      // A byte order mark is what editors on Windows put in front.
      'fixtures/notes/tables.json': `\ufeff${JSON.stringify({ 'dbo.Notes': { columns, rows: list } })}`,
      'fixtures/notes/records.json': JSON.stringify({
        records: list.map((row) => Object.fromEntries(Object.keys(columns).map((name, i) => [name, row[i]]))),
      }),
    });

  test('may have every type that a query reads', async () => {
    const columns = { No: 'CHAR(2)', At: 'DATETIMEOFFSET(7)', Doc: 'XML', Data: 'JSON', Memo: 'NTEXT', Long: 'TEXT', Fee: 'SMALLMONEY' };
    const row = ['01', '2026-03-01T08:15:00.1234567+02:00', '<a>1</a>', '{"a":1.50}', 'Müller', 'long', '12.5000'];
    expect(failures(await certified(rows(columns, row, ['02', null, null, '1.50', null, null, null])))).toEqual([]);
  });

  test('are told which types those are, and which row is short', async () => {
    const [failed] = failures(await certified(rows({ No: 'CHAR(2)', Any: 'SQL_VARIANT' }, ['01', 'x'], ['02'])));
    expect(failed).toContain(
      'fixtures/notes/tables.json dbo.Notes.columns.Any: "SQL_VARIANT" is not a type that can be recorded. One of BIT, TINYINT',
    );
    expect(failed).toContain('dbo.Notes.rows.1: Row 2 has 1 values, but there are 2 columns.');
  });
});

test('records.json is not begun where nothing could be read', async () => {
  const folder = packOf('till', { 'connector.yaml': MANIFEST, 'README.md': README, 'fixtures/payments/other.txt': 'x' });
  expect(await writeRecords(folder, undefined)).toEqual([]);
  expect(existsSync(join(folder, 'fixtures/payments/records.json'))).toBe(false);
});
