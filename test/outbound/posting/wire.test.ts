import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { sampleTownHostKey, SFTP_HOST_KEY_FINGERPRINT } from '../../../scripts/sample-town/servers/sftp/host-key.ts';
import { startSftpServer } from '../../../scripts/sample-town/servers/sftp/server.ts';
import { decide } from '../../../src/engine/outbound/decide.ts';
import { openSqlServer } from '../../../src/transports/sqlserver/sqlserver.ts';
import { TRY_ALL } from '../../effort.ts';
import { cutAt, cutsOf } from '../../engine/cut.ts';
import { depositFile, receiptFile } from '../../engine/reconciliation/agreement-town.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../../engine/town.ts';
import { ownerOptions, startServer, type TestServer } from '../../transports/sqlserver/server.ts';
import { type JournalService, startJournalService } from '../journal-service/node-server.ts';
import { entriesOf, linesText, load, post, posting, postedOf } from './town.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'interlocal-journal-')));
let sftp: Awaited<ReturnType<typeof startSftpServer>>;
let service: JournalService;
let sql: TestServer;

beforeAll(async () => {
  mkdirSync(join(root, 'in'));
  sftp = await startSftpServer({
    root,
    port: 0,
    users: [{ name: 'town', password: 'ledger-Password-1' }],
    hostKeys: [sampleTownHostKey()],
  });
  service = await startJournalService();
  sql = await startServer([
    {
      name: 'journal_import',
      columns: {
        Batch: 'varchar(10) NOT NULL',
        LineNo: 'int NOT NULL',
        Posted: 'date',
        Account: 'varchar(30) NOT NULL',
        Debit: 'numeric(19,2)',
        Credit: 'numeric(19,2)',
        Status: 'char(1)',
        JournalNo: 'varchar(12)',
        Message: 'varchar(80)',
      },
      rows: [],
    },
  ]);
});
beforeEach(async () => {
  for (const name of readdirSync(join(root, 'in'))) rmSync(join(root, 'in', name), { recursive: true });
  service.booked.length = 0;
  service.losesAnswers = 0;
  service.closedAccounts.clear();
  sql.onStatement = () => undefined;
  await sql.execute('DELETE FROM journal_import');
});
afterEach(closeTowns);
afterAll(async () => {
  await Promise.all([sftp.close(), service.close(), sql.stop()]);
  rmSync(root, { recursive: true });
});

const RECEIPTS = [
  { no: '1', amount: '40.00', account: '100-4210' },
  { no: '2', amount: '25.00', account: '210-4550' },
];
const LINES = '100-1010 +65, 100-2080-210 -25, 100-4210 -40, 210-1310-100 +25, 210-4550 -25';

async function town(files: Files, receipts: Parameters<typeof receiptFile>[0] = RECEIPTS): Promise<TestTown> {
  const made = await makeTown(
    { 'desk/a.csv': receiptFile(receipts), 'bank/a.csv': depositFile(receipts.map(({ no, amount }) => ({ no, amount }))) },
    files as Record<string, string>,
  );
  await load(made);
  return made;
}

const connectedTo = (files: Record<string, string>, options: unknown): Record<string, string> => ({
  ...files,
  'secrets/ledger': 'ledger-Password-1',
  'config/connections.yaml': files['config/connections.yaml']!.replace('options: { path: ledger }', `options: ${JSON.stringify(options)}`),
});

function overSftp(): Record<string, string> {
  const files = posting();
  const options = {
    host: '127.0.0.1',
    port: sftp.port,
    username: 'town',
    password: '${file:secrets/ledger}',
    host_key: SFTP_HOST_KEY_FINGERPRINT,
    root: 'in',
  };
  return {
    ...connectedTo(files, options),
    'connectors/journal/connector.yaml': files['connectors/journal/connector.yaml']!.replace('transport: folder', 'transport: sftp'),
  };
}

/** The target of the sink, its schema and its acknowledgment in place of those of the CSV file. */
function withSink(files: Record<string, string>, transport: string, target: string, lines: string, rest: string): Record<string, string> {
  return {
    ...files,
    'connectors/journal/connector.yaml': `connector: journal
version: 1.0.0
title: Journal
transport: ${transport}
streams: {}
sinks:
  entries:
    target: ${target}
    schema:
      fields:
        Ref: { required: true, max_length: 10 }
        Date: { type: date, required: true }
        Lines: { type: list, required: true }
${lines}${rest}`,
  };
}

function overSoap(rest = ''): Record<string, string> {
  const files = withSink(
    connectedTo(posting(), { endpoint: service.url, wsdl: `${service.url}?wsdl` }),
    'soap',
    `{ request: { operation: PostJournal, body: { Journal: { Reference: '{{ record.Ref }}', Date: '{{ record.Date }}', Line: '{{ record.Lines }}' } } } }`,
    `        Lines.Account: { required: true }
        Lines.Side: { required: true, values: [D, C] }
        Lines.Amount: { type: decimal, decimals: 2, required: true }
`,
    `    idempotency_key: [Ref]
    acknowledgment:
      response: { path: Status, accepted: [posted], rejected: [refused], reason: Message, number: JournalNumber }
${rest}`,
  );
  return {
    ...files,
    'mappings/entries.from-journal_entry.yaml': `mapping: entries.from-journal_entry
sink: { connector: journal, sink: entries }
from: { entity: journal_entry }
fields: { Ref: reference, Date: entry_date }
lists:
  Lines:
    for_each: lines
    fields:
      Account: account
      Side: { cases: [{ when: { field: side, is: debit }, const: D }], default: C }
      Amount: amount
`,
  };
}

