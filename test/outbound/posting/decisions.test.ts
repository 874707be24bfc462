import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { decide, settleByPerson } from '../../../src/engine/outbound/decide.ts';
import { previewDelivery } from '../../../src/engine/outbound/preview.ts';
import { undo } from '../../../src/engine/outbound/undo.ts';
import { knownPeriod, periodStatus } from '../../../src/engine/periods/periods.ts';
import { traceReceipt } from '../../../src/engine/reconciliation/trace.ts';
import { explain } from '../../../src/reports/explain.ts';
import { entriesReport } from '../../../src/reports/ledger/entries.ts';
import { journalReport, journalsReport } from '../../../src/reports/ledger/journals.ts';
import { reportJson } from '../../../src/reports/output/table.ts';
import { unpostedReport } from '../../../src/reports/ledger/unposted.ts';
import { depositFile, receiptFile } from '../../engine/reconciliation/agreement-town.ts';
import { cutAt } from '../../engine/cut.ts';
import { closeTowns, type TestTown } from '../../engine/town.ts';
import { delivered } from '../base-outbound.ts';
import { entriesOf, journal, LATER, LEDGER, load, post, postedOf, posting, type PostingShape, postingTown } from './town.ts';

afterEach(closeTowns);

const RECEIPTS = [
  { no: '1', amount: '40.00', account: '100-4210' },
  { no: '2', amount: '25.00', account: '210-4550' },
];

async function town(shape: PostingShape = {}, receipts: Parameters<typeof receiptFile>[0] = RECEIPTS): Promise<TestTown> {
  const made = await postingTown(
    { 'desk/a.csv': receiptFile(receipts), 'bank/a.csv': depositFile(receipts.map(({ no, amount }) => ({ no, amount }))) },
    shape,
  );
  await load(made);
  return made;
}

async function more(t: TestTown, n: number, receipt: { no: string; amount: string; account?: string }): Promise<void> {
  t.write({ [`desk/m${n}.csv`]: receiptFile([receipt]), [`bank/m${n}.csv`]: depositFile([receipt]) }, n);
  await load(t);
}

const answer = (t: TestTown, n: number, ending: string, text: string) =>
  t.write({ [`ledger/journal-${String(n).padStart(3, '0')}.csv.${ending}`]: text });
const files = (t: TestTown) => Object.keys(delivered(t)).filter((name) => name.endsWith('.csv'));

test('before a period is closed, the preview says what its entries wait for, and how much that is', async () => {
  const made = await postingTown(
    { 'desk/a.csv': receiptFile(RECEIPTS), 'bank/a.csv': depositFile(RECEIPTS) },
    { mode: 'shadow', when: 'closed' },
  );
  await load(made);
  const preview = await previewDelivery(made.engine, 'to-ledger', { signal: new AbortController().signal, limit: 10, now: LATER });
  expect(preview.deliveries).toEqual([]);
  // Debits of both funds: 65.00 of money, and 25.00 that one owes the other.
  expect(preview.notes).toEqual(['ledger.entries: no entry is made yet of what is not closed: 2026-07 (90.00 USD).']);
  const { notes } = await entriesReport(made.engine, { from: '2026-07-01', to: '2026-07-31' });
  expect(notes.join(' ')).toContain('No pipeline posts entries yet, as the mode of to-ledger is shadow: import the file.');
});

