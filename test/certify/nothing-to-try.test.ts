import { expect, test } from 'vitest';
import { certified, failures, packOf, README } from './packs.ts';

test('a check that a recording without records gives nothing to try is no ✓, and says why', async () => {
  const folder = packOf('permits', {
    'connector.yaml':
      'connector: permits\nversion: 1.0.0\ntitle: Permits\ntransport: http\nstreams:\n  permits:\n    retriever: { request: { path: /permits } }\n    decoder: { json: { rows: items } }\n    schema: { fields: { id: { required: true } } }\n    primary_key: [id]\n',
    'README.md': README,
    'fixtures/permits/exchanges.json': JSON.stringify([{ request: { path: '/permits' }, answer: { body: '{"items":[]}' } }]),
    'fixtures/permits/records.json': '{ "records": [] }',
  });
  const { findings, not_applicable: left } = await certified(folder);
  expect(findings.filter((f) => f.state === 'failed').map((f) => f.check)).toEqual(['recording']);
  for (const check of ['read_twice', 'resume']) {
    expect(findings.map((f) => f.check)).not.toContain(check);
    expect(left.find((l) => l.check === check)).toMatchObject({ stream: 'permits', reason: 'no record can be read from the recording' });
  }
});

test('a stream of whose recorded files none reads is not certified, though they are recorded as refused', async () => {
  const folder = packOf('till', {
    'connector.yaml':
      'connector: till\nversion: 1.0.0\ntitle: Till\ntransport: folder\nstreams:\n  till:\n    retriever: { files: { pattern: "*.csv" } }\n    decoder: { csv: {} }\n    schema: { fields: { number: { required: true } } }\n    primary_key: [number]\n',
    'README.md': README,
    'fixtures/till/till.csv': 'no,paid\n1,2\n',
    'fixtures/till/records.json': '{ "records": [], "refused": [ { "file": "till.csv", "code": "COLUMN_MISSING" } ] }',
  });
  expect(failures(await certified(folder))).toEqual(['recording: Not one record can be used: 0 records, 1 file refused, as recorded.']);
});

test('a recording whose last line has no line break is read as a large file too', async () => {
  const folder = packOf('till', {
    'connector.yaml':
      'connector: till\nversion: 1.0.0\ntitle: Till\ntransport: folder\nstreams:\n  till:\n    retriever: { files: { pattern: "*.csv" } }\n    decoder: { csv: { final_newline: optional } }\n    schema: { fields: { number: { required: true }, paid: {} } }\n    primary_key: [number]\n',
    'README.md': README,
    'fixtures/till/till.csv': 'number,paid\n1,20000.00\n2,30000.00',
    'fixtures/till/records.json': '{ "records": [ { "number": "1", "paid": "20000.00" }, { "number": "2", "paid": "30000.00" } ] }',
  });
  const { findings } = await certified(folder);
  expect(findings.find((f) => f.check === 'memory')).toMatchObject({ state: 'ok', detail: expect.stringMatching(/^30 MB, [1-9]/) });
});
