import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../scripts/sample-town/servers/postgres/server.ts';
import type { InterlocalError } from '../../src/core/errors.ts';
import { storeFailure } from '../../src/store/failures.ts';
import { type Receipt, receipts } from '../engine/base-town.ts';
import { interlocal } from '../engine/cli.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../engine/town.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ durable: true });
});
afterEach(closeTowns);
afterAll(() => server.stop());

const MANY: Receipt[] = Array.from({ length: 60 }, (_, i) => ({ number: `R${i}`, amount: `${i}.10` }));
let databases = 0;

/** A town whose store is on a server that can be crashed. */
async function onServer(inbox: Receipt[] = MANY, files: Files = {}): Promise<TestTown> {
  const town = await makeTown({ 'inbox/receipts-1.csv': receipts(inbox), ...files });
  const name = `crash_${++databases}`;
  await server.createDatabase(name);
  const path = join(town.folder, 'config/interlocal.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^store: .*$/m, `store: { url: "${server.url(name)}" }`));
  await town.reopen();
  return town;
}

const codeOf = (error: unknown): string => (storeFailure(error) ?? (error as InterlocalError)).code;

test(
  'a server that crashes in the middle of a run: the run says so, and the next one ends where an undisturbed one does',
  { timeout: 240_000 },
  async () => {
    const undisturbed = await onServer();
    await undisturbed.run('receipts');
    const wanted = await undisturbed.dump();
    for (const batch of [1, 7, 20]) {
      const town = await onServer();
      let batches = 0;
      const crashing: Promise<void>[] = [];
      const run = town.run('receipts', {
        onProgress: ({ what }) => {
          if (!what.startsWith('checking') && ++batches === batch) crashing.push(server.crash());
        },
      });
      const error = await run.catch((e: unknown) => e);
      await Promise.all(crashing);
      if (error instanceof Error) expect(['STORE_CONNECTION_LOST', 'STORE_UNREACHABLE'], String(error.stack)).toContain(codeOf(error));
      else expect(error).toMatchObject({ outcome: batch === 20 ? expect.any(String) : 'failed' });
      const away = await interlocal(town.folder, ['status']).ended;
      expect(away).toMatchObject({ exit: 1, err: expect.stringMatching(/STORE_UNREACHABLE/) });
      await server.start();
      // The same process goes on, with new connections; what it has is what was committed.
      expect(await town.run('receipts')).toMatchObject({ outcome: 'succeeded' });
      expect(await town.dump()).toEqual(wanted);
    }
  },
);

test('a server that crashes in the middle of a large first load, which waits for the disk at its end only', async () => {
  const large: Receipt[] = Array.from({ length: 50_001 }, (_, i) => ({ number: `R${i}`, amount: `${i}.10` }));
  const pipeline = 'pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nbatch_size: 5000\n';
  const files = { 'pipelines/receipts.yaml': pipeline };
  const undisturbed = await onServer(large, files);
  await undisturbed.run('receipts');
  const wanted = await undisturbed.dump();
  const town = await onServer(large, files);
  let crashing: Promise<void> | undefined;
  let batches = 0;
  const run = town.run('receipts', {
    onProgress: ({ what }) => void (what === 'receipts-1.csv' && ++batches === 4 && (crashing = server.crash())),
  });
  const error = await run.catch((e: unknown) => e);
  expect(crashing).toBeDefined();
  await crashing;
  if (error instanceof Error) expect(['STORE_CONNECTION_LOST', 'STORE_UNREACHABLE'], String(error.stack)).toContain(codeOf(error));
  else expect(error).toMatchObject({ outcome: 'failed' });
  await server.start();
  // What the crash took back was not confirmed to anyone: it is loaded again.
  expect(await town.run('receipts')).toMatchObject({ outcome: 'succeeded' });
  expect(await town.dump()).toEqual(wanted);
});

test('a server that restarts between two runs of serve or a schedule is simply connected to again', { timeout: 120_000 }, async () => {
  const town = await onServer();
  expect(await town.run('receipts')).toMatchObject({ outcome: 'succeeded' });
  await server.crash();
  await server.start();
  town.write({ 'inbox/receipts-2.csv': receipts([{ number: 'new' }]) }, 60);
  // A connection that died while nobody used it is noticed and replaced.
  expect(await town.run('receipts')).toMatchObject({ outcome: 'succeeded', counts: { created: 1 } });
});
