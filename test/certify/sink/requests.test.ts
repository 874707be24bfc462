import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { soapLedger } from '../../outbound/base-soap.ts';
import { WSDL } from '../../outbound/receipt-service/node-server.ts';
import { certified, failures, type Files, finding, packOf, README } from '../packs.ts';

const MANIFEST = `connector: till-api
version: 1.0.0
title: Till interface
transport: http
streams: {}
sinks:
  receipts:
    target:
      request:
        path: /receipts
        headers: { Idempotency-Key: '{{ idempotency_key }}', X-Batch: daily }
        body: { number: '{{ record.Number }}', amount: '{{ record.Amount }}', lines: '{{ record.Lines }}' }
        idempotent: true
    json_types: true
    schema:
      fields:
        Number: { required: true }
        Amount: { type: decimal, decimals: 2, required: true }
        Lines: { type: list }
        Lines.Account: {}
        Lines.Amount: { type: decimal }
    idempotency_key: [Number]
    acknowledgment: { response: { path: status, accepted: [ok], rejected: [no], reason: why } }
`;
const ask = (number: string, amount: number, account: string) => ({
  method: 'POST',
  path: '/receipts',
  headers: { 'X-Batch': 'daily', 'Idempotency-Key': '*' },
  body: { number, amount, lines: [{ Account: account, Amount: amount }] },
});
const EXCHANGES = [
  { request: ask('00101', 24.5, '0610'), answer: { status: 201, body: { status: 'ok', id: 1 } } },
  { request: ask('00102', 110, '0611'), answer: { body: { status: 'no', why: 'Period 9 is closed' } } },
  { request: ask('00103', 7.25, '0610'), answer: { body: { status: 'ok', id: 2 } } },
];
const record = (Number: string, Amount: string, Account: string) => ({ Number, Amount, Lines: [{ Account, Amount }] });
const FILES: Files = {
  'connector.yaml': MANIFEST,
  'README.md': README,
  'fixtures/receipts/records.json': JSON.stringify({
    records: [record('00101', '24.50', '0610'), record('00102', '110.00', '0611'), record('00103', '7.25', '0610')],
  }),
  'fixtures/receipts/exchanges.json': JSON.stringify(EXCHANGES),
  'fixtures/receipts/answers.json': JSON.stringify({
    accepted: [['00101'], ['00103']],
    rejected: [{ key: ['00102'], reason: 'Period 9 is closed' }],
  }),
};
const pack = (changes: Files = {}): string => packOf('till-api', { ...FILES, ...changes });
const manifest = (...changes: [string, string][]): Files => ({
  'connector.yaml': changes.reduce((text, [what, by]) => {
    expect(text).toContain(what);
    return text.replace(what, by);
  }, MANIFEST),
});
const wrong = async (files: Files): Promise<string> => failures(await certified(pack(files))).join('\n');

