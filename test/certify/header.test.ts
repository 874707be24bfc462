import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sinkSchema, streamSchema } from '../../src/config/schema/connector.ts';
import { discoverWsdl } from '../../src/authoring/discover/wsdl.ts';
import { discoveryYaml } from '../../src/authoring/discover/yaml.ts';
import { readRequests } from '../../src/connector/source/pages.ts';
import { push } from '../../src/connector/sink/push-request.ts';
import type { Value, Values } from '../../src/core/record.ts';
import type { RequestTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { type HeaderService, startHeaderService } from './header-service.ts';
import { certified, failures, finding, packOf, README } from './packs.ts';

let service: HeaderService;
let transport: RequestTransport;
beforeAll(async () => {
  service = await startHeaderService(3);
  transport = (await transports.soap.open(
    { endpoint: service.url, wsdl: `${service.url}?wsdl` },
    { connection: 'waste', projectFolder: '.' },
  )) as RequestTransport;
});
afterAll(async () => {
  await transport.close();
  await service.close();
});
beforeEach(() => {
  service.calls.length = service.envelopes.length = 0;
  service.lasts = Infinity;
});

const HEADER = { SessionHeader: { SessionId: '{{ session }}' } };
const MANIFEST = `connector: acme-waste
version: 1.0.0
title: Acme waste
transport: soap
options:
  user: { required: true }
  password: { type: secret, required: true }
streams:
  pickups:
    retriever:
      request:
        login:
          operation: OpenSession
          body: { UserName: "{{ options.user }}", Password: "{{ options.password }}" }
          token: header.SessionHeader.SessionId
          logout: { operation: CloseSession, header: { SessionHeader: { SessionId: "{{ session }}" } } }
        operation: GetPickups
        header: { SessionHeader: { SessionId: "{{ session }}" } }
        body: { Page: "{{ page }}" }
    record_selector: { path: Pickup }
    paginator: { kind: page, size: 1 }
    error_handler: { rules: [{ fault: session expired, action: login }] }
    schema: { fields: { Id: { required: true }, Street: {} } }
    primary_key: [Id]
`;

async function read(header: object = HEADER, login: object = {}): Promise<Values[]> {
  const stream = streamSchema.parse({
    retriever: {
      request: {
        login: {
          operation: 'OpenSession',
          body: { UserName: 'town', Password: 'p' },
          token: 'header.SessionHeader.SessionId',
          logout: { operation: 'CloseSession', header: HEADER },
          ...login,
        },
        operation: 'GetPickups',
        header,
        body: { Page: '{{ page }}' },
      },
    },
    record_selector: { path: 'Pickup' },
    paginator: { kind: 'page', size: 1 },
    error_handler: { max_retries: 0, rules: [{ fault: 'session expired', action: 'login' }] },
    schema: { fields: { Id: { required: true } } },
    primary_key: ['Id'],
  });
  const records: Values[] = [];
  const context = { name: 'waste', variables: {}, state: {}, now: new Date(), note: () => {} };
  for await (const page of readRequests(stream, transport, context)) records.push(...page.records.map((r) => r.values));
  return records;
}

const refusal = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('did not fail'),
    (e: unknown) => e as Error,
  );

