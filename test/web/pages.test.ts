import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import excel from 'exceljs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/run/engine.ts';
import { runPipeline } from '../../src/engine/run/run.ts';
import { type RunningServer, serve } from './http.ts';
import { labelsOf, wordsWithLabels } from '../lint/label-list.ts';
import { letRest, makeTown, openAndRun, TOWN } from './town.ts';

let town: ReturnType<typeof makeTown>;
let engine: Engine;
let server: RunningServer;
const logged: Record<string, unknown>[] = [];

beforeAll(async () => {
  town = makeTown();
  engine = await openAndRun(town.folder);
  const log = (fields: Record<string, unknown>, message: string): void => void logged.push({ ...fields, message });
  server = await serve(engine, {
    log: { info: log, error: log },
    nextRuns: () => [{ id: 'clerk-receipts', at: new Date('2026-07-01T10:00:00Z') }],
  });
});
afterAll(async () => {
  await server.close();
  await engine.knex.destroy();
  town.remove();
});

const PAGES = [
  '/',
  '/revenue',
  '/revenue?period=day&department=Library',
  '/rejects',
  '/reconciliation/receipts-at-bank',
  '/pipelines/clerk-receipts',
  '/pipelines/receipts-at-bank',
];
const words = (text: string): string =>
  text
    .replace(/<(?:title|desc)>.*?<\/(?:title|desc)>|<[^>]+>/gs, ' ')
    .replace(/&#(\d+);/g, (_, n: string) => String.fromCharCode(Number(n)))
    .replace(/\s+/g, ' ');

describe('what a town sees', () => {
  test('the overview says in one sentence how things stand', async () => {
    const { status, text } = await server.ask('/');
    expect(status).toBe(200);
    expect(words(text)).toContain(
      'The pipelines clerk-receipts, recreation-receipts and receipts-at-bank finished, but not with all records; the other 2 pipelines succeeded; 3 records are rejected; revenue of $58,702.09 is reconciled except for $3,611.72.',
    );
    expect(words(text)).toContain('Maple Falls');
    expect(words(text)).toContain('Jul 1, 2026, 6:00 AM');
  });

  test('a pipeline is shown by its title, and its schedule in words', async () => {
    expect(words((await server.ask('/')).text)).toContain('Deposits at the bank');
    const deposits = words((await server.ask('/pipelines/bank-deposits')).text);
    expect(deposits).toContain('Deposits at the bank');
    expect(deposits).toContain('Schedule Monday to Friday at 6:30 am');
    expect(words((await server.ask('/pipelines/clerk-receipts')).text)).toContain(
      'Schedule every 15 minutes from 6 am to 8:45 pm, Monday to Friday',
    );
  });

  test('every figure of the revenue table adds up to its totals', async () => {
    const { text } = await server.ask('/');
    const table = text.slice(text.indexOf('Revenue in USD'));
    const rows = [...table.slice(0, table.indexOf('</table>')).matchAll(/<tr>\s*<th scope="row">.*?<\/tr>/gs)].map(([row]) =>
      [...row.matchAll(/<td[^>]*>([-\d,.]+)<\/td>/g)].map((cell) => Math.round(Number(cell[1]!.replaceAll(',', '')) * 100)),
    );
    expect(rows).toHaveLength(7);
    const total = rows.pop()!;
    for (const [i, sum] of total.entries()) expect(rows.reduce((s, r) => s + r[i]!, 0)).toBe(sum);
    for (const r of [...rows, total]) expect(r.slice(0, 6).reduce((s, x) => s + x, 0)).toBe(r[6]);
  });

  test('a rejected record is told by file and line, with what to do, and without the person in it', async () => {
    const { text } = await server.ask('/rejects');
    expect(words(text)).toMatch(/receipts\.csv:564\b.*June 2026 has 30 days/);
    expect(words(text)).toMatch(/receipts\.csv:565\b.*amount "2O\.00" is not an amount/);
    expect(words(text)).toContain('Have the value corrected in the system that the record comes from');
    for (const page of [...PAGES, '/api/status', '/api/revenue', '/health'])
      expect((await server.ask(page)).text).not.toMatch(/Secretperson|Pat Example/);
    expect(words((await server.ask('/rejects?pipeline=recreation-receipts')).text)).toContain('1 record could not be used');
    expect(words((await server.ask('/rejects?pipeline=bank-deposits')).text)).toContain('Nothing is rejected');
  });

  test('a reconciliation is told by month, and each department that differs with both sums', async () => {
    const text = words((await server.ask('/reconciliation/receipts-at-bank')).text);
    expect(text).toContain('34 matched, 2 left to explain');
    expect(text).toMatch(/Month 2026-03 Left to explain, in USD .* Building ! left to explain 3,382\.85 3,257\.85 -125\.00/);
    expect(text).toMatch(/Month 2026-05 .* Library ! only in receipts 228\.87 nothing -228\.87/);
  });

  test('the report can be narrowed to a department and a time', async () => {
    const text = words((await server.ask('/revenue?period=month&from=2026-05-01&to=2026-05-31&department=Library')).text);
    expect(text).toMatch(/Library USD 27 228\.87 0\.00 228\.87/);
    expect(text).not.toMatch(/Building USD/);
    const empty = words((await server.ask('/revenue?from=1999-01-01&to=1999-12-31')).text);
    expect(empty).toContain('There is no revenue in this period.');
  });

  test('a date that is not one is said in the form, not with an error page', async () => {
    const { status, text } = await server.ask('/revenue?from=2026-02-30&period=weak');
    expect(status).toBe(400);
    expect(text).toContain('role="alert"');
    expect(words(text)).toContain('From: "2026-02-30" is not a date.');
    expect(words(text)).toContain('Period: "weak" is not a period.');
  });

  test('the files hold the same figures as the page and the API', async () => {
    const query = '?period=fiscal-year&department=Library';
    const json = JSON.parse((await server.ask(`/api/revenue${query}`)).text) as { rows: { amount: string; unreconciled: string }[] };
    const csv = await server.ask(`/revenue.csv${query}`);
    expect(csv.headers['content-disposition']).toBe('attachment; filename=revenue-fiscal-year.csv');
    expect(
      csv.text
        .trim()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',')[6]),
    ).toEqual(json.rows.map((r) => r.amount));
    const xlsx = await server.ask(`/revenue.xlsx${query}`);
    const book = new excel.Workbook();
    await book.xlsx.load(new Uint8Array(xlsx.bytes).buffer as ArrayBuffer);
    expect(book.getWorksheet('Revenue')!.rowCount).toBe(json.rows.length + 1);
    expect((await server.ask('/revenue.csv?from=x')).status).toBe(303);
  });

  test('what a run brings is seen at once, though reports are kept', async () => {
    const total = async (): Promise<number> => {
      const { rows } = JSON.parse((await server.ask('/api/revenue?period=fiscal-year&department=Public%20Works')).text) as {
        rows: { amount: string }[];
      };
      return rows.reduce((sum, r) => sum + Math.round(Number(r.amount) * 100), 0);
    };
    const before = await total();
    expect(await total()).toBe(before);
    appendFileSync(
      join(town.folder, 'inbox/permits/receipts.csv'),
      'R8000,2026-06-30,"Public Works",101-4350 Street openings,card,10.01,Pat Example\n',
    );
    letRest(join(town.folder, 'inbox/permits/receipts.csv'));
    await runPipeline(engine, 'permits-receipts', { signal: new AbortController().signal });
    expect(await total()).toBe(before + 1001);
    await runPipeline(engine, 'receipts-at-bank', { signal: new AbortController().signal });
  });
});