test('in review an entry needs approval by a person, who sees its lines; what was approved is sent as it was approved, or asked about again', async () => {
  const t = await town({ mode: 'review' });
  const preview = await previewDelivery(t.engine, 'to-ledger', { signal: new AbortController().signal, limit: 10, now: LATER });
  const [shown] = preview.deliveries;
  expect(shown).toMatchObject({ state: 'review', entry: { period: '2026-07', receipts: 2 } });
  expect(shown!.entry!.lines.map((line) => `${line.fund} ${line.account} ${line.debit} ${line.credit}`)).toEqual([
    '100 100-1010 65.00 0.00',
    '100 100-2080-210 0.00 25.00',
    '100 100-4210 0.00 40.00',
    '210 210-1310-100 25.00 0.00',
    '210 210-4550 0.00 25.00',
  ]);
  expect(shown!.text!.split('\n')).toHaveLength(6);
  expect(await entriesOf(t)).toEqual([]);
  await post(t);
  await post(t);
  expect([await journal(t), files(t)]).toEqual([[expect.stringMatching(/^\d 2026-07 review: /)], []]);
  const [entry] = await entriesOf(t);
  await decide(t.engine.knex, 'approve', { ids: [entry!.row] }, 'lee');
  // One more receipt makes another entry: nobody approved that one.
  await more(t, 5, { no: '3', amount: '5.00', account: '100-4210' });
  await post(t);
  expect((await journal(t)).map((line) => line.slice(2, 19))).toEqual(['2026-07 withdrawn', '2026-07 review: 1']);
  await decide(t.engine.knex, 'approve', { ids: [(await entriesOf(t))[1]!.row] }, 'lee');
  await post(t);
  expect([(await journal(t))[1]!.slice(2, 15), files(t)]).toEqual(['2026-07 sent:', ['journal-001.csv']]);
});

test('the number of the ledger is marked on the entry, and on its receipts in explain and trace', async () => {
  const t = await town();
  await post(t);
  answer(t, 1, 'ok', 'Batch 12 was posted. Journal GL-4711, 6 lines.\n');
  await post(t);
  const [entry] = await entriesOf(t);
  expect([entry!.state, entry!.theirNumber]).toEqual(['accepted', 'GL-4711']);
  const [receipt] = await explain(t.engine, 'receipt', '2');
  expect(receipt!.posted).toEqual([
    expect.objectContaining({
      entry: 1,
      period: '2026-07',
      amount: 2500,
      state: 'accepted',
      ledger_number: 'GL-4711',
      corrects: null,
      delivery: 1,
    }),
  ]);
  expect((await traceReceipt(t.engine, '2')).at(-1)).toMatchObject({
    pipeline: 'to-ledger',
    entity: 'journal_entry',
    state: 'accepted',
    amount: 2500,
    reference: 'entry 1, journal GL-4711, delivery 1',
  });
  const { journals } = reportJson(await journalsReport(t.engine, {})) as { journals: Record<string, unknown>[] };
  expect(journals).toMatchObject([
    { entry: 1, period: '2026-07', receipts: 2, amount: '90.00', state: 'accepted', ledger_number: 'GL-4711' },
  ]);
  const one = reportJson(await journalReport(t.engine, 1)) as { receipts: { receipt: string; what: string; credit: string }[] };
  expect(one.receipts.filter(({ what }) => what === 'revenue').map(({ receipt, credit }) => [receipt, credit])).toEqual([
    ['1', '40.00'],
    ['2', '25.00'],
  ]);
  // The entry that corrects it names the ledger's own number.
  await more(t, 5, { no: '1', amount: '40.00', account: '100-4299' });
  await post(t);
  expect(delivered(t)['journal-002.csv']).toContain('Corrects GL-4711 2026-07');
});

test('an entry that the ledger rejects waits; fixed, it goes again once, and its receipts are in no other entry meanwhile', async () => {
  const t = await town();
  await post(t);
  answer(t, 1, 'err', 'Account 100-4210 is closed.\n');
  const run = await post(t);
  expect([run.outcome, (await entriesOf(t))[0]!.problems[0]!.message]).toEqual([
    'partial',
    'The other system rejected this record: Account 100-4210 is closed.',
  ]);
  await post(t);
  expect([await journal(t), files(t)]).toEqual([[expect.stringMatching(/^1 2026-07 rejected: /)], ['journal-001.csv']]);
  // The account is opened in the ledger: the same entry goes once more, when a person says so.
  await decide(t.engine.knex, 'retry', { ids: [(await entriesOf(t))[0]!.row] }, 'lee');
  await post(t);
  expect([await journal(t), files(t)]).toEqual([[expect.stringMatching(/^1 2026-07 sent: /)], ['journal-001.csv', 'journal-002.csv']]);
  expect(await postedOf(t)).toEqual({ 1: 4000, 2: 2500 });
});

