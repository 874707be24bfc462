import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTown } from '../../src/cli/town.ts';
import { landing } from '../../src/store/landing/landing.ts';
import { TRY_ALL } from '../effort.ts';
import { makeTown, TOWN } from './town.ts';
import { startServe, type Served } from './serve-process.ts';

/** Lines of the report by day: many enough that making a workbook of them takes seconds. */
const RECEIPTS = TRY_ALL ? 60_000 : 15_000;

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
});
afterAll(async () => {
  await served?.stop();
  town?.remove();
});

test.each(['/revenue.xlsx?period=day', '/revenue.csv?period=day', '/revenue?period=day', '/api/revenue?period=day', '/'])(
  `while somebody asks for %s of ${RECEIPTS} lines, /health goes on to be answered`,
  { timeout: 300_000 },
  async (path) => {
    const before = processorTime(served.pid);
    let done = false;
    const asked = fetch(`${served.url}${path}`).then(async (response) => {
      const bytes = await response.arrayBuffer();
      done = true;
      return { status: response.status, size: bytes.byteLength };
    });
    while (!done) {
      expect((await fetch(`${served.url}/health`)).status).toBe(200);
      // Answering /health takes a thread of its own: asked without a pause, it would take the time that the report needs.
      await pause(50);
    }
    const { status, size } = await asked;
    expect([status, size > 1000]).toEqual([200, true]);
    const after = processorTime(served.pid);
    if (!before || !after) return;
    // In processor time, so that it says the same on a busy machine.
    const [all, main] = [after.all - before.all, after.main - before.main];
    if (all > HALF_A_SECOND) expect(main).toBeLessThan(all / 2);
  },
);

test('who leaves in the middle of a download holds nothing up', async () => {
  for (let i = 0; i < 5; i++) {
    const abort = new AbortController();
    const response = await fetch(`${served.url}/revenue.xlsx?period=day`, { signal: abort.signal });
    await response.body!.getReader().read();
    abort.abort();
  }
  const { status } = await fetch(`${served.url}/rejects`);
  expect(status).toBe(200);
});

/** In ticks of the system's clock. */
const HALF_A_SECOND = 50;

/**
 * What a process used so far, and what its main thread did of it, where /health is answered and pipelines run. undefined where the system
 * does not say it.
 */
function processorTime(pid: number): { all: number; main: number } | undefined {
  const [all, main] = [`/proc/${pid}/stat`, `/proc/${pid}/task/${pid}/stat`].map((path) => {
    if (!existsSync(path)) return undefined;
    // Behind the name of the program, which may hold anything: its state is the first field, user and system time the 12th and 13th.
    const fields = readFileSync(path, 'utf8').split(') ').at(-1)!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return all === undefined || main === undefined ? undefined : { all, main };
}