describe('a pack whose records are asked for at a service', () => {
  test('certifies, with what was found in each check', async () => {
    const certificate = await certified(pack());
    expect(failures(certificate)).toEqual([]);
    const details = Object.fromEntries(certificate.findings.filter((f) => f.sink).map((f) => [f.check, f.detail]));
    expect(details).toMatchObject({
      required: 'Refused without Number, Amount.',
      requested: '3 requests for 3 records: 2 accepted, 1 rejected.',
      sent_again: '3 requests asked again: the same, and each identifies its record.',
      lost_answer: 'Answer lost before its first byte, and in the middle: asked 2 times with the same key.',
      killed: expect.stringContaining('each record was booked once') as string,
      busy: '3 requests answered with 503 and Retry-After, then taken.',
      refused_alone: '422: 1 record of one request rejected with its words, 2 as recorded.',
      unknown_answer: 'status = "certify-unknown": 3 unknown.',
      password: 'AUTH_FAILED; with the right one again, everything went.',
      undeclared_host: 'REDIRECT_REFUSED; nothing went to the other host.',
      secrets: expect.stringContaining('also where the service repeats what it was sent') as string,
    });
  });

  test('certifies with several records in a request and an answer for each', async () => {
    const batch = manifest(
      [
        MANIFEST.slice(MANIFEST.indexOf('        path: /receipts'), MANIFEST.indexOf('    json_types')),
        '        path: /batch\n    encoder: { json: {} }\n    max_records: 5\n',
      ],
      [
        'response: { path: status, accepted: [ok], rejected: [no], reason: why }',
        'response: { records: { path: results, key: [number], result: status, accepted: [ok], rejected: [no], reason: why } }',
      ],
    );
    const results = [
      { number: '00102', status: 'no', why: 'Period 9 is closed' },
      { number: '00101', status: 'ok' },
      { number: '00103', status: 'ok' },
    ];
    const certificate = await certified(
      pack({
        ...batch,
        'fixtures/receipts/exchanges.json': JSON.stringify([
          { request: { method: 'POST', path: '/batch', body: '*' }, answer: { body: { results } } },
        ]),
      }),
    );
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'requested')?.detail).toBe('1 request for 3 records: 2 accepted, 1 rejected.');
    expect(finding(certificate, 'unknown_answer')?.detail).toMatch(/^results\.0\.status = "certify-unknown": .*1 unknown/);
  });

  test('is told how what it asks for differs from the recording', async () => {
    expect(await wrong(manifest(['    json_types: true\n', '']))).toContain(
      'requested: The connector asks for something that is not recorded: no recorded POST /receipts has amount = "24.50", recorded 24.5',
    );
    expect(await wrong(manifest(['number: ', 'no: ']))).toContain('no = "00101", recorded null');
    expect(await wrong(manifest(['X-Batch: daily', 'X-Batch: weekly']))).toContain('the header X-Batch = "weekly"');
    expect(await wrong(manifest(['path: /receipts', 'path: /receipt']))).toContain('nothing is recorded for POST /receipt');
  });

  test('is told where it takes an answer for something else', async () => {
    expect(await wrong(manifest(['accepted: [ok], rejected: [no]', 'accepted: [ok, no]']))).toContain(
      'requested: ["00102"] is accepted, but answers.json says rejected.',
    );
    expect(await wrong(manifest(['reason: why', 'reason: id']))).toContain('answers.json says "Period 9 is closed"');
    const { 'fixtures/receipts/answers.json': _, ...bare } = FILES;
    expect(failures(await certified(packOf('till-api', bare))).join()).toContain('["00102"] is rejected');
    const unasked = JSON.stringify([...EXCHANGES, { request: ask('00104', 1, '0610'), answer: {} }]);
    expect(await wrong({ 'fixtures/receipts/exchanges.json': unasked })).toContain('Exchange 4 of exchanges.json is never requested.');
  });

  const rule = (text: string): [string, string] => ['    idempotency_key', `    error_handler: { rules: [${text}] }\n    idempotency_key`];

  test('is found out when a rule takes busy, a refusal or a wrong password for a yes', async () => {
    expect(await wrong(manifest(rule('{ status: [503], action: ignore }')))).toMatch(
      /^busy: Each request answered with 503 once: .*\["00102"\] is accepted/m,
    );
    expect(await wrong(manifest(rule('{ status: [422], action: ignore }')))).toContain(
      'refused_alone: Answered with 422, the first record is accepted.',
    );
    expect(await wrong(manifest(rule('{ status: [401], action: ignore }')))).toContain(
      'password: The service answered with 401 (not logged in), and a record became accepted.',
    );
  });

  test('is found out when it calls itself idempotent and is not', async () => {
    const keyless = await wrong({
      ...manifest(
        ["Idempotency-Key: '{{ idempotency_key }}', ", ''],
        ["number: '{{ record.Number }}'", "number: '{{ options.number }}'"],
        ['streams: {}', "options: { number: { default: '1' } }\nstreams: {}"],
      ),
      'fixtures/receipts/exchanges.json': JSON.stringify(EXCHANGES).replaceAll('"Idempotency-Key":"*"', '"Accept":"*"'),
    });
    expect(keyless).toContain('sent_again: idempotent: true, but the request contains neither {{ idempotency_key }} nor Number.');
  });

  test('that is not idempotent holds with a remark, and asks for nothing twice', async () => {
    const certificate = await certified(pack(manifest(['        idempotent: true\n', ''])));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'lost_answer')).toMatchObject({
      state: 'warning',
      hint: expect.stringContaining('acknowledgment.read_back') as string,
    });
    expect(finding(certificate, 'killed')?.detail).toMatch(
      /nothing asked for twice; where a request was under way, it needs an answer from a person/,
    );
  });

  const back = (path: string): Files => ({
    ...manifest(
      ['        idempotent: true\n', ''],
      [
        'acknowledgment: { response: { path: status, accepted: [ok], rejected: [no], reason: why } }',
        `acknowledgment:\n      response: { path: status, accepted: [ok], rejected: [no], reason: why }\n      read_back: { path: '/receipts/{{ record.Number }}', found: { path: ${path} }, equal: { amount: Amount } }`,
      ],
    ),
    'fixtures/receipts/records.json': JSON.stringify({ records: [record('00101', '24.50', '0610'), record('00103', '7.25', '0610')] }),
    'fixtures/receipts/answers.json': JSON.stringify({ accepted: [['00101'], ['00103']] }),
    'fixtures/receipts/exchanges.json': JSON.stringify([
      { ...EXCHANGES[0], answer: { body: {} } },
      { ...EXCHANGES[2], answer: { body: {} } },
      { request: { method: 'GET', path: '/receipts/00101' }, answer: { body: { number: '00101', amount: 24.5 } } },
      { request: { method: 'GET', path: '/receipts/00103' }, answer: { body: { number: '00103', amount: 7.25 } } },
    ]),
  });

  test('that can look a record up does, and asks again only when it is not there', async () => {
    const certificate = await certified(pack(back('number')));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'lost_answer')?.detail).toContain('looked up, and not asked again');
    expect(finding(certificate, 'killed')?.detail).toContain('each record was booked once');
    expect(await wrong(back('nummer'))).toContain('["00101"] is unknown');
  });
});

