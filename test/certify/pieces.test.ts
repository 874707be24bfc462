import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { certified, failures, finding, packOf, README } from './packs.ts';

const guide = readFileSync(join(import.meta.dirname, '../../docs/vendor-guide.md'), 'utf8');
const recipe = (of: string): string => new RegExp(`\`\`\`yaml\\n(streams:\\n {2}${of}:[\\s\\S]*?)\`\`\``).exec(guide)![1]!;
const manifest = (of: string, more = ''): string => `connector: acme\nversion: 1.0.0\ntitle: Acme\ntransport: http\n${more}${recipe(of)}`;
const get = (path: string, body: unknown, query?: object, status = 200) => ({
  request: { method: 'GET', path, ...(query && { query }) },
  answer: {
    status,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(typeof body === 'string' && { headers: { 'content-type': 'text/csv' } }),
  },
});

describe('a pack by partitions, written from the vendor guide alone', () => {
  const accounts = get('/accounts', [
    { Number: 'A1', Route: 'r 1' },
    { Number: 'A/2', Route: 'r2' },
    { Number: 'A3', Route: 'r3' },
  ]);
  const bill = (n: number) => ({ BillNo: `B${n}`, Amount: '12.50' });
  const page = (account: string, number: string, bills: object[], route: string) =>
    get(`/accounts/${encodeURIComponent(account)}/bills`, { bills }, { page: number, route });
  const exchanges = [
    accounts,
    page('A1', '1', [bill(1), bill(2)], 'r 1'),
    page('A1', '2', [bill(3)], 'r 1'),
    page('A/2', '1', [bill(1), bill(2)], 'r2'),
    page('A/2', '2', [], 'r2'),
    page('A3', '1', [bill(1)], 'r3'),
  ];
  const records = [
    ...[1, 2, 3].map((n) => ({ Account: 'A1', ...bill(n) })),
    ...[1, 2].map((n) => ({ Account: 'A/2', ...bill(n) })),
    { Account: 'A3', ...bill(1) },
  ];
  const files = (more = '', yaml = manifest('accounts', more)) => ({
    'connector.yaml': yaml,
    'README.md': README,
    'fixtures/accounts/exchanges.json': JSON.stringify([accounts]),
    'fixtures/accounts/records.json': JSON.stringify({
      records: ['A1', 'A/2', 'A3'].map((n, i) => ({ Number: n, Route: ['r 1', 'r2', 'r3'][i] })),
    }),
    'fixtures/bills/exchanges.json': JSON.stringify(exchanges),
    'fixtures/bills/records.json': JSON.stringify({ records }),
  });

  test('certifies: kills, a partition that fails, pages of each, and what the service takes', { timeout: 60_000 }, async () => {
    const certificate = await certified(packOf('acme', files('rate_limit: { requests: 2, per: 1m }\n')));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'partition_fails')?.detail).toBe(
      '3 partitions, one answered with 400: 4 of 6 records read, the others by the next run; nothing was deleted.',
    );
    expect(certificate.findings.find((f) => f.check === 'resume' && f.stream === 'bills')?.detail).toMatch(
      /kills after and within batches of 1/,
    );
    expect(certificate.findings.find((f) => f.check === 'rate_limit' && f.stream === 'bills')?.detail).toBe(
      '6 requests, at most 2 in 1m: 120 s of waiting.',
    );
  });

  test('with a position for each, certifies too', { timeout: 60_000 }, async () => {
    const yaml = manifest('accounts').replace(
      'route: "{{ parent.Route }}" } } }\n',
      'route: "{{ parent.Route }}", since: "{{ from }}" } } }\n    incremental: { cursor: BillNo, lookback: 1d }\n',
    );
    expect(failures(await certified(packOf('acme', files('', yaml))))).toEqual([]);
  });

  test('whose key lacks the partition is found out', { timeout: 60_000 }, async () => {
    const yaml = manifest('accounts').replace('primary_key: [Account, BillNo]', 'primary_key: [BillNo]');
    expect(failures(await certified(packOf('acme', files('', yaml)))).join('\n')).toContain('KEY_REPEATED');
  });
});

