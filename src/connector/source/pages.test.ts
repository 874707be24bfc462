import type { StreamState } from './stream-state.ts';
import type { Page } from './page.ts';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { streamSchema } from '../../config/schema/connector.ts';
import { openHttp } from '../../transports/http/http.ts';
import { readRequests } from './pages.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

interface Asked {
  pages: Page[];
  urls: URL[];
  notes: string[];
}

/** Reads a stream from a server that answers with these texts, page by page, the last one over and over. */
async function read(
  stream: Record<string, unknown>,
  answers: readonly (string | { status: number; text: string; date?: string })[],
  state: StreamState = {},
): Promise<Asked> {
  const asked: Asked = { pages: [], urls: [], notes: [] };
  const listener: RequestListener = (request, response) => {
    const answer = answers[Math.min(asked.urls.length, answers.length - 1)]!;
    asked.urls.push(new URL(request.url!, 'http://localhost'));
    const { status, text, date } = typeof answer === 'string' ? { status: 200, text: answer, date: undefined } : answer;
    response.sendDate = false;
    response.writeHead(status, { 'content-type': 'application/json', ...(date && { date }) }).end(text);
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const transport = openHttp(
    { base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    { connection: 'office', projectFolder: '.' },
  );
  const config = streamSchema.parse({
    retriever: {
      request: { path: '/things', query: { from: '{{ from }}', to: '{{ to }}', page: '{{ page }}', of: '{{ options.site }}' } },
    },
    decoder: { json: { rows: 'things' } },
    schema: { fields: { id: {} } },
    primary_key: ['id'],
    error_handler: { max_retries: 0 },
    ...stream,
  });
  const context = {
    name: 'office.things',
    variables: { 'options.site': 'north & south' },
    state,
    now: new Date('2026-03-01T12:00:00Z'),
    note: (text: string) => void asked.notes.push(text),
  };
  try {
    for await (const page of readRequests(config, transport, context)) asked.pages.push(page);
  } finally {
    await transport.close();
  }
  return asked;
}

const things = (...ids: string[]): string => JSON.stringify({ things: ids.map((id) => ({ id })) });

test('options and positions are put into the request as data', async () => {
  const { urls } = await read({ incremental: { cursor: 'id', start: '2020-01-01', delay: '2h', format: 'MM/DD/YYYY HH:mm' } }, [
    things('1'),
  ]);
  expect(Object.fromEntries(urls[0]!.searchParams)).toEqual({
    from: '01/01/2020 00:00',
    to: '03/01/2026 10:00',
    page: '1',
    of: 'north & south',
  });
});

test('the position that is saved is up to where was asked, not the clock of now', async () => {
  const { pages, urls } = await read({ incremental: { cursor: 'id', delay: '2h', lookback: '1d' } }, [things('1')], {
    cursor: '2026-02-10T00:00:00.000',
  });
  expect(urls[0]!.searchParams.get('from')).toBe('2026-02-09T00:00:00.000Z');
  expect(pages.at(-1)!.state).toEqual({ cursor: '2026-03-01T10:00:00.000' });
});

test('a position goes no further than the clock of the service: what changes there later is read by the next run', async () => {
  const at = (date: string, ...ids: string[]) => ({ status: 200, text: things(...ids), date });
  const incremental = { cursor: 'id', start: '2026-02-01', window: '10d' };
  // This machine says March 1, the service February 14: the window that begins on February 21 is not asked for.
  const behind = await read({ incremental }, [at('Sat, 14 Feb 2026 10:00:00 GMT', '1')]);
  expect(behind.urls.map((url) => url.searchParams.get('to'))).toEqual(['2026-02-11T00:00:00.000Z', '2026-02-21T00:00:00.000Z']);
  expect(behind.pages.at(-1)!.state).toEqual({ cursor: '2026-02-14T10:00:00.000' });
  expect(behind.notes).toEqual([expect.stringContaining("the service's clock says 2026-02-14T10:00:00.000Z")]);
  // Seconds are nothing to tell of, and no position is taken back.
  const seconds = await read({ incremental: { cursor: 'id' } }, [at('Sun, 01 Mar 2026 11:59:58 GMT', '1')]);
  expect([seconds.pages.at(-1)!.state, seconds.notes]).toEqual([{ cursor: '2026-03-01T11:59:58.000' }, []]);
  const old = await read({ incremental: { cursor: 'id' } }, [at('Thu, 01 Jan 1970 00:00:00 GMT', '1')], {
    cursor: '2026-02-10T00:00:00.000',
  });
  expect(old.pages.at(-1)!.state).toEqual({ cursor: '2026-02-10T00:00:00.000' });
});

test('after a run by a clock that was ahead everything is read again: what changed since is in no stretch that is still to come', async () => {
  const stream = { incremental: { cursor: 'id', start: '2026-01-01' } };
  const year = await read(stream, [things('1')], { cursor: '2027-03-01T00:00:00.000' });
  expect(year.urls[0]!.searchParams.get('from')).toBe('2026-01-01T00:00:00.000Z');
  expect(year.pages.at(-1)!.state).toEqual({ cursor: '2026-03-01T12:00:00.000' });
  expect(year.notes).toEqual([expect.stringMatching(/2027-03-01.* is in the future.*Everything is read again/)]);
  const seconds = await read(stream, [things('1')], { cursor: '2026-03-01T12:00:20.000' });
  expect([seconds.urls[0]!.searchParams.get('from'), seconds.notes]).toEqual(['2026-03-01T11:55:00.000Z', []]);
});

test('records are numbered through all pages, and only the last page has a position', async () => {
  const { pages } = await read({ paginator: { kind: 'page', size: 2 }, incremental: { cursor: 'id' } }, [
    things('a', 'b'),
    things('c', 'd'),
    things('e'),
  ]);
  expect(pages.map((p) => [p.records.map((r) => `${r.number}${String(r.values.id)}`), p.state !== undefined])).toEqual([
    [['1a', '2b'], false],
    [['3c', '4d'], false],
    [['5e'], true],
  ]);
});

test('numbers of JSON come as they were written', async () => {
  const { pages } = await read({}, ['{"things":[{"id":1.10,"n":12345678901234567890}]}']);
  expect(pages[0]!.records[0]!.values).toEqual({ id: '1.10', n: '12345678901234567890' });
});

describe('answers that are none', () => {
  const success = { retriever: { request: { path: '/things', success: [{ path: 'status.code', in: ['0', 'OK'] }] } } };

  test('an answer that does not say that it is one is refused, and its value shown', async () => {
    expect((await read(success, ['{"status":{"code":0},"things":[{"id":"1"}]}'])).pages[0]!.records).toHaveLength(1);
    await expect(read(success, ['{"status":{"code":7},"things":[]}'])).rejects.toThrow(
      /status\.code = "7" where "0" or "OK" means success/,
    );
    await expect(read(success, ['{"things":[]}'])).rejects.toThrow('ANSWER_REFUSED');
  });

  test.each([
    ['an object without the list', '{"error":"maintenance"}', 'JSON_ROWS_MISSING'],
    ['text', 'Service temporarily unavailable', 'JSON_MALFORMED'],
    ['nothing', '', 'ANSWER_EMPTY'],
    ['a list that was cut off', '{"things":[{"id":"1"},', 'FILE_TRUNCATED'],
  ])('%s is not an empty answer', async (_, answer, code) => {
    for (const stream of [{}, { paginator: { kind: 'page', total: 'total' } }]) await expect(read(stream, [answer])).rejects.toThrow(code);
    await expect(read(success, [answer])).rejects.toThrow(/ANSWER_REFUSED|ANSWER_EMPTY|FILE_|JSON_/);
  });

  test('a web page in place of an answer is called one, by its title, and nobody is told to have it sent again', async () => {
    const page = '<!DOCTYPE html>\n<html><head><title>Sign in to Acme</title></head></html>';
    await expect(read({}, [page])).rejects.toThrow('The answer is a web page ("Sign in to Acme") instead of the requested data.');
    for (const answer of ['Service unavailable', '{"things":[{"id":"1"},'])
      await expect(read({}, [answer])).rejects.toThrow(
        'The answer of the system is damaged or of another kind, and nothing of it was used.',
      );
  });

  test('pages beyond all measure are refused', async () => {
    const many = ['1', '2', '3', '4', '5', '6'].map((id) => things(id));
    await expect(read({ paginator: { kind: 'page', size: 1, max_pages: 5 } }, many)).rejects.toThrow('PAGES_TOO_MANY');
  });

  test('an error that the connector says to ignore is an answer without records, and noted', async () => {
    const { pages, notes } = await read({ error_handler: { max_retries: 0, rules: [{ status: [404], action: 'ignore' }] } }, [
      { status: 404, text: '{}' },
    ]);
    expect(pages.map((p) => p.records)).toEqual([[]]);
    expect(notes[0]).toContain('treated as an answer without records');
  });
});

test('a total of zero is a total', async () => {
  expect((await read({ paginator: { kind: 'page', total: 'n' } }, ['{"n":0,"things":[]}'])).pages).toHaveLength(1);
  await expect(read({ paginator: { kind: 'page', total: 'n' } }, ['{"n":"many","things":[]}'])).rejects.toThrow(
    'an unknown number of records, but gave 0, so some may be missing',
  );
});
