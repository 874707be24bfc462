import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tablesPort } from '../../../src/cli/authoring/certify-tables.ts';
import { openProject } from '../../../src/config/load.ts';
import type { Certificate } from '../../../src/authoring/certify/finding.ts';
import { certifyOnline } from '../../../src/authoring/certify/online.ts';
import { readPack } from '../../../src/authoring/certify/pack.ts';
import type { TableServer } from '../../../src/authoring/certify/query/context.ts';
import { knownTransports } from '../../../src/transports/transports.ts';
import { townCommand } from '../../cli/command-line.ts';
import { soapLedger } from '../../outbound/base-soap.ts';
import { type ReceiptService, startReceiptService } from '../../outbound/receipt-service/node-server.ts';
import { failures, finding, temporaryFolder, write } from '../packs.ts';

const transports = await knownTransports();
const SOAP = soapLedger('')['connectors/ledger/connector.yaml']!;
let town: string;
let service: ReceiptService;
let tables: TableServer;

const ledgerOf = (table: string, columns: string): string =>
  `connector: books\nversion: 1.0.0\ntitle: Books\ntransport: sqlserver\nstreams: {}\nsinks:\n  entries:\n    target: { table: { name: ${table}, write: upsert } }\n    schema: { fields: { NO: { required: true }, ${columns} } }\n    idempotency_key: [NO]\n`;
const BOOKS = ledgerOf('dbo.ENTRIES', 'AMOUNT: { type: decimal }');

beforeAll(async () => {
  town = temporaryFolder();
  service = await startReceiptService('ledger-Password-3');
  tables = await (await tablesPort())!(
    { 'dbo.ENTRIES': { columns: { NO: 'CHAR(8) NOT NULL PRIMARY KEY', AMOUNT: 'NUMERIC(19,2)' }, rows: [] } },
    { username: 'writer', password: 'tds-Password-6', writes: true },
  );
  const port = String(tables.options['port']);
  write(town, {
    'config/interlocal.yaml': 'town: { name: T, time_zone: UTC, currency: USD }\npacks: false\n',
    'secrets/soap': 'ledger-Password-3',
    'secrets/tds': 'tds-Password-6',
    'config/connections.yaml': `connections:
  drop: { connector: drop, options: { path: drop } }
  ledger: { connector: ledger, options: { endpoint: "${service.url}", username_token: { username: town, password: "\${file:secrets/soap}" } } }
  books: { connector: books, options: { host: localhost, port: ${port}, database: RECORDED, username: writer, password: "\${file:secrets/tds}", trust_server_certificate: true } }
`,
    'config/model/receipt.yaml': 'entity: receipt\ntitle: Receipt\nfields: { number: { type: text, class: internal } }\n',
    'connectors/drop/connector.yaml':
      'connector: drop\nversion: 1.0.0\ntitle: Drop\ntransport: folder\nstreams: {}\nsinks:\n  entries:\n    target: { file: { folder: in, name: "e-{{ sequence }}.csv" } }\n    encoder: { csv: {} }\n    schema: { fields: { No: { required: true } } }\n    idempotency_key: [No]\n    acknowledgment: { file: { folder: out, accepted: "{name}.ok" } }\n',
    'connectors/ledger/connector.yaml': SOAP,
    'connectors/books/connector.yaml': BOOKS,
    'mappings/entries.from-receipt.yaml':
      'mapping: entries.from-receipt\nsink: { connector: drop, sink: entries }\nfrom: { entity: receipt }\nfields: { No: number }\n',
    'pipelines/to-drop.yaml': 'pipeline: to-drop\ndeliver: { mapping: entries.from-receipt, connection: drop }\n',
  });
  mkdirSync(join(town, 'drop/out'), { recursive: true });
});
afterAll(async () => {
  await service.close();
  await tables.close();
});

async function online(connection: string): Promise<Certificate> {
  const project = await openProject(town, { transports });
  return certifyOnline(await readPack(join(town, 'connectors', connection)), project, connection, { signal: new AbortController().signal });
}

test('a folder that is not there is told before the first file is to go into it; one that is, stays empty', async () => {
  expect(failures(await online('drop')).join()).toContain('target: folder in: The folder in does not exist');
  const check = await townCommand(town, ['check', 'drop', '--json']);
  expect([check.exit, check.out]).toEqual([1, expect.stringContaining('"name":"folder in"')]);
  mkdirSync(join(town, 'drop/in'));
  const certificate = await online('drop');
  expect(failures(certificate)).toEqual([]);
  expect(finding(certificate, 'target')).toMatchObject({
    sink: 'entries',
    detail: expect.stringContaining('this account may write to it') as string,
  });
  expect(readdirSync(join(town, 'drop/in'))).toEqual([]);
});

test('operations and their parameters are held against the WSDL, and nothing is asked', async () => {
  const certificate = await online('ledger');
  expect(failures(certificate)).toEqual([]);
  expect(finding(certificate, 'target')?.detail).toContain('operation PostReceipt: The WSDL has PostReceipt, with these parameters');
  expect(service.calls).toEqual([]);
  write(town, {
    'connectors/ledger/connector.yaml': String(SOAP).replace(
      "Receipt: { Number: '{{ record.Number }}',",
      "Receipt: { Numbr: '{{ record.Number }}',",
    ),
  });
  expect(failures(await online('ledger')).join()).toContain('has no parameter Receipt.Numbr');
  write(town, { 'connectors/ledger/connector.yaml': String(SOAP).replace('operation: PostReceipt', 'operation: PostReceipts') });
  expect(failures(await online('ledger')).join()).toContain('The service has no operation PostReceipts');
  write(town, { 'connectors/ledger/connector.yaml': SOAP });
});

test('a table is looked at in the catalog: its columns, a unique key, rights', async () => {
  const certificate = await online('books');
  expect(failures(certificate)).toEqual([]);
  expect(finding(certificate, 'target')?.detail).toBe('writing to dbo.ENTRIES: dbo.ENTRIES can be written to (upsert)');
  write(town, { 'connectors/books/connector.yaml': ledgerOf('dbo.ENTRIES', 'AMONT: { type: decimal }') });
  expect(failures(await online('books')).join()).toContain('has no column called "AMONT"');
  write(town, { 'connectors/books/connector.yaml': ledgerOf('dbo.ENTRYS', 'AMOUNT: { type: decimal }') });
  expect(failures(await online('books')).join()).toContain('ENTRYS');
  write(town, { 'connectors/books/connector.yaml': BOOKS });
});
