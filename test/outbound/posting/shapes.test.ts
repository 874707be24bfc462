import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { sampleTownHostKey, SFTP_HOST_KEY_FINGERPRINT } from '../../../scripts/sample-town/servers/sftp/host-key.ts';
import { startSftpServer } from '../../../scripts/sample-town/servers/sftp/server.ts';
import { openSqlServer } from '../../../src/transports/sqlserver/sqlserver.ts';
import { depositFile, receiptFile } from '../../engine/reconciliation/agreement-town.ts';
import { closeTowns, makeTown, type TestTown } from '../../engine/town.ts';
import { ownerOptions, startServer, type TestServer } from '../../transports/sqlserver/server.ts';
import { entriesOf, load, post, posting } from './town.ts';

/** What municipal finance systems take, by the packs that come with Interlocal: written over a real server, and read back as the layout says. */
const root = realpathSync(mkdtempSync(join(tmpdir(), 'interlocal-shapes-')));
const repository = join(import.meta.dirname, '../../..');
let sftp: Awaited<ReturnType<typeof startSftpServer>>;
let sql: TestServer;

beforeAll(async () => {
  sftp = await startSftpServer({
    root,
    port: 0,
    users: [{ name: 'town', password: 'ledger-Password-1' }],
    hostKeys: [sampleTownHostKey()],
  });
  const segments = Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`ACTNUMBR_${n}`, 'char(9)']));
  sql = await startServer([
    {
      name: 'interlocal_journal',
      columns: {
        Reference: 'char(10) NOT NULL',
        Line: 'int NOT NULL',
        EntryDate: 'date',
        ...segments,
        Debit: 'numeric(19,5)',
        Credit: 'numeric(19,5)',
        Journal: 'char(13)',
        Status: 'char(1)',
      },
      rows: [],
    },
  ]);
});
beforeEach(() => {
  rmSync(join(root, 'imports'), { recursive: true, force: true });
  mkdirSync(join(root, 'imports'));
});
afterEach(closeTowns);
afterAll(async () => {
  await Promise.all([sftp.close(), sql.stop()]);
  rmSync(root, { recursive: true });
});

const RECEIPTS = [
  { no: '1', amount: '40.00', account: '100-410-4520', tender: 'check' },
  { no: '2', amount: '25.50', account: '210-416-4550', tender: 'check' },
  { no: '3', amount: '-5.00', account: '100-410-4520', tender: 'card' },
];
const LEDGER = `ledger:
  fund: { segment: 1, separator: "-" }
  debit: { check: 100-000-1010, card: 100-000-1045 }
  due_from: "{fund}-000-1310"
  due_to: "{fund}-000-2080"
`;

/** A town that posts to a system by a shipped pack and its mapping, over SFTP. */
async function town(pack: string, mapping: string, entries: string, { ledger = LEDGER, receipts = RECEIPTS } = {}): Promise<TestTown> {
  const files = posting({ ledger, entries });
  delete files['mappings/entries.from-journal_entry.yaml'];
  delete files['connectors/journal/connector.yaml'];
  const options = {
    host: '127.0.0.1',
    port: sftp.port,
    username: 'town',
    password: '${file:secrets/ledger}',
    host_key: SFTP_HOST_KEY_FINGERPRINT,
  };
  const text = (path: string): string => readFileSync(join(repository, path), 'utf8');
  const lookups = readdirSync(join(repository, 'mappings/lookups')).filter((name) => /^(?:new-world|munis)-import/.test(name));
  const made = await makeTown(
    {
      'desk/a.csv': receiptFile(receipts),
      'bank/a.csv': depositFile(receipts.map(({ no, amount }) => ({ no, amount }))),
      'secrets/ledger': 'ledger-Password-1',
      [`mappings/${mapping}.yaml`]: text(`mappings/${mapping}.yaml`),
      ...Object.fromEntries(lookups.map((name) => [`mappings/lookups/${name}`, text(`mappings/lookups/${name}`)])),
      [`connectors/${pack}/connector.yaml`]: text(`connectors/${pack}/connector.yaml`),
      'pipelines/to-ledger.yaml': files['pipelines/to-ledger.yaml']!.replace('entries.from-journal_entry', mapping),
      'config/connections.yaml': files['config/connections.yaml']!.replace(
        'connector: journal, options: { path: ledger }',
        `connector: ${pack}, options: ${JSON.stringify(options)}`,
      ),
    },
    files,
  );
  cpSync(join(repository, 'connectors', pack), join(made.folder, 'connectors', pack), { recursive: true });
  await load(made);
  const run = await post(made);
  expect([run.problems, run.outcome]).toEqual([[], 'succeeded']);
  return made;
}