describe('for machines', () => {
  test('health is one word, and why', async () => {
    const { status, text } = await server.ask('/health');
    expect(status).toBe(200);
    const health = JSON.parse(text) as { status: string; pipelines: { pipeline: string; outcome: string }[] };
    expect(health.status, text).toBe('attention');
    expect(health.pipelines.map((p) => [p.pipeline, p.outcome])).toContainEqual(['clerk-receipts', 'partial']);
  });

  test('status has the shape of the command line', async () => {
    const { pipelines } = JSON.parse((await server.ask('/api/status')).text) as {
      pipelines: { pipeline: string; last_run: { read: number } }[];
    };
    expect(pipelines.find((p) => p.pipeline === 'clerk-receipts')).toMatchObject({
      mode: 'live',
      open_rejects: 2,
      last_run: { outcome: 'partial', read: 564 },
    });
  });

  test('wrong questions get a reason as JSON', async () => {
    const wrong = await server.ask('/api/revenue?to=yesterday');
    expect(wrong.status).toBe(400);
    expect(JSON.parse(wrong.text)).toMatchObject({ error: { code: 'USAGE', problems: [{ place: { path: 'to' } }] } });
    expect(JSON.parse((await server.ask('/api/nothing')).text)).toEqual({ error: { code: 'NOT_FOUND', problems: [] } });
  });
});

