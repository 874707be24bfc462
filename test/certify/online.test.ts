import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSftpServer, type SftpServer } from '../../scripts/sample-town/servers/sftp/server.ts';
import { tablesPort } from '../../src/cli/authoring/certify-tables.ts';
import { openProject } from '../../src/config/load.ts';
import type { Certificate } from '../../src/authoring/certify/finding.ts';
import { discoveryYaml } from '../../src/authoring/discover/yaml.ts';
import { certifyOnline } from '../../src/authoring/certify/online.ts';
import { discoverConnection } from '../../src/authoring/discover/service.ts';
import { readPack } from '../../src/authoring/certify/pack.ts';
import type { TableServer } from '../../src/authoring/certify/query/context.ts';
import { knownTransports } from '../../src/transports/transports.ts';
import { failures, finding, temporaryFolder, write } from './packs.ts';
import { PASSWORD, startSessionService, type SessionService } from './session-service.ts';
import { ed25519Key } from '../../scripts/sample-town/servers/sftp/user-key.ts';

const transports = await knownTransports();
const CSV = 'number,paid_on,amount\n00101,2026-03-02,24.50\n00102,2026-03-02,110.00\n';
const key = ed25519Key();
let town: string;
let outbox: string;
let sftp: SftpServer;
let bills: SessionService;
let tables: TableServer;

beforeAll(async () => {
  town = temporaryFolder();
  outbox = temporaryFolder();
  writeFileSync(join(outbox, 'payments-20260303.csv'), CSV);
  sftp = await startSftpServer({ root: outbox, port: 0, users: [{ name: 'town', password: 'sftp-Password-5' }], hostKeys: [key.private] });
  bills = await startSessionService(7);
  tables = await (await tablesPort())!(
    { PAYMENTS: { columns: { NO: 'CHAR(8)', AMOUNT: 'NUMERIC(19,2)', RV: 'ROWVERSION' }, rows: [['00101', '24.50', null]] } },
    { username: 'reader', password: 'tds-Password-6' },
  );
  const { createHash } = await import('node:crypto');
  const parsed = ssh2.utils.parseKey(key.public) as ssh2.ParsedKey;
  const fingerprint = `SHA256:${createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')}`;
  write(town, {
    'config/interlocal.yaml': 'town: { name: T, time_zone: UTC, currency: USD }\npacks: false\n',
    'secrets/sftp': 'sftp-Password-5',
    'secrets/bills': PASSWORD,
    'secrets/tds': 'tds-Password-6',
    'config/connections.yaml': `connections:
  till: { connector: till, options: { host: 127.0.0.1, port: ${sftp.port}, username: town, password: "\${file:secrets/sftp}", host_key: "${fingerprint}" } }
  bills: { connector: bills, options: { endpoint: "${bills.url}", wsdl: "${bills.url}?wsdl", user: town, password: "\${file:secrets/bills}" } }
  ledger: { connector: ledger, options: { host: localhost, port: ${String(tables.options['port'])}, database: RECORDED, username: reader, password: "\${file:secrets/tds}", trust_server_certificate: true } }
`,
    'connectors/till/connector.yaml':
      'connector: till\nversion: 1.0.0\ntitle: Till\ntransport: sftp\nstreams:\n  payments:\n    retriever: { files: { pattern: "payments-*.csv", after: { archive: done } } }\n    decoder: { csv: {} }\n    schema: { fields: { number: { required: true }, paid_on: { type: date }, amount: { type: decimal } } }\n    primary_key: [number]\n',
    'connectors/bills/connector.yaml': `connector: bills
version: 1.0.0
title: Bills
transport: soap
options: { user: { required: true }, password: { type: secret, required: true } }
streams:
  bills:
    retriever:
      request:
        login: { operation: OpenSession, body: { UserName: "{{ options.user }}", Password: "{{ options.password }}" }, token: OpenSessionResult.SessionId }
        operation: GetBills
        body: { SessionId: "{{ session }}", Page: "{{ page }}", PageSize: "{{ size }}" }
    record_selector: { path: GetBillsResult.Bill }
    paginator: { kind: page, size: 5, total: GetBillsResult.Total }
    schema: { fields: { BillNo: { required: true }, Account: {}, OwnerName: { optional: true }, DueDate: { type: date }, Amount: { type: decimal } } }
    primary_key: [BillNo]
`,
    'connectors/ledger/connector.yaml':
      'connector: ledger\nversion: 1.0.0\ntitle: Ledger\ntransport: sqlserver\nstreams:\n  payments:\n    retriever: { query: { tables: [PAYMENTS] } }\n    incremental: { cursor: RV, kind: rowversion }\n    schema: { fields: { NO: { required: true }, AMOUNT: { type: decimal }, RV: { required: true } } }\n    primary_key: [NO]\n',
  });
});
afterAll(async () => {
  await sftp.close();
  await bills.close();
  await tables.close();
});

async function online(connection: string, pack = connection): Promise<Certificate> {
  const project = await openProject(town, { transports });
  return certifyOnline(await readPack(join(town, 'connectors', pack)), project, connection, { signal: new AbortController().signal });
}

