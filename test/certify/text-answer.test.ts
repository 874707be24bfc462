import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { streamSchema } from '../../src/config/schema/connector.ts';
import { discoverWsdl } from '../../src/authoring/discover/wsdl.ts';
import { readRequests } from '../../src/connector/source/pages.ts';
import type { Values } from '../../src/core/record.ts';
import type { RequestTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { certified, failures, packOf, README } from './packs.ts';

const WSDL = readFileSync(join(import.meta.dirname, 'text-answer.wsdl'), 'utf8');
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
});

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const envelope = (result: string): string =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetBillsResponse xmlns="urn:acme:tax">${result}</GetBillsResponse></s:Body></s:Envelope>`;
const inText = (text: string): string => envelope(`<GetBillsResult>${escaped(text)}</GetBillsResult>`);
const bills = (numbers: readonly number[], more = '<More>false</More>'): string =>
  `<?xml version="1.0" encoding="utf-16"?>\n<Bills><Code>0</Code>${more}${numbers.map((n) => `<Bill><No>00${n}</No><Name>Zoë &amp; Söhne</Name></Bill>`).join('')}</Bills>`;

/** Reads what a service answers, page by page: the service's own bodies. */
async function read(
  answers: string | string[],
  stream: Record<string, unknown> = {},
  request: Record<string, unknown> = {},
): Promise<Values[]> {
  let asked = 0;
  const list = [answers].flat();
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' }).end(list[Math.min(asked++, list.length - 1)]);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const transport = (await transports.soap.open(
    { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tax`, wsdl: 'text-answer.wsdl' },
    { connection: 'tax', projectFolder: import.meta.dirname },
  )) as RequestTransport;
  const config = streamSchema.parse({
    retriever: { request: { operation: 'GetBills', body: { Page: '{{ page }}' }, text: 'GetBillsResult', ...request } },
    decoder: { xml: { row: 'Bills/Bill' } },
    schema: { fields: { No: { required: true } } },
    primary_key: ['No'],
    error_handler: { max_retries: 0 },
    ...stream,
  });
  const records: Values[] = [];
  const context = { name: 'tax', variables: {}, state: {}, now: new Date(), note: () => {} };
  try {
    for await (const page of readRequests(config, transport, context)) records.push(...page.records.map((r) => r.values));
  } finally {
    await transport.close();
  }
  return records;
}

const ONE = [{ No: '001', Name: 'Zoë & Söhne' }];

describe('a document in a text of a SOAP answer', () => {
  test.each([
    ['escaped', inText(bills([1]))],
    ['in CDATA', envelope(`<GetBillsResult><![CDATA[${bills([1])}]]></GetBillsResult>`)],
    ['behind spaces and a byte order mark', inText(`\n  ${bills([1])}`)],
  ])('is read by the decoder: %s', async (_, answer) => {
    expect(await read(answer)).toEqual(ONE);
  });

  test('may be JSON or CSV too', async () => {
    const json = { decoder: { json: { rows: 'Bills' } } };
    expect(await read(inText('{"Bills":[{"No":"001","Name":"Zoë & Söhne"}]}'), json)).toEqual(ONE);
    expect(await read(inText('No,Name\n001,Zoë & Söhne\n'), { decoder: { csv: {} } })).toEqual(ONE);
  });

  test('says in itself whether it succeeded and whether there are more pages', async () => {
    const stream = { paginator: { kind: 'page', size: 50, more: 'GetBillsResult.More' } };
    const success = { success: [{ path: 'GetBillsResult.Code', in: ['0'] }] };
    expect(await read([inText(bills([1], '<More>true</More>')), inText(bills([2]))], stream, success)).toHaveLength(2);
    await expect(read(inText(bills([1]).replace('>0<', '>7<')), {}, success)).rejects.toThrow('ANSWER_REFUSED');
  });

  test.each([
    ['nothing', inText(''), 'ANSWER_EMPTY'],
    ['no element', envelope(''), 'ANSWER_UNREADABLE'],
    ['elements', envelope('<GetBillsResult><Bills/></GetBillsResult>'), 'ANSWER_UNREADABLE'],
    ['an error', inText('<Error>down</Error>'), 'XML_ROW_MISSING'],
    ['half of it', inText(bills([1]).slice(0, -20)), 'FILE_TRUNCATED'],
    ['a document type', inText('<!DOCTYPE Bills [<!ENTITY e "x">]><Bills/>'), 'XML_ENTITY'],
    ['words', inText('Service unavailable'), 'XML_MALFORMED'],
  ])('that is %s is an error', async (_, answer, code) => {
    await expect(read(answer)).rejects.toThrow(code);
  });

  test('that is empty means no records where the connector says so', async () => {
    expect(await read(inText(''), {}, { empty_body: 'none' })).toEqual([]);
    expect(await read(inText('<Bills/>'))).toEqual([]);
  });

  test('is proposed where an operation gives one text', async () => {
    const { notes } = await discoverWsdl('text-answer.wsdl', import.meta.dirname);
    expect(notes.join('\n')).toContain('GetBills(Page): gives one text; if that is a document, write text: GetBillsResult in the request');
  });
});

