import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTown } from '../../src/cli/town.ts';
import { landing } from '../../src/store/landing/landing.ts';
import { TRY_ALL } from '../effort.ts';
import { makeTown, TOWN } from './town.ts';
import { startServe, type Served } from './serve-process.ts';

/** Lines of the report by day: many enough that making a workbook of them takes seconds. */
const RECEIPTS = TRY_ALL ? 60_000 : 30_000;

let town: ReturnType<typeof makeTown>;
let served: Served;

beforeAll(async () => {
  town = makeTown(TOWN);
  const { knex } = await openTown(town.folder);
  await landing(knex, async (_, trx) => {
    for (let i = 0; i < RECEIPTS; i += 500) {
      const rows = Array.from({ length: 500 }, (_, n) => {
        const at = i + n;
        return {
          _id: at + 1,
          _created: 1,
          _run: 1,
          _landed: 1,
          receipt_number: `R${at}`,
          received_on: `2026-0${1 + (at % 6)}-${String(1 + (at % 28)).padStart(2, '0')}`,
          department: `Department ${at % 40}`,
          account: `Account ${at}`,
          tender: 'cash',
          amount: 100 + at,
          amount_currency: 'USD',
        };
      });
      await trx('receipt').insert(rows);
    }
  });
  await knex.destroy();
  served = await startServe(town.folder, ['--no-schedule']);
}, 120_000);
afterAll(async () => {
  await served?.stop();
  town?.remove();
});

test.each(['/revenue.xlsx?period=day', '/revenue.csv?period=day', '/revenue?period=day', '/api/revenue?period=day', '/'])(
  `while somebody asks for %s of ${RECEIPTS} lines, /health goes on to be answered`,
  { timeout: 120_000 },
  async (path) => {
    const began = performance.now();
    let done = false;
    const asked = fetch(`${served.url}${path}`).then(async (response) => {
      const bytes = await response.arrayBuffer();
      done = true;
      return { status: response.status, size: bytes.byteLength, took: performance.now() - began };
    });
    const waits: number[] = [];
    while (!done) {
      const from = performance.now();
      expect((await fetch(`${served.url}/health`)).status).toBe(200);
      waits.push(performance.now() - from);
      // Answering /health takes a thread of its own: asked without a pause, it would take the time that the report needs.
      await pause(50);
    }
    const { status, size, took } = await asked;
    expect([status, size > 1000]).toEqual([200, true]);
    // Whatever the machine does besides: if the report were made where /health is answered, one wait would be nearly all of the time.
    if (took > 1000) expect(Math.max(...waits)).toBeLessThan(took / 2);
    expect(waits.length).toBeGreaterThan(took / 1000);
  },
);

test('who leaves in the middle of a download holds nothing up', { timeout: 60_000 }, async () => {
  for (let i = 0; i < 5; i++) {
    const abort = new AbortController();
    const response = await fetch(`${served.url}/revenue.xlsx?period=day`, { signal: abort.signal });
    await response.body!.getReader().read();
    abort.abort();
  }
  const { status } = await fetch(`${served.url}/rejects`);
  expect(status).toBe(200);
});
