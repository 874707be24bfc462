import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SeededError } from '../../scripts/sample-town/generate/truth.ts';
import { compileNamed } from '../../src/engine/run/bind.ts';
import { settleByPerson } from '../../src/engine/outbound/decide.ts';
import { revenueReport } from '../../src/reports/revenue/revenue.ts';
import { statusOf } from '../../src/reports/status.ts';
import type { RunResult } from '../../src/engine/run/result.ts';
import { runMappingTests } from '../../src/mapping/tests.ts';
import { listDifferences } from '../../src/store/reconciliation/differences.ts';
import { listRejects } from '../../src/store/landing/rejects.ts';
import { filesIn, type Maplewood, openMaplewood } from './maplewood.ts';
import { jsonTests } from './json.ts';
import { peopleTests } from './people.ts';

/** The truth's streams, by the pipelines that read them. */
const STREAMS: Readonly<Record<string, readonly string[]>> = {
  'recreation-ledger': ['recreation.gl'],
  'recreation-receipts': ['recreation.receipts'],
  'recreation-registrations': ['recreation.registrations'],
  'bank-deposits': ['bank.deposits'],
  'clerk-dog-licenses': ['clerk.dog-licenses'],
  'utility-customers': ['clerk.billing'],
  'finance-accounts': ['finance.accounts'],
  'finance-customers': ['finance.customers'],
  'recreation-residents': ['recreation.residents'],
  'clerk-residents': ['clerk.residents'],
  'finance-receipts': ['finance.receipts-open', 'finance.receipts-history'],
  permits: ['council.permits'],
  'old-dog-tags': ['council.dog-tags'],
  'council-payments': ['council.payments'],
  'council-payments-summary': ['council.payments-summary'],
};
const FILES = [
  'recreation-ledger',
  'recreation-receipts',
  'recreation-registrations',
  'bank-deposits',
  'permits',
  'old-dog-tags',
  'council-payments',
  'council-payments-summary',
];

let town: Maplewood;
let first: Map<string, RunResult>;

beforeAll(async () => {
  town = await openMaplewood();
  first = await town.run();
});
afterAll(async () => town.close());

function seeded(kind: string): SeededError {
  return town.truth.seeded.find((error) => error.kind === kind)!;
}

async function countOf(table: string, where: Record<string, string> = {}): Promise<number> {
  const row = (await town.engine.knex(table).where(where).count({ n: '*' }).first()) as { n: number };
  return Number(row.n);
}

/** The leaves that differ: `key → [status, left, right]`, minor units. */
async function differencesOf(pipeline: string): Promise<Record<string, [string, number | null, number | null]>> {
  const depth = town.engine.project.pipelines.get(pipeline)!.value.reconcile!.match_on.length;
  const list = await listDifferences(town.engine.knex, pipeline, { depth, status: ['differs', 'left_only', 'right_only'] });
  return Object.fromEntries(list.map(({ key, status, left, right }) => [key.join(' '), [status, left, right]]));
}

