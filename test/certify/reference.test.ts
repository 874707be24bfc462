import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { referenceText } from '../../scripts/generate-reference.ts';

test('docs/connector-reference.md is what the schema says now; run node scripts/generate-reference.ts', async () => {
  expect(readFileSync(fileURLToPath(new URL('../../docs/connector-reference.md', import.meta.url)), 'utf8')).toBe(await referenceText());
});

test('the reference lists the keys of every decoder and transport', async () => {
  const text = await referenceText();
  for (const heading of [
    'streams.NAME.decoder.csv',
    'streams.NAME.decoder.fixed_width.record_types.NAME.fields.NAME',
    'streams.NAME.retriever.request.login',
    'sftp',
    'http.auth.session',
    'sqlserver',
  ])
    expect(text).toContain(`## ${heading}\n`);
});