describe('a service that wants its session in the header of each SOAP message', () => {
  test('is given it there, in the namespace of the WSDL, escaped, as the login gave it in its own header', async () => {
    expect((await read()).map(({ Id }) => Id)).toEqual(['P1', 'P2', 'P3']);
    expect(service.calls).toEqual(['OpenSession', 'GetPickups 1', 'GetPickups 2', 'GetPickups 3', 'GetPickups 4', 'CloseSession']);
    expect(service.envelopes[1]).toMatch(
      /xmlns:n1="urn:acme:session".*<soap:Header><n1:SessionHeader><n1:SessionId>[0-9a-f-]{36}&amp;1<\/n1:SessionId><\/n1:SessionHeader><\/soap:Header><soap:Body>/,
    );
  });

  test('is logged in again when the session ends, and goes on with the new one', async () => {
    service.lasts = 2;
    expect(await read()).toHaveLength(3);
    expect(service.calls.filter((call) => call === 'OpenSession')).toHaveLength(2);
  });

  test('never has its session shown in what went wrong, however it is written there', async () => {
    service.lasts = 0;
    const error = await refusal(read());
    expect(error.message).toContain('Session expired: [session]');
    expect(error.message).not.toMatch(/[0-9a-f]{8}-/);
  });

  test('a misspelled element of the header is named before anything is asked, and so is what it must have', async () => {
    expect((await refusal(read({ SesionHeader: { SessionId: 'x' } }))).message).toContain(
      'The WSDL declares no header SesionHeader for GetPickups.',
    );
    const hint = ((await refusal(read({ SesionHeader: { SessionId: 'x' } }))) as Error & { problems: { hint: string }[] }).problems[0]!
      .hint;
    expect(hint).toContain('Did you mean SessionHeader?');
    expect((await refusal(read({ SessionHeader: { Id: 'x' } }))).message).toContain(
      'The header of GetPickups has no parameter SessionHeader.Id',
    );
    expect((await refusal(read({ 'a b': { xmlns: 'urn:x' } }))).message).toContain('cannot be the name of an element');
  });

  test('a login whose answer has the session elsewhere says what its header has', async () => {
    expect((await refusal(read(HEADER, { token: 'header.Ticket' }))).message).toContain('it has Result, header.SessionHeader.');
  });

  test('a header that the WSDL keeps to itself is written as the connector names it', async () => {
    const send = (header: Record<string, Value>) => transport.request({ operation: 'AddPickup', body: { Id: '1' }, header });
    await send({ ApiKey: 'a<b', Client: { xmlns: 'urn:"client"', Town: 'Maplewood', Tag: ['x', 'y'] } });
    expect(service.envelopes.at(-1)).toContain(
      '<soap:Header><ApiKey>a&lt;b</ApiKey><Client xmlns="urn:&quot;client&quot;"><Town>Maplewood</Town><Tag>x</Tag><Tag>y</Tag></Client></soap:Header>',
    );
  });

  test('is written to with a header too', async () => {
    const sink = sinkSchema.parse({
      target: {
        request: {
          operation: 'AddPickup',
          body: { Id: '{{ record.Id }}' },
          header: { Trace: { Key: '{{ idempotency_key }}', Of: '{{ record.Id }}' } },
        },
      },
      schema: { fields: { Id: { required: true } } },
      idempotency_key: ['Id'],
    });
    const record = { key: 'P9', values: { Id: 'P9' }, idempotencyKey: 'k'.repeat(32), operation: 'write' as const };
    const context = { name: 'waste', variables: {}, now: new Date(), note: () => {} };
    const answers = await push(transport, sink, [record as never], context as never, { date: '2026-03-02', sequence: 1 } as never);
    expect(answers).toMatchObject([{ state: 'accepted' }]);
    expect(service.envelopes.at(-1)).toContain(`<Trace><Key>${'k'.repeat(32)}</Key><Of>P9</Of></Trace>`);
  });

  test('is proposed by discover with what the WSDL says of the header', async () => {
    const yaml = discoveryYaml(await discoverWsdl(`${service.url}?wsdl`, '.'));
    expect(yaml).toContain('header: { SessionHeader: { SessionId: "{{ session }}" } }');
    expect(yaml).toContain('token: header.SessionHeader.SessionId');
    expect(yaml).toMatch(/operation: CloseSession\n +header: \{ SessionHeader: \{ SessionId: "\{\{ session \}\}" \} \}/);
  });
});