describe('what comes in', () => {
  test('every record of every system is read once, and every good one is kept', () => {
    for (const [pipeline, streams] of Object.entries(STREAMS)) {
      const truth = streams.map((name) => town.truth.streams[name]!);
      const sum = (name: 'records' | 'good' | 'rejected'): number => truth.reduce((n, stream) => n + stream[name], 0);
      expect({ pipeline, ...first.get(pipeline)!.counts }).toEqual({
        pipeline,
        read: sum('records'),
        created: sum('good'),
        changed: 0,
        unchanged: 0,
        skipped: 0,
        rejected: sum('rejected'),
        deleted: 0,
      });
    }
  });

  test('no pipeline is left out of this test', () => {
    const inbound = [...town.engine.project.pipelines.values()].filter(({ value }) => value.source && value.mode !== 'off');
    expect(inbound.map(({ value }) => value.pipeline).sort()).toEqual(Object.keys(STREAMS).sort());
  });

  test('the records of each entity are as many as really happened', async () => {
    const { receipts, streams } = town.truth;
    const clerk = receipts.filter((receipt) => receipt.department === 'clerk');
    expect({
      clerkReceipts: await countOf('receipt', { source: 'finance' }),
      recreationReceipts: await countOf('receipt', { source: 'recreation-receipts' }),
      voided: await countOf('receipt', { status: 'voided' }),
      tenders: await countOf('tender'),
      deposits: await countOf('deposit'),
      permits: await countOf('permit'),
      licenses: await countOf('license', { source: 'clerk' }),
      // A golden party is of no system; what a system calls one is in the cross-reference.
      utilityCustomers: await countOf('il_member', { source: 'utility-billing', state: 'live' }),
      batches: await countOf('control_total', { set: 'recreation-daily-batch' }),
      accounts: await countOf('account'),
    }).toEqual({
      clerkReceipts: clerk.length,
      recreationReceipts: streams['recreation.receipts']!.good,
      voided: 1,
      tenders: streams['recreation.receipts']!.good,
      deposits: streams['bank.deposits']!.good,
      permits: streams['council.permits']!.good,
      licenses: streams['clerk.dog-licenses']!.good,
      utilityCustomers: town.truth.town.households,
      batches: new Set(receipts.filter((r) => r.department === 'recreation').map((r) => r.date)).size,
      accounts: streams['finance.accounts']!.good,
    });
  });

  test('each receipt has its number, day, payer, tender and amount, and its lines add up to it', async () => {
    const rows = (await town.engine
      .knex('receipt')
      .select('receipt_number', 'received_on', 'department', 'tender', 'amount', 'status')) as Record<string, unknown>[];
    const missing = seeded('posting-without-receipt').key;
    const expected = town.truth.receipts
      .filter((receipt) => String(receipt.number) !== missing)
      .map(({ number, date, department, tender, cents, voided }) => ({
        receipt_number: String(number),
        received_on: date,
        department,
        tender: tender.endsWith('card') ? 'card' : tender,
        amount: cents,
        status: voided ? 'voided' : 'posted',
      }));
    const byNumber = (a: { receipt_number: string }, b: { receipt_number: string }): number =>
      Number(a.receipt_number) - Number(b.receipt_number);
    expect((rows as (typeof expected)[number][]).sort(byNumber)).toEqual(expected.sort(byNumber));
    const charges = (await town.engine.knex('charge').select('receipt_number').sum({ cents: 'amount' }).groupBy('receipt_number')) as {
      receipt_number: string;
      cents: number;
    }[];
    const recreation = new Map(expected.filter((r) => r.department === 'recreation').map((r) => [r.receipt_number, r.amount]));
    expect(new Map(charges.map((c) => [c.receipt_number, c.cents]))).toEqual(recreation);
  });

  test('two equal registrations of one receipt are two', async () => {
    expect(await countOf('registration', { receipt_number: seeded('equal-lines-both-real').key! })).toBe(2);
  });

  test('accents, leading zeros and line breaks come through', async () => {
    const { knex } = town.engine;
    expect(await knex('registration').where('household_key', 'like', '00%').first('household_key')).toBeDefined();
    expect(await knex('registration').where('notes', 'like', '%é%').first('notes')).toBeDefined();
    expect(await knex('registration').where('notes', 'like', '%\r\n%').first('notes')).toBeDefined();
    expect(await knex('deposit').where('text', 'like', '%CASH, CHECKS, AND CARDS%').first('text')).toBeDefined();
    const tags = (await knex('license').where({ source: 'clerk' }).pluck('tag_number')) as string[];
    expect(tags.every((tag) => /^\d{7}$/.test(tag))).toBe(true);
  });
});

