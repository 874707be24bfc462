import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTown } from '../../src/cli/town.ts';
import type { Engine } from '../../src/engine/run/engine.ts';
import type { UnrecordedRun } from '../../src/engine/run/run.ts';
import { startPageWorkers } from '../../src/server/page-workers.ts';
import { createFront, createPages } from '../../src/server/server.ts';
import { makeTown, TOWN } from './town.ts';

const clean: (() => unknown)[] = [];
let server: Awaited<ReturnType<typeof started>>;
beforeAll(async () => {
  server = await started();
});
afterAll(async () => {
  for (const end of clean.reverse()) await end();
});

/** The server of `serve`, whose pages are made in threads; the runs are told to it by the test. */
async function started() {
  const town = makeTown({ ...TOWN, 'config/identity/receipt.yaml': 'parameters: receipt\nversion: 1\npopulations: {}\n' });
  clean.push(() => town.remove());
  const { project, knex } = await openTown(town.folder);
  clean.push(() => knex.destroy());
  const unrecorded = new Map<string, UnrecordedRun>();
  const log = { info: () => {}, error: () => {} };
  const pages = startPageWorkers(project, { log, configuration: { loadedAt: '2026-07-01T12:00:00Z' }, scheduled: false });
  clean.push(() => pages.stop());
  const http = createServer(createFront({ project, knex, unrecorded }, {}, pages.answer)).listen(0, '127.0.0.1');
  await once(http, 'listening');
  clean.push(() => new Promise((done) => http.close(done)));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const ask = async (path: string): Promise<string> => (await fetch(`${url}${path}`, { headers: { connection: 'close' } })).text();
  return { project, unrecorded, pages, ask };
}

interface Status {
  pipelines: { pipeline: string; unrecorded: { problems: { code: string; message: string }[] } | null }[];
}

test('a town with trained parameters of its identities has pages', async () => {
  expect(await server.ask('/')).toContain('Maple Falls');
});

test('a run that the store could not keep is told by /api/status and by the pages, as /health tells it', async () => {
  const { unrecorded, pages, ask } = server;
  const ofBank = async () =>
    (JSON.parse(await ask('/api/status')) as Status).pipelines.find((p) => p.pipeline === 'bank-deposits')!.unrecorded;
  expect(await ofBank()).toBeNull();
  const problem = { code: 'STORE_FULL', place: {}, message: 'The disk that the store is on is full.' };
  unrecorded.set('bank-deposits', { at: new Date('2026-07-01T12:00:00Z'), problems: [problem] });
  pages.tell({ unrecorded });
  await expect.poll(ofBank).toMatchObject({ at: '2026-07-01T12:00:00.000Z', problems: [{ code: 'STORE_FULL' }] });
  expect((JSON.parse(await ask('/health')) as { status: string }).status).toBe('failing');
  // More at a time than one thread answers: threads that start only now know of it, too.
  const texts = await Promise.all(Array.from({ length: 3 }, () => ask('/')));
  expect(texts.filter((text) => text.includes('not recorded in the store'))).toHaveLength(3);

  unrecorded.delete('bank-deposits');
  pages.tell({ unrecorded });
  await expect.poll(ofBank).toBeNull();
  expect(await ask('/')).not.toContain('not recorded in the store');
});

test('what the nightly look found is told by /health, also where the store could not keep it', async () => {
  const { pages, ask } = server;
  const doctor = async () => (JSON.parse(await ask('/health')) as { doctor: { at: string | null; codes: string[] } }).doctor;
  expect((await doctor()).codes).toEqual([]);
  const check = { name: 'store', state: 'wrong' as const, code: 'STORE_DAMAGED', detail: 'The store is damaged.' };
  pages.tell({ examined: { at: '2026-07-02T07:23:00.000Z', checks: [check] } });
  await expect.poll(doctor).toMatchObject({ at: '2026-07-02T07:23:00.000Z', codes: ['STORE_DAMAGED'] });
});

test('every answer that needs the store is made in a thread; what is not made there is a fixed text', async () => {
  const engine = { project: server.project } as unknown as Engine;
  const asked: string[] = [];
  const front = createFront(engine, {}, (request, response) => {
    asked.push(request.path);
    response.send('made in a thread');
  });
  // The engine has no store: what would ask it here would fail.
  const paths = [...routesOf(createPages(engine, {}))].map((path) => path.replaceAll(/:\w+/g, '1'));
  expect(paths).toEqual(
    expect.arrayContaining(['/', '/health', '/api/status', '/api/revenue', '/revenue', '/revenue.csv', '/revenue.xlsx', '/rejects']),
  );
  const http = createServer(front).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  for (const path of [...paths, '/no-such-page', '/api/no-such'])
    expect([path, await (await fetch(`${url}${path}`)).text()]).toEqual([path, 'made in a thread']);
  for (const path of ['/style.css', '/icon.svg']) expect((await fetch(`${url}${path}`)).status).toBe(200);
  expect(asked).toEqual([...paths, '/no-such-page', '/api/no-such']);
  await new Promise((done) => http.close(done));
});

/** The addresses that an app answers. */
function routesOf(app: Express): Set<string> {
  interface Layer {
    route?: { path: string };
    handle?: { stack?: Layer[] };
  }
  const paths = (layers: readonly Layer[]): string[] =>
    layers.flatMap(({ route, handle }) => [...(route ? [route.path] : []), ...paths(handle?.stack ?? [])]);
  return new Set(paths((app as unknown as { router: { stack: Layer[] } }).router.stack));
}
