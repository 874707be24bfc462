import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { streamSchema } from '../../config/schema/connector.ts';
import { openHttp } from '../../transports/http/http.ts';
import { readRequests } from './pages.ts';

interface Read {
  ids: string[];
  asked: string[];
}

/** Reads a stream from a service; `answer` is given the query of each request, and its number from 1. */
async function read(
  paginator: object,
  answer: (query: URLSearchParams, nth: number) => unknown,
  { decoder = { json: { rows: 'items' } }, key = ['id'] as unknown, rules = [] as object[] } = {},
): Promise<Read> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { searchParams, search } = new URL(request.url!, 'http://localhost');
    asked.push(search);
    const given = answer(searchParams, asked.length);
    if (given === undefined) response.writeHead(404).end('{}');
    else if (typeof given === 'string') response.writeHead(200, { 'content-type': 'text/xml' }).end(given);
    else {
      const { link, ...rest } = given as { link?: string };
      response
        .writeHead(200, { 'content-type': 'application/json', ...(link && { link: `<${link}>; rel="next"` }) })
        .end(JSON.stringify(rest));
    }
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const transport = openHttp(
    { base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    { connection: 'office', projectFolder: '.' },
  );
  const stream = streamSchema.parse({
    retriever: { request: { path: '/items', query: { p: '{{ page }}', o: '{{ offset }}', c: '{{ cursor }}' } } },
    decoder,
    paginator,
    schema: { fields: { id: {} } },
    primary_key: key,
    error_handler: { max_retries: 0, rules },
  });
  const ids: string[] = [];
  try {
    for await (const page of readRequests(stream, transport, { name: 'office', variables: {}, state: {}, now: new Date(), note: () => {} }))
      ids.push(...page.records.map((r) => String(r.values['id'])));
  } finally {
    await transport.close();
    server.closeAllConnections();
    server.close();
  }
  return { ids, asked };
}

const items = (from: number, count: number): { id: string }[] => Array.from({ length: count }, (_, i) => ({ id: String(from + i) }));
const one = (n: number): string[] => items(1, n).map(({ id }) => id);

test('pages are asked for while the answer says that there is more: a short one goes on, a full one ends', async () => {
  const sizes = [2, 3, 1, 3];
  const pages = (query: URLSearchParams) => {
    const n = Number(query.get('p'));
    const before = sizes.slice(0, n - 1).reduce((sum, size) => sum + size, 0);
    return { items: items(before + 1, sizes[n - 1]!), page: { more: n < sizes.length } };
  };
  expect(await read({ kind: 'page', size: 3, more: 'page.more' }, pages)).toMatchObject({ ids: one(9), asked: { length: 4 } });
});

test('by offset, a short page with more to come goes on after what came', async () => {
  const { ids, asked } = await read({ kind: 'offset', size: 5, more: 'hasMore' }, (query) => {
    const at = Number(query.get('o'));
    return { items: items(at + 1, Math.min(2, 5 - at)), hasMore: at + 2 < 5 ? 'Y' : 'N' };
  });
  expect(ids).toEqual(one(5));
  expect(asked.map((search) => new URLSearchParams(search).get('o'))).toEqual(['0', '2', '4']);
});

test('which values mean yes, and no, is said by the connector', async () => {
  const pages = (last: string) => (query: URLSearchParams) =>
    query.get('p') === '1' ? { items: items(1, 1), state: 'continues' } : { items: items(2, 1), state: last };
  const more = { path: 'state', yes: ['CONTINUES'] };
  expect((await read({ kind: 'page', more }, pages('whatever'))).ids).toEqual(['1', '2']);
  expect((await read({ kind: 'page', more: { ...more, no: ['end'] } }, pages('END'))).ids).toEqual(['1', '2']);
  await expect(read({ kind: 'page', more: { ...more, no: ['end'] } }, pages('whatever'))).rejects.toThrow('state is "whatever"');
});

test.each([
  ['missing', {}],
  ['null', { more: null }],
  ['empty', { more: '' }],
  ['something else', { more: 'perhaps' }],
])('an answer whose flag is %s is refused, and never taken for the last page', async (_, flag) => {
  await expect(read({ kind: 'page', size: 1, more: 'more' }, () => ({ items: items(1, 1), ...flag }))).rejects.toThrow('ANSWER_REFUSED');
});

test('the flag of an XML answer is read, in whatever encoding', async () => {
  const pages = (query: URLSearchParams): string =>
    `<?xml version="1.0"?><R><More>${query.get('p') === '1' ? 'Yes' : 'No'}</More><I><id>${query.get('p')}</id></I></R>`;
  expect((await read({ kind: 'page', more: 'More' }, pages, { decoder: { xml: { row: 'R/I' } } as never })).ids).toEqual(['1', '2']);
});

test('a cursor or link goes on while the flag says so, and its lack is refused', async () => {
  const pages = (next: string | null, more: boolean) => (query: URLSearchParams) =>
    query.get('c') === '' ? { items: items(1, 1), next: 'a', more: true } : { items: items(2, 1), next, more };
  const paginator = { kind: 'cursor', cursor: 'next', more: 'more' };
  expect((await read(paginator, pages('b', false))).ids).toEqual(['1', '2']);
  await expect(read(paginator, pages(null, true))).rejects.toThrow('it has no cursor');
});

test('a cursor that is false or null means that there is no more', async () => {
  for (const next of [false, null, ''])
    expect(
      (await read({ kind: 'cursor', cursor: 'next' }, (_, n) => ({ items: items(n, 1), next: n === 1 ? 'a' : next }))).asked,
    ).toHaveLength(2);
});

