import { createServer as createLine, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Response } from 'express';
import { afterEach, describe, expect, test } from 'vitest';
import { closeAll, office, service } from '../service.ts';
import { makeTown, type TestTown } from '../town.ts';

const lines: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const line of lines.splice(0)) await new Promise((resolve) => line.close(resolve));
  await closeAll();
});

const fields = '    schema: { fields: { id: {}, name: {} } }\n    primary_key: [id]\n';
const json = '    decoder: { json: { rows: permits } }\n';
const noRetry = '    error_handler: { max_retries: 0 }\n';
const request = '    retriever: { request: { path: /permits } }\n';
const good = '{"permits":[{"id":"1","name":"Zoë"}]}';

interface Came {
  outcome: string;
  read: number;
  codes: string[];
  said: string;
}

async function ran(town: TestTown): Promise<Came> {
  const run = await town.run('permits');
  const said = [...run.problems.map((p) => `${p.message} ${p.hint ?? ''}`), ...run.notes].join('\n');
  return { outcome: run.outcome, read: run.counts.read, codes: run.problems.map((p) => p.code), said };
}

/** Reads one answer of an HTTP service. */
async function answered(answer: (response: Response) => void, stream = request + json + noRetry): Promise<Came> {
  const { url } = await service((_, response) => answer(response));
  return ran(await makeTown(office(url, stream + fields)));
}

/** Reads what a service writes to the line, byte for byte. */
async function written(bytes: string | Buffer, stream = request + json + noRetry): Promise<Came> {
  const line = createLine((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('data', () => socket.end(bytes));
  }).listen(0, '127.0.0.1');
  lines.push(line);
  await new Promise((resolve) => line.once('listening', resolve));
  return ran(await makeTown(office(`http://127.0.0.1:${(line.address() as AddressInfo).port}`, stream + fields)));
}

describe('an answer that does not say what there is fails the run, and is never taken for no records', () => {
  test.each<[string, string, (response: Response) => void]>([
    ['null instead of the list', 'JSON_ROWS_MISSING', (r) => void r.json({ permits: null, error: 'down' })],
    ['no list', 'JSON_ROWS_MISSING', (r) => void r.json({ error: 'down' })],
    ['nothing', 'ANSWER_EMPTY', (r) => void r.status(200).end()],
    ['a part of it', 'ANSWER_INCOMPLETE', (r) => void r.status(206).set('Content-Range', 'items 0-2/5').type('json').send(good)],
    ['a part of it with status 200', 'ANSWER_INCOMPLETE', (r) => void r.set('Content-Range', 'items 0-0/5').type('json').send(good)],
    ['206 without a range', 'ANSWER_INCOMPLETE', (r) => void r.status(206).type('json').send(good)],
    ['not ready yet', 'ANSWER_INCOMPLETE', (r) => void r.status(202).json({ permits: [] })],
    ['several statuses', 'ANSWER_INCOMPLETE', (r) => void r.status(207).json({ permits: [] })],
    ['a redirect without an address', 'HTTP_302', (r) => void r.status(302).end()],
    ['not modified', 'HTTP_304', (r) => void r.status(304).end()],
    ['a web page', 'ANSWER_IS_WEB_PAGE', (r) => void r.send('<html><title>Log in</title></html>')],
    [
      'a link to a page that nobody asks for',
      'ANSWER_INCOMPLETE',
      (r) => void r.set('Link', '<?page=2>; rel=next').type('json').send(good),
    ],
  ])('%s: %s', async (_, code, answer) => {
    expect(await answered(answer)).toMatchObject({ outcome: 'failed', read: 0, codes: [code] });
  });

  test.each([
    ['row by path', 'Permits/List/Permit'],
    ['row by name alone', 'Permit'],
  ])('XML without the element that holds the rows, %s', async (_, row) => {
    const stream = `${request}    decoder: { xml: { row: ${row} } }\n${noRetry}`;
    const xml = (text: string) => answered((r) => void r.type('xml').send(text), stream);
    expect(await xml('<Permits><Error>down</Error></Permits>')).toMatchObject({ outcome: 'failed', codes: ['XML_ROW_MISSING'] });
    const none = row === 'Permit' ? '<Permits/>' : '<Permits><List/></Permits>';
    expect(await xml(none)).toMatchObject({ outcome: 'succeeded', read: 0 });
  });

  test('text of a gateway where CSV was asked for', async () => {
    const stream = `${request}    decoder: { csv: {} }\n${noRetry}`;
    expect(await answered((r) => void r.type('html').send('<h1>Down</h1>\n'), stream)).toMatchObject({ codes: ['ANSWER_IS_WEB_PAGE'] });
  });
});