test('a body that an encoder writes, several records in one, is held against the recorded text', async () => {
  const yaml = `connector: till-api
version: 1.0.0
title: Till interface
transport: http
streams: {}
sinks:
  receipts:
    target: { request: { path: /batch } }
    encoder: { xml: { row: Receipts/Receipt } }
    schema: { fields: { Number: { required: true }, Amount: { type: decimal, decimals: 2 } } }
    idempotency_key: [Number]
    max_records: 10
`;
  const xml =
    '<?xml version="1.0" encoding="utf-8"?>\n<Receipts>\n<Receipt><Number>1</Number><Amount>2.50</Amount></Receipt>\n<Receipt><Number>2</Number><Amount>3.00</Amount></Receipt>\n</Receipts>\n';
  const files = (text: string): Files => ({
    'connector.yaml': yaml,
    'README.md': README,
    'fixtures/receipts/records.json': JSON.stringify({
      records: [
        { Number: '1', Amount: '2.5' },
        { Number: '2', Amount: '3' },
      ],
    }),
    'fixtures/receipts/exchanges.json': JSON.stringify([
      {
        request: { method: 'POST', path: '/batch', headers: { 'Content-Type': 'application/xml' }, file: 'batch.xml' },
        answer: { status: 202 },
      },
    ]),
    'fixtures/receipts/batch.xml': text,
  });
  const good = await certified(packOf('till-api', files(xml)));
  expect(failures(good)).toEqual([]);
  expect(finding(good, 'requested')?.detail).toBe('1 request for 2 records: 2 accepted.');
  expect(failures(await certified(packOf('till-api', files(xml.replace('2.50', '2.5'))))).join()).toContain('Amount>2.50</Amount');
});