test('a rejected entry whose receipts are corrected at their source is replaced by another one', async () => {
  const t = await town();
  await post(t);
  answer(t, 1, 'err', 'Account 100-4210 is closed.\n');
  await post(t);
  await more(t, 5, { no: '1', amount: '40.00', account: '100-4215' });
  await post(t);
  expect((await journal(t)).map((line) => line.split(':')[0])).toEqual(['1 2026-07 withdrawn', '2 2026-07 sent']);
  expect(await postedOf(t)).toEqual({ 1: 4000, 2: 2500 });
});

test('an entry that was entered by hand is dismissed: it is not sent, its receipts are in no later entry, and a mistake is taken back', async () => {
  const t = await town({ mode: 'review' });
  await post(t);
  const [entry] = await entriesOf(t);
  await decide(t.engine.knex, 'dismiss', { ids: [entry!.row] }, 'lee', 'entered by hand as GL-9');
  await more(t, 5, { no: '3', amount: '5.00', account: '100-4210' });
  await post(t);
  expect((await journal(t)).map((line) => line.replace(/^(.*?: \S+ \S+).*/, '$1'))).toEqual([
    '1 2026-07 dismissed: 100-1010 +65,',
    '2 2026-07 review: 100-1010 +5,',
  ]);
  await undo(t.engine.knex, { ids: [entry!.row] }, 'it was not');
  await post(t);
  expect((await journal(t)).filter((line) => line.includes('review')).map((line) => line.split(',')[0])).toEqual([
    '3 2026-07 review: 100-1010 +70',
  ]);
});

test('an entry of which it is not known whether it arrived needs attention, and nothing of it goes again by itself', async () => {
  const whole = await town();
  const commits = await cutAt(whole.engine.knex, Number.POSITIVE_INFINITY, 'before');
  await post(whole);
  // Killed between the move and its note, and the ledger took the file.
  for (let n = commits.commits(); n > 0; n--) {
    const cut = await town();
    await cutAt(cut.engine.knex, n, 'before');
    await post(cut).catch(() => {});
    for (const name of files(cut)) rmSync(join(cut.folder, 'ledger', name));
    await cut.reopen();
    await post(cut);
    const [entry] = await entriesOf(cut);
    if (entry?.state !== 'unknown') {
      await cut.close();
      continue;
    }
    await more(cut, 5, { no: '3', amount: '5.00', account: '100-4210' });
    await post(cut);
    expect((await journal(cut)).map((line) => line.split(',')[0])).toEqual([
      '1 2026-07 unknown: 100-1010 +65',
      '2 2026-07 sent: 100-1010 +5',
    ]);
    await settleByPerson(cut.engine.knex, entry.delivery!, true, undefined, 'lee', 'GL-12');
    expect((await entriesOf(cut)).map(({ state, theirNumber }) => [state, theirNumber])).toEqual([
      ['accepted', 'GL-12'],
      ['sent', null],
    ]);
    return;
  }
  expect.unreachable('no cut left it unknown');
});

