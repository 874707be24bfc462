import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { certificatePage } from '../../src/cli/authoring/certify-page.ts';
import type { Certificate } from '../../src/authoring/certify/finding.ts';
import type { Engine } from '../../src/engine/run/engine.ts';
import { startChromium } from './chromium.ts';
import { type RunningServer, serve } from './http.ts';
import { chartAndTable, faintTexts, focused, structure, width } from './in-page.js';
import { answer, OUTBOUND_TOWN } from './outbound-town.ts';
import { makeTown, openAndRun } from './town.ts';

let town: ReturnType<typeof makeTown>;
let engine: Engine;
let server: RunningServer;
let browser: Browser;
const contexts: BrowserContext[] = [];
const pictures = mkdtempSync(join(tmpdir(), 'interlocal-pictures-'));

beforeAll(async () => {
  browser = await startChromium();
  town = makeTown(OUTBOUND_TOWN);
  engine = await openAndRun(town.folder);
  await answer(engine, town.folder);
  server = await serve(engine);
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await engine?.knex.destroy();
  town?.remove();
  rmSync(pictures, { recursive: true });
});

async function open(path: string, look: { width?: number; dark?: boolean } = {}): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1200, height: 900 },
    colorScheme: look.dark ? 'dark' : 'light',
  });
  contexts.push(context);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('requestfailed', (request) => complaints.push(request.url()));
  await page.goto(server.url + path);
  return { page, complaints };
}

/** Presses Tab until this has the focus; whatever is passed must show its focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(focused);
    expect(at).toMatchObject({ seen: true });
    if (at.name === name) return;
  }
  throw new Error(`The keyboard does not reach "${name}".`);
}

const PAGES = [
  '/',
  '/revenue',
  '/revenue?from=bad',
  '/rejects',
  '/reconciliation/receipts-at-bank',
  '/pipelines/clerk-receipts',
  '/pipelines/library-to-ledger',
  '/pipelines/permits-to-ledger',
  '/deliveries/1',
  '/nothing',
];

describe('by keyboard alone', () => {
  test('a person comes from the overview to the revenue of a department', async () => {
    const { page, complaints } = await open('/');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(focused)).toMatchObject({ name: 'Skip to the content', seen: true });
    expect((await page.locator('.skip').boundingBox())!.y).toBeGreaterThanOrEqual(0);
    await tabTo(page, 'Revenue');
    await Promise.all([page.waitForURL('**/revenue'), page.keyboard.press('Enter')]);
    expect(await page.locator('h1').textContent()).toBe('Revenue');
    await tabTo(page, 'Department');
    await page.keyboard.type('Lib');
    await tabTo(page, 'Show');
    await Promise.all([page.waitForURL('**/revenue?*department=Library'), page.keyboard.press('Enter')]);
    expect(await page.locator('table').first().locator('tbody th').allTextContents()).toEqual(['Library']);
    const picture = join(pictures, 'revenue.png');
    await page.screenshot({ path: picture, fullPage: true });
    expect(readFileSync(picture).length).toBeGreaterThan(20_000);
    expect(complaints).toEqual([]);
  });

  test('the skip link leads past the menu to the content', async () => {
    const { page } = await open('/');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(focused)).toMatchObject({ id: 'content' });
    await page.keyboard.press('Tab');
    expect(await page.evaluate(focused)).toMatchObject({ inContent: true });
  });
});