describe('a pack for a SOAP service with a login and lists in lists', () => {
  const envelope = (inner: string): string =>
    `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>${inner}</soap:Body></soap:Envelope>`;
  const posted = (Number: string, Amount: string) => ({
    SessionId: '*',
    Receipt: { Number, Date: '2026-03-02', Amount, Payment: [{ Type: 'CA', Line: [{ Account: '0610', Amount }] }] },
  });
  const ok = { body: envelope('<PostReceiptResponse xmlns="urn:town:receipts"><Status>booked</Status></PostReceiptResponse>') };
  const given = (Number: string, Amount: string) => ({
    Number,
    Date: '2026-03-02',
    Amount,
    Payments: [{ Type: 'CA', Line: [{ Account: '0610', Amount }] }],
  });
  const yaml = soapLedger('')['connectors/ledger/connector.yaml']!;
  const files: Files = {
    'connector.yaml': yaml,
    'README.md': README,
    'fixtures/receipts.wsdl': readFileSync(WSDL, 'utf8'),
    'fixtures/entries/records.json': JSON.stringify({ records: [given('1', '2.50'), given('2', '3.00'), given('3', '4.00')] }),
    'fixtures/entries/answers.json': JSON.stringify({ rejected: [{ key: ['3'], reason: 'Period 9 is closed' }] }),
    'fixtures/entries/exchanges.json': JSON.stringify([
      {
        request: { operation: 'OpenSession' },
        answer: { body: envelope('<OpenSessionResponse xmlns="urn:town:receipts"><SessionId>s-1</SessionId></OpenSessionResponse>') },
      },
      { request: { operation: 'PostReceipt', body: posted('1', '2.50') }, answer: ok },
      { request: { operation: 'PostReceipt', body: posted('2', '3.00') }, answer: ok },
      {
        request: { operation: 'PostReceipt', body: posted('3', '4.00') },
        answer: {
          body: envelope('<soap:Fault><faultcode>soap:Client</faultcode><faultstring>Period 9 is closed</faultstring></soap:Fault>'),
        },
      },
      {
        request: { operation: 'CloseSession' },
        answer: { body: envelope('<CloseSessionResponse xmlns="urn:town:receipts"/>') },
      },
    ]),
  };

  test('certifies: a fault inside 200 rejects its record, a session that ends is opened again', async () => {
    const certificate = await certified(packOf('ledger', files));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'requested')?.detail).toBe('3 requests for 3 records: 2 accepted, 1 rejected.');
    expect(finding(certificate, 'refused_alone')?.detail).toContain('a fault inside 200: 1 record');
    expect(finding(certificate, 'session_ended')?.detail).toContain('Logged in 2 times for 3 records');
    expect(finding(certificate, 'lost_answer')).toMatchObject({ state: 'warning' });
  });

  test('certifies with the session in the header, and is found out when the header is another', async () => {
    const inHeader = String(yaml).replace(
      '        operation: PostReceipt\n',
      "        operation: PostReceipt\n        header: { Ticket: { xmlns: 'urn:ticket', Id: '{{ session }}', Key: '{{ idempotency_key }}', Of: '{{ record.Number }}' } }\n",
    );
    const recorded = (of: (number: string) => string): string =>
      JSON.stringify(
        (JSON.parse(String(files['fixtures/entries/exchanges.json'])) as { request: { body?: { Receipt: { Number: string } } } }[]).map(
          (one) =>
            one.request.body
              ? {
                  ...one,
                  request: { ...one.request, header: { Ticket: { Id: 's-1', Key: '*', Of: of(one.request.body.Receipt.Number) } } },
                }
              : one,
        ),
      );
    const pack = (of: (number: string) => string) =>
      packOf('ledger', { ...files, 'connector.yaml': inHeader, 'fixtures/entries/exchanges.json': recorded(of) });
    const certificate = await certified(pack((number) => number));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'session_ended')?.detail).toContain('Logged in 2 times for 3 records');
    expect(failures(await certified(pack(() => '9'))).join()).toContain('the header.Ticket.Of = "1", recorded "9"');
  });

  test(
    'is found out when a parameter is not in the WSDL, or the end of a session is not a reason to log in',
    { timeout: 60_000 },
    async () => {
      const wrongName = packOf('ledger', { ...files, 'connector.yaml': String(yaml).replace('{ Number:', '{ Numbr:') });
      expect(failures(await certified(wrongName)).join()).toContain('has no parameter Receipt.Numbr');
      const noRule = packOf('ledger', {
        ...files,
        'connector.yaml': String(yaml).replace(', rules: [{ fault: session expired, action: login }]', ''),
      });
      expect(finding(await certified(noRule), 'session_ended')).toMatchObject({ state: 'warning' });
    },
  );
});
