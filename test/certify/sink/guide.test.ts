import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MIN_README, lint } from '../../../src/authoring/certify/lint.ts';
import { readPack } from '../../../src/authoring/certify/pack.ts';
import { packOf } from '../packs.ts';

const guide = readFileSync(join(import.meta.dirname, '../../../docs/vendor-guide.md'), 'utf8');
const section = guide.slice(guide.indexOf('## Writing to a system'), guide.indexOf('## What certify proves'));
/** Whole sinks; what stands deeper is a part of one. */
const [file, journal, request, rows, journalRows, payments, batches] = [...section.matchAll(/```yaml\n( {2}\S[\s\S]*?)```/g)].map(
  ([, yaml]) => yaml!,
);

test.each([
  ['sftp', file],
  ['sftp', journal],
  ['http', request],
  ['sqlserver', rows],
  ['sqlserver', journalRows],
  ['sftp', payments],
  ['sftp', batches],
])("the guide's sink over %s is a valid one", async (transport, sink) => {
  const manifest = `connector: acme\nversion: 1.0.0\ntitle: Acme\ntransport: ${transport}\nstreams: {}\nsinks:\n${sink}`;
  expect((await readPack(packOf('acme', { 'connector.yaml': manifest }))).problems).toEqual([]);
});

test('the guide says how long a README must be, and so does what is too short', async () => {
  expect(guide).toContain(`at least ${MIN_README} characters`);
  const manifest = 'connector: acme\nversion: 1.0.0\ntitle: Acme\ntransport: folder\nstreams: {}\n';
  const readme = lint(await readPack(packOf('acme', { 'connector.yaml': manifest, 'README.md': 'Acme.\n' }))).find(
    (f) => f.check === 'readme',
  );
  expect(readme).toMatchObject({ state: 'failed', detail: 'README.md is too short: it has 5 characters, and at least 80 are needed.' });
});
