import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { BASE } from '../base-town.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const root = join(import.meta.dirname, '../../..');
const shipped = (path: string): string => readFileSync(join(root, path), 'utf8');

/** A town that reads a bank's files with the shipped pack, from a folder instead of SFTP, into deposits. */
async function bankTown(pack: string, stream: string, files: Files): Promise<TestTown> {
  const mapping = stream === 'entries' ? `deposit.from-${pack}` : `deposit.from-${pack}-${stream}`;
  const own = shipped(`connectors/${pack}/connector.yaml`).replace('transport: sftp', 'transport: folder');
  return makeTown({
    'config/model/deposit.yaml': shipped('config/model/deposit.yaml'),
    'config/connections.yaml': `${BASE['config/connections.yaml']}  bank: { connector: ${pack}, options: { path: inbox, folder: . } }\n`,
    [`connectors/${pack}/connector.yaml`]: own,
    [`mappings/${mapping}.yaml`]: shipped(`mappings/${mapping}.yaml`),
    'mappings/lookups/deposit-departments.csv': shipped('mappings/lookups/deposit-departments.csv'),
    'pipelines/deposits.yaml': `pipeline: deposits\nsource: { connection: bank, stream: ${stream} }\nmappings: [${mapping}]\nunmapped: skip\n`,
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`inbox/${name}`, text])),
  });
}

const deposits = async (town: TestTown): Promise<string[]> =>
  (await town.rows('deposit')).map((row) => `${row['amount']} ${row['amount_currency']}`).sort();
const cents = async (town: TestTown): Promise<number> => (await town.rows('deposit')).reduce((sum, row) => sum + Number(row['amount']), 0);

interface Bai2 {
  id?: number;
  created?: string;
  time?: string;
  modifier?: string;
  status?: string;
  groupCurrency?: string;
  accountCurrency?: string;
  summary?: string;
}

/** A BAI2 file with one account and these amounts in cents, whose counts and totals fit. */
function bai2(amounts: number[], given: Bai2 = {}): string {
  const { id = 1, created = '260303,0600', time = '', modifier = '2', status = '1', groupCurrency = 'USD', accountCurrency = '' } = given;
  const stated = given.summary ? Number(given.summary.split(',')[1]) : 0;
  const total = amounts.reduce((a, b) => a + b, stated);
  return [
    `01,BANK,TOWN,${created},${id},,,2/`,
    `02,TOWN,BANK,${status},260302,${time},${groupCurrency},${modifier}/`,
    `03,0042,${accountCurrency},${given.summary ?? ',,,'}/`,
    ...amounts.map((amount) => `16,301,${amount},0,,,COUNTER DEPOSIT/`),
    `49,${total},${amounts.length + 2}/`,
    `98,${total},1,${amounts.length + 4}/`,
    `99,${total},1,${amounts.length + 6}/`,
    '',
  ].join('\n');
}

describe('equal lines of a day in BAI2', () => {
  test('in two files of the day are two deposits: 175.00, not 125.00', async () => {
    const town = await bankTown('bank-bai2', 'entries', { 'a.txt': bai2([5000, 7500], { id: 1 }), 'b.txt': bai2([5000], { id: 2 }) });
    await town.run('deposits');
    expect([await cents(town), (await town.rows('deposit')).length]).toEqual([17500, 3]);
  });

  test('in interim files are identified by their time, and by balances where they have no time', async () => {
    const town = await bankTown('bank-bai2', 'intraday-entries', {
      'a.itd': bai2([5000, 7500], { id: 1, time: '1000', modifier: '3' }),
      'b.itd': bai2([5000], { id: 2, time: '1400', modifier: '3' }),
      'c.itd': bai2([5000], { id: 3, modifier: '3', summary: '030,22500,,' }),
    });
    await town.run('deposits');
    expect(await cents(town)).toBe(22500);
  });

  test('of one file are different deposits, and stay so when the file comes again under another name, time and number', async () => {
    const first = { summary: '015,15000,,', id: 1 };
    const town = await bankTown('bank-bai2', 'entries', { 'a.txt': bai2([5000, 5000], first) });
    await town.run('deposits');
    town.write({ 'inbox/again.txt': bai2([5000, 5000], { ...first, id: 7, created: '260304,1130' }) });
    const again = await town.run('deposits');
    expect([await cents(town), again.counts.created]).toEqual([10000, 0]);
  });

  test('that a later group takes back are gone; one that was never read is rejected', async () => {
    const town = await bankTown('bank-bai2', 'entries', { 'a.txt': bai2([5000, 7500], { time: '1000' }) });
    await town.run('deposits');
    town.write({ 'inbox/b.txt': bai2([5000, 9900], { id: 2, time: '1000', status: '2' }) });
    const run = await town.run('deposits');
    expect([await cents(town), run.counts.deleted]).toEqual([7500, 1]);
    expect((await town.rejects()).map((reject) => reject.problems[0]!.code)).toEqual(['DELETION_UNKNOWN']);
  });
});