describe('what it gives away', () => {
  test('every answer forbids scripts and frames, and none sets a cookie', async () => {
    for (const page of [...PAGES, '/nothing', '/style.css', '/revenue.csv', '/health']) {
      const { headers, text } = await server.ask(page);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['set-cookie']).toBeUndefined();
      expect(headers['x-powered-by']).toBeUndefined();
      if (page !== '/style.css' && page !== '/revenue.csv') expect(text).not.toMatch(/<script|style="|\son\w+=|https?:\/\//);
    }
  });

  test.each([
    'evil.example',
    'evil.example:8650',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'user@localhost',
    'local host',
    '10.0.0.7',
  ])('a page on the web cannot read it under the name %j', async (host) => {
    const { status, text } = await server.ask('/api/revenue', { headers: { host } });
    expect([400, 421]).toContain(status);
    expect(text).not.toContain('Library');
  });

  test.each(['127.0.0.1', 'localhost:8650', 'LOCALHOST', '[::1]:8650', 'localhost.'])('it answers to %s', async (host) => {
    expect((await server.ask('/health', { headers: { host } })).status).toBe(200);
  });

  test('a name that the town gave it is answered to', async () => {
    const named = makeTown({
      ...TOWN,
      'config/interlocal.yaml': `${TOWN['config/interlocal.yaml']}server: { names: [Interlocal.Town.Example] }\n`,
    });
    const own = await openAndRun(named.folder);
    const proxied = await serve(own);
    expect((await proxied.ask('/health', { headers: { host: 'interlocal.town.example' } })).status).toBe(200);
    expect((await proxied.ask('/health', { headers: { host: 'other.town.example' } })).status).toBe(421);
    await proxied.close();
    await own.knex.destroy();
    named.remove();
  });

  test('it can only be read from', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await server.ask('/', { method })).status).toBe(405);
    const head = await server.ask('/', { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  test.each(['/nothing', '/pipelines/nothing', '/reconciliation/clerk-receipts', '/rejects?pipeline=nothing', '/pipelines/..%2f..%2fetc'])(
    '%s is not found, with a way back',
    async (path) => {
      const { status, text } = await server.ask(path);
      expect(status).toBe(404);
      expect(text).toContain('Back to the overview');
    },
  );

  test('an address that cannot be read is not our fault', async () => {
    expect((await server.ask('/pipelines/%E0%A4%A')).status).toBe(400);
  });

  test('a fault shows a number and no stack; the log has the reason under it', async () => {
    await engine.knex.schema.renameTable('il_difference', 'il_difference_away');
    try {
      const { status, text, headers } = await server.ask('/reconciliation/receipts-at-bank');
      expect(status).toBe(500);
      expect(text).toContain(String(headers['x-request-id']));
      expect(text).not.toMatch(/Sqlite|select |node_modules|\.ts:\d/);
      const line = logged.find((l) => l.request === headers['x-request-id'] && l.message === 'a page could not be built');
      expect(String(line?.error)).toMatch(/no such table|does not exist/);
    } finally {
      await engine.knex.schema.renameTable('il_difference_away', 'il_difference');
    }
  });

  test('the stack of a fault of ours in a run is not shown on the network', async () => {
    const secret = 'Error: insert into receipt values (Secretperson)\n    at Object.<anonymous> (/opt/interlocal/src/x.ts:1:1)';
    await engine.knex('il_run').insert({
      id: 9000,
      pipeline: 'bank-deposits',
      started_at: '2026-06-30T10:00:00.000Z',
      ended_at: '2026-06-30T10:00:01.000Z',
      outcome: 'failed',
      problems: JSON.stringify([
        { code: 'INTERNAL', place: { system: 'bank-deposits', key: 'Secretperson' }, message: `A fault of Interlocal: ${secret}` },
      ]),
    });
    try {
      for (const page of ['/', '/pipelines/bank-deposits', '/api/status', '/health'])
        expect((await server.ask(page)).text).not.toMatch(/Secretperson|x\.ts/);
      expect(words((await server.ask('/pipelines/bank-deposits')).text)).toContain(
        'This is a bug in Interlocal, not in your configuration.',
      );
      expect(JSON.parse((await server.ask('/health')).text)).toMatchObject({ status: 'failing' });
    } finally {
      await engine.knex('il_run').where({ id: 9000 }).delete();
    }
  });

  test('the log has a line for each request, and nothing of what was searched for', async () => {
    const { headers } = await server.ask('/revenue?department=Secretperson');
    await expect
      .poll(() => logged.find((l) => l.request === headers['x-request-id']))
      .toMatchObject({ method: 'GET', path: '/revenue', status: 400, ms: expect.any(Number), message: 'request' });
    expect(JSON.stringify(logged.filter((l) => l.message === 'request'))).not.toContain('Secretperson');
  });
});

test('what a source wrote is shown as text, never as markup', async () => {
  const evil = '<img src=x onerror=alert(1)>';
  const files = {
    ...TOWN,
    'inbox/permits/receipts.csv': `receipt_number,received_on,department,account,tender,amount,payer_name\nR1,2026-06-01,"${evil}",=1+1,cash,5.00,x\nR2,2026-06-01,Building,a,"${evil}",5.00,x\n`,
  };
  const other = makeTown(files);
  const own = await openAndRun(other.folder);
  const ownServer = await serve(own);
  for (const page of ['/', '/revenue', '/rejects', '/reconciliation/receipts-at-bank']) {
    const { text } = await ownServer.ask(page);
    expect(text).not.toContain('<img');
    expect(text).toContain('&#60;img src=x onerror=alert(1)&#62;');
  }
  expect((await ownServer.ask('/revenue.csv')).text).toContain(",'=1+1,");
  await ownServer.close();
  await own.knex.destroy();
  other.remove();
});

test('a town without pipelines, revenue or reconciliations is shown what to do first', async () => {
  const { 'config/interlocal.yaml': config, 'config/connections.yaml': _, ...rest } = TOWN;
  const model = Object.fromEntries(Object.entries(rest).filter(([path]) => path.startsWith('config/model')));
  const empty = makeTown({ 'config/interlocal.yaml': config!, 'config/connections.yaml': 'connections: {}\n', ...model });
  const own = await openAndRun(empty.folder);
  const ownServer = await serve(own);
  const text = words((await ownServer.ask('/')).text);
  expect(text).toContain('There are no pipelines yet; nothing is rejected.');
  expect(text).toContain('No revenue has been read yet.');
  for (const page of ['/revenue', '/rejects', '/health', '/api/status', '/revenue.csv'])
    expect((await ownServer.ask(page)).status).toBe(200);
  await ownServer.close();
  await own.knex.destroy();
  empty.remove();
});

test('pages have labels that people know, and no words of the code', async () => {
  for (const path of PAGES) {
    const labels = labelsOf((await server.ask(path)).text);
    expect(labels.length, path).toBeGreaterThan(20);
    expect(wordsWithLabels(labels), path).toEqual([]);
  }
});