test('an entry that does not balance in a fund is refused whole, with its lines', async () => {
  const t = await town({ ledger: LEDGER.replace('"{fund}-1310-{other}"', '100-1310') });
  const run = await post(t);
  expect([run.outcome, files(t)]).toEqual(['partial', []]);
  const [entry] = await entriesOf(t);
  expect([entry!.state, ...entry!.problems.map(({ code, message }) => `${code} ${message}`)]).toEqual([
    'refused',
    'ENTRY_UNBALANCED Debits and credits of this journal entry are not equal in fund 100: 100-1010 debit 65.00, 100-2080-210 credit 25.00, 100-4210 credit 40.00, 100-1310 debit 25.00. The entry was not sent.',
    'ENTRY_UNBALANCED Debits and credits of this journal entry are not equal in fund 210: 210-4550 credit 25.00. The entry was not sent.',
  ]);
  t.write({ 'config/interlocal.yaml': posting()['config/interlocal.yaml']! });
  await t.reopen();
  await post(t);
  expect([(await journal(t)).at(-1)!.split(':')[0], files(t)]).toEqual(['2 2026-07 sent', ['journal-001.csv']]);
});

test('one line that the ledger cannot take refuses the whole entry; money without an account is told and posted when it has one', async () => {
  const t = await town({}, [...RECEIPTS, { no: '3', amount: '7.00' }, { no: '4', amount: '3.00', account: '100-4210', tender: 'waived' }]);
  const run = await post(t);
  expect(run.notes.filter((note) => note.includes('no entry'))).toEqual([
    'ledger.entries: 7.00 USD paid by cash is in no entry: it has no account.',
    'ledger.entries: 3.00 USD of 100-4210 paid by waived is in no entry: no account takes money that was paid by waived.',
  ]);
  await more(t, 5, { no: '3', amount: '7.00', account: '100-4210-000000000099' });
  await post(t);
  expect([(await journal(t)).at(-1), files(t)]).toEqual(['2 2026-07 refused: 100-1010 +7, 100-4210-000000000099 -7', ['journal-001.csv']]);
  await more(t, 6, { no: '3', amount: '7.00', account: '100-4210' });
  await post(t);
  expect((await journal(t)).at(-1)).toBe('3 2026-07 sent: 100-1010 +7, 100-4210 -7');
});

test('unposted entries are in their report and keep their period from closing, until the ledger has taken them', async () => {
  const t = await town({ mode: 'review' });
  const unposted = async () => {
    const { entries } = reportJson(await unpostedReport(t.engine, '2026-07-31', LATER())) as { entries: Record<string, unknown>[] };
    return entries.map(({ entry, period, state, amount }) => [entry, period, state, amount]);
  };
  const item = async () =>
    (await periodStatus(t.engine, knownPeriod(t.engine, '2026-07'), LATER())).checklist.find((one) => one.item === 'postings')!;
  expect(await unposted()).toEqual([[null, '2026-07', 'not made', '90.00']]);
  expect((await item()).details).toEqual(['to-ledger: 2026-07 is not posted yet: interlocal run to-ledger.']);
  await post(t);
  expect(await unposted()).toEqual([[1, '2026-07', 'review', '90.00']]);
  expect((await item()).details).toEqual(['to-ledger: 1 journal entry to approve: interlocal deliver list to-ledger --state review.']);
  await decide(t.engine.knex, 'approve', { ids: [(await entriesOf(t))[0]!.row] }, 'lee');
  await post(t);
  answer(t, 1, 'ok', 'Journal 7');
  await post(t);
  expect([await unposted(), (await item()).state]).toEqual([[], 'done']);
});

test('a source that is turned off does not take back what was posted: the run stops and says so', async () => {
  const t = await town(
    {},
    Array.from({ length: 12 }, (_, i) => ({ no: String(i + 1), amount: '5.00', account: '100-4210' })),
  );
  await post(t);
  t.write({
    'pipelines/desk-receipts.yaml':
      'pipeline: desk-receipts\nmode: off\nsource: { connection: desk, stream: receipts }\nmappings: [receipt.from-desk]\n',
  });
  await t.reopen();
  const run = await post(t);
  expect([run.outcome, run.problems.map(({ code }) => code), files(t)]).toEqual([
    'failed',
    ['ENTRIES_TAKE_BACK_TOO_MUCH'],
    ['journal-001.csv'],
  ]);
});
