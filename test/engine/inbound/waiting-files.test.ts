import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { SftpFaults } from '../../../scripts/sample-town/servers/sftp/session.ts';
import { statusOf } from '../../../src/reports/status.ts';
import { serve } from '../../web/http.ts';
import { closeOddServers, oddServer } from '../../transports/odd-sftp.ts';
import { connector, receipts, tillStream } from '../base-town.ts';
import { townCommand } from '../../cli/command-line.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);
afterEach(closeOddServers);

const MARKED = tillStream({ files: 'marker: "{name}.done"' });
const hours = (n: number) => (): Date => new Date(Date.now() + n * 3_600_000);
const codes = (run: { problems: { code: string }[] }): string[] => run.problems.map((p) => p.code);

/** The till's pipeline with another setting. */
function limited(limit: string): Record<string, string> {
  return {
    'pipelines/receipts.yaml': `pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nwaiting_limit: ${limit}\n`,
  };
}

test('a file whose marker never comes is a problem after a day, the others are read, and it is none once it was read', async () => {
  const town = await makeTown({ ...MARKED, 'inbox/receipts-1.csv': receipts([{ number: '1' }]) });
  const first = await town.run('receipts');
  expect([first.outcome, codes(first)]).toEqual(['succeeded', []]);
  expect(first.notes).toContain('receipts-1.csv is left for a later run: its marker file receipts-1.csv.done does not exist yet.');
  expect((await town.run('receipts', { now: hours(23) })).outcome).toBe('succeeded');
  town.write({ 'inbox/receipts-2.csv': receipts([{ number: '2' }]), 'inbox/receipts-2.csv.done': '' });
  const late = await town.run('receipts', { now: hours(25) });
  expect([late.outcome, late.counts.created, codes(late)]).toEqual(['failed', 1, ['FILE_WAITS']]);
  expect(late.problems[0]!.message).toBe(
    'receipts-1.csv has been there for 25 hours and was skipped by 3 runs: its marker file receipts-1.csv.done does not exist yet.',
  );
  const [status] = (await statusOf(town.engine)).filter((s) => s.pipeline === 'receipts');
  expect(status!.last_run!.outcome).toBe('failed');
  expect(status!.waiting_files).toMatchObject([{ path: 'receipts-1.csv', runs: 3, reason: expect.stringContaining('marker') }]);
  town.write({ 'inbox/receipts-1.csv.done': '' });
  expect((await town.run('receipts', { now: hours(26) })).outcome).toBe('succeeded');
  expect((await statusOf(town.engine)).flatMap((s) => s.waiting_files)).toEqual([]);
});

test('a file that a clock a year ahead saw first waits since the clock is right, not for a year', async () => {
  const town = await makeTown({ ...MARKED, 'inbox/receipts-1.csv': receipts([{ number: '1' }]) });
  await town.run('receipts', { now: hours(365 * 24) });
  await town.run('receipts', { now: hours(0) });
  const late = await town.run('receipts', { now: hours(25) });
  expect([codes(late), late.problems[0]?.message]).toEqual([['FILE_WAITS'], expect.stringMatching(/there for 25 hours/)]);
});

