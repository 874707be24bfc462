import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { receipts } from '../engine/base-town.ts';
import { closeTowns, makeTown } from '../engine/town.ts';
import { startPhp } from '../transports/permit-service/php-server.ts';
import { outbox } from './base-outbound.ts';
import { PASSWORD, soapLedger } from './base-soap.ts';

const folder = mkdtempSync(join(tmpdir(), 'receipt-service-'));
const BOOKS = join(folder, 'books');
let php: Awaited<ReturnType<typeof startPhp>>;
beforeAll(async () => void (php = await startPhp({ BOOKS, PASSWORD }, join(import.meta.dirname, 'receipt-service/server.php'))));
beforeEach(() => rmSync(BOOKS, { force: true }));
afterEach(closeTowns);
afterAll(async () => {
  await php.close();
  rmSync(folder, { recursive: true });
});

const books = (word: string): string[] =>
  existsSync(BOOKS)
    ? readFileSync(BOOKS, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith(`${word} `))
        .map((line) => line.slice(word.length + 1))
    : [];

test("PHP's service books each receipt once, with its lines, over a busy moment, an ended session and a refusal", async () => {
  const t = await makeTown({
    ...soapLedger(`http://127.0.0.1:${php.port}/receipts`),
    'inbox/receipts-1.csv': receipts(['1', '5', '9', '7'].map((number, i) => ({ number, amount: `${i + 1}.50` }))),
  });
  await t.run('receipts');
  const run = await t.run('to-ledger');
  expect([run.outcome, run.problems]).toEqual(['partial', []]);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '5 v1 accepted', '9 v1 rejected', '7 v1 accepted']);
  expect(books('book')).toEqual(['1 2026-01-05 1.50 CA[0610=1.50]', '5 2026-01-05 2.50 CA[0610=2.50]', '7 2026-01-05 4.50 CA[0610=4.50]']);
  // A session is good for two: the third is turned away, and asked again in a new one.
  expect(books('ask')).toEqual(['1', '5', '5', '5', '9', '7', '7']);
  expect([books('open').length, books('close').length]).toEqual([3, 1]);
  expect(String((await t.rows('il_outbox'))[2]!.problems)).toContain('Period 9 is closed');
  await t.run('to-ledger');
  expect(books('book')).toHaveLength(3);
});

test('a wrong password is told as one, and nothing is booked', async () => {
  const t = await makeTown({
    ...soapLedger(`http://127.0.0.1:${php.port}/receipts`, { password: 'wrong-Password-3' }),
    'inbox/receipts-1.csv': receipts([{ number: '1' }]),
  });
  await t.run('receipts');
  const run = await t.run('to-ledger');
  expect([run.outcome, run.problems[0]!.code, books('book')]).toEqual(['failed', 'AUTH_FAILED', []]);
});