function overSql(rest = ''): Record<string, string> {
  const options = { ...ownerOptions(sql), password: '${file:secrets/ledger}' };
  const files = withSink(
    connectedTo(posting(), options),
    'sqlserver',
    '{ table: { name: dbo.journal_import, write: append, for_each: Lines, key: [Batch, LineNo] } }',
    `        Lines.LineNo: { type: integer, required: true }
        Lines.Account: { required: true }
        Lines.Debit: { type: decimal, decimals: 2 }
        Lines.Credit: { type: decimal, decimals: 2 }
`,
    `    idempotency_key: [Batch]
    acknowledgment:
      row: { result: Status, accepted: [P], rejected: [E], reason: Message, number: JournalNo }
      within: 1d
${rest}`,
  );
  return {
    ...files,
    'secrets/ledger': 'owner-Password-1',
    'connectors/journal/connector.yaml': files['connectors/journal/connector.yaml']!.replace('Ref: {', 'Batch: {').replace(
      'Date: {',
      'Posted: {',
    ),
    'mappings/entries.from-journal_entry.yaml': `mapping: entries.from-journal_entry
sink: { connector: journal, sink: entries }
from: { entity: journal_entry }
fields: { Batch: reference, Posted: entry_date }
lists:
  Lines: { for_each: lines, fields: { LineNo: line, Account: account, Debit: debit, Credit: credit } }
`,
  };
}

/** What the ledger has in its import table, line by line. */
async function imported(columns = ['Batch', 'LineNo', 'Account', 'Debit', 'Credit']): Promise<string[]> {
  const transport = openSqlServer(sql.options, { connection: 'look', projectFolder: sql.folder });
  const found: string[] = [];
  const asked = columns.map((name) => ({ name, type: 'text' as const }));
  for await (const list of transport.query({ tables: ['journal_import'], columns: asked, orderBy: ['Batch', 'LineNo'] }))
    found.push(
      ...list.map((r) =>
        Object.values(r.values)
          .map((value) => value ?? '-')
          .join(' '),
      ),
    );
  await transport.close();
  return found;
}

/** Every commit of a run that posts, cut off before and after it; then the run that follows. */
async function cutEverywhere(
  files: () => Record<string, string>,
  look: (t: TestTown, cut: string) => Promise<void>,
  reset: () => Promise<void> | void,
): Promise<void> {
  const whole = await town(files());
  const counting = await cutAt(whole.engine.knex, Number.POSITIVE_INFINITY, 'before');
  await post(whole);
  await whole.close();
  expect(counting.commits()).toBeGreaterThan(4);
  // The last commits are those of making the entry and sending it.
  for (const { n, how } of cutsOf(counting.commits(), 'some').filter((cut) => TRY_ALL || cut.n > counting.commits() - 5)) {
    await reset();
    const t = await town(files());
    await cutAt(t.engine.knex, n, how);
    await post(t).catch(() => {});
    await t.reopen();
    await post(t);
    await post(t);
    await look(t, `cut ${how} commit ${n}`);
    await t.close();
  }
}

test('over SFTP an entry is there once, whole, whatever commit the run was killed at', async () => {
  await cutEverywhere(
    overSftp,
    async (t, cut) => {
      const names = readdirSync(join(root, 'in'));
      expect(names, cut).toHaveLength(1);
      expect(
        readFileSync(join(root, 'in', names[0]!), 'utf8')
          .trim()
          .split(/\r?\n/),
        cut,
      ).toHaveLength(6);
      expect(
        (await entriesOf(t)).map(({ state }) => state),
        cut,
      ).toEqual(['sent']);
      expect(await postedOf(t), cut).toEqual({ 1: 4000, 2: 2500 });
    },
    () => readdirSync(join(root, 'in')).forEach((name) => rmSync(join(root, 'in', name))),
  );
});

test('over SFTP the answer file brings the number of the journal', async () => {
  const t = await town(overSftp());
  await post(t);
  writeFileSync(join(root, 'in', 'journal-001.csv.ok'), 'Journal 2026-118; 5 lines');
  renameSync(join(root, 'in', 'journal-001.csv'), join(root, 'in', 'taken'));
  await post(t);
  expect((await entriesOf(t)).map((e) => [e.state, e.theirNumber, linesText(e)])).toEqual([['accepted', '2026-118', LINES]]);
});