describe('a SOAP answer without records', () => {
  const plain = { text: undefined };
  const rows = (path: string, more: object = {}) => ({ decoder: undefined, record_selector: { path, ...more } });
  const bodyless = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>';

  test.each([
    ['an empty body', bodyless, 'an envelope with an empty body, but its WSDL promises GetBillsResponse'],
    ['nothing at all', '', 'an empty body, but its WSDL promises GetBillsResponse'],
    ['no result', envelope(''), 'The answer has nothing at GetBillsResult.Bill'],
    ['another element', envelope('<Error>down</Error>'), 'it has Error'],
  ])('is an error: %s', async (_, answer, words) => {
    await expect(read(answer, rows('GetBillsResult.Bill'), plain)).rejects.toThrow(words);
    await expect(read(answer, rows('GetBillsResult.Bill'), plain)).rejects.toThrow('ANSWER_EMPTY');
  });

  test('is none where the connector says what it means', async () => {
    expect(await read(bodyless, rows('GetBillsResult.Bill'), { ...plain, empty_body: 'none' })).toEqual([]);
    expect(await read('', rows('GetBillsResult.Bill'), { ...plain, empty_body: 'none' })).toEqual([]);
    expect(await read(envelope(''), rows('GetBillsResult.Bill', { empty: ['no_list'] }), plain)).toEqual([]);
    const nil = envelope('<GetBillsResult xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>');
    await expect(read(nil, rows('GetBillsResult'), plain)).rejects.toThrow('The answer has null at GetBillsResult');
    expect(await read(nil, rows('GetBillsResult', { empty: ['null_list'] }), plain)).toEqual([]);
  });
});

const MANIFEST = `connector: acme-tax
version: 1.0.0
title: Acme tax
transport: soap
streams:
  bills:
    retriever:
      request:
        operation: GetBills
        body: { Page: "{{ page }}" }
        text: GetBillsResult
        success: [{ path: GetBillsResult.Code, in: ["0"] }]
    decoder: { xml: { row: Bills/Bill } }
    paginator: { kind: page, size: 2, more: GetBillsResult.More }
    schema: { fields: { No: { required: true }, Name: {} } }
    primary_key: [No]
`;
const files = (manifest = MANIFEST) => ({
  'connector.yaml': manifest,
  'README.md': README,
  'fixtures/acme-tax.wsdl': WSDL,
  'fixtures/bills/page1.xml': inText(bills([1, 2], '<More>true</More>')),
  'fixtures/bills/page2.xml': inText(bills([3])),
  'fixtures/bills/exchanges.json': JSON.stringify(
    ['1', '2'].map((Page) => ({
      request: { operation: 'GetBills', body: { Page } },
      answer: { headers: { 'content-type': 'text/xml; charset=utf-8' }, file: `page${Page}.xml` },
    })),
  ),
  'fixtures/bills/records.json': JSON.stringify({ records: [1, 2, 3].map((n) => ({ No: `00${n}`, Name: 'Zoë & Söhne' })) }),
});

describe('a pack for such a service', () => {
  test('certifies', async () => {
    expect(failures(await certified(packOf('acme-tax', files())))).toEqual([]);
  });

  test.each([
    ['transport: soap', 'transport: http', 'is for SOAP services'],
    ['    decoder: { xml: { row: Bills/Bill } }\n', '', 'it says how the text in the answer is written'],
    ['    paginator', '    record_selector: { path: Bill }\n    paginator', 'has no effect together with request.text'],
  ])('is told what does not go together: %s', async (right, wrong, words) => {
    expect(failures(await certified(packOf('acme-tax', files(MANIFEST.replace(right, wrong))))).join('\n')).toContain(words);
  });
});
