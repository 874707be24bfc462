import { afterEach, expect, test } from 'vitest';
import { plainLine } from '../../src/cli/operate/serve-log.ts';
import { closePeriod, knownPeriod } from '../../src/engine/periods/periods.ts';
import { examine } from '../../src/engine/doctor/doctor.ts';
import { periodReports } from '../../src/reports/ledger/period-reports.ts';
import { peopleFile, receipts } from '../engine/base-town.ts';
import { depositFile, moneyTown, receiptFile } from '../engine/reconciliation/agreement-town.ts';
import { COMPARED } from '../engine/compared-town.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { ledger } from '../outbound/base-outbound.ts';
import { load, post, postingTown } from '../outbound/posting/town.ts';
import { receiptCsv, reportTown, settlementCsv } from '../reports/report-town.ts';
import { commandLine } from './command-line.ts';

afterEach(closeTowns);

async function said(town: TestTown, ...args: string[]): Promise<string> {
  return (await commandLine([...args, '--project', town.folder])).text;
}

/** A time of the town: its clock and the name of its zone. */
const TOWN_TIME = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[DS]T/g;

/** Says a time, and every one of them by the town's clock. */
async function sayTimes(town: TestTown, ...args: string[]): Promise<string> {
  const text = await said(town, ...args);
  expect([args, text.match(TOWN_TIME) !== null, text]).toEqual([args, true, expect.anything()]);
  // The name of the town's folder is random, and may look like a part of a time.
  expect([args, /\d\d:\d\d|\dT\d/.exec(text.replaceAll(town.folder, '').replaceAll(TOWN_TIME, ''))]).toEqual([args, null]);
  return text;
}

test('what people read of runs, deliveries and records has the times of the town, with the name of the zone', async () => {
  const town = await makeTown({ ...ledger(), 'inbox/receipts.csv': receipts([{ number: '1' }, { number: '2', tender: 'XX' }]) });
  await town.run('receipts');
  await town.run('to-ledger');
  await sayTimes(town, 'status');
  await sayTimes(town, 'deliver', 'sent');
  await sayTimes(town, 'deliver', 'show', '1');
  await sayTimes(town, 'explain', 'receipt', '1');
  await said(town, 'rejects', 'dismiss', '1', '--reason', 'a page footer');
  await sayTimes(town, 'audit');
  await sayTimes(town, 'doctor');
  const { checks } = await examine(town.engine, new Date(Date.now() - 86_400_000));
  expect(checks.find(({ name }) => name === 'clock')!.detail.match(TOWN_TIME)).toHaveLength(2);
  // Programs are told in UTC.
  expect(JSON.parse(await said(town, 'deliver', 'sent', '--json'))).toMatchObject({
    deliveries: [{ sent_at: expect.stringMatching(/Z$/) }],
  });
});

test('so have matches, exceptions and what a reconciliation found', async () => {
  const town = await reportTown({
    'desk/r.csv': receiptCsv([
      { no: '1', amount: '40.00', tender: 'cash', batch: 'A' },
      { no: '2', amount: '30.00', tender: 'card', batch: 'C' },
    ]),
    'processor/s.csv': settlementCsv([{ no: 'C', gross: '30.00', fees: '0.70', net: '29.30' }]),
  });
  const { exceptions } = JSON.parse(await said(town, 'exceptions', 'list', '--json')) as { exceptions: { id: string }[] };
  expect(exceptions).not.toEqual([]);
  expect(await sayTimes(town, 'exceptions', 'show', exceptions[0]!.id)).toContain('2026-07-20 11:00:00 EDT run: opened');
  await said(town, 'exceptions', 'note', exceptions[0]!.id, '--text', 'the bag is on its way');
  await sayTimes(town, 'exceptions', 'show', exceptions[0]!.id);
  await sayTimes(town, 'report', 'reconciliation');
  const { matches } = JSON.parse(await said(town, 'matches', 'list', '--json')) as { matches: { id: string }[] };
  // By a rule: when the run began that did it, by the clock of the machine.
  expect(await sayTimes(town, 'matches', 'show', matches[0]!.id)).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[DS]T run: confirmed/);
  const page = await said(town, 'report', 'drawers', '--as-of', new Date().toISOString(), '--format', 'html');
  expect(page).toMatch(/as of: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[DS]T</);
});

test('so has the closing of a period', async () => {
  const town = await moneyTown({ 'desk/a.csv': receiptFile([{ no: '1', amount: '40.00' }]) });
  for (const pipeline of ['desk-receipts', 'pool-receipts', 'bank-deposits', 'charges']) await town.run(pipeline);
  const now = new Date(Date.now() + 86_400_000);
  await closePeriod(town.engine, knownPeriod(town.engine, '2026-07'), periodReports, { actor: 'dana', now });
  expect(await sayTimes(town, 'period', 'status', '2026-07')).toContain('Prepared by dana at ');
  await closePeriod(town.engine, knownPeriod(town.engine, '2026-07'), periodReports, { actor: 'lee', now });
  expect(await sayTimes(town, 'period', 'status', '2026-07')).toContain('closed by lee at ');
});

test('so have journal entries, in a table, a page, a spreadsheet', async () => {
  const town = await postingTown({
    'desk/r.csv': receiptFile([{ no: '1', amount: '40.00', account: '100-4210', tender: 'cash' }]),
    'bank/d.csv': depositFile([{ no: '1', amount: '40.00' }]),
  });
  await load(town);
  await post(town);
  await sayTimes(town, 'report', 'journals');
  await sayTimes(town, 'report', 'journals', '--format', 'csv');
  expect(await said(town, 'report', 'journals', '--format', 'html')).toMatch(TOWN_TIME);
  expect(JSON.parse(await said(town, 'report', 'journals', '--json'))).toMatchObject({
    journals: [{ sent_at: expect.stringMatching(/Z$/) }],
  });
});

test('so have decisions about people', async () => {
  const town = await makeTown({
    ...COMPARED,
    'inbox/clerk.csv': peopleFile([['C1', 'ada@example.org', 'Ada Marsh', '', '2026-01-01']]),
    'inbox/pool.csv': peopleFile([['P1', 'bo@example.org', 'Bo Quill', '', '2026-01-01']]),
  });
  await town.run('clerk');
  await town.run('pool');
  await said(town, 'review', 'different', 'clerk:C1', 'pool:P1', '--entity', 'person', '--reason', 'asked both');
  await sayTimes(town, 'review', 'list', 'person', '--decided');
  await sayTimes(town, 'review', 'show', 'clerk:C1', 'pool:P1', '--entity', 'person');
});

test('at a terminal the log of serve has every time by the same clock', () => {
  const time = '2026-06-30T10:00:00.000Z';
  const line = plainLine(JSON.stringify({ level: 'info', time, msg: 'scheduled', next: '2026-11-01T06:30:00.000Z' }), 'America/New_York');
  expect(line).toBe('06:00:00 EDT info  scheduled  next=2026-11-01 01:30:00 EST\n');
  const skipped = plainLine(JSON.stringify({ level: 'warn', time, msg: 'x', since: time, problems: ['b'] }), 'America/Chicago');
  expect(skipped).toContain('since=2026-06-30 05:00:00 CDT');
});
