import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { certified, failures } from './packs.ts';

const CONNECTORS = fileURLToPath(new URL('../../connectors/', import.meta.url));

const ids = readdirSync(CONNECTORS, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

test.each(ids)('%s certifies offline', async (id) => {
  const certificate = await certified(join(CONNECTORS, id));
  expect(failures(certificate)).toEqual([]);
  expect(certificate.findings.length).toBeGreaterThan(5);
});
