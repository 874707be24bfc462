import { expect, test } from 'vitest';
import { problemsOf, TOWN } from './town.ts';

/** What is wrong with a connector, without its file and places. */
async function mistakes(streams: string, more = ''): Promise<string[]> {
  const text = `connector: bills\nversion: 1.0.0\ntitle: Bills\ntransport: http\n${more || 'options:\n  areas: { type: list }\n  area: {}\n'}streams:\n${streams}`;
  return (await problemsOf({ ...TOWN, 'connectors/bills/connector.yaml': text })).map((line) =>
    line.replace(/^connectors\/bills\/connector.yaml:\d+:\d+ streams\./, ''),
  );
}

const rest = '    decoder: { json: {} }\n    schema: { fields: { Account: {}, number: {}, "Full Name": {} } }\n    primary_key: [number]\n';
const accounts = `  accounts:\n    retriever: { request: { path: /accounts } }\n${rest}`;
const bills = (partition: string, request = '{ path: "/accounts/{{ partition }}/bills" }', more = ''): string =>
  `  bills:\n    retriever: { request: ${request} }\n    partition: ${partition}\n${more}${rest}`;

test('partitions in which everything is right: a list, an option, a parent with fields of its own', async () => {
  expect(await mistakes(bills('{ values: ["01", "02"], into: Account }'))).toEqual([]);
  expect(await mistakes(bills('{ option: areas }'))).toEqual([]);
  expect(
    await mistakes(
      accounts +
        bills(
          '{ stream: accounts, field: Account, into: { Account: "{{ partition }}" } }',
          '{ path: /bills, query: { who: "{{ parent.Full Name }}" } }',
        ),
    ),
  ).toEqual([]);
});

test.each([
  [
    'a parent that there is not',
    '{ stream: acounts, field: Account }',
    'bills.partition.stream: there is no stream "acounts". Did you mean accounts? [REFERENCE_UNKNOWN]',
  ],
  [
    'a field that the parent has not',
    '{ stream: accounts, field: Acount }',
    'bills.partition.field: "Acount" is not a field of the stream accounts. Did you mean Account? [REFERENCE_UNKNOWN]',
  ],
  [
    'a parent without its field',
    '{ stream: accounts }',
    'bills.partition.field: the key "field" is missing: it says which field of accounts is the partition. [KEY_MISSING]',
  ],
  [
    'itself as parent',
    '{ stream: bills, field: Account }',
    'bills.partition.stream: the stream bills cannot be its own parent. Remove partition.stream from one of them. [PARTITION_CIRCLE]',
  ],
  [
    'an option that there is not',
    '{ option: area_s }',
    'bills.partition.option: there is no option "area_s". Did you mean areas? [REFERENCE_UNKNOWN]',
  ],
  [
    'an option that is not a list',
    '{ option: area }',
    'bills.partition.option: the option area is of type text, but partitions are a list. Write type: list for it. [VALUE_INVALID]',
  ],
  [
    'a field that the schema has not',
    '{ values: ["1"], into: Acount }',
    'bills.partition.into: "Acount" is not a field in this stream\'s schema. Did you mean Account? [REFERENCE_UNKNOWN]',
  ],
  [
    'two ways at once',
    '{ values: ["1"], option: areas }',
    'bills.partition.option: has values next to it, but only one of values, option, stream may be given. [VALUE_INVALID]',
  ],
])('%s is told, and what was meant', async (_, partition, problem) => {
  expect(await mistakes(accounts + bills(partition))).toEqual([problem]);
});

test('streams that wait for each other are told as a circle, each where it begins', async () => {
  const found = await mistakes(
    bills('{ stream: accounts, field: Account }') +
      accounts
        .replace('path: /accounts', 'path: "/of/{{ partition }}"')
        .replace('    decoder', '    partition: { stream: bills, field: number }\n    decoder'),
  );
  expect(found).toEqual([
    'bills.partition.stream: the streams wait for each other: bills → accounts → bills. Remove partition.stream from one of them. [PARTITION_CIRCLE]',
    'accounts.partition.stream: the streams wait for each other: accounts → bills → accounts. Remove partition.stream from one of them. [PARTITION_CIRCLE]',
  ]);
});