describe('what goes wrong', () => {
  test('exactly the records that are wrong are rejected, each with its file and line', async () => {
    const rejects = await listRejects(town.engine.knex, { state: 'open', limit: 100 });
    const found = rejects.map(({ pipeline, file, line }) => `${pipeline} ${file ? basename(file) : ''} ${line ?? ''}`.trimEnd());
    const place = (kind: string): string => `${basename(seeded(kind).file!)} ${seeded(kind).line}`;
    expect(found.sort()).toEqual(
      [
        'clerk-dog-licenses',
        `council-payments ${place('unparsable-amount')}`,
        `permits ${place('impossible-date')}`,
        `recreation-ledger ${place('unknown-pay-code')}`,
        `recreation-registrations ${place('ragged-line')}`,
      ].sort(),
    );
    expect(rejects.find((r) => r.pipeline === 'clerk-dog-licenses')!.key).toBe(seeded('unknown-tag-status').key);
    expect(rejects.find((r) => r.pipeline === 'recreation-ledger')!.key).toContain(seeded('unknown-pay-code').key);
    expect(rejects.find((r) => r.pipeline === 'permits')!.key).toBe(seeded('impossible-date').key);
  });

  test('what is wrong is said so that a clerk understands it', async () => {
    const rejects = await listRejects(town.engine.knex, { state: 'open', limit: 100 });
    const said = rejects.flatMap((reject) => reject.problems.map((problem) => problem.message)).join('\n');
    for (const words of [
      'TagStatus "PENDNG" is not in',
      '"1O5.00"',
      '"2026-02-30"',
      'sagldistribution_paycode "97" is not in',
      '15 columns',
    ])
      expect(said).toContain(words);
  });

  test('the one bank file that does not balance is refused whole, with the figure it misses by', async () => {
    const { problems, outcome } = first.get('bank-deposits')!;
    const refused = seeded('bank-file-unbalanced');
    expect(outcome).toBe('failed');
    expect(problems.map((p) => [p.code, basename(p.place.file!)])).toEqual([['BAI2_UNBALANCED', basename(refused.file!)]]);
    expect(problems[0]!.message).toContain('off by 12.00');
    const inIt = town.truth.deposits.filter((deposit) => deposit.file === refused.file);
    expect(inIt.length).toBeGreaterThan(0);
    const days = inIt.map((deposit) => deposit.collected);
    expect(await town.engine.knex('deposit').whereIn('collected_on', days)).toEqual([]);
    const others = [...first].filter(([id]) => id !== 'bank-deposits').flatMap(([, result]) => result.problems);
    expect(others.filter((p) => p.code !== 'SIDE_INCOMPLETE')).toEqual([]);
  });

  test('a reconciliation that lacks a refused file or rejected records has not succeeded, and names them', () => {
    const refused = basename(seeded('bank-file-unbalanced').file!);
    const inIt = town.truth.deposits.filter((deposit) => deposit.file === seeded('bank-file-unbalanced').file);
    const { outcome, problems } = first.get('receipts-against-deposits')!;
    expect(outcome).toBe('partial');
    expect(problems.map((p) => `${p.place.system}: ${p.message}`)).toEqual([
      `bank-deposits: outgoing/${refused} was refused: ${inIt.length} days have no deposits (by department and day).`,
    ]);
    expect(
      [...first]
        .filter(([, { problems: own }]) => own.some((p) => p.code === 'SIDE_INCOMPLETE'))
        .map(([id]) => id)
        .sort(),
    ).toEqual([
      'license-fees-against-receipts',
      'payments-against-summary',
      'permit-fees-against-receipts',
      'receipts-against-deposits',
      'receipts-against-journal',
      'voids-against-journal',
    ]);
  });

  test('a file that is still on its way is not read, and one that came twice is read once', () => {
    const left = filesIn(join(town.data, 'sftp/recreation/exports')).filter((name) => !name.endsWith('.done'));
    expect(left).toEqual(
      town.truth.seeded
        .filter((e) => e.kind === 'half-uploaded')
        .map((e) => basename(e.file!))
        .sort(),
    );
    expect(first.get('recreation-ledger')!.notes.join('\n')).toContain(
      `${basename(seeded('half-uploaded').file!)} is left for a later run`,
    );
    expect(first.get('recreation-receipts')!.notes.join('\n')).toMatch(
      /receipts-2026-W09\S* has nothing new: the same content was loaded as/,
    );
  });

  test('files are archived once what they hold is kept; the refused one stays for the bank to replace', () => {
    const { streams } = town.truth;
    const archived = filesIn(join(town.data, 'sftp/recreation/archive'));
    expect(archived.filter((name) => name.startsWith('gl-'))).toHaveLength(streams['recreation.gl']!.files);
    expect(archived.filter((name) => name.startsWith('receipts-'))).toHaveLength(
      streams['recreation.receipts']!.files + streams['recreation.receipts']!.alreadyTaken,
    );
    expect(archived.filter((name) => name.startsWith('registrations-'))).toHaveLength(streams['recreation.registrations']!.files);
    expect(filesIn(join(town.data, 'sftp/recreation/exports')).filter((name) => name.endsWith('.done'))).toEqual([]);
    expect(filesIn(join(town.data, 'sftp/bank/archive'))).toHaveLength(streams['bank.deposits']!.files);
    expect(filesIn(join(town.data, 'sftp/bank/outgoing'))).toEqual([basename(seeded('bank-file-unbalanced').file!)]);
  });
});

