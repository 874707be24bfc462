import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/run/engine.ts';
import { type RunningServer, serve } from './http.ts';
import { answer, OUTBOUND_TOWN } from './outbound-town.ts';
import { labelsOf, wordsWithLabels } from '../lint/label-list.ts';
import { makeTown, openAndRun } from './town.ts';

let town: ReturnType<typeof makeTown>;
let engine: Engine;
let server: RunningServer;

beforeAll(async () => {
  town = makeTown(OUTBOUND_TOWN);
  engine = await openAndRun(town.folder);
  await answer(engine, town.folder);
  server = await serve(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.knex.destroy();
  town?.remove();
});

const words = (text: string): string =>
  text
    .replace(/<[^>]+>/gs, ' ')
    .replace(/&#(\d+);/g, (_, n: string) => String.fromCharCode(Number(n)))
    .replace(/\s+/g, ' ');
const page = async (path: string): Promise<string> => words((await server.ask(path)).text);

test('the overview tells what goes to other systems, and what of it needs review', async () => {
  const text = await page('/');
  expect(text).toMatch(/\d+ records to other systems need review/);
  expect(text).toMatch(/library-to-ledger On ! 14 not taken 0 0 entries-[-\d]+002\.json not taken, /);
  expect(text).toMatch(/permits-to-ledger Send after approval ! \d+ to approve, \d+ refused 0 0 nothing was sent yet/);
});

test('the page of an outbound pipeline has what waits, with the reason and what to do, and its deliveries with their sums', async () => {
  const text = await page('/pipelines/library-to-ledger');
  expect(text).toContain('receipt records to ledger (entries); entries.from-receipt says how fields are translated');
  expect(text).toContain('Mode On');
  expect(text).toMatch(
    /\d+ R1\d{3} ✕ not taken The other system rejected this record: No account for ···\. Correct the record in the system that it comes from/,
  );
  expect(text).toMatch(/2 entries-[-\d]+002\.json ✕ not taken .* 12 \d+\.\d\d/);
  expect(text).toMatch(/1 entries-[-\d]+001\.json ! partly taken .* 40 \d+\.\d\d/);
  expect(text).toContain('interlocal deliver list library-to-ledger');
  const review = await page('/pipelines/permits-to-ledger');
  expect(review).toMatch(/! to approve It is new and will be sent when a person approves it\./);
  expect(review).toContain('Nothing was sent yet.');
});

test('the page of a delivery has each record with its values, those of a person hidden, and the words of the remote system', async () => {
  const first = await page('/deliveries/1');
  expect(first).toMatch(/State ! partly taken Records 40 Amount \d+\.\d\d/);
  expect(first).toMatch(
    /✓ taken Number R1\d{3} Day 2026-05-\d\d Amount \d+\.\d\d Payer ··· Lines Account 101-4710 Fines Amount \d+\.\d\d For ···/,
  );
  expect(first).toContain('interlocal deliver show 1');
  const second = await server.ask('/deliveries/2');
  expect(words(second.text)).toContain('Batch refused <b>whole</b>: ··· is not a vendor');
  expect(second.text).not.toContain('<b>whole</b>');
});

test('no page and no interface shows whom the records are about', async () => {
  for (const path of ['/', '/pipelines/library-to-ledger', '/pipelines/permits-to-ledger', '/deliveries/1', '/deliveries/2', '/health'])
    expect((await server.ask(path)).text, path).not.toMatch(/Pat Example/i);
});

test('monitoring is told that somebody is needed, and of which pipeline', async () => {
  const health = JSON.parse((await server.ask('/health')).text) as { status: string; pipelines: Record<string, unknown>[] };
  expect(health.status).toBe('attention');
  expect(health.pipelines.find((p) => p.pipeline === 'library-to-ledger')).toMatchObject({ needs_attention: 14, overdue: 0 });
  const status = JSON.parse((await server.ask('/api/status')).text) as { pipelines: { pipeline: string; outbound: unknown }[] };
  expect(status.pipelines.find((p) => p.pipeline === 'library-to-ledger')!.outbound).toMatchObject({ needs_attention: { rejected: 14 } });
});

test('a delivery that there is not, or that nobody can name, is not found', async () => {
  for (const path of ['/deliveries/99', '/deliveries/abc', '/deliveries/1e3', '/deliveries/-1', '/deliveries/99999999999999999999'])
    expect((await server.ask(path)).status, path).toBe(404);
});

test('pages of what goes to other systems have labels that people know, and no words of the code', async () => {
  for (const path of ['/', '/pipelines/library-to-ledger', '/pipelines/permits-to-ledger', '/deliveries/1', '/deliveries/2']) {
    expect(wordsWithLabels(labelsOf((await server.ask(path)).text)), path).toEqual([]);
  }
});