test('a name that the stream does not give is told with the key that would give it', async () => {
  const stream = (query: string): string => `  bills:\n    retriever: { request: { path: /bills, query: { q: "${query}" } } }\n${rest}`;
  const found = async (query: string): Promise<string> => (await mistakes(stream(query)))[0]!;
  expect(await found('{{ partition }}')).toContain('{{ partition }} is not known here: the stream has no partition.');
  expect(await found('{{ parent.Account }}')).toContain('{{ parent.Account }} is not known here: the stream has no partition.stream.');
  expect(await found('{{ from }}')).toContain('it is where a run starts, and needs incremental.');
  expect(await found('{{ page }}')).toContain('pages need a paginator.');
  expect(await found('{{ report }}')).toContain('it comes with retriever.request.report');
  expect((await mistakes(accounts + bills('{ stream: accounts, field: Account }', '{ path: "/{{ parent.Acount }}" }')))[0]).toContain(
    '{{ parent.Acount }} is not known here: the stream accounts has no such field. Did you mean parent.Account?',
  );
});

test('partitions that the request does not ask for, and partitions of files', async () => {
  expect(await mistakes(bills('{ values: ["1", "2"] }', '{ path: /bills }'))).toEqual([
    'bills.partition: nothing in the retriever has {{ partition }}: every partition would request the same. Put {{ partition }} into the request or query. [VALUE_INVALID]',
  ]);
  const files = `  bills:\n    retriever: { files: { pattern: "*.json" } }\n    partition: { values: ["1"] }\n${rest}`;
  const folder = `connector: bills\nversion: 1.0.0\ntitle: Bills\ntransport: folder\nrate_limit: { requests: 1, per: 0s }\nstreams:\n${files}`;
  expect((await problemsOf({ ...TOWN, 'connectors/bills/connector.yaml': folder })).join('\n')).toMatch(
    /rate_limit: is for services[^]*rate_limit\.per: must be longer[^]*partition: is for requests and queries; files are read as they come/,
  );
});

test('windows want a start, a request that asks for them, and a length', async () => {
  const stream = (incremental: string, query = '{ since: "{{ from }}", until: "{{ to }}" }'): string =>
    `  bills:\n    retriever: { request: { path: /bills, query: ${query} } }\n    incremental: ${incremental}\n${rest}`;
  expect(await mistakes(stream('{ cursor: number, start: "2020-01-01", window: 30d }'))).toEqual([]);
  expect(
    (await mistakes(stream('{ cursor: number, window: 0d }', '{ since: "{{ from }}" }'))).map((line) =>
      line.replace(/^bills\.incremental\./, ''),
    ),
  ).toEqual([
    'start: the key "start" is missing: windows are counted from there. A date, or {{ options.NAME }}. [KEY_MISSING]',
    'window: must be longer than zero, such as 30d. [VALUE_INVALID]',
    'window: the request has no {{ to }}: every window would request the same. [VALUE_INVALID]',
  ]);
});

test('a report in which everything is right, and one that does not say which it is', async () => {
  const stream = (request: string): string => `  bills:\n    retriever: { request: ${request} }\n${rest}`;
  const report =
    '{ submit: { method: POST, path: /reports }, id: id, poll: { path: "/reports/{{ report }}" }, status: state, done: [READY], failed: [ERROR] }';
  expect(await mistakes(stream(`{ report: ${report}, path: "/reports/{{ report }}/file" }`))).toEqual([]);
  expect(await mistakes(stream(`{ report: ${report.replace('done:', 'link: url, done:')} }`))).toEqual([]);
  const wrong = report
    .replace('"/reports/{{ report }}"', '/reports')
    .replace('path: /reports }, id', 'path: "/{{ report }}" }, id')
    .replace('[ERROR]', '[READY]');
  expect((await mistakes(stream(`{ report: ${wrong}, path: /file }`))).map((line) => line.replace('bills.retriever.request', ''))).toEqual([
    ': nothing that fetches the report has {{ report }}: it does not say which one. Put it into path or query, or set report.link. [VALUE_INVALID]',
    expect.stringContaining('.report.submit.path: {{ report }} is not known here: it comes with'),
    '.report.poll: has no {{ report }}: it does not say which report it asks about. [VALUE_INVALID]',
    '.report.failed: has a value that is also in done. [VALUE_INVALID]',
  ]);
});