test('a service that gives the same page for every number is found out by the second', async () => {
  const same = () => ({ items: items(1, 3) });
  for (const paginator of [
    { kind: 'page', size: 3 },
    { kind: 'offset', size: 3 },
    { kind: 'page', size: 3, total: 'n' },
  ]) {
    let asked = 0;
    await expect(read(paginator, () => (asked++, { ...same(), n: 210_000 }))).rejects.toThrow('PAGES_REPEAT');
    expect(asked).toBe(2);
  }
});

test('equal records that are different ones by their key may fill pages', async () => {
  const key = { fields: ['id'], repeats: 'number' };
  const pages = (_: unknown, nth: number) => ({ items: nth < 3 ? [{ id: 'x' }, { id: 'x' }] : [] });
  expect((await read({ kind: 'page', size: 2 }, pages, { key })).ids).toEqual(['x', 'x', 'x', 'x']);
});

test('cursors and links that go round in a circle are found out', async () => {
  const next: Record<string, string> = { '': '5', 5: '10', 10: '5' };
  const circle = (query: URLSearchParams, nth: number) => ({ items: items(nth, 1), next: next[query.get('c') ?? ''] });
  await expect(read({ kind: 'cursor', cursor: 'next' }, circle)).rejects.toThrow('PAGES_REPEAT');
  const links = (query: URLSearchParams, nth: number) => ({
    items: items(nth, 1),
    link: query.get('to') === 'b' ? '/items?to=a' : '/items?to=b',
  });
  await expect(read({ kind: 'link' }, links)).rejects.toThrow('PAGES_REPEAT');
});

test('empty pages that say for ever that there is more are found out; a few of them are not', async () => {
  const empty = (until: number) => (_: unknown, nth: number) => ({ items: nth === until ? items(1, 1) : [], more: nth < until });
  expect((await read({ kind: 'page', more: 'more' }, empty(20))).ids).toEqual(['1']);
  await expect(read({ kind: 'page', more: 'more' }, empty(5000))).rejects.toThrow('100 pages in a row');
  await expect(read({ kind: 'offset', more: 'more' }, empty(20))).rejects.toThrow('it has no records');
});

/** A service that writes null for an empty list. */
const nullable = { decoder: { json: { rows: 'items', empty: ['null_list'] } } as never };

test('null in place of the list, in the middle of pages, is not taken for the end', async () => {
  const pages = (query: URLSearchParams) => {
    const n = Number(query.get('p'));
    return { items: n === 2 ? null : items(n * 10 - 9, n < 3 ? 10 : 3), n: 23, more: n < 3 };
  };
  await expect(read({ kind: 'page', size: 10 }, pages, nullable)).rejects.toThrow('Page 2 has null where the list of records should be');
  await expect(read({ kind: 'page', size: 10, total: 'n' }, pages, nullable)).rejects.toThrow('TOTAL_DIFFERS');
  await expect(read({ kind: 'page', size: 10, more: 'more' }, pages, nullable)).rejects.toThrow('ANSWER_REFUSED');
  await expect(read({ kind: 'page', size: 10 }, pages)).rejects.toThrow('JSON_ROWS_MISSING');
});

test('null in place of an empty last list is one more look at what follows, and then the end', async () => {
  const pages = (after: unknown) => (query: URLSearchParams) => {
    const n = Number(query.get('p'));
    return n === 1 ? { items: items(1, 10) } : n === 2 ? { items: null } : after;
  };
  for (const after of [{ items: null }, { items: [] }, undefined])
    expect(await read({ kind: 'page', size: 10 }, pages(after), nullable)).toMatchObject({ ids: one(10), asked: { length: 3 } });
});

test('an error that is ignored where the page before said that there is more is told', async () => {
  const rules = [{ status: [404], action: 'ignore' }];
  await expect(
    read({ kind: 'page', more: 'more' }, (_, nth) => (nth === 1 ? { items: items(1, 1), more: true } : undefined), { rules }),
  ).rejects.toThrow('Page 1 said that there is more');
});

test('a cursor that is a group or a list is refused, and never taken for the end; the text of one with attributes is it', async () => {
  for (const next of [{ a: '1' }, ['x']])
    await expect(read({ kind: 'cursor', cursor: 'next' }, () => ({ items: items(1, 1), next }))).rejects.toThrow('The next cursor');
  const pages = (query: URLSearchParams): string =>
    `<R>${query.get('c') === 'b' ? '' : '<next kind="opaque">b</next>'}<I><id>${query.get('c') === 'b' ? 2 : 1}</id></I></R>`;
  expect((await read({ kind: 'cursor', cursor: 'next' }, pages, { decoder: { xml: { row: 'R/I' } } as never })).ids).toEqual(['1', '2']);
});

test('a page that seems to be the last, and whose Link header names a next one, is not', async () => {
  const pages = (_: unknown, nth: number) => ({ items: items(nth * 2 - 1, nth < 3 ? 2 : 1), ...(nth < 3 ? { link: '/items?p=9' } : {}) });
  expect((await read({ kind: 'page', size: 200 }, pages)).ids).toEqual(one(5));
});

test('a name that is twice where the next page is said refuses the answer', async () => {
  const text = (next: string) => `{"items":[{"id":"1"}],${next}}`;
  await expect(read({ kind: 'cursor', cursor: 'next' }, () => text('"next":"a","\\u006eext":null'))).rejects.toThrow('there twice');
});
