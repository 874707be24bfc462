import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, FatalError, RecordError, RetriableError } from '../../src/core/errors.ts';
import { answerFacts } from '../../src/transports/answer-facts.ts';
import type { RequestTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { printsNothing } from './prints-nothing.ts';
import { startNodeSoap } from './permit-service/node-server.ts';
import type { NodeSoapServer } from './permit-service/node-server.ts';

const CANARY = 'canary <&> 55d1';
const PROJECT = join(import.meta.dirname, 'permit-service');
const PARAMETERS = { issuedFrom: '2024-06-01', issuedTo: '2024-06-30', note: null };

printsNothing();

async function open(options: Record<string, unknown>): Promise<RequestTransport> {
  const username_token = { username: 'clerk & co', password: CANARY, type: 'text' };
  return (await transports.soap.open(
    { timeout: '3s', username_token, ...options },
    { connection: 'permits', projectFolder: PROJECT },
  )) as RequestTransport;
}

async function failure(work: Promise<unknown>): Promise<Error & { code?: string; problems?: { message: string; hint?: string }[] }> {
  const error = (await work.then(
    () => new Error('did not fail'),
    (e: unknown) => e,
  )) as Error;
  const all = `${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause ?? '')}`;
  expect(all).not.toContain('canary');
  return error;
}

describe.each(['1.1', '1.2'] as const)("soap %s, the soap package's server", (version) => {
  let server: NodeSoapServer;
  let permits: object[] = [];
  beforeAll(async () => void (server = await startNodeSoap({ version, password: CANARY, permits: () => permits })));
  afterAll(() => server.close());
  const connection = (more: Record<string, unknown> = {}) =>
    open({
      endpoint: `http://127.0.0.1:${server.port}/permits`,
      wsdl: version === '1.1' ? 'permits-soap11.wsdl' : 'permits-soap12.wsdl',
      version,
      ...more,
    });

  const fee = { Code: 'DOG', Amount: '12.50' };
  const permit = (number: string, fees: object[]) => ({
    PermitNum: number,
    Holder: { Name: 'Ana & Bo <Ltd>', Address: { Line: ['1 Main St'], City: 'Zürich' } },
    Fee: fees,
  });

  test('parameters go out in the order, with the names and namespaces of the WSDL', async () => {
    permits = [];
    const answer = await (
      await connection()
    ).request({
      operation: 'FindPermits',
      body: { note: null, holder: { Name: '0042 & <x>' }, status: ['Issued', 'Renewed'], issuedTo: '2024-06-30', issuedFrom: '2024-06-01' },
    });
    const sent = server.requests.at(-1)!;
    expect(sent).toContain(
      '<n0:FindPermits><n0:issuedFrom>2024-06-01</n0:issuedFrom><n0:issuedTo>2024-06-30</n0:issuedTo><n0:status>Issued</n0:status><n0:status>Renewed</n0:status><n0:holder><n0:Name>0042 &amp; &lt;x&gt;</n0:Name></n0:holder><n0:note xsi:nil="true"/></n0:FindPermits>',
    );
    expect(sent).toContain('xmlns:n0="urn:town:permits"');
    expect(answer.status).toBe(200);
    expect(JSON.parse(String(answer.value!['Echo']))).toMatchObject({ status: ['Issued', 'Renewed'], holder: { Name: '0042 & <x>' } });
  });

  test('one, two and no records are all lists, at every depth that the schema says', async () => {
    const api = await connection();
    for (const [given, wanted] of [
      [[], []],
      [[permit('0042', [fee])], ['0042']],
      [
        [permit('0042', []), permit('0043', [fee, fee])],
        ['0042', '0043'],
      ],
    ] as const) {
      permits = [...given];
      const { value } = await api.request({ operation: 'FindPermits', body: PARAMETERS });
      const list = (value!['Permits'] as { Permit: { PermitNum: string; Fee: unknown[]; Holder: { Address: { Line: unknown } } }[] })
        .Permit;
      expect(list.map((p) => p.PermitNum)).toEqual(wanted);
      for (const p of list) {
        expect(Array.isArray(p.Fee)).toBe(true);
        expect(p.Holder).toEqual({ Name: 'Ana & Bo <Ltd>', Address: { Line: ['1 Main St'], City: 'Zürich' } });
      }
    }
  });

  test('every scalar is the text that was sent: leading zeros, decimals, dates', async () => {
    permits = [permit('000123', [{ Code: '007', Amount: '10.00' }])];
    const { value } = await (await connection()).request({ operation: 'FindPermits', body: PARAMETERS });
    expect(value).toMatchObject({
      ResponseCode: '0',
      Permits: { Permit: [{ PermitNum: '000123', Fee: [{ Code: '007', Amount: '10.00' }] }] },
    });
  });

  test.each(['text', 'digest'])('logs in with a UsernameToken: password as %s', async (type) => {
    permits = [];
    expect(
      (
        await (
          await connection({ username_token: { username: 'clerk & co', password: CANARY, type } })
        ).request({ operation: 'FindPermits', body: PARAMETERS })
      ).status,
    ).toBe(200);
    if (type === 'digest') expect(server.requests.at(-1)).not.toContain('canary');
    const error = await failure(
      (await connection({ username_token: { username: 'clerk & co', password: 'canary-wrong', type } })).request({
        operation: 'FindPermits',
        body: PARAMETERS,
      }),
    );
    expect(error).toMatchObject({ code: 'AUTH_FAILED' });
    expect(error).toBeInstanceOf(FatalError);
  });

  test('a fault stops the run in the words of the service, also inside a 200', async () => {
    const api = await connection();
    for (const status of ['', '200', '500']) {
      const error = await failure(api.request({ operation: 'Fail', body: { how: `soap:Client|No such parcel ${CANARY}|${status}` } }));
      expect(error).toBeInstanceOf(FatalError);
      expect(error).toMatchObject({ code: 'SOAP_FAULT', message: expect.stringMatching(/Client.*No such parcel \[secret\].*because/) });
      expect(answerFacts(error)).toMatchObject({ faultCode: 'soap:Client', faultText: expect.stringContaining('No such parcel') });
    }
  });

  test('a service that is only busy is asked again', async () => {
    const api = await connection();
    for (const how of ['soap:Server|Please wait|503', 'soap:Server|Slow down|429', 'a:ServerTooBusy|Too many calls|500'])
      expect(await failure(api.request({ operation: 'Fail', body: { how } }))).toBeInstanceOf(RetriableError);
  });

  test('all mistakes in the parameters are told at once, and what was meant; nothing is sent', async () => {
    const before = server.requests.length;
    const error = await failure(
      (await connection()).request({
        operation: 'FindPermits',
        body: { issuedfrom: '2024-06-01', issuedTo: ['a'], holder: { Nmae: 'x' } },
      }),
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.problems!.map((p) => p.message)).toEqual([
      'The operation FindPermits has no parameter issuedfrom.',
      'The operation FindPermits needs the parameter issuedFrom, which is not given.',
      'issuedTo is a list, but the service expects one value.',
      'The operation FindPermits has no parameter holder.Nmae.',
      'The operation FindPermits needs the parameter holder.Name, which is not given.',
    ]);
    expect(error.problems!.map((p) => p.hint).join()).toContain('Did you mean issuedFrom?');
    expect(server.requests.length).toBe(before);
  });

  test('an operation that is misspelled is told with the right one', async () => {
    expect(await failure((await connection()).request({ operation: 'FindPermit' }))).toMatchObject({
      code: 'OPERATION_UNKNOWN',
      message: expect.stringContaining('Did you mean FindPermits?'),
    });
    expect(await failure((await connection()).request({}))).toMatchObject({ code: 'OPERATION_UNKNOWN' });
  });

  test('a character that XML cannot carry rejects the record', async () => {
    expect(
      await failure((await connection()).request({ operation: 'FindPermits', body: { ...PARAMETERS, note: 'a\u0001b' } })),
    ).toBeInstanceOf(RecordError);
  });

  test('a WSDL of the other version is told as that', async () => {
    const other = await connection({ wsdl: version === '1.1' ? 'permits-soap12.wsdl' : 'permits-soap11.wsdl' });
    expect(await failure(other.request({ operation: 'FindPermits', body: PARAMETERS }))).toMatchObject({
      code: 'WSDL_UNUSABLE',
      message: expect.stringContaining('set version'),
    });
  });

  test('check says what it found', async () => {
    expect(await (await connection()).check()).toMatchObject([
      { name: 'reachable', ok: true },
      { name: 'TLS', ok: true, warning: true, detail: expect.stringContaining('password') },
      { name: 'WSDL', ok: true, detail: expect.stringContaining('2 operations') },
      { name: 'credentials', ok: true },
    ]);
    expect((await (await connection({ wsdl: 'missing.wsdl' })).check()).at(-1)).toMatchObject({
      name: 'WSDL',
      ok: false,
      hint: expect.any(String),
    });
    expect((await (await connection({ endpoint: 'http://127.0.0.1:1/' })).check()).at(-1)).toMatchObject({ name: 'reachable', ok: false });
  });
});

describe('soap, answers that no honest server gives', () => {
  let server: Server;
  let answer: { status?: number; type?: string; body: string | Buffer };
  let requests: IncomingMessage[] = [];
  const envelope = (body: string, before = '') =>
    `${before}<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><s:Body>${body}</s:Body></s:Envelope>`;
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request);
      request
        .resume()
        .on('end', () =>
          response.writeHead(answer.status ?? 200, { 'Content-Type': answer.type ?? 'text/xml; charset=utf-8' }).end(answer.body),
        );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close().closeAllConnections());
  const port = () => (server.address() as AddressInfo).port;
  const ask = async (given: typeof answer, more: Record<string, unknown> = {}) => {
    answer = given;
    return (await open({ endpoint: `http://127.0.0.1:${port()}/permits`, wsdl: 'permits-soap11.wsdl', ...more })).request({
      operation: 'FindPermits',
      body: PARAMETERS,
    });
  };

  test.each([
    [
      'a document type',
      { body: envelope('<x/>', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>') },
      'ANSWER_UNREADABLE',
      'DOCTYPE',
    ],
    ["entities that are not XML's", { body: envelope('<x>&e;</x>') }, 'ANSWER_UNREADABLE', '&e;'],
    ['elements without end', { body: envelope('<a>'.repeat(5000) + '</a>'.repeat(5000)) }, 'ANSWER_UNREADABLE', 'nested deeper than 64'],
    ['half a document', { body: envelope('<x>').slice(0, -30) }, 'ANSWER_UNREADABLE', 'not well-formed XML'],
    ['crossed elements', { body: envelope('<a><b></a></b>') }, 'ANSWER_UNREADABLE', 'not well-formed XML'],
    ['a login page', { type: 'text/html', body: `<html><body>Please log in ${CANARY}</body></html>` }, 'ANSWER_NOT_SOAP', 'Please log in'],
    ['another XML', { body: '<rss/>' }, 'ANSWER_UNREADABLE', 'rss'],
    ['several parts (MTOM)', { type: 'multipart/related; type="application/xop+xml"', body: '--x' }, 'MTOM_UNSUPPORTED', 'MTOM'],
    ['bytes of another encoding', { body: Buffer.from(envelope('<x>\xe9</x>'), 'latin1') }, 'ANSWER_UNREADABLE', 'utf-8'],
    ['no body', { body: '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>' }, 'ANSWER_NOT_SOAP', 'without a body'],
  ])('%s is refused in plain words', async (_what, given, code, words) => {
    const error = await failure(ask(given as typeof answer));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test('an answer that is too large is refused', async () => {
    expect(await failure(ask({ body: envelope(`<x>${'y'.repeat(200_000)}</x>`) }, { max_bytes: 100_000 }))).toMatchObject({
      code: 'ANSWER_TOO_LARGE',
    });
  });

  test.each([
    [401, FatalError, 'AUTH_FAILED'],
    [404, FatalError, 'HTTP_404'],
    [500, RetriableError, 'HTTP_500'],
    [503, RetriableError, 'HTTP_503'],
  ])('status %i with a web page', async (status, kind, code) => {
    const error = await failure(ask({ status, type: 'text/html', body: '<html>Oh no</html>' }));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ code, message: expect.stringContaining('Oh no') });
  });

  test('encodings are as declared: Windows-1252, UTF-16', async () => {
    const body = envelope('<p:FindPermitsResponse xmlns:p="urn:town:permits"><p:ResponseCode>Zoë</p:ResponseCode></p:FindPermitsResponse>');
    expect((await ask({ type: 'text/xml; charset=windows-1252', body: Buffer.from(body, 'latin1') })).value).toEqual({
      ResponseCode: 'Zoë',
    });
    expect(
      (await ask({ type: 'text/xml', body: Buffer.from(`<?xml version="1.0" encoding="iso-8859-1"?>${body}`, 'latin1') })).value,
    ).toEqual({ ResponseCode: 'Zoë' });
    expect((await ask({ type: 'text/xml', body: Buffer.from(`\ufeff${body}`, 'utf16le') })).value).toEqual({ ResponseCode: 'Zoë' });
  });

  test('where Content-Type and declaration name two encodings in which the text differs, both are named, and the connection says which', async () => {
    const body = (encoding: string): string =>
      `<?xml version="1.0" encoding="${encoding}"?>${envelope('<p:FindPermitsResponse xmlns:p="urn:town:permits"><p:ResponseCode>Zoë</p:ResponseCode></p:FindPermitsResponse>')}`;
    const wrong = { type: 'text/xml; charset=iso-8859-1', body: Buffer.from(body('utf-8')) };
    const error = await failure(ask(wrong));
    expect(error.message).toContain('says charset=iso-8859-1 in its Content-Type and encoding="utf-8" in its XML declaration');
    expect((await ask(wrong, { encoding: 'utf-8' })).value).toEqual({ ResponseCode: 'Zoë' });
    const other = { type: 'text/xml; charset=utf-8', body: Buffer.from(body('windows-1252'), 'latin1') };
    expect(await failure(ask(other))).toMatchObject({ code: 'ANSWER_UNREADABLE', message: expect.stringContaining('windows-1252') });
    const plain = { type: 'text/xml; charset=iso-8859-1', body: body('utf-8').replace('ë', 'e') };
    expect((await ask(plain)).value).toEqual({ ResponseCode: 'Zoe' });
    expect((await ask({ type: 'text/xml', body: Buffer.from(body('utf-16')) })).value).toEqual({ ResponseCode: 'Zoë' });
  });

  test('CDATA, character references, white space, nil, attributes, unknown elements and derived types', async () => {
    const permit =
      '<p:Permit i:type="p:Permit"><p:PermitNum>  07 </p:PermitNum><p:Holder><p:Name><![CDATA[A & <B>]]>&#233;&#x1F415;</p:Name></p:Holder><p:Fee paid="true"><p:Code/><p:Amount>1</p:Amount></p:Fee><p:ClosedOn i:nil="true"/>' +
      '<p:New>1</p:New><p:New>2</p:New><p:__proto__>x</p:__proto__></p:Permit>';
    const { value } = await ask({
      body: envelope(`<p:FindPermitsResponse xmlns:p="urn:town:permits">\n  <p:Permits>\n${permit}\n</p:Permits></p:FindPermitsResponse>`),
    });
    const [read] = (value!['Permits'] as { Permit: Record<string, unknown>[] }).Permit;
    expect(read).toMatchObject({
      PermitNum: '  07 ',
      Holder: { Name: 'A & <B>é🐕' },
      Fee: [{ paid: 'true', Code: null, Amount: '1' }],
      ClosedOn: null,
      New: ['1', '2'],
    });
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });

  test('the address in the WSDL cannot send us, or our password, elsewhere', async () => {
    requests = [];
    await ask({ body: envelope('<x/>') }, { basic: { username: 'clerk', password: CANARY } });
    expect(requests.map((r) => r.headers.host)).toEqual([`127.0.0.1:${port()}`]);
    expect(requests[0]!.headers.soapaction).toBe('"urn:town:permits/FindPermits"');
  });

  test('a WSDL may import from its own host and folder only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'interlocal-wsdl-'));
    const wsdl = await readFile(join(PROJECT, 'permits-soap11.wsdl'), 'utf8');
    for (const location of ['http://169.254.169.254/latest', '../../etc/passwd', 'file:///etc/passwd']) {
      await writeFile(join(folder, 'service.wsdl'), wsdl.replace('permits.xsd', location));
      const api = (await transports.soap.open(
        { endpoint: `http://127.0.0.1:${port()}/`, wsdl: 'service.wsdl' },
        { connection: 'permits', projectFolder: folder },
      )) as RequestTransport;
      expect(await failure(api.request({ operation: 'FindPermits' }))).toBeInstanceOf(ConfigError);
    }
    answer = { body: wsdl.replace('permits.xsd', 'http://169.254.169.254/latest') };
    const remote = await open({ endpoint: `http://127.0.0.1:${port()}/` });
    expect(await failure(remote.request({ operation: 'FindPermits' }))).toMatchObject({ code: 'WSDL_ELSEWHERE' });
    await rm(folder, { recursive: true });
  });
});