const sent = (): string[] =>
  readdirSync(join(root, 'imports'))
    .sort()
    .map((name) => readFileSync(join(root, 'imports', name), 'utf8'));
const references = async (t: TestTown) => (await entriesOf(t)).map(({ id }) => id.slice(0, 10).toUpperCase());
const cents = (text: string): number => Math.round(Number(text) * 100);

test('New World: a summarized receipt for each way of paying, whose distributions are what was paid', async () => {
  const t = await town('new-world-erp', 'receipt-import.from-journal_entry', ', by: [tender]');
  const first = sent();
  // The server takes one file at a time.
  expect(first).toHaveLength(1);
  rmSync(join(root, 'imports'), { recursive: true });
  mkdirSync(join(root, 'imports'));
  await post(t);
  const receipts = [...first, ...sent()];
  const numbers = receipts.map((xml) => /ReceiptNumber="([^"]+)"/.exec(xml)![1]);
  expect(numbers).toEqual(await references(t));
  const amounts = (xml: string, name: string): number[] => [...xml.matchAll(new RegExp(`${name}="([^"]+)"`, 'g'))].map((m) => cents(m[1]!));
  const told = receipts.map((xml) => [
    amounts(xml, 'ReceiptTransactionAmount'),
    amounts(xml, 'DistributionAmount'),
    amounts(xml, 'ReceiptPaymentAmount'),
  ]);
  expect(told).toEqual([
    [[-500], [-500], [-500]],
    [[6550], [4000, 2550], [6550]],
  ]);
  expect(receipts.map((xml) => /DistributionType="(\d)".*ReceiptPaymentType="(\d)"/.exec(xml)!.slice(1))).toEqual([
    ['2', '3'],
    ['0', '1'],
  ]);
});

test('Munis, fixed width: the positions of the layout have account, D or C and 13 digits, and debits are credits', async () => {
  const t = await town('munis', 'munis-journal-entries.from-journal_entry', '');
  const [reference] = await references(t);
  const lines = sent().flatMap((text) => text.trimEnd().split(/\r?\n/));
  const at = (line: string, from: number, to: number): string => line.slice(from - 1, to).trim();
  expect(
    lines.map((l) => [at(l, 1, 8), at(l, 9, 14), at(l, 85, 94), at(l, 107, 107), at(l, 108, 120), at(l, 140, 141), at(l, 142, 176)]),
  ).toEqual([
    ['100000', '1010', reference, 'D', '0000000006550', 'B', '100-000-1010'],
    ['100000', '1045', reference, 'C', '0000000000500', 'B', '100-000-1045'],
    ['100000', '2080', reference, 'C', '0000000002550', 'B', '100-000-2080'],
    ['100410', '4520', reference, 'C', '0000000003500', 'BR', '100-410-4520'],
    ['210000', '1310', reference, 'D', '0000000002550', 'B', '210-000-1310'],
    ['210416', '4550', reference, 'C', '0000000002550', 'BR', '210-416-4550'],
  ]);
});

test('Munis, payments: pairs of lines, one day and one way of paying in a file', async () => {
  const t = await town('munis', 'munis-payment-entries.from-journal_entry', ', per: day, by: [tender]');
  const [card, check] = await references(t);
  expect(sent().map((text) => text.trimEnd().split(/\r?\n/))).toEqual([
    [`H,,07012026,,,,${card}-1,,,3`, 'D,100-410-4520,-5.00,Revenue 2026-07-01,,,,,,'],
    [
      `H,,07012026,,,,${check}-1,,,1`,
      'D,100-410-4520,40.00,Revenue 2026-07-01,,,,,,',
      `H,,07012026,,,,${check}-2,,,1`,
      'D,210-416-4550,25.50,Revenue 2026-07-01,,,,,,',
    ],
  ]);
});

