import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/run/engine.ts';
import { type RunningServer, serve } from './http.ts';
import { makeTown, openAndRun, TOWN } from './town.ts';

const HEAD = 'receipt_number,received_on,department,account,tender,amount,payer_name\n';
const line = (n: number, tender: string): string => `R${n},2026-06-01,Library,101-4710 Fines,${tender},12.50,Secretperson\n`;

let folder: ReturnType<typeof makeTown>;
let engine: Engine;
let server: RunningServer;
beforeAll(async () => {
  folder = makeTown({
    ...TOWN,
    // 100 equal problems, one over an amount that is a name in the wrong column, and a file name that would begin a line of its own.
    'inbox/clerk/receipts.csv': `${HEAD}${line(0, 'cash')}${Array.from({ length: 100 }, (_, i) => line(i + 1, 'coupon')).join('')}R101,2026-06-01,Library,101,coupon,Secretperson,x\n`,
  });
  engine = await openAndRun(folder.folder);
  server = await serve(engine);
});
afterAll(async () => {
  await server?.close();
  await engine?.knex.destroy();
  folder?.remove();
});

const words = (text: string): string => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

test('the page tells 100 equal problems once, with day and amount of each record, and no text from where an amount should be', async () => {
  const { text } = await server.ask('/rejects?pipeline=clerk-receipts');
  expect(text.match(/coupon&#34; is not|&#34;coupon&#34;/g)!.length).toBeLessThanOrEqual(3);
  expect(words(text)).toContain('100 records, 1,250.00 USD');
  expect(words(text)).toMatch(/No\. 100: receipts\.csv:102, key R100, 2026-06-01, 12\.50 USD/);
  expect(text).toContain('receipts.csv:103, key R101, 2026-06-01<br />');
});

test.each([
  ['/api/revenue?department=Librari', 'DEPARTMENT_UNKNOWN', 'Did you mean Library?'],
  ['/api/revenue?departement=Library', 'USAGE', 'Did you mean department?'],
  ['/api/revenue?period=monht', 'USAGE', 'Did you mean month?'],
])('%s is refused with what was meant, and not answered as if it had asked for less', async (path, code, hint) => {
  const { status, text } = await server.ask(path);
  const { error } = JSON.parse(text) as { error: { code: string; problems: { hint: string }[] } };
  expect([status, error.code, error.problems[0]!.hint]).toEqual([400, code, hint]);
});

test('the page says so too, and so does the file that was asked for', async () => {
  const page = await server.ask('/revenue?department=Librari');
  expect([page.status, words(page.text)]).toEqual([400, expect.stringContaining('Did you mean Library?')]);
  for (const ending of ['csv', 'xlsx']) {
    const file = await server.ask(`/revenue.${ending}?department=Librari`);
    expect([file.status, file.headers.location]).toEqual([303, '/revenue?department=Librari']);
  }
  expect((await server.ask('/rejects?after=x')).status).toBe(404);
});

test('a department that has revenue, but none in the time asked for, is an empty report', async () => {
  const { status, text } = await server.ask('/api/revenue?department=Library&to=2020-01-01');
  expect([status, JSON.parse(text)]).toEqual([200, { rows: [] }]);
});