test('a file that waits is named with since when and why in status and on the pages, and counted in /health, until it was read', async () => {
  const evil = 'receipts\u202e\u001b[2J\n-2.csv';
  const town = await makeTown({
    ...MARKED,
    'inbox/receipts-1.csv': receipts([{ number: '1' }]),
    [`inbox/${evil}`]: receipts([{ number: '2' }]),
  });
  await town.run('receipts');
  const server = await serve(town.engine);
  const health = async (): Promise<unknown> => {
    const { pipelines } = JSON.parse((await server.ask('/health')).text) as { pipelines: { pipeline: string; waiting_files: number }[] };
    return pipelines.find(({ pipeline }) => pipeline === 'receipts')!.waiting_files;
  };
  expect(await health()).toBe(2);
  const status = await townCommand(town.folder, ['status']);
  const since =
    /receipts: receipts-1\.csv has been waiting since (.*) and was skipped by 1 run: its marker file receipts-1\.csv\.done does not exist yet\./;
  expect(since.exec(status.out)![1]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[DS]T$/);
  expect(status.out).toContain('receipts: receipts\\u202e\\x1b[2J\\n-2.csv has been waiting since ');
  const overview = (await server.ask('/')).text;
  expect(overview).toMatch(/2 files are waiting<\/span>\s+to be read by\s+<a href="\/pipelines\/receipts#waiting-files">/);
  const page = (await server.ask('/pipelines/receipts')).text;
  expect(page).toMatch(
    /<li>receipts-1\.csv has been waiting since \w{3} \d+, \d{4}, [\d:]+ [AP]M E[DS]T and was skipped by 1 run: its marker/,
  );
  town.write({ 'inbox/receipts-1.csv.done': '', [`inbox/${evil}.done`]: '' });
  await town.run('receipts');
  expect(await health()).toBe(0);
  for (const path of ['/', '/pipelines/receipts']) expect((await server.ask(path)).text).not.toMatch(/waiting-files|are waiting/);
  expect((await townCommand(town.folder, ['status'])).out).not.toContain('waiting since');
  await server.close();
});

test('a file that is being written whenever a run looks is a problem after the time that the pipeline says', async () => {
  // At this server the file has grown whenever somebody asks.
  let [grown, clock] = [0, 0];
  const server = await oddServer({
    faults: { attributes: (a) => ({ ...a, size: a.size + ++grown, mtime: Math.floor(Date.now() / 1000) + clock - 30 }) },
  });
  writeFileSync(join(server.root, 'receipts.csv'), receipts([{ number: '1' }]));
  const town = await makeTown();
  await pointTo(town, server.options, limited('2h'));
  const before = await town.run('receipts');
  expect([before.outcome, before.notes]).toEqual(['succeeded', ['receipts.csv is left for a later run: it is still being written.']]);
  expect((await town.run('receipts')).outcome).toBe('succeeded');
  clock = 3 * 3600;
  const after = await town.run('receipts', { now: hours(3) });
  expect([after.outcome, codes(after)]).toEqual(['failed', ['FILE_WAITS']]);
});

test('a file that changes whenever it is fetched is a problem after a day', async () => {
  const town = await makeTown();
  const server = await oddServer({
    faults: {
      reading: async (path) => {
        if (path.endsWith('2.csv')) appendFileSync(path, ' ');
        return 4096;
      },
    },
  });
  await pointTo(town, server.options);
  for (const n of ['1', '2']) writeFileSync(join(server.root, `receipts-${n}.csv`), receipts([{ number: n }]));
  for (const n of ['1', '2']) utimesSync(join(server.root, `receipts-${n}.csv`), 1_700_000_000, 1_700_000_000);
  const run = await town.run('receipts', { now: hours(1) });
  expect([run.outcome, run.notes.filter((note) => note.includes('changed while it was being fetched'))]).toEqual([
    'succeeded',
    ['receipts-2.csv is left for the next run: it changed while it was being fetched.'],
  ]);
  expect(codes(await town.run('receipts', { now: hours(27) }))).toEqual(['FILE_WAITS']);
});

test('a name that is not UTF-8 is a problem, in a folder and over SFTP; files with other names are read', async () => {
  const latin = (root: string): Buffer => Buffer.concat([Buffer.from(`${root}/receipts-Ren`), Buffer.from([0xe9]), Buffer.from('.csv')]);
  const town = await makeTown({ 'inbox/receipts-1.csv': receipts([{ number: '1' }]) });
  writeFileSync(latin(join(town.folder, 'inbox')), receipts([{ number: '2' }]));
  const run = await town.run('receipts');
  expect([run.outcome, run.counts.created, codes(run)]).toEqual(['failed', 1, ['FILE_NAME_UNREADABLE']]);
  expect(run.problems[0]!.place.file).toBe('receipts-Ren\uFFFD.csv');
  expect(codes(await town.run('receipts'))).toEqual(['FILE_NAME_UNREADABLE']);
});