describe('whether it agrees', () => {
  test('receipts and ledger differ where a posting is missing, alone or too high, and nowhere else', async () => {
    const [unposted, alone, tooMuch] = ['receipt-not-posted', 'posting-without-receipt', 'posting-differs'].map(seeded) as [
      SeededError,
      SeededError,
      SeededError,
    ];
    const cents = town.truth.receipts.find((receipt) => String(receipt.number) === tooMuch.key)!.cents;
    expect(await differencesOf('receipts-against-journal')).toEqual({
      [unposted.key!]: ['left_only', unposted.cents, null],
      [alone.key!]: ['right_only', null, alone.cents],
      [tooMuch.key!]: ['differs', cents, cents + tooMuch.cents!],
    });
  });

  test('a voided receipt is taken back in the ledger, and is not a difference', async () => {
    expect(await differencesOf('voids-against-journal')).toEqual({});
    expect(first.get('voids-against-journal')!.counts.unchanged).toBe(1);
  });

  test('receipts and bank differ on the short day, where a receipt is missing, and in the week of the refused file', async () => {
    const { receipts, deposits, seeded: errors } = town.truth;
    const missing = receipts.find((receipt) => String(receipt.number) === seeded('posting-without-receipt').key)!;
    const refused = errors.find((error) => error.kind === 'bank-file-unbalanced')!.file;
    const expected: Record<string, unknown> = {};
    for (const { department, collected, cents, bankSays, file } of deposits) {
      const taken = cents - (department === missing.department && collected === missing.date ? missing.cents : 0);
      const banked = file === refused ? null : (bankSays ?? cents);
      if (banked !== taken) expected[`${department} ${collected}`] = [banked === null ? 'left_only' : 'differs', taken, banked];
    }
    expect(Object.keys(expected).length).toBeGreaterThan(2);
    expect(await differencesOf('receipts-against-deposits')).toEqual(expected);
  });

  test('the daily sums in finance differ on the day of the missing receipt alone', async () => {
    const missing = town.truth.receipts.find((receipt) => String(receipt.number) === seeded('posting-without-receipt').key)!;
    const batch = town.truth.deposits.find((deposit) => deposit.department === 'recreation' && deposit.collected === missing.date)!.cents;
    expect(await differencesOf('daily-batches-against-receipts')).toEqual({ [missing.date]: ['differs', batch, batch - missing.cents] });
  });

  test('a fee whose license or permit was rejected is on its receipt alone', async () => {
    const license = /receipt (\d+)/.exec(seeded('unknown-tag-status').expect)![1]!;
    const permit = /receipt (\d+)/.exec(seeded('impossible-date').expect)![1]!;
    const receipt = (number: string) => town.truth.receipts.find((one) => String(one.number) === number)!;
    const fees = await differencesOf('license-fees-against-receipts');
    expect(Object.keys(fees)).toEqual([`${receipt(license).date.slice(0, 7)} ${license}`]);
    expect(Object.values(fees)[0]![2]).toBe(receipt(license).cents);
    expect(await differencesOf('permit-fees-against-receipts')).toEqual({ [permit]: ['right_only', null, receipt(permit).cents] });
  });

  test('published payments and their control totals differ by the unreadable line and the wrong total', async () => {
    const [line, total] = [seeded('unparsable-amount'), seeded('control-total-off')];
    const found = await differencesOf('payments-against-summary');
    const by = Object.fromEntries(Object.entries(found).map(([key, [, left, right]]) => [key, (right ?? 0) - (left ?? 0)]));
    const [year, department, ...rest] = total.key!.split(' / ');
    expect(by).toEqual({
      [`2024/2025 library CHARGE CASH`]: line.cents,
      [[year, department!.toLowerCase(), ...rest].join(' ')]: -total.cents!,
    });
  });

  test('revenue by department and month is what was really taken, to the cent, but for the receipt that nobody has', async () => {
    const { revenue, receipts } = town.truth;
    const missing = receipts.find((receipt) => String(receipt.number) === seeded('posting-without-receipt').key)!;
    const expected = structuredClone(revenue) as Record<string, Record<string, number>>;
    expected[missing.department]![missing.date.slice(0, 7)]! -= missing.cents;
    const found: Record<string, Record<string, number>> = {};
    for (const row of await revenueReport(town.engine, { period: 'month' })) {
      const months = (found[row.department] ??= {});
      months[row.period] = (months[row.period] ?? 0) + row.amount;
      expect(row.reconciled + row.unreconciled).toBe(row.amount);
    }
    expect(found).toEqual(expected);
  });

  test('revenue is split over the accounts that it was taken for', async () => {
    const expected: Record<string, number> = {};
    const missing = seeded('posting-without-receipt').key;
    for (const receipt of town.truth.receipts)
      if (!receipt.voided && String(receipt.number) !== missing)
        for (const { account, cents } of receipt.lines) expected[account] = (expected[account] ?? 0) + cents;
    const found: Record<string, number> = {};
    for (const row of await revenueReport(town.engine, { period: 'fiscal-year' }))
      found[row.account] = (found[row.account] ?? 0) + row.amount;
    expect(found).toEqual(expected);
  });

  test('what no error touches is reconciled, and what one touches says why it is not', async () => {
    const rows = await revenueReport(town.engine, { period: 'day' });
    const open = rows.filter((row) => row.unreconciled !== 0);
    expect(open.every((row) => row.reasons.length > 0)).toBe(true);
    const days = new Set(open.map((row) => `${row.department} ${row.period}`));
    const banked = Object.keys(await differencesOf('receipts-against-deposits'));
    const receipts = ['receipt-not-posted', 'posting-differs', 'unknown-tag-status', 'impossible-date'].map((kind) => {
      const number = kind.includes('post') ? seeded(kind).key! : /receipt (\d+)/.exec(seeded(kind).expect)![1]!;
      const { department, date } = town.truth.receipts.find((receipt) => String(receipt.number) === number)!;
      return `${department} ${date}`;
    });
    expect([...days].sort()).toEqual([...new Set([...banked, ...receipts])].sort());
  });
});

