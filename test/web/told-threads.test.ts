import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTown } from '../../src/cli/town.ts';
import type { UnrecordedRun } from '../../src/engine/run/run.ts';
import { startPageWorkers } from '../../src/server/page-workers.ts';
import { createFront } from '../../src/server/server.ts';
import { makeTown, TOWN } from './town.ts';

const clean: (() => unknown)[] = [];
let server: Awaited<ReturnType<typeof started>>;
beforeAll(async () => {
  server = await started();
}, 60_000);
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
  return { unrecorded, pages, ask };
}

interface Status {
  pipelines: { pipeline: string; unrecorded: { problems: { code: string; message: string }[] } | null }[];
}

test('a town with trained parameters of its identities has pages', { timeout: 30_000 }, async () => {
  expect(await server.ask('/')).toContain('Maple Falls');
});

test('a run that the store could not keep is told by /api/status and by the pages, as /health tells it', { timeout: 60_000 }, async () => {
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
