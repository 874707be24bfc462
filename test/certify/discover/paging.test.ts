import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discoverConnection } from '../../../src/authoring/discover/service.ts';
import { openProject } from '../../../src/config/load.ts';
import { discoveryYaml } from '../../../src/authoring/discover/yaml.ts';
import { readRequests } from '../../../src/connector/source/pages.ts';
import { knownTransports, transports } from '../../../src/transports/transports.ts';
import type { RequestTransport } from '../../../src/transports/transport.ts';
import { temporaryFolder, write } from '../packs.ts';

const PERMITS = Array.from({ length: 45 }, (_, i) => ({ permit_no: `P-${i}`, fee: `${i}.00` }));
let server: Server;
let url: string;
beforeAll(async () => {
  const app = express();
  const page = (n: unknown, size = 20): typeof PERMITS => PERMITS.slice((Number(n ?? 1) - 1) * size, Number(n ?? 1) * size);
  app.get(
    '/total',
    (q, r) => void r.json({ meta: { total_count: 45, limit: 20 }, results: page(q.query['page'], Number(q.query['limit'] ?? 20)) }),
  );
  app.get(
    '/offset',
    (q, r) => void r.json({ count: 45, results: PERMITS.slice(Number(q.query['skip'] ?? 0), Number(q.query['skip'] ?? 0) + 20) }),
  );
  app.get('/cursor', (q, r) => {
    const from = Number(q.query['after'] ?? 0);
    r.json({ items: PERMITS.slice(from, from + 20), next_cursor: from + 20 < 45 ? String(from + 20) : null });
  });
  app.get('/address', (q, r) => {
    const n = Number(q.query['pg'] ?? 1);
    r.json({ data: page(n), next: n < 3 ? `/address?pg=${n + 1}` : null });
  });
  app.get('/link', (q, r) => {
    const n = Number(q.query['page'] ?? 1);
    if (n < 3) r.setHeader('link', `<${url}/link?page=${n + 1}>; rel="next"`);
    r.json(page(n));
  });
  app.get('/secretive', (_, r) => void r.json({ total: 45, results: page(1) }));
  app.get('/more', (q, r) => {
    const n = Number(q.query['page'] ?? 1);
    r.json({ results: page(n), has_more: n < 3 });
  });
  app.get('/busy', (_, r) => void r.status(429).set('Retry-After', '86400').json({}));
  app.get('/login', (_, r) => void r.type('html').send('<!doctype html><html><head><title>Sign in</title></head></html>'));
  app.get('/whole', (_, r) => void r.json({ total: 45, results: PERMITS }));
  server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((closed) => server.close(closed)));

/** What is proposed for a path, pasted into a manifest that must be valid, and how many records reading by it gives. */
async function proposed(path: string) {
  const town = temporaryFolder();
  const head = 'connector: permits\nversion: 1.0.0\ntitle: Permits\ntransport: http\n';
  write(town, {
    'config/interlocal.yaml': 'town: { name: T, time_zone: UTC, currency: USD }\npacks: false\n',
    'config/connections.yaml': `connections:\n  p: { connector: permits, options: { base_url: '${url}' } }\n`,
    'connectors/permits/connector.yaml': `${head}streams: {}\n`,
  });
  const options = { transports: await knownTransports() };
  const look = { path, tables: undefined, signal: new AbortController().signal };
  const discovery = await discoverConnection(await openProject(town, options), 'p', look);
  write(town, { 'connectors/permits/connector.yaml': head + discoveryYaml(discovery) });
  const [stream] = Object.values((await openProject(town, options)).connectors.get('permits')!.value.streams);
  const transport = (await transports.http.open({ base_url: url }, { connection: 'p', projectFolder: town })) as RequestTransport;
  let read = 0;
  for await (const { records } of readRequests(stream!, transport, {
    name: 'p',
    variables: {},
    state: {},
    now: new Date(),
    note: () => {},
  }))
    read += records.length;
  await transport.close();
  return {
    query: stream!.retriever.request!.query,
    paginator: discovery.streams[0]!.paginator,
    evidence: discovery.streams[0]!.evidence.join('\n'),
    read,
  };
}

describe('how an interface pages is found out by asking, and what is proposed reads everything', () => {
  test.each([
    ['/total', { page: '{{ page }}', limit: '{{ size }}' }, { kind: 'page', size: 20, total: 'meta.total_count' }],
    ['/offset', { skip: '{{ offset }}' }, { kind: 'offset', size: 20, total: 'count' }],
    ['/cursor', { after: '{{ cursor }}' }, { kind: 'cursor', cursor: 'next_cursor' }],
    ['/address', { pg: '{{ page }}' }, { kind: 'page', size: 20 }],
    ['/link', undefined, { kind: 'link' }],
  ])('%s', async (path, query, paginator) => {
    expect(await proposed(path)).toMatchObject({ ...(query ? { query } : {}), paginator, read: 45 });
  });

  test('nothing is proposed that was not seen to work', async () => {
    const { paginator, evidence } = await proposed('/secretive');
    expect(paginator).toBe(undefined);
    expect(evidence).toContain('total is 45, and this answer has 20; none of the usual parameters asks for more');
  });

  test('what comes whole needs no pages', async () => {
    expect(await proposed('/whole')).toMatchObject({ paginator: undefined, read: 45 });
  });
});

test('a paginator whose request never says which page is an error, not the first page for ever', async () => {
  const town = temporaryFolder();
  write(town, {
    'config/interlocal.yaml': 'town: { name: T, time_zone: UTC, currency: USD }\npacks: false\n',
    'connectors/permits/connector.yaml': `connector: permits
version: 1.0.0
title: Permits
transport: http
streams:
  permits:
    retriever: { request: { path: /permits } }
    decoder: { json: {} }
    paginator: { kind: page }
    schema: { fields: { id: {} } }
    primary_key: [id]
`,
  });
  await expect(openProject(town)).rejects.toThrow(
    /paginator\.kind.*the first one would be read over and over\. Put \{\{ page \}\} into its query\./,
  );
});

test('a flag that says whether there are more is taken for what it is', async () => {
  expect(await proposed('/more')).toMatchObject({ paginator: { kind: 'page', more: 'has_more' }, read: 45 });
});

test('a service that is busy, and a page to log in, are told as what they are', async () => {
  await expect(proposed('/busy')).rejects.toThrow('discover does not retry: run it again later.');
  await expect(proposed('/login')).rejects.toThrow('The answer is a web page ("Sign in")');
});