describe('what goes out', () => {
  const lastWeek = () => town.truth.receipts.filter(({ department, date }) => department === 'recreation' && date >= '2026-06-24');

  test("the last week's receipts are in finance, each once, to the cent", () => {
    const receipts = lastWeek();
    expect(receipts.length).toBeGreaterThan(50);
    expect(first.get('receipts-to-finance')).toMatchObject({ outcome: 'succeeded', counts: { created: receipts.length, rejected: 0 } });
    town.systems.imports.takeAll();
    expect(town.systems.imports.taken()).toEqual({
      files: 1,
      receipts: receipts.length,
      amount: receipts.reduce((sum, { cents }) => sum + cents, 0),
    });
  });

  test('then a person says what the edit report said, and nothing is on its way anymore', async () => {
    const again = await town.run('receipts-to-finance');
    expect(again.get('receipts-to-finance')!.counts.read).toBe(0);
    const status = async () => (await statusOf(town.engine)).find(({ pipeline }) => pipeline === 'receipts-to-finance')!.outbound!;
    const taken = await status();
    expect([taken.on_its_way, taken.to_settle, taken.last_delivery!.state]).toEqual([lastWeek().length, 1, 'acknowledged']);
    const reports = join(town.data, 'finance-reports');
    expect(readFileSync(join(reports, filesIn(reports)[0]!), 'utf8')).toContain('IMPORTED, no errors');
    await settleByPerson(town.engine.knex, taken.last_delivery!.id, true, undefined);
    expect(await status()).toMatchObject({ on_its_way: 0, to_settle: 0, last_delivery: { state: 'accepted' } });
  });
});

