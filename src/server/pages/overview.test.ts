import { expect, test } from 'vitest';
import { textOfHtml } from './parts/html.ts';
import { overviewPage } from './overview.ts';

const town = { name: 'Maplewood', zone: 'UTC', currency: 'USD', styleVersion: '1' };
const pipeline = (id: string, allowed: string[]) => ({
  pipeline: id,
  mode: 'live',
  title: null,
  schedule: null,
  unrecorded: null,
  running: false,
  stalled_since: null,
  open_rejects: 0,
  waiting_files: [],
  outbound: null,
  weak_encryption: allowed.length ? [{ connection: 'finance', allowed }] : [],
  last_run: null,
});
const page = (pipelines: ReturnType<typeof pipeline>[]): string =>
  textOfHtml(
    overviewPage({ town, now: new Date(0), pipelines, next: new Map(), revenue: [], monthly: undefined, reconciliations: [] }).body,
  );

test('weak encryption is told once where the pipelines are listed, and not at all where there is none', () => {
  const shown = page([pipeline('journal', ['tls1.0']), pipeline('budget', ['tls1.0']), pipeline('dogs', [])]);
  expect(shown.match(/finance: weak encryption is allowed \(tls1\.0\)\./g)).toHaveLength(1);
  expect(page([pipeline('dogs', [])])).not.toContain('weak');
});