describe('an answer that was cut off on the way fails the run', () => {
  const head = (more: string) => `HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n${more}\r\n\r\n`;
  const csv = `${request}    decoder: { csv: {} }\n${noRetry}`;
  const text = 'id,name\n1,a\n2,b\n';

  test('fewer bytes than Content-Length', async () => {
    expect(await written(`${head('Content-Length: 400')}${text}`, csv)).toMatchObject({ outcome: 'failed', codes: ['CONNECTION_LOST'] });
  });

  test('more bytes than Content-Length, which cut a record off', async () => {
    expect(await written(`${head('Content-Length: 12')}${text}`, csv)).toMatchObject({ outcome: 'failed', read: 0 });
  });

  test('chunks without their end', async () => {
    expect(await written(`${head('Transfer-Encoding: chunked')}10\r\n${text}\r\n`, csv)).toMatchObject({ codes: ['CONNECTION_LOST'] });
  });

  test('gzip without its end, also where the length is right', async () => {
    const packed = gzipSync(text).subarray(0, -6);
    const answer = Buffer.concat([Buffer.from(head(`Content-Encoding: gzip\r\nContent-Length: ${packed.length}`)), packed]);
    expect(await written(answer, csv)).toMatchObject({ outcome: 'failed', read: 0, codes: ['CONNECTION_LOST'] });
  });
});

describe('no records, where that is what the service says', () => {
  test('204 is an answer without records', async () => {
    expect(await answered((r) => void r.status(204).end())).toMatchObject({ outcome: 'succeeded', read: 0, codes: [] });
  });

  test('the rules of the connector judge 204 and 206 as they do any other status', async () => {
    const ruled = (status: number, action: string) =>
      answered(
        (r) => void r.status(status).end(),
        `${request}${json}    error_handler: { max_retries: 1, rules: [{ status: [${status}], action: ${action}, hint: The night batch runs. }] }\n`,
      );
    expect(await ruled(204, 'ignore')).toMatchObject({ outcome: 'succeeded', read: 0 });
    expect((await ruled(204, 'ignore')).said).toContain('says to ignore');
    expect(await ruled(204, 'fail')).toMatchObject({ outcome: 'failed', codes: ['HTTP_204'] });
    const busy = await ruled(206, 'retry');
    expect(busy.codes).toEqual(['HTTP_206']);
    expect(busy.said).toContain('Trying again');
    expect(busy.said).toContain('The night batch runs.');
  });

  test('an empty body, null and no list are none where the connector says so', async () => {
    const declared = `    retriever: { request: { path: /permits, empty_body: none, statuses: [206] } }\n    decoder: { json: { rows: permits, empty: [null_list, no_list] } }\n${noRetry}`;
    for (const body of ['', '{"permits":null}', '{"ok":true}'])
      expect(await answered((r) => void r.type('json').send(body), declared)).toMatchObject({ outcome: 'succeeded', read: 0 });
    expect(await answered((r) => void r.status(206).type('json').send(good), declared)).toMatchObject({ outcome: 'succeeded', read: 1 });
  });

  test('206 whose range is all that there is, is whole', async () => {
    expect(await answered((r) => void r.status(206).set('Content-Range', 'items 0-0/1').type('json').send(good))).toMatchObject({
      read: 1,
    });
  });

  test('a page with nothing in it ends pages that are counted, and not those of which more was promised', async () => {
    const stream = (more: string) =>
      `    retriever: { request: { path: /permits, query: { page: "{{ page }}" } } }\n${json}    paginator: { kind: page, size: 1${more} }\n`;
    const pages = async (more: string) => {
      const { url } = await service((asked, r) => {
        if (asked.query['page'] === '1') r.type('json').send(good.replace('{', '{"more":true,"n":2,'));
        else r.status(204).end();
      });
      return ran(await makeTown(office(url, stream(more) + fields)));
    };
    expect(await pages('')).toMatchObject({ outcome: 'succeeded', read: 1 });
    expect(await pages(', more: more')).toMatchObject({ outcome: 'failed', codes: ['ANSWER_REFUSED'] });
    expect(await pages(', total: n')).toMatchObject({ outcome: 'failed', codes: ['TOTAL_DIFFERS'] });
  });
});

