import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { streamSchema } from '../../src/config/schema/connector.ts';
import { discoverWsdl } from '../../src/authoring/discover/wsdl.ts';
import { discoveryYaml } from '../../src/authoring/discover/yaml.ts';
import { readRequests } from '../../src/connector/source/pages.ts';
import type { SourceRecord } from '../../src/core/record.ts';
import type { RequestTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { certified, failures, finding, packOf, README } from './packs.ts';
import { PASSWORD, startSessionService, type SessionService } from './session-service.ts';

let service: SessionService;
beforeAll(async () => {
  service = await startSessionService(450);
});
afterAll(() => service.close());
beforeEach(() => {
  service.calls.length = 0;
  service.lasts = Infinity;
});

const STREAM = {
  retriever: {
    request: {
      login: {
        operation: 'OpenSession',
        body: { UserName: '{{ options.user }}', Password: '{{ options.password }}' },
        token: 'OpenSessionResult.SessionId',
        logout: { operation: 'CloseSession', body: { SessionId: '{{ session }}' } },
      },
      operation: 'GetBills',
      body: { SessionId: '{{ session }}', Page: '{{ page }}', PageSize: '{{ size }}' },
      success: [{ path: 'GetBillsResult.Code', in: ['0'] }],
    },
  },
  record_selector: { path: 'GetBillsResult.Bill' },
  paginator: { kind: 'page', size: 200, total: 'GetBillsResult.Total' },
  error_handler: { max_retries: 0, rules: [{ fault: 'session expired', action: 'login' }] },
  schema: {
    fields: {
      BillNo: { required: true },
      Account: {},
      OwnerName: { optional: true, class: 'personal' },
      DueDate: { type: 'date' },
      Amount: { type: 'decimal' },
    },
  },
  primary_key: ['BillNo'],
};

async function read(changes: object = {}, password = PASSWORD): Promise<{ records: SourceRecord[]; notes: string[] }> {
  const stream = streamSchema.parse({ ...STREAM, ...changes });
  const transport = (await transports.soap.open(
    { endpoint: service.url, wsdl: `${service.url}?wsdl` },
    { connection: 'bills', projectFolder: '.' },
  )) as RequestTransport;
  const records: SourceRecord[] = [];
  const notes: string[] = [];
  try {
    for await (const page of readRequests(stream, transport, {
      name: 'bills',
      variables: { 'options.user': 'town', 'options.password': password },
      state: {},
      now: new Date(),
      note: (text) => notes.push(text),
    }))
      records.push(...page.records);
  } finally {
    await transport.close();
  }
  return { records, notes };
}

describe('a paged SOAP service with a login', () => {
  test('is logged in once, read page by page, and logged out', async () => {
    const { records } = await read();
    expect(records.map((r) => r.values['BillNo'])).toEqual(Array.from({ length: 450 }, (_, i) => String(i + 1).padStart(7, '0')));
    expect(service.calls).toEqual(['OpenSession', 'GetBills 1', 'GetBills 2', 'GetBills 3', 'CloseSession']);
    expect(service.open()).toBe(0);
  });

  test('whose session ends on the way is logged in again and goes on with the same page', async () => {
    service.lasts = 2;
    const { records } = await read();
    expect(records).toHaveLength(450);
    expect(service.calls).toEqual(['OpenSession', 'GetBills 1', 'GetBills 2', 'GetBills 3', 'OpenSession', 'GetBills 3', 'CloseSession']);
  });

  test('that refuses every session is not asked for ever, and the session is not shown', async () => {
    service.lasts = 0;
    const error = await read().then(
      () => undefined,
      (e: Error) => e,
    );
    expect(error?.message).toContain('Session expired');
    expect(error?.message).toContain('[session]');
    expect(error?.message).not.toMatch(/session-[0-9a-f-]{8}/);
    expect(service.calls).toEqual(['OpenSession', 'GetBills 1', 'OpenSession', 'GetBills 1']);
  });

  test('that refuses the password says so in its own words', async () => {
    await expect(read({}, 'wrong')).rejects.toThrow('Unknown user or password');
    expect(service.calls).toEqual(['OpenSession']);
  });

  test('whose session stands elsewhere in the answer is told what the answer has', async () => {
    const request = { ...STREAM.retriever.request, login: { ...STREAM.retriever.request.login, token: 'LoginResult.Id' } };
    await expect(read({ retriever: { request } })).rejects.toThrow(
      'The answer to OpenSession has no session at LoginResult.Id; it has OpenSessionResult.',
    );
  });

  test('is proposed by discover, login, pages and all', async () => {
    const yaml = discoveryYaml(await discoverWsdl(`${service.url}?wsdl`, '.'));
    expect(yaml).toContain('operation: OpenSession\n');
    expect(yaml).toContain('token: OpenSessionResult.SessionId\n');
    expect(yaml).toContain('logout: { operation: CloseSession, body: { SessionId: "{{ session }}" } }');
    expect(yaml).toContain('success: [{ path: GetBillsResult.Code, in: ["0"] }]');
    expect(yaml).toContain('password: { type: secret');
    expect(yaml).toContain('SessionId: "{{ session }}"');
    expect(yaml).toContain('paginator: { kind: page, size: 200, total: GetBillsResult.Total }');
    expect(yaml).toContain('record_selector: { path: GetBillsResult.Bill }');
  });
});

describe('a pack for it, written from the vendor guide alone', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/vendor-guide.md'), 'utf8');
  const recipe = /```yaml\n(options:\n {2}user:[\s\S]*?)```/.exec(guide)![1]!;
  const manifest =
    `connector: acme-bills\nversion: 1.0.0\ntitle: Acme bills\ntransport: soap\n${recipe}    schema:\n      fields:\n        BillNo: { required: true }\n        Account: {}\n        OwnerName: { optional: true, class: personal }\n        DueDate: { type: date }\n        Amount: { type: decimal }\n    primary_key: [BillNo]\n`.replace(
      'size: 100',
      'size: 2',
    );
  const envelope = (inner: string): string =>
    `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>${inner}</soap:Body></soap:Envelope>`;
  const bill = (n: number): string =>
    `<Bill><BillNo>000000${n}</BillNo><Account>A1</Account><OwnerName>Pat Sample</OwnerName><DueDate>2026-04-01</DueDate><Amount>12.50</Amount></Bill>`;
  const page = (bills: string): string =>
    envelope(
      `<GetBillsResponse xmlns="urn:acme:bills"><GetBillsResult><Code>0</Code><Total>3</Total>${bills}</GetBillsResult></GetBillsResponse>`,
    );
  const record = (n: number) => ({ BillNo: `000000${n}`, Account: 'A1', OwnerName: 'Pat Sample', DueDate: '2026-04-01', Amount: '12.50' });
  const files = {
    'connector.yaml': manifest,
    'README.md': README,
    'fixtures/bills.wsdl': readFileSync(join(import.meta.dirname, 'bills.wsdl'), 'utf8'),
    'fixtures/bills/exchanges.json': JSON.stringify([
      {
        request: { operation: 'OpenSession' },
        answer: {
          body: envelope(
            '<OpenSessionResponse xmlns="urn:acme:bills"><OpenSessionResult><SessionId>s-1</SessionId></OpenSessionResult></OpenSessionResponse>',
          ),
        },
      },
      { request: { operation: 'GetBills', body: { SessionId: 's-1', Page: '1', PageSize: '2' } }, answer: { file: 'page1.xml' } },
      { request: { operation: 'GetBills', body: { SessionId: 's-1', Page: '2', PageSize: '2' } }, answer: { file: 'page2.xml' } },
      {
        request: { operation: 'CloseSession' },
        answer: {
          body: envelope('<CloseSessionResponse xmlns="urn:acme:bills"><CloseSessionResult>ok</CloseSessionResult></CloseSessionResponse>'),
        },
      },
    ]),
    'fixtures/bills/page1.xml': page(bill(1) + bill(2)),
    'fixtures/bills/page2.xml': page(bill(3)),
    'fixtures/bills/records.json': JSON.stringify({ records: [1, 2, 3].map(record) }),
  };

  test('certifies', async () => {
    const certificate = await certified(packOf('acme-bills', files));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'one_or_many')?.state).toBe('ok');
    expect(finding(certificate, 'fault_in_200')?.detail).toContain('SOAP_FAULT');
  });

  test('certifies where it says that requests are signed, and the passphrase of the key is nowhere but in its file', async () => {
    const x509 =
      'transport_options:\n  x509: { certificate_file: "{{ options.certificate }}", key: "{{ options.signing_key }}", sign: [body, timestamp, token] }\n';
    const options = '  certificate: { required: true }\n  signing_key: { type: secret, required: true }\nstreams:\n';
    const signed = manifest.replace(/^options:/m, `${x509}options:`).replace(/^streams:\n/m, options);
    const certificate = await certified(packOf('acme-bills', { ...files, 'connector.yaml': signed }));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'secrets')?.detail).toContain('with signed requests too');
  });

  test('tries every error rule, and fails when one before it takes its error', async () => {
    const rules = (list: string): string => manifest.replace(/error_handler: .*/, `error_handler: { rules: ${list} }`);
    const tried = async (list: string) =>
      finding(await certified(packOf('acme-bills', { ...files, 'connector.yaml': rules(list) })), 'error_rules');
    expect(
      await tried(
        '[{ fault: session expired, action: login }, { fault: try later, action: retry }, { status: [500], action: fail, hint: Call. }]',
      ),
    ).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining('3 rules'),
    });
    expect(await tried('[{ status: [500], action: fail }, { fault: try later, action: retry }]')).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('Rule 2 (fault "try later", retry)'),
    });
  });

  test('fails when it does not ask for the second page', async () => {
    const yaml = manifest.replace(/ {4}paginator:.*\n/, '');
    expect(failures(await certified(packOf('acme-bills', { ...files, 'connector.yaml': yaml })))[0]).toMatch(
      /^manifest: .*\{\{ page \}\} is not known here/,
    );
    const first = yaml.replace('"{{ page }}"', '"1"').replace('"{{ size }}"', '"2"');
    expect(failures(await certified(packOf('acme-bills', { ...files, 'connector.yaml': first }))).join('\n')).toMatch(/recording: /);
  });
});