describe('the online half', () => {
  test('over SFTP reads the first file, moves nothing, and refuses another host key', async () => {
    const certificate = await online('till');
    expect(failures(certificate)).toEqual([]);
    expect(certificate).toMatchObject({ half: 'online', connection: 'till', passed: true });
    expect(finding(certificate, 'preview')?.detail).toBe('payments-20260303.csv: 2 records read, nothing written.');
    expect(finding(certificate, 'host_key')?.detail).toBe('HOST_KEY_CHANGED.');
    const { readdirSync } = await import('node:fs');
    expect(readdirSync(outbox)).toEqual(['payments-20260303.csv']);
  });

  test('tells what does not fit the schema anymore', async () => {
    writeFileSync(join(outbox, 'payments-20260303.csv'), CSV.replace('110.00', 'ten dollars'));
    const changed = await online('till');
    expect(failures(changed)[0]).toContain('1 do not match the schema: "amount" must be a decimal, but is "ten dollars".');
    writeFileSync(join(outbox, 'payments-20260303.csv'), CSV.replace('amount', 'sum'));
    expect(failures(await online('till'))[0]).toContain('The required column "amount" is missing');
    writeFileSync(join(outbox, 'payments-20260303.csv'), CSV);
  });

  test('over SOAP logs in and reads the first page', async () => {
    const certificate = await online('bills');
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'preview')?.detail).toBe('first page: 5 records read, nothing written.');
  });

  test('over SQL Server reads the first rows', async () => {
    const certificate = await online('ledger');
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'preview')?.detail).toBe('first rows: 1 record read, nothing written.');
  });

  test('with a wrong password stops at the connection, and does not show it', async () => {
    mkdirSync(join(town, 'secrets'), { recursive: true });
    writeFileSync(join(town, 'secrets/sftp'), 'wrong-Password-55');
    const certificate = await online('till');
    writeFileSync(join(town, 'secrets/sftp'), 'sftp-Password-5');
    expect(failures(certificate)[0]).toMatch(/^connection: /);
    expect(finding(certificate, 'preview')).toBeUndefined();
    expect(JSON.stringify(certificate)).not.toContain('wrong-Password-55');
  });

  test('of another connector than the connection is refused', async () => {
    await expect(online('till', 'bills')).rejects.toThrow('The connection till is of the connector till, not bills.');
  });
});

describe('a service that gives fewer records on a page than it is asked for', () => {
  const items = Array.from({ length: 25 }, (_, i) => ({ id: String(i + 1) }));
  const answers: Record<string, (page: number) => { status?: number; ids: unknown }> = {
    capped: (page) => ({ ids: items.slice((page - 1) * 3, page * 3) }),
    small: (page) => ({ ids: page === 1 ? items.slice(0, 3) : [] }),
    strict: (page) => ({ status: page === 1 ? 200 : 404, ids: items.slice(0, 3) }),
    deaf: () => ({ ids: items.slice(0, 3) }),
  };
  let http: Server;
  let folder: string;
  beforeAll(async () => {
    http = createServer((request, response) => {
      const url = new URL(request.url!, 'http://localhost');
      const found = answers[url.pathname.slice(1)]?.(Number(url.searchParams.get('page')));
      response.writeHead(found?.status ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify({ items: found?.ids ?? [] }));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => http.once('listening', resolve));
    folder = temporaryFolder();
    const stream = (name: string): string =>
      `  ${name}:\n    retriever: { request: { path: /${name}, query: { page: "{{ page }}" } } }\n    decoder: { json: { rows: items } }\n    paginator: { kind: page, size: 10 }\n    schema: { fields: { id: {} } }\n    primary_key: [id]\n`;
    write(folder, {
      'config/interlocal.yaml': 'town: { name: T, time_zone: UTC, currency: USD }\npacks: false\n',
      'config/connections.yaml': `connections:\n  api: { connector: api, options: { base_url: 'http://127.0.0.1:${(http.address() as AddressInfo).port}' } }\n`,
      'connectors/api/connector.yaml': `connector: api\nversion: 1.0.0\ntitle: Api\ntransport: http\nstreams:\n${Object.keys(answers).map(stream).join('')}`,
      'connectors/api/README.md': 'x',
    });
  });
  afterAll(() => (http.closeAllConnections(), void http.close()));

  test('is found out against the real system, and one that has no more is not blamed', async () => {
    const project = await openProject(folder, { transports });
    const pack = await readPack(join(folder, 'connectors/api'));
    const { findings } = await certifyOnline(pack, project, 'api', { signal: new AbortController().signal });
    const previews = findings.filter((f) => f.check === 'preview');
    expect(Object.fromEntries(previews.map((f) => [f.stream, f.state]))).toEqual({
      capped: 'failed',
      small: 'ok',
      strict: 'ok',
      deaf: 'ok',
    });
    expect(previews[0]).toMatchObject({
      detail: expect.stringContaining(
        'The first page has 3 records where 10 were requested. That is taken for the last page, but the next page has 3',
      ),
      hint: expect.stringContaining('Set paginator.size to 3'),
    });
  });
});

describe('discover on a connection', () => {
  const discover = async (connection: string): Promise<string> =>
    discoveryYaml(
      await discoverConnection(await openProject(town, { transports }), connection, {
        path: undefined,
        tables: undefined,
        signal: new AbortController().signal,
      }),
    );

  test('over SFTP looks at the newest file of each kind', async () => {
    const yaml = await discover('till');
    expect(yaml).toContain('# 1 file called payments-*.csv; looked at payments-20260303.csv');
    expect(yaml).toContain('primary_key: [number]');
  });

  test('over SOAP reads the WSDL, over SQL Server the catalog', async () => {
    expect(await discover('bills')).toContain('operation: GetBills');
    expect(await discover('ledger')).toContain('incremental: { cursor: RV, kind: rowversion }');
  });
});
