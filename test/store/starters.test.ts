import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { migrationNames } from '../../src/store/open.ts';
import { TRY_ALL } from '../effort.ts';
import { storeUnderTest } from './stores.ts';

const WORKER = fileURLToPath(new URL('migrate-in-process.ts', import.meta.url));

const STARTERS = TRY_ALL ? 20 : 8;

test(`${STARTERS} processes that start together on an empty store bring it up to date once`, { timeout: 120_000 }, async () => {
  const fresh = await storeUnderTest.make(true);
  const said = await Promise.all(Array.from({ length: STARTERS }, () => output([fresh.url, '/'])));
  const wanted = { migrations: migrationNames(), entities: ['person'], columns: 7 };
  expect(said).toEqual(Array.from({ length: STARTERS }, () => ({ exit: 0, out: JSON.stringify(wanted) })));
  await fresh.remove();
});

async function output(args: readonly string[]): Promise<{ exit: number | null; out: string }> {
  const child = spawn(process.execPath, [WORKER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((resolve) => child.once('close', (exit) => resolve({ exit, out })));
}
