import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { dumpStore } from '../../scripts/kill-test/dump.ts';
import { openTown } from '../../src/cli/town.ts';
import { townCommand } from '../cli/command-line.ts';
import { peopleFile, receipts } from '../engine/base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { newDatabase } from '../store/stores.ts';

afterEach(closeTowns);

/** What a person gets to see of a town. */
async function seen(folder: string): Promise<unknown[]> {
  const said: unknown[] = [];
  for (const args of [
    ['explain', 'receipt', 'A1'],
    ['rejects', 'list'],
    ['audit', '--verify'],
  ])
    said.push(JSON.parse((await townCommand(folder, [...args, '--json'])).out));
  return said;
}

function setStore(town: TestTown, url: string): void {
  const path = join(town.folder, 'config/interlocal.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^store: .*$/m, `store: { url: "${url}" }`));
}

async function filledTown(): Promise<TestTown> {
  const town = await makeTown({
    'inbox/receipts-1.csv': receipts([
      { number: 'A1', note: 'tab\\t "quoted" ü \u{1f600}' },
      { number: 'A2', amount: 'much' },
      { number: 'a1' },
    ]),
    'inbox/clerk-1.csv': peopleFile([['1', 'ann@x', 'Ann', '', '2026-01-01']]),
    'inbox/pool-1.csv': peopleFile([['7', 'ann@x', 'Ann B', '5', '2026-02-01']]),
  });
  for (const pipeline of ['receipts', 'clerk', 'pool']) await town.run(pipeline);
  return town;
}

test('a town moves from the server to a file and back, and everything it can tell stays the same', async () => {
  const town = await filledTown();
  const [before, dump] = [await seen(town.folder), await town.dump()];
  const back = await newDatabase(true);
  try {
    for (const to of ['sqlite:data/moved.db', back.url]) {
      const { exit, out, err } = await townCommand(town.folder, ['store', 'copy', '--to', to, '--json']);
      expect({ exit, err }).toEqual({ exit: 0, err: '' });
      const { tables } = JSON.parse(out) as { tables: { table: string; rows: number; sha256: string }[] };
      expect(tables.find(({ table }) => table === 'receipt')).toMatchObject({ rows: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
      setStore(town, to);
      expect(await seen(town.folder)).toEqual(before);
      const { knex, project } = await openTown(town.folder);
      const model = [...project.entities.values()].map(({ value }) => value);
      const moved = await dumpStore(knex, model);
      await knex.destroy();
      expect(moved.filter((line) => !/^(?:integrity|index) /.test(line))).toEqual(
        dump.filter((line) => !/^(?:integrity|index) /.test(line)),
      );
    }
    // It resumes where it stopped: nothing is read twice, and numbers go on.
    await town.reopen();
    town.write({ 'inbox/receipts-2.csv': receipts([{ number: 'A3' }]) }, 60);
    expect(await town.run('receipts')).toMatchObject({ counts: { created: 1, changed: 0 } });
  } finally {
    await town.engine.knex.destroy();
    await back.drop();
  }
});

test('what is in use, or not empty, is not copied', async () => {
  const town = await filledTown();
  const full = await townCommand(town.folder, ['store', 'copy', '--to', 'sqlite:data/moved.db']);
  expect(full).toMatchObject({ exit: 0, out: expect.stringMatching(/both stores hold the same rows/) });
  const again = await townCommand(town.folder, ['store', 'copy', '--to', 'sqlite:data/moved.db']);
  expect(again).toMatchObject({ exit: 2, err: expect.stringMatching(/STORE_NOT_EMPTY/) });
  const { takeLock } = await import('../../src/store/locks.ts');
  const lock = await takeLock(town.engine.knex, 'pipeline:receipts');
  const busy = await townCommand(town.folder, ['store', 'copy', '--to', 'sqlite:data/other.db']);
  expect(busy).toMatchObject({ exit: 2, err: expect.stringMatching(/in use by: pipeline:receipts.*STORE_IN_USE/) });
  if ('release' in lock) await lock.release();
});

test('a password comes by reference, in the configuration and in the command', async () => {
  const town = await makeTown();
  const inCommand = await townCommand(town.folder, ['store', 'copy', '--to', 'postgres://u:canary-pw@127.0.0.1:1/db']);
  expect(inCommand).toMatchObject({ exit: 2, err: expect.stringMatching(/SECRET_LITERAL/) });
  expect(inCommand.err).not.toContain('canary-pw');
  setStore(town, 'postgres://u:canary-pw@127.0.0.1:1/db');
  const inFile = await townCommand(town.folder, ['status']);
  expect(inFile).toMatchObject({ exit: 2, err: expect.stringMatching(/interlocal.yaml:\d+:\d+ store.url: .*SECRET_LITERAL/) });
  expect(inFile.err).not.toContain('canary-pw');
  town.write({ 'secrets/store': 'canary-pw\n' });
  const path = join(town.folder, 'config/interlocal.yaml');
  const yaml = readFileSync(path, 'utf8').replace(
    /^store: .*$/m,
    'store: { url: "postgres://u@127.0.0.1:1/db", password: "${file:secrets/store}" }',
  );
  writeFileSync(path, yaml);
  const away = await townCommand(town.folder, ['status']);
  expect(away).toMatchObject({ exit: 1, err: expect.stringMatching(/STORE_UNREACHABLE/) });
  expect(away.err + away.out).not.toContain('canary-pw');
});