jsonTests(() => town);
peopleTests(() => town);

describe('the mappings that are shipped', () => {
  test('do what their tests say, and each has a test of what it refuses or leaves out', () => {
    const { project } = town.engine;
    for (const name of [...project.pipelines.values()].flatMap(({ value }) => value.mappings ?? [])) {
      const mapping = project.mappings.get(name)!.value;
      const settings = { currency: project.config.town.currency, timeZone: project.config.town.time_zone, lookups: project.lookups };
      const results = runMappingTests(mapping, compileNamed(project, name).entity, settings);
      expect({ name, failed: results.filter((result) => !result.passed) }).toEqual({ name, failed: [] });
      expect({ name, tests: results.length >= 2, refuses: mapping.tests.some((one) => one.rejects !== undefined) }).toEqual({
        name,
        tests: true,
        refuses: true,
      });
    }
  });
});

describe('afterwards', () => {
  test('a second run enters nothing and reads no file again', async () => {
    const landed = await countOf('il_landed');
    const history = await countOf('il_history');
    const second = await town.run();
    for (const [pipeline, { counts }] of second) {
      if (!STREAMS[pipeline]) continue;
      expect({ pipeline, created: counts.created, changed: counts.changed, deleted: counts.deleted }).toEqual({
        pipeline,
        created: 0,
        changed: 0,
        deleted: 0,
      });
      if (FILES.includes(pipeline)) expect({ pipeline, read: counts.read }).toEqual({ pipeline, read: 0 });
    }
    expect([await countOf('il_landed'), await countOf('il_history')]).toEqual([landed, history]);
    town.systems.imports.takeAll();
    expect([await countOf('il_delivery', { pipeline: 'receipts-to-finance' }), town.systems.imports.taken().files]).toEqual([1, 1]);
    expect(await listRejects(town.engine.knex, { state: 'open', limit: 100 })).toHaveLength(5);
  });

  test('when the bank sends the refused file again as it should be, its week is reconciled', async () => {
    const name = basename(seeded('bank-file-unbalanced').file!);
    const path = join(town.data, 'sftp/bank/outgoing', name);
    const lines = readFileSync(path, 'utf8').split('\n');
    const wrong = lines.indexOf(lines.slice(lines.findLastIndex((line) => line.startsWith('02,'))).find((line) => line.startsWith('16,'))!);
    lines[wrong] = lines[wrong]!.replace(
      /^16,301,(\d+)/,
      (_, cents: string) => `16,301,${Number(cents) - seeded('bank-file-unbalanced').cents!}`,
    );
    writeFileSync(path, lines.join('\n'));
    const hourAgo = new Date(Date.now() - 3_600_000);
    utimesSync(path, hourAgo, hourAgo);
    const again = await town.run('bank-deposits', 'receipts-against-deposits');
    expect(again.get('bank-deposits')).toMatchObject({ outcome: 'succeeded', problems: [] });
    expect(filesIn(join(town.data, 'sftp/bank/outgoing'))).toEqual([]);
    const left = Object.keys(await differencesOf('receipts-against-deposits'));
    const missing = town.truth.receipts.find((receipt) => String(receipt.number) === seeded('posting-without-receipt').key)!;
    expect(left.sort()).toEqual(
      [`recreation ${missing.date}`, `recreation ${town.truth.deposits.find((d) => d.bankSays !== undefined)!.collected}`].sort(),
    );
  });
});