describe('a pack for it', () => {
  const envelope = (inner: string, header = ''): string =>
    `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>${header}</s:Header><s:Body>${inner}</s:Body></s:Envelope>`;
  const session = '<SessionHeader xmlns="urn:acme:session"><SessionId>secret-session-1</SessionId></SessionHeader>';
  const page = (...ids: string[]): string =>
    envelope(
      `<GetPickupsResponse xmlns="urn:acme:waste"><More>${ids.length > 0}</More>${ids.map((id) => `<Pickup><Id>${id}</Id><Street>Main</Street></Pickup>`).join('')}</GetPickupsResponse>`,
    );
  const asked = (n: string, ...ids: string[]) => ({
    request: { operation: 'GetPickups', header: { SessionHeader: { SessionId: 'secret-session-1' } }, body: { Page: n } },
    answer: { body: page(...ids) },
  });
  const said = (operation: string, header?: string) => ({
    request: { operation },
    answer: { body: envelope(`<${operation}Response xmlns="urn:acme:waste"><Result>ok</Result></${operation}Response>`, header) },
  });
  const files = (manifest = MANIFEST) => ({
    'connector.yaml': manifest,
    'README.md': README,
    'fixtures/header.wsdl': readFileSync(join(import.meta.dirname, 'header.wsdl'), 'utf8'),
    'fixtures/pickups/exchanges.json': JSON.stringify([
      said('OpenSession', session),
      asked('1', 'P1'),
      asked('2', 'P2'),
      asked('3'),
      said('CloseSession'),
    ]),
    'fixtures/pickups/records.json': JSON.stringify({ records: ['P1', 'P2'].map((Id) => ({ Id, Street: 'Main' })) }),
  });

  test('certifies, with the header compared, a session that ends, and a service that repeats the header', async () => {
    const certificate = await certified(packOf('acme-waste', files()));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'error_rules')?.state).toBe('ok');
    expect(finding(certificate, 'secrets')?.state).toBe('ok');
    expect(finding(certificate, 'last_page')).toMatchObject({ state: 'warning', detail: expect.stringContaining('would not be noticed') });
  });

  test('certifies without that remark where it goes by what the answer says of more records', async () => {
    const certificate = await certified(packOf('acme-waste', files(MANIFEST.replace('size: 1', 'size: 50, more: More'))));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'last_page')).toMatchObject({ state: 'ok', detail: expect.stringContaining('ANSWER_REFUSED') });
  });

  test('does not certify when it sends another header than was recorded', async () => {
    const wrong = MANIFEST.replace(/ +logout.*\n/, '').replace(
      '        header: { SessionHeader: { SessionId: "{{ session }}" } }',
      '        header: { SessionHeader: { SessionId: "none" } }',
    );
    expect(failures(await certified(packOf('acme-waste', files(wrong)))).join('\n')).toContain(
      'no recorded GetPickups has the header.SessionHeader.SessionId = "none"',
    );
  });

  test('does not certify when it leaves the recorded header out, whatever else is sent with the session', async () => {
    const without = MANIFEST.replace('        header: { SessionHeader: { SessionId: "{{ session }}" } }\n', '');
    expect(failures(await certified(packOf('acme-waste', files(without)))).join('\n')).toContain(
      'no recorded GetPickups has the header.SessionHeader.SessionId = null',
    );
  });

  test('is told what is misspelled: an operation by the WSDL, a path by the recorded answer', async () => {
    const failed = async (right: string, wrong: string) =>
      finding(await certified(packOf('acme-waste', files(MANIFEST.replace(right, wrong)))), 'recording');
    expect(await failed('operation: GetPickups', 'operation: GetPickup')).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('The service has no operation GetPickup. Did you mean GetPickups?') as string,
    });
    expect(await failed('path: Pickup ', 'path: Pikup ')).toMatchObject({
      state: 'failed',
      detail:
        'No record is read: record_selector.path is Pikup, and the recorded answer has no Pikup in GetPickupsResponse; it has More, Pickup.',
      hint: 'Did you mean Pickup?',
    });
  });

  test('is told where a header of SOAP does not belong', async () => {
    const http = MANIFEST.replace('transport: soap', 'transport: http').replace('operation: GetPickups', 'path: /pickups');
    expect(failures(await certified(packOf('acme-waste', files(http)))).join('\n')).toContain('Over HTTP it is called headers.');
  });
});