test('a body of text must say what it is written in', async () => {
  const stream = (request: string): string => `  bills:\n    retriever: { request: ${request} }\n${rest}`;
  expect(
    await mistakes(stream('{ method: POST, path: /q, body: "<q>{{ options.area }}</q>", headers: { content-type: text/xml } }')),
  ).toEqual([]);
  expect(await mistakes(stream('{ method: POST, path: /q, body: "<q>{{ options.area }}</q>" }'))).toEqual([
    'bills.retriever.request.headers: the body is text, but no header gives its type, which decides how values are escaped (XML, JSON or a form). Add headers: { Content-Type: text/xml }, or whatever it is. [KEY_MISSING]',
  ]);
  expect(
    await mistakes(
      stream('{ method: POST, path: /q, body: { q: { a: x } }, headers: { Content-Type: application/x-www-form-urlencoded } }'),
    ),
  ).toEqual([
    'bills.retriever.request.body: contains groups, but a form cannot. A form can hold texts and lists of texts. [VALUE_INVALID]',
  ]);
  expect((await mistakes(stream('{ method: POST, path: /q, body: { q: x }, headers: { Content-Type: text/xml } }')))[0]).toContain(
    'has keys, which are sent as JSON',
  );
});

test('what belongs to a SOAP message, to a time zone or to an answer with room for it is told where it does not', async () => {
  const stream = (request: string, more: string, transport = rest): string =>
    `  bills:\n    retriever: { request: ${request} }\n${more}${transport}`;
  expect(await mistakes(stream('{ path: /bills, header: { Session: x } }', ''))).toEqual([
    'bills.retriever.request.header: is the header of a SOAP message. Over HTTP it is called headers. [VALUE_INVALID]',
  ]);
  const paged = stream('{ path: "/bills/{{ page }}" }', '    paginator: { kind: page, more: meta.more }\n');
  expect(await mistakes(paged)).toEqual([
    'bills.paginator.more: is read outside the list of records, but answers of this kind contain only records. Remove it. It can be used with answers that hold more than the list of records: json with rows, xml, and SOAP. [VALUE_INVALID]',
  ]);
  expect(await mistakes(paged.replace('json: {}', 'json: { rows: bills }'))).toEqual([]);
  const zoned = (zone: string): string =>
    stream('{ path: "/bills/{{ from }}" }', `    incremental: { cursor: number, start: "2026-01-01", time_zone: "${zone}" }\n`);
  expect(await mistakes(zoned('America/New_York'))).toEqual([]);
  expect(await mistakes(zoned('{{ options.area }}'))).toEqual([]);
  expect(await mistakes(zoned('Maplewood'))).toEqual([
    'bills.incremental.time_zone: "Maplewood" is not a time zone. Use an IANA name such as America/New_York. [VALUE_INVALID]',
  ]);
  const sink = `  a: { retriever: { request: { path: /a } }, decoder: { json: {} }, schema: { fields: { id: {} } }, primary_key: [id] }\nsinks:\n  b:\n    target: { request: { path: /b, body: { a: "{{ record.id }}" } } }\n    schema: { fields: { id: {} } }\n    idempotency_key: [id]\n    acknowledgment: { read_back: { path: /b, header: { Session: x }, found: { path: id } } }\n`;
  expect((await mistakes(sink)).join()).toContain('read_back.header: is the header of a SOAP message.');
});

test('numbers in the JSON of a request may be declared, also where it is not known what transports there are', async () => {
  const sink = (more: string): string =>
    `connector: bills\nversion: 1.0.0\ntitle: Bills\ntransport: http\nstreams: {}\nsinks:\n  b:\n    target: { request: { path: /b, body: { a: "{{ record.id }}" } } }\n    json_types: true\n    schema: { fields: { id: {} } }\n    idempotency_key: [id]\n    acknowledgment: { response: { key: id } }\n${more}`;
  const ofTypes = async (text: string, known: object): Promise<string[]> =>
    (await problemsOf({ ...TOWN, 'connectors/bills/connector.yaml': text }, known)).filter((line) => line.includes('json_types'));
  for (const known of [{}, { transports: undefined }]) {
    expect(await ofTypes(sink(''), known)).toEqual([]);
    expect(await ofTypes(sink('    encoder: { csv: {} }\n'), known)).toHaveLength(1);
  }
});