describe('a pack of reports, written from the vendor guide alone', () => {
  const order = (id: string, since: string, until: string) => ({
    request: { method: 'POST', path: '/reports', body: { kind: 'ledger', since, until } },
    answer: { status: 202, body: JSON.stringify({ report: { id } }) },
  });
  const state = (id: string, state: string) => get(`/reports/${id}`, { report: { id, state, error: null } });
  const exchanges = [
    order('r-1', '2026-01-01', '2026-02-01'),
    state('r-1', 'RUNNING'),
    state('r-1', 'READY'),
    get('/reports/r-1/file', 'Entry,PostedOn,Amount\nE1,2026-01-05,10.00\nE2,2026-01-06,20.00\n'),
    order('r-2', '2026-02-01', '2026-02-20'),
    state('r-2', 'READY'),
    get('/reports/r-2/file', 'Entry,PostedOn,Amount\nE3,2026-02-05,30.00\n'),
  ];
  const files = {
    'connector.yaml': manifest('ledger'),
    'README.md': README,
    'fixtures/ledger/exchanges.json': JSON.stringify(exchanges),
    'fixtures/ledger/records.json': JSON.stringify({
      now: '2026-02-20T12:00:00Z',
      records: [
        { Entry: 'E1', PostedOn: '2026-01-05', Amount: '10.00' },
        { Entry: 'E2', PostedOn: '2026-01-06', Amount: '20.00' },
        { Entry: 'E3', PostedOn: '2026-02-05', Amount: '30.00' },
      ],
    }),
  };

  test('certifies: one that fails, one that is never ready, kills while it is prepared', { timeout: 60_000 }, async () => {
    const certificate = await certified(packOf('acme', files));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'report_fails')?.detail).toBe('REPORT_FAILED at ERROR; the next run ordered another.');
    expect(finding(certificate, 'report_late')?.detail).toMatch(
      /REPORT_NOT_READY after \d+ questions; the next run fetched it, and did not order it twice/,
    );
    expect(finding(certificate, 'resume')?.state).toBe('ok');
  });

  test('whose result is at an address in the answer certifies, whatever host that was', { timeout: 60_000 }, async () => {
    const yaml = manifest('ledger', 'transport_options: { hosts: ["https://files.acme.example"] }\n')
      .replace('        path: "/reports/{{ report }}/file"\n', '')
      .replace('message: report.error', 'message: report.error\n          link: report.url');
    const linked = JSON.parse(
      JSON.stringify(exchanges).replaceAll(
        '\\"state\\":\\"READY\\"',
        '\\"state\\":\\"READY\\",\\"url\\":\\"https://files.acme.example/f\\"',
      ),
    ) as typeof exchanges;
    const ids = ['r-1', 'r-2'];
    for (const { request, answer } of linked) {
      const id = ids.find((one) => answer.body.includes(one));
      if (id) answer.body = answer.body.replace('example/f', `example/reports/${id}/file`);
      expect(request.path).toBeDefined();
    }
    expect(
      failures(
        await certified(packOf('acme', { ...files, 'connector.yaml': yaml, 'fixtures/ledger/exchanges.json': JSON.stringify(linked) })),
      ),
    ).toEqual([]);
  });

  test('that takes every status for done does not certify', { timeout: 60_000 }, async () => {
    const yaml = manifest('ledger').replace('done: [READY]', 'done: [READY, RUNNING]');
    expect(failures(await certified(packOf('acme', { ...files, 'connector.yaml': yaml }))).join('\n')).toMatch(/never asked for|recording/);
  });
});

