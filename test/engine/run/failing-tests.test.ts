import { afterEach, expect, test } from 'vitest';
import { replayRejects } from '../../../src/engine/landing/replay.ts';
import { listAudit, verifyAudit } from '../../../src/store/ledger/audit.ts';
import { delivered, ledger, outbox } from '../../outbound/base-outbound.ts';
import { BASE, receipts } from '../base-town.ts';
import { townCommand } from '../../cli/command-line.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const list = receipts([{ number: '1' }, { number: '2', tender: 'CK' }, { number: '3', amount: '7.50' }]);
const RECORD = '{ number: "9", received_on: "2026-01-05", amount: "1.00", tender: CA, note: "" }';
/** The mapping of the till with a test that expects the amount as it is paid, and `rule` for the amount. */
const tested = (rule: string, gives = '{ amount: "1.00" }'): Files => ({
  'mappings/receipt.from-till.yaml': `${BASE['mappings/receipt.from-till.yaml']!.replace('amount: amount', `amount: ${rule}`)}tests:
  - { name: the amount is what was paid, record: ${RECORD}, gives: ${gives} }
`,
});
const good = tested('amount');
const negative = tested('{ from: amount, parse: money, negate: true }');
const amounts = async (town: TestTown): Promise<unknown[]> => (await town.rows('receipt')).map((r) => r.amount);
const codes = (run: { problems: { code: string }[] }): string[] => run.problems.map((p) => p.code);

async function edited(town: TestTown, files: Files): Promise<void> {
  town.write(files);
  await town.reopen();
}

test('a mapping whose own test fails changes no stored record and reads nothing, and says which test fails where', async () => {
  const town = await makeTown({ ...good, 'inbox/receipts-1.csv': list });
  await town.run('receipts');
  await edited(town, { ...negative, 'inbox/receipts-2.csv': receipts([{ number: '4' }]) });
  const run = await town.run('receipts');
  expect([run.outcome, run.counts.read, codes(run)]).toEqual(['failed', 0, ['MAPPING_TEST_FAILED']]);
  expect(run.problems[0]).toMatchObject({
    place: { file: 'mappings/receipt.from-till.yaml', line: 11 },
    message: 'The test "the amount is what was paid" of receipt.from-till fails: amount: expected 1.00, got -1.00.',
  });
  expect(await amounts(town)).toEqual([100, 100, 750]);
  const preview = await town.preview('receipts');
  expect([preview.outcome, preview.changes, codes(preview)]).toEqual(['failed', [], ['MAPPING_TEST_FAILED']]);
  const cli = await townCommand(town.folder, ['run', 'receipts']);
  expect([cli.exit, cli.err]).toEqual([1, expect.stringContaining('[MAPPING_TEST_FAILED]') as string]);
  // Corrected, it goes on.
  await edited(town, good);
  expect((await town.run('receipts')).counts.created).toBe(1);
});

test('a lookup that no longer gives what a test expects stops the run as well', async () => {
  const town = await makeTown({ ...tested('amount', '{ tender: cash }'), 'inbox/receipts-1.csv': list });
  await town.run('receipts');
  await edited(town, { 'mappings/lookups/tenders.csv': 'from,to\nCA,check\nCK,check\n' });
  expect(codes(await town.run('receipts'))).toEqual(['MAPPING_TEST_FAILED']);
  expect((await town.rows('receipt')).map((r) => r.tender)).toEqual(['cash', 'check', 'cash']);
});

test('rejects are not replayed with a mapping whose test fails', async () => {
  const town = await makeTown({ ...good, 'inbox/receipts-1.csv': receipts([{ number: '1', tender: 'XX' }]) });
  await town.run('receipts');
  await edited(town, { ...negative, 'mappings/lookups/tenders.csv': 'from,to\nCA,cash\nXX,cash\n' });
  await expect(replayRejects(town.engine, 'receipts', undefined, { signal: new AbortController().signal })).rejects.toThrow(
    /MAPPING_TEST_FAILED/,
  );
  expect([await amounts(town), (await town.rejects()).length]).toEqual([[], 1]);
  const cli = await townCommand(town.folder, ['rejects', 'replay']);
  expect([cli.exit, cli.err]).toEqual([1, expect.stringContaining('[MAPPING_TEST_FAILED]') as string]);
  expect((await town.rows('il_run')).map((r) => r.outcome)).toEqual(['partial', 'failed', 'failed']);
});

test('nothing is sent with a mapping to a sink whose test fails', async () => {
  const files = ledger();
  const wrong = {
    'mappings/entries.from-receipt.yaml': `${files['mappings/entries.from-receipt.yaml']!}tests:
  - { name: the number is kept, record: { number: "1", received_on: "2026-01-05", amount: "1.00", tender_raw: CA }, gives: { Number: "2" } }
`,
  };
  const town = await makeTown({ ...files, ...wrong, 'inbox/receipts-1.csv': list });
  await town.run('receipts');
  const run = await town.run('to-ledger');
  expect([run.outcome, codes(run), await outbox(town), delivered(town)]).toEqual(['failed', ['MAPPING_TEST_FAILED'], [], {}]);
  await edited(town, { 'mappings/entries.from-receipt.yaml': files['mappings/entries.from-receipt.yaml']! });
  await town.run('to-ledger');
  expect(Object.keys(delivered(town)).length).toBe(1);
});

test('what a new mapping changes in stored records is in the audit log, with who and how many', async () => {
  const town = await makeTown({ ...good, 'inbox/receipts-1.csv': list });
  await town.run('receipts', { actor: 'ann' });
  expect((await listAudit(town.engine.knex, { action: 'records_remapped', limit: 9 })).length).toBe(0);
  await edited(town, { 'mappings/lookups/tenders.csv': 'from,to\nCA,check\n' });
  await town.run('receipts', { actor: 'ann' });
  expect(await listAudit(town.engine.knex, { action: 'records_remapped', limit: 9 })).toMatchObject([
    {
      actor: 'ann',
      subject: 'receipts',
      detail: {
        run: 2,
        records: 3,
        changed: 2,
        rejected: 1,
        mappings: [expect.stringMatching(/^receipt\.from-till [0-9a-f]{12}$/) as string],
      },
    },
  ]);
  expect((await verifyAudit(town.engine.knex)).broken).toBeNull();
  // Mapped again without a difference, there is nothing to tell.
  await edited(town, { 'mappings/lookups/tenders.csv': 'from,to\nCA,check\nZZ,cash\n' });
  await town.run('receipts');
  const again = await listAudit(town.engine.knex, { action: 'records_remapped', limit: 9 });
  expect(again.slice(1).map((e) => [e.detail.changed, e.detail.rejected])).toEqual([[0, 1]]);
});

test('what a preview would map again leaves no entry in the audit log', async () => {
  const town = await makeTown({ ...good, 'inbox/receipts-1.csv': list });
  await town.run('receipts');
  await edited(town, { 'mappings/lookups/tenders.csv': 'from,to\nCA,check\nCK,cash\n' });
  expect((await town.preview('receipts')).changes.length).toBe(3);
  expect(await listAudit(town.engine.knex, { action: 'records_remapped', limit: 9 })).toEqual([]);
});
