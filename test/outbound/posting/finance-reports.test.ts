import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { knownPeriod, periodStatus } from '../../../src/engine/periods/periods.ts';
import { entriesReport } from '../../../src/reports/ledger/entries.ts';
import { reportJson } from '../../../src/reports/output/table.ts';
import { unpostedReport } from '../../../src/reports/ledger/unposted.ts';
import { receipts } from '../../engine/base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../../engine/town.ts';
import { ledger } from '../base-outbound.ts';

afterEach(closeTowns);

const NOW = (): Date => new Date('2026-03-02T15:00:00Z');
const LEDGER = `ledger:
  fund: { segment: 1, separator: "-" }
  debit: { cash: 100-1010 }
  due_from: "{fund}-1310"
  due_to: "{fund}-2080"
`;

async function town(mode: string): Promise<TestTown> {
  const config = 'town: { name: Testville, time_zone: America/New_York, fiscal_year_starts: "07-01", currency: USD }\npacks: false\n';
  const made = await makeTown({
    ...ledger({ mode, sink: '    acknowledgment: { taken: true, within: 1h }\n' }),
    'config/interlocal.yaml': config + LEDGER,
    'inbox/receipts-1.csv': receipts([{ number: '1' }, { number: '2', amount: '12.50' }]),
  });
  await made.run('receipts');
  await made.run('to-ledger', { now: NOW });
  return made;
}

const unposted = async (t: TestTown, asOf = '2026-01-31') => {
  const { unposted: rows } = reportJson(await unpostedReport(t.engine, asOf)) as { unposted: Record<string, unknown>[] };
  return rows.map((r) => [r.pipeline, r.state, r.receipts, r.amount, r.oldest]);
};
const postings = async (t: TestTown) =>
  (await periodStatus(t.engine, knownPeriod(t.engine, '2026-01'))).checklist.find(({ item }) => item === 'postings')!.state;

test('receipts that were sent are unposted, and keep their month open, until the ledger has taken them', async () => {
  const t = await town('live');
  expect(await unposted(t)).toEqual([['to-ledger', 'sent', 2, '13.50', '2026-01-05']]);
  expect(await unposted(t, '2026-01-04')).toEqual([]);
  expect(await postings(t)).toBe('to_do');
  rmSync(join(t.folder, 'ledger/entries-2026-03-02-001.csv'));
  await t.run('to-ledger', { now: NOW });
  expect([await unposted(t), await postings(t)]).toEqual([[], 'done']);
});

test('summarized entries say which pipeline sends the same receipts one by one, so that nobody books them twice', async () => {
  const notes = async (t: TestTown) => (await entriesReport(t.engine, { from: '2026-01-01', to: '2026-01-31' })).notes.join(' ');
  expect(await notes(await town('live'))).toContain('Receipts are also sent one by one, by to-ledger.');
  expect(await notes(await town('shadow'))).not.toContain('to-ledger');
  expect(await notes(await town('off'))).not.toContain('to-ledger');
});