describe('a pack of a SOAP service that prepares reports and hands them over as files', () => {
  const operation = (name: string, takes: string, gives: string): string[] => [
    `<s:element name="${name}"><s:complexType><s:sequence>${takes}</s:sequence></s:complexType></s:element><s:element name="${name}Response"><s:complexType><s:sequence>${gives}</s:sequence></s:complexType></s:element>`,
    `<message name="${name}In"><part name="p" element="t:${name}"/></message><message name="${name}Out"><part name="p" element="t:${name}Response"/></message>`,
    `<operation name="${name}"><input message="t:${name}In"/><output message="t:${name}Out"/></operation>`,
    `<operation name="${name}"><soap:operation soapAction="urn:r:${name}"/><input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>`,
  ];
  const text = (name: string, type = 's:string'): string => `<s:element name="${name}" minOccurs="0" type="${type}"/>`;
  const operations = [
    operation('OrderReport', text('Fund'), text('ReportId')),
    operation('ReportState', text('ReportId'), text('State') + text('Words')),
    operation('FetchReport', text('ReportId'), text('Content', 's:base64Binary')),
  ];
  const all = (at: number): string => operations.map((parts) => parts[at]).join('');
  const wsdl = `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:r" targetNamespace="urn:r"><types><s:schema elementFormDefault="qualified" targetNamespace="urn:r">${all(0)}</s:schema></types>${all(1)}<portType name="P">${all(2)}</portType><binding name="B" type="t:P"><soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>${all(3)}</binding></definitions>`;
  const exchange = (name: string, body: object, answer: string) => ({
    request: { operation: name, body },
    answer: {
      body: `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><${name}Response xmlns="urn:r">${answer}</${name}Response></e:Body></e:Envelope>`,
    },
  });
  const file = (content: string): string =>
    `<Content>${Buffer.from(content)
      .toString('base64')
      .replace(/(.{20})/g, '$1\n')}</Content>`;
  const of = (fund: string, id: string, content: string) => [
    exchange('OrderReport', { Fund: fund }, `<ReportId>${id}</ReportId>`),
    exchange('ReportState', { ReportId: id }, '<State>RUNNING</State>'),
    exchange('ReportState', { ReportId: id }, '<State>DONE</State>'),
    exchange('FetchReport', { ReportId: id }, file(content)),
  ];
  const yaml = `connector: acme
version: 1.0.0
title: Acme
transport: soap
streams:
  ledger:
    partition: { values: ["01", "02 & 03"], into: Fund }
    retriever:
      request:
        report:
          submit: { operation: OrderReport, body: { Fund: "{{ partition }}" } }
          id: ReportId
          poll: { operation: ReportState, body: { ReportId: "{{ report }}" } }
          status: State
          done: [DONE]
          failed: [FAILED]
          message: Words
        operation: FetchReport
        body: { ReportId: "{{ report }}" }
        file: Content
    decoder: { csv: { delimiter: ";", encoding: windows-1252 } }
    schema: { fields: { Fund: { required: true }, Entry: { required: true }, Payer: { class: personal } } }
    primary_key: [Fund, Entry]
`;
  const files = {
    'connector.yaml': yaml,
    'README.md': README,
    'fixtures/reports.wsdl': wsdl,
    'fixtures/ledger/exchanges.json': JSON.stringify([
      ...of('01', 'r-1', 'Entry;Payer\nE1;Sample & Co\nE2;\n'),
      ...of('02 & 03', 'r-2', 'Entry;Payer\nE1;Other\n'),
    ]),
    'fixtures/ledger/records.json': JSON.stringify({
      records: [
        { Fund: '01', Entry: 'E1', Payer: 'Sample & Co' },
        { Fund: '01', Entry: 'E2', Payer: null },
        { Fund: '02 & 03', Entry: 'E1', Payer: 'Other' },
      ],
    }),
  };

  test('certifies', { timeout: 60_000 }, async () => {
    const certificate = await certified(packOf('acme', files));
    expect(failures(certificate)).toEqual([]);
    for (const check of ['report_fails', 'report_late', 'partition_fails', 'resume']) expect(finding(certificate, check)?.state).toBe('ok');
  });

  test('whose file is not Base64 is told where', { timeout: 60_000 }, async () => {
    const broken = files['fixtures/ledger/exchanges.json'].replaceAll('<Content>', '<Content>!');
    expect(failures(await certified(packOf('acme', { ...files, 'fixtures/ledger/exchanges.json': broken }))).join('\n')).toContain(
      'The content of the answer at Content is not a file in Base64.',
    );
  });
});

describe('a pack of a database that is read year by year', () => {
  const yaml = `connector: acme
version: 1.0.0
title: Acme
transport: sqlserver
options:
  years: { type: list, default: ["2024", "2025", "2026"] }
streams:
  receipts:
    partition: { option: years, into: YEAR }
    retriever: { query: { tables: [dbo.RECEIPTS], where: [{ column: FISCAL, value: "{{ partition }}" }] } }
    incremental: { cursor: CHANGED, kind: sequence, tie_breaker: NO }
    schema:
      fields:
        NO: { required: true }
        FISCAL: {}
        CHANGED: { type: integer }
        YEAR: {}
    primary_key: [YEAR, NO]
`;

  test('certifies, each year from its own position', { timeout: 120_000 }, async () => {
    const files = {
      'connector.yaml': yaml,
      'README.md': README,
      'fixtures/receipts/tables.json': JSON.stringify({
        'dbo.RECEIPTS': {
          columns: { NO: 'CHAR(4)', FISCAL: 'CHAR(4)', CHANGED: 'INT' },
          rows: [
            ['0001', '2024', '1'],
            ['0002', '2024', '5'],
            ['0001', '2025', '2'],
            ['0001', '2026', '3'],
            ['0002', '2026', '4'],
          ],
        },
      }),
      'fixtures/receipts/records.json': JSON.stringify({
        records: [
          ['0001', '2024', '1'],
          ['0002', '2024', '5'],
          ['0001', '2025', '2'],
          ['0001', '2026', '3'],
          ['0002', '2026', '4'],
        ].map(([NO, YEAR, CHANGED]) => ({ NO, FISCAL: YEAR, CHANGED, YEAR })),
      }),
    };
    const certificate = await certified(packOf('acme', files));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'resume')?.state).toBe('ok');
  });
});