test('over SOAP an entry is one request with its lines, answered with the number of the journal', async () => {
  const t = await town(overSoap());
  const run = await post(t);
  expect([run.problems, run.outcome]).toEqual([[], 'succeeded']);
  expect(service.booked.map(({ Line }) => Line.map((l) => `${l.Account} ${l.Side === 'D' ? '+' : '-'}${l.Amount}`).join(', '))).toEqual([
    LINES,
  ]);
  expect((await entriesOf(t)).map((e) => [e.state, e.theirNumber])).toEqual([['accepted', '501']]);
});

test('over SOAP an entry whose account is closed is rejected with the reason, and goes once when the account is open again', async () => {
  service.closedAccounts.add('100-4210');
  const t = await town(overSoap());
  await post(t);
  const [entry] = await entriesOf(t);
  expect([entry!.state, entry!.problems[0]!.message]).toEqual([
    'rejected',
    'The other system rejected this record: Account 100-4210 is closed.',
  ]);
  service.closedAccounts.clear();
  await decide(t.engine.knex, 'retry', { ids: [entry!.row] }, 'lee');
  await post(t);
  await post(t);
  expect([service.booked.length, (await entriesOf(t)).map((e) => [e.state, e.theirNumber])]).toEqual([1, [['accepted', '501']]]);
});

test('over SOAP, when the answer gets lost, a person decides; or the ledger is asked for the entry, and its number comes from there', async () => {
  service.losesAnswers = 1;
  const t = await town(overSoap());
  await post(t);
  await post(t);
  expect([service.booked.length, (await entriesOf(t)).map((e) => e.state)]).toEqual([1, ['unknown']]);
  service.losesAnswers = 1;
  service.booked.length = 0;
  const asking = `      read_back: { operation: FindJournal, body: { Reference: '{{ record.Ref }}' }, found: { path: JournalNumber }, number: JournalNumber }\n`;
  const other = await town(overSoap(asking));
  await post(other);
  expect([service.booked.length, (await entriesOf(other)).map((e) => [e.state, e.theirNumber])]).toEqual([1, [['accepted', '501']]]);
});

test('over SOAP an entry is booked once, whatever commit the run was killed at', async () => {
  const asking = `      read_back: { operation: FindJournal, body: { Reference: '{{ record.Ref }}' }, found: { path: JournalNumber }, number: JournalNumber }\n`;
  await cutEverywhere(
    () => overSoap(asking),
    async (t, cut) => {
      expect(service.booked, cut).toHaveLength(1);
      expect(
        (await entriesOf(t)).map((e) => [e.state, e.theirNumber]),
        cut,
      ).toEqual([['accepted', '501']]);
    },
    () => void (service.booked.length = 0),
  );
});

test('in a table an entry is a row for each line, all in one transaction; the ledger says in the rows what became of it', async () => {
  const t = await town(overSql());
  const run = await post(t);
  expect([run.problems, run.outcome]).toEqual([[], 'succeeded']);
  const ref = (await entriesOf(t))[0]!.id.slice(0, 10).toUpperCase();
  expect(await imported()).toEqual([
    `${ref} 1 100-1010 65.00 -`,
    `${ref} 2 100-2080-210 - 25.00`,
    `${ref} 3 100-4210 - 40.00`,
    `${ref} 4 210-1310-100 25.00 -`,
    `${ref} 5 210-4550 - 25.00`,
  ]);
  expect((await entriesOf(t))[0]!.state).toBe('sent');
  // One line is still being looked at.
  await sql.execute("UPDATE journal_import SET Status = 'P', JournalNo = 'GJ0042' WHERE LineNo < 5");
  await post(t);
  expect((await entriesOf(t))[0]!.state).toBe('sent');
  await sql.execute("UPDATE journal_import SET Status = 'P', JournalNo = 'GJ0042' WHERE LineNo = 5");
  await post(t);
  expect((await entriesOf(t)).map((e) => [e.state, e.theirNumber])).toEqual([['accepted', 'GJ0042']]);
});

test('in a table, an entry of which the database refuses one line is not written at all; one that the ledger rejects says why', async () => {
  const long = { no: '3', amount: '5.00', account: `100-${'9'.repeat(40)}` };
  const t = await town(overSql(), [...RECEIPTS, long]);
  await post(t);
  const [entry] = await entriesOf(t);
  expect([entry!.state, await imported()]).toEqual(['rejected', []]);
  t.write({ 'desk/b.csv': receiptFile([{ ...long, account: '100-4299' }]) }, 5);
  await load(t);
  await post(t);
  expect((await imported()).length).toBe(6);
  await sql.execute("UPDATE journal_import SET Status = 'E', Message = 'Period 1 is closed' WHERE Account = '210-4550'");
  await post(t);
  expect((await entriesOf(t)).map((e) => [e.state, e.problems[0]?.message])).toEqual([
    ['withdrawn', undefined],
    ['rejected', 'The other system rejected this record: Period 1 is closed.'],
  ]);
});

test('in a table an entry is there once, whatever commit the run was killed at', async () => {
  await cutEverywhere(
    overSql,
    async (t, cut) => {
      expect(await imported(), cut).toHaveLength(5);
      expect(
        (await entriesOf(t)).map(({ state }) => state),
        cut,
      ).toEqual(['sent']);
    },
    () => sql.execute('DELETE FROM journal_import'),
  );
});