describe('the charset of an answer', () => {
  const csv = (more = '') => `${request}    decoder: { csv: { ${more} } }\n${noRetry}`;
  const xml = `${request}    decoder: { xml: { row: R/P } }\n${noRetry}`;
  const rows = (declared: string) => `<?xml version="1.0"${declared}?><R><P><id>1</id><name>Zoë</name></P></R>`;
  const name = async (type: string, body: Buffer, stream: string): Promise<string> => {
    const { url } = await service((_, r) => void r.set('Content-Type', type).end(body));
    const town = await makeTown(office(url, stream + fields));
    const { codes, said } = await ran(town);
    return codes.length ? `${codes.join()} ${said}` : String((await town.rows('permit'))[0]!.name);
  };

  test('CSV is read in the charset that its Content-Type names, unless the connector names one', async () => {
    const latin = Buffer.from('id,name\n1,Zoë\n', 'latin1');
    expect(await name('text/csv; charset=windows-1252', latin, csv())).toBe('Zoë');
    expect(await name('text/csv; header=present; Charset="ISO-8859-1"', latin, csv())).toBe('Zoë');
    expect(await name('text/csv; charset=utf-8', latin, csv('encoding: windows-1252'))).toBe('Zoë');
    expect(await name('text/csv; charset=utf-8', latin, csv())).toContain('but its Content-Type says that the file is');
    expect(await name('text/csv; charset=windows-1252', Buffer.from('id,name\n1,Zoë\n'), csv())).toContain('FILE_ENCODING');
    expect(await name('text/csv; charset=klingon', latin, csv())).toContain('the encoding klingon, which is not known here');
  });

  test('XML: Content-Type before declaration; where they contradict each other both are named', async () => {
    expect(await name('text/xml; charset=windows-1252', Buffer.from(rows(''), 'latin1'), xml)).toBe('Zoë');
    expect(await name('application/xml', Buffer.from(rows(' encoding="iso-8859-1"'), 'latin1'), xml)).toBe('Zoë');
    expect(await name('text/xml; charset=iso-8859-1', Buffer.from(`\ufeff${rows('')}`), xml)).toBe('Zoë');
    for (const [type, declared, bytes] of [
      ['text/xml; charset=iso-8859-1', ' encoding="utf-8"', 'utf8'],
      ['text/xml; charset=utf-8', ' encoding="windows-1252"', 'latin1'],
    ] as const) {
      const said = await name(type, Buffer.from(rows(declared), bytes), xml);
      expect(said).toContain('CHARSET_CONFLICT');
      expect(said).toMatch(/charset=(iso-8859-1|utf-8) in its Content-Type and encoding="(utf-8|windows-1252)"/);
    }
    expect(await name('text/xml; charset=iso-8859-1', Buffer.from(rows('')), xml)).toContain('its bytes are UTF-8');
    const fixed = xml.replace('row: R/P', 'row: R/P, encoding: utf-8');
    expect(await name('text/xml; charset=iso-8859-1', Buffer.from(rows(' encoding="utf-8"')), fixed)).toBe('Zoë');
    const plain = rows(' encoding="utf-8"').replace('ë', 'e');
    expect(await name('text/xml; charset=iso-8859-1', Buffer.from(plain), xml)).toBe('Zoe');
  });

  test('JSON is UTF-8 whatever its Content-Type says; what is not is an error that names both', async () => {
    const stream = request + json + noRetry;
    expect(await name('application/json; charset=iso-8859-1', Buffer.from(good), stream)).toBe('Zoë');
    expect(await name('application/json; charset=iso-8859-1', Buffer.from(good, 'latin1'), stream)).toContain('charset=iso-8859-1');
    const declared = stream.replace('rows: permits', 'rows: permits, encoding: windows-1252');
    expect(await name('application/json', Buffer.from(good, 'latin1'), declared)).toBe('Zoë');
  });
});

test('a wait that cannot be read is said, and the usual pause is made', async () => {
  let asked = 0;
  const came = await answered((r) => {
    if (asked++ === 0) r.status(503).set('Retry-After', '-5').end();
    else r.type('json').send(good);
  }, `${request}${json}`);
  expect(came).toMatchObject({ outcome: 'succeeded', read: 1 });
  expect(came.said).toMatch(/"-5" \(Retry-After\), which is neither seconds nor a date.*Trying again in 0\.[2-9] s/);
});