describe('what a group of BAI2 says of itself', () => {
  test.each([
    ['a test', { status: '4' }, 'BAI2_GROUP', /says that it is a test.*tests: skip/],
    ['a correction', { status: '3' }, 'BAI2_GROUP', /corrects an earlier one.*corrections: read/],
    ['interim data in a stream of whole days', { modifier: '3' }, 'BAI2_GROUP', /interim.*days: interim/],
    ['a status that there is not', { status: '9' }, 'BAI2_STRUCTURE', /status of the group is "9"/],
  ])('%s is not loaded, and the message names the way', async (_what, given, code, words) => {
    const town = await bankTown('bank-bai2', 'entries', { 'a.txt': bai2([5000], given) });
    const run = await town.run('deposits');
    const [problem] = run.problems;
    expect([problem!.code, `${problem!.message} ${problem!.hint}`, await cents(town)]).toEqual([code, expect.stringMatching(words), 0]);
  });

  test.each([
    ['the group', { groupCurrency: 'CAD' }, '5000 CAD'],
    ['the account, before the group', { groupCurrency: 'CAD', accountCurrency: 'GBP' }, '5000 GBP'],
    ['a currency without decimals', { groupCurrency: 'JPY' }, '5000 JPY'],
  ])('the currency of a deposit is that of %s', async (_what, given, wanted) => {
    const town = await bankTown('bank-bai2', 'entries', { 'a.txt': bai2([5000], given) });
    await town.run('deposits');
    expect(await deposits(town)).toEqual([wanted]);
  });

  test('a message without an amount is an entry like any other', async () => {
    const text = bai2([]).replace('49,0,2/\n98,0,1,4/\n99,0,1,6/', '16,890,,,,,CLOSED ON MONDAY/\n49,0,3/\n98,0,1,5/\n99,0,1,7/');
    const town = await bankTown('bank-bai2', 'entries', { 'a.txt': text });
    expect((await town.run('deposits')).counts.rejected).toBe(0);
  });
});

test('a town that read with the former key of the pack keeps its deposits, and equal ones stay two', async () => {
  const town = await bankTown('bank-bai2', 'entries', { 'a.txt': bai2([5000, 5000]) });
  const now = town.text('connectors/bank-bai2/connector.yaml');
  const former = now.replace(
    /primary_key:\s+&key\s+\{[^}]*\}/,
    'primary_key: &key { fields: [account, date, type_code, amount], repeats: number }',
  );
  expect(former).not.toBe(now);
  town.write({ 'connectors/bank-bai2/connector.yaml': former });
  await town.reopen();
  await town.run('deposits');
  const before = await town.rows('deposit');
  town.write({ 'connectors/bank-bai2/connector.yaml': now, 'inbox/b.txt': bai2([7500], { id: 2 }) });
  await town.reopen();
  const run = await town.run('deposits');
  expect(run.problems).toEqual([]);
  expect((await town.rows('deposit')).slice(0, 2)).toEqual(before);
  expect(await cents(town)).toBe(17500);
});

describe.each([
  ['bank-mt940', 'stmt-260302.sta', 'stmt-260303.sta', ['-1000 USD', '15000 USD', '2000 CAD', '5000 USD', '5000 USD']],
  ['bank-ofx', 'stmt-260302.ofx', 'card-260303.ofx', ['15000 USD', '2000 CAD', '5000 USD', '5000 USD', '800 USD']],
  ['bank-camt053', 'camt053-260302.xml', 'camt053-260303.xml', ['-3550 USD', '15000 USD', '2000 GBP', '5000 USD', '5000 USD']],
])('statements read with the pack %s', (pack, first, second, wanted) => {
  const recorded = (name: string): string => shipped(`connectors/${pack}/fixtures/entries/${name}`);

  test('give deposits in their currencies, equal ones of a day both, and none that is only expected', async () => {
    const town = await bankTown(pack, 'entries', { [first]: recorded(first), [second]: recorded(second) });
    const run = await town.run('deposits');
    expect([run.problems, run.counts.rejected, await deposits(town)]).toEqual([[], 0, wanted]);
    expect((await town.rows('deposit')).find((row) => row['department'] === 'recreation')).toMatchObject({
      deposited_on: '2026-03-02',
      collected_on: '2026-02-27',
      amount: 15000,
    });
  });

  test('that come again in another file give none twice', async () => {
    const town = await bankTown(pack, 'entries', { [first]: recorded(first) });
    await town.run('deposits');
    const before = await town.rows('deposit');
    // Another transfer of the same statement: its file, message and time are new ones.
    const again = recorded(first)
      .replace(':20:STMT260302', ':20:STMT260309')
      .replace('20260303080000', '20260309080000')
      .replace('MSG-260302', 'MSG-260309');
    expect(again).not.toBe(recorded(first));
    town.write({ [`inbox/again-${first}`]: again });
    const run = await town.run('deposits');
    expect([run.problems, run.counts.created, await town.rows('deposit')]).toEqual([[], 0, before]);
  });
});