describe.each(PAGES)('%s', (path) => {
  test('can be read by those who listen to it', async () => {
    const { page } = await open(path);
    const found = await page.evaluate(structure);
    expect(found).toMatchObject({
      lang: 'en',
      title: expect.stringContaining('Maple Falls'),
      h1: 1,
      landmarks: [1, 1, 1, 1],
      jumpsOfHeadings: 0,
      tablesWithoutCaption: 0,
      headersWithoutScope: 0,
      rowsWithoutHeader: 0,
      raggedTables: 0,
      repeatedIds: [],
      brokenReferences: [],
      brokenAnchors: [],
      controlsWithoutLabel: 0,
      linksWithoutText: 0,
      regionsWithoutName: 0,
      picturesWithoutText: 0,
      currentPages: path === '/nothing' ? 0 : 1,
    });
  });

  test.each([{ width: 360 }, { width: 360, dark: true }, { width: 320 }, { width: 1200, dark: true }])(
    'nothing hangs out of a window %j',
    async (look) => {
      const { page } = await open(path, look);
      expect(await page.evaluate(width)).toBeLessThanOrEqual(look.width);
      await page.screenshot({ path: join(pictures, 'page.png'), fullPage: true });
    },
  );

  test('every text stands out from what is behind it, light and dark', async () => {
    for (const dark of [false, true]) {
      const { page } = await open(path, { dark });
      expect(await page.evaluate(faintTexts)).toEqual([]);
    }
  });
});

test('the chart shows what the table says: as many columns, each as high as its month', async () => {
  const { page } = await open('/');
  const found = await page.evaluate(chartAndTable);
  expect(found.heights).toHaveLength(6);
  const perUnit = found.heights[0]! / found.totals[0]!;
  for (const [i, height] of found.heights.entries())
    expect(Math.abs(height / perUnit - found.totals[i]!) / found.totals[i]!).toBeLessThan(0.02);
});

describe('a certificate, as a page to send along or to print', () => {
  const finding = { check: 'x', title: 'A check', state: 'ok' as const, detail: 'Holds.' };
  const certificate: Certificate = {
    connector: 'acme',
    version: '1.2.0',
    title: 'Acme <Ledger>',
    hash: 'ab'.repeat(32),
    signer: { key: `SHA256:${'A'.repeat(43)}`, name: 'acme' },
    half: 'offline',
    certified_at: '2026-11-24T12:00:00.000Z',
    passed: false,
    findings: [
      finding,
      { ...finding, stream: 'bills', state: 'warning', detail: 'Holds, but.', hint: 'Look.' },
      { ...finding, stream: 'bills', state: 'failed', detail: `${'x'.repeat(300)}\nsecond line`, hint: 'Fix it.' },
      { ...finding, sink: 'receipts' },
    ],
    not_applicable: [{ check: 'late', title: 'Late commits', stream: 'bills' }],
  };

  test.each([
    ['one', [certificate]],
    ['several', [certificate, { ...certificate, half: 'online' as const, connection: 'ledger', passed: true }]],
  ])('%s is readable by everybody: headings, tables, contrast, no color alone, on any screen and on paper', async (_, list) => {
    const context = await browser.newContext({ viewport: { width: 320, height: 900 } });
    contexts.push(context);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('request', (request) => void (request.url().startsWith('file:') || complaints.push(request.url())));
    const file = join(pictures, 'certificate.html');
    writeFileSync(file, certificatePage(list));
    await page.goto(`file://${file}`);
    expect(await page.evaluate(width)).toBe(320);
    expect(await page.evaluate(faintTexts)).toEqual([]);
    expect(await page.evaluate(structure)).toMatchObject({
      lang: 'en',
      h1: 1,
      jumpsOfHeadings: 0,
      tablesWithoutCaption: 0,
      headersWithoutScope: 0,
      rowsWithoutHeader: 0,
      raggedTables: 0,
      regionsWithoutName: 0,
      repeatedIds: [],
    });
    for (const text of [
      '1.2.0',
      'ab'.repeat(32),
      'acme (SHA256:',
      '2026-11-24 12:00 UTC',
      '✗ failed',
      '! remark',
      'Late commits',
      'Acme <Ledger>',
    ])
      expect(await page.textContent('main'), text).toContain(text);
    await page.emulateMedia({ media: 'print' });
    expect((await page.pdf({ format: 'Letter' })).length).toBeGreaterThan(1000);
    expect(complaints).toEqual([]);
  });
});
