import { describe, expect, test } from 'vitest';
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
      'recording: Not one record can be used: 0 records, 2 set aside, as recorded. The first is set aside with FIELD_REQUIRED: "payer" is empty, and this system must always give it.',
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

  test('one of which more than half is set aside does, with a remark', async () => {
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