test('Springbrook: seven sections, those that are blank stay blank, and the amounts of an entry come to nothing', async () => {
  const ledger = `ledger:
  fund: { segment: 1, separator: "," }
  debit: { check: "101,0,0,1010,,,", card: "101,0,0,1045,,," }
  due_from: "{fund},0,0,1310,,,"
  due_to: "{fund},0,0,2080,,,"
`;
  const receipts = RECEIPTS.map((one, i) => ({ ...one, account: i === 1 ? '"610,0,0,1043,,,"' : '"101,0,0,4520,,,"' }));
  await town('springbrook', 'springbrook-entries.from-journal_entry', '', { ledger, receipts });
  const [head, ...rows] = sent()
    .flatMap((text) => text.trimEnd().split(/\r?\n/))
    .map((line) => line.split(','));
  expect(head!.slice(6, 10)).toEqual(['section_7', 'receipt_date', 'entry_date', 'amount']);
  expect(rows.map((row) => row.slice(0, 7).join(','))).toEqual([
    '101,0,0,1010,,,',
    '101,0,0,1045,,,',
    '101,0,0,2080,,,',
    '101,0,0,4520,,,',
    '610,0,0,1310,,,',
    '610,0,0,1043,,,',
  ]);
  expect(rows.reduce((sum, row) => sum + cents(row[9]!), 0)).toBe(0);
});

test('Dynamics GP: the six segments of an account in char(9) columns of a table, and the number of the journal read back', async () => {
  const options = { ...ownerOptions(sql), password: '${file:secrets/ledger}' };
  const files = posting({ ledger: LEDGER });
  const segments = [1, 2, 3, 4, 5, 6];
  const t = await makeTown(
    {
      'desk/a.csv': receiptFile(RECEIPTS),
      'bank/a.csv': depositFile(RECEIPTS.map(({ no, amount }) => ({ no, amount }))),
      'secrets/ledger': 'owner-Password-1',
      'config/connections.yaml': files['config/connections.yaml']!.replace(
        'options: { path: ledger }',
        `options: ${JSON.stringify(options)}`,
      ),
      'connectors/journal/connector.yaml': `connector: journal
version: 1.0.0
title: Journal of finance
transport: sqlserver
streams: {}
sinks:
  entries:
    target: { table: { name: dbo.interlocal_journal, write: append, for_each: lines, key: [Reference, Line] } }
    schema:
      fields:
        Reference: { required: true, max_length: 10 }
        EntryDate: { type: date, required: true }
        lines: { type: list, required: true }
        lines.Line: { type: integer, required: true }
${segments.map((n) => `        lines.ACTNUMBR_${n}: { max_length: 9 }\n`).join('')}        lines.Debit: { type: decimal, decimals: 2 }
        lines.Credit: { type: decimal, decimals: 2 }
    idempotency_key: [Reference]
    acknowledgment: { row: { result: Status, accepted: [P], rejected: [E], number: Journal }, read_back: true }
`,
      'mappings/entries.from-journal_entry.yaml': `mapping: entries.from-journal_entry
sink: { connector: journal, sink: entries }
from: { entity: journal_entry }
fields: { Reference: reference, EntryDate: entry_date }
lists:
  lines:
    for_each: lines
    fields: { Line: line, ${segments.map((n) => `ACTNUMBR_${n}: segment_${n}`).join(', ')}, Debit: debit, Credit: credit }
`,
    },
    files,
  );
  await load(t);
  const run = await post(t);
  expect([run.problems, run.outcome]).toEqual([[], 'succeeded']);
  const transport = openSqlServer(sql.options, { connection: 'look', projectFolder: sql.folder });
  const found: string[] = [];
  const columns = ['ACTNUMBR_1', 'ACTNUMBR_2', 'ACTNUMBR_3', 'ACTNUMBR_4', 'Debit', 'Credit'].map((name) => ({
    name,
    type: 'text' as const,
  }));
  for await (const list of transport.query({ tables: ['interlocal_journal'], columns, orderBy: ['Line'] }))
    found.push(
      ...list.map(({ values }) =>
        Object.values(values)
          .map((v) => String(v ?? '-').trim())
          .join(' '),
      ),
    );
  await transport.close();
  expect(found).toEqual([
    '100 000 1010 - 65.50000 -',
    '100 000 1045 - - 5.00000',
    '100 000 2080 - - 25.50000',
    '100 410 4520 - - 35.00000',
    '210 000 1310 - 25.50000 -',
    '210 416 4550 - - 25.50000',
  ]);
  await sql.execute("UPDATE interlocal_journal SET Status = 'P', Journal = '0000001234   '");
  await post(t);
  expect((await entriesOf(t)).map(({ state, theirNumber }) => [state, theirNumber])).toEqual([['accepted', '0000001234']]);
});