test.each<[string, SftpFaults]>([
  ['too small', { attributes: (a) => ({ ...a, size: Math.min(a.size, 50) }) }],
  ['zero', { attributes: (a) => ({ ...a, size: 0 }) }],
  ['too large', { attributes: (a) => ({ ...a, size: a.size + 1 }) }],
])('over SFTP a file whose announced size is %s is refused, and nothing of it is entered', async (_, faults) => {
  const { run } = await overSftp(faults);
  expect([run.outcome, run.counts.read, codes(run)]).toEqual(['failed', 0, ['FILE_SIZE_WRONG']]);
});

test('over SFTP files are read where the server says no kind and no size, and a missing time needs a marker or a size', async () => {
  const noKind = await overSftp({ attributes: ({ size, mtime, atime }) => ({ size, mtime, atime }), longName: (name) => name });
  expect([noKind.run.outcome, noKind.run.counts.created]).toEqual(['succeeded', 3]);
  const noSize = await overSftp({ attributes: ({ mode, uid, gid, mtime, atime }) => ({ mode, uid, gid, mtime, atime }) });
  expect([noSize.run.outcome, noSize.run.counts.created]).toEqual(['succeeded', 3]);
  const neither = await overSftp({ attributes: ({ mode, uid, gid }) => ({ mode, uid, gid }) });
  expect([neither.run.outcome, neither.run.counts.read, codes(neither.run)]).toEqual(['failed', 0, ['FILE_TIME_UNKNOWN']]);
});

test('a pattern that never matched a file is remarked on by each run and by check, until there was one', async () => {
  const town = await makeTown({ 'inbox/recieved-1.csv': receipts([{ number: '1' }]) });
  const said =
    'No file called receipts*.csv has been found yet in the folder of the connection. If there should be one, check folder and pattern of the stream in the connector.';
  expect((await town.run('receipts')).notes).toEqual([said]);
  const check = await townCommand(town.folder, ['check', 'till']);
  expect([check.exit, check.out]).toEqual([0, expect.stringContaining('0 files called receipts*.csv. No run has found one yet.')]);
  town.write({ 'inbox/receipts-1.csv': receipts([{ number: '1' }]) });
  await town.run('receipts');
  town.remove('inbox/receipts-1.csv');
  expect((await town.run('receipts')).notes).toEqual([]);
});

/** A run of the till's pipeline that reads three receipts from a server that behaves like this. */
async function overSftp(faults: SftpFaults) {
  const server = await oddServer({ faults });
  writeFileSync(join(server.root, 'receipts.csv'), receipts(['1', '2', '3'].map((number) => ({ number }))));
  utimesSync(join(server.root, 'receipts.csv'), 1_700_000_000, 1_700_000_000);
  const town = await makeTown();
  await pointTo(town, server.options);
  return { town, run: await town.run('receipts') };
}

/** Has the till's connection lead to an SFTP server. */
async function pointTo(town: TestTown, options: Record<string, unknown>, more: Record<string, string> = {}): Promise<void> {
  town.write({
    'config/connections.yaml': `connections:
  till: { connector: till, options: ${JSON.stringify({ ...options, password: '${file:secret}' })} }
  clerk: { connector: office, options: { path: inbox } }
  pool: { connector: office, options: { path: inbox } }
  shop: { connector: shop, options: { path: inbox } }
`,
    secret: 'plain',
    ...more,
    'connectors/till/connector.yaml': connector('till', 'sftp', {
      receipts: `    retriever: { files: { pattern: "receipts*.csv", minimum_age: 100ms } }
    decoder: { csv: {} }
    schema: { fields: { number: {}, received_on: { type: date }, amount: { type: decimal }, tender: {}, note: {} } }
    primary_key: [number]
`,
    }),
  });
  await town.reopen();
}
