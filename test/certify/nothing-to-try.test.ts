import { expect, test } from 'vitest';
import { certifyOffline } from '../../src/engine/certify/certify.ts';
import { readPack } from '../../src/engine/certify/pack.ts';
import { packOf } from './packs.ts';

test('a check that a recording without records gives nothing to try is no ✓, and says why', async () => {
  const folder = packOf('permits', {
    'connector.yaml':
      'connector: permits\nversion: 1.0.0\ntitle: Permits\ntransport: http\nstreams:\n  permits:\n    retriever: { request: { path: /permits } }\n    decoder: { json: { rows: items } }\n    schema: { fields: { id: { required: true } } }\n    primary_key: [id]\n',
    'README.md': 'Reads the permits of Acme Permits 7. A town must supply the address of its service and a user name.\n',
    'fixtures/permits/exchanges.json': JSON.stringify([{ request: { path: '/permits' }, answer: { body: '{"items":[]}' } }]),
    'fixtures/permits/records.json': '{ "records": [] }',
  });
  const { findings, not_applicable: left } = await certifyOffline(await readPack(folder), { signal: new AbortController().signal });
  expect(findings.filter((f) => f.state === 'failed')).toEqual([]);
  for (const check of ['read_twice', 'resume']) {
    expect(findings.map((f) => f.check)).not.toContain(check);
    expect(left.find((l) => l.check === check)).toMatchObject({ stream: 'permits', reason: 'the recording gives no record' });
  }
});
