import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadProject } from '../../src/config/load.ts';
import { listPacks } from '../../src/authoring/install/list-packs.ts';
import { acme, add, installed, refusal, signed, townWithKey, version, zipped } from './pack-town.ts';

const STEPS = ['staged', 'noted', 'moved', 'placed', 'settled'];
/** From here on the new version is in its place. */
const PLACED = ['placed', 'settled'];

async function killedAfter(step: string, town: string, source: string): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'add-until.ts'), town, source, step], { stdio: 'inherit' });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
}

async function versionIn(town: string): Promise<string | undefined> {
  const { project, problems } = await loadProject(town);
  expect(problems).toEqual([]);
  return project!.connectors.get('acme')?.value.version;
}

test.each(STEPS)(
  'an upgrade killed when it is %s leaves the old version or the new one, whole, and goes on when it is run again',
  async (step) => {
    const town = await townWithKey();
    const source = await zipped(signed(acme({ ...version('1.1.0'), 'docs/new.md': 'new' })));
    await add(town, await zipped(signed(acme())));
    await killedAfter(step, town, source);
    expect(await versionIn(town)).toBe(PLACED.includes(step) ? '1.1.0' : '1.0.0');
    await add(town, source);
    expect(await versionIn(town)).toBe('1.1.0');
    expect((await listPacks(town, '2026-11-24')).packs[0]).toMatchObject({ version: '1.1.0', state: 'intact' });
    expect(await installed(town)).toEqual([
      'acme/connector.yaml',
      'acme/docs/new.md',
      'acme/fixtures/receipts/receipts-1.csv',
      'acme/fixtures/receipts/records.json',
      'acme/signature.json',
      'packs.lock.json',
    ]);
  },
);

test.each(STEPS)('a first installation killed when it is %s leaves it installed or not, and nothing seems changed', async (step) => {
  const town = await townWithKey();
  const source = await zipped(signed(acme()));
  await killedAfter(step, town, source);
  const there = PLACED.includes(step);
  expect(await versionIn(town)).toBe(there ? '1.0.0' : undefined);
  const listed = (await listPacks(town, '2026-11-24')).packs.find((p) => p.connector === 'acme');
  expect(listed?.state).toBe(there ? 'intact' : undefined);
  await add(town, source);
  expect(await versionIn(town)).toBe('1.0.0');
});

test('an upgrade that was killed while the folder was moved is not taken for one that is gone', async () => {
  const town = await townWithKey();
  await add(town, await zipped(signed(acme())));
  await killedAfter('moved', town, await zipped(signed(acme(version('1.1.0')))));
  expect((await listPacks(town, '2026-11-24')).packs[0]).toMatchObject({ version: '1.0.0', state: 'intact' });
});

test('two at once do not get into each other: the second is told who works there', async () => {
  const town = await townWithKey();
  const source = await zipped(signed(acme()));
  writeFileSync(join(town, 'connectors/.adding'), `${process.pid} ${hostname()}\n`);
  expect(await refusal(town, source)).toEqual(['PACK_BUSY']);
  writeFileSync(join(town, 'connectors/.adding'), `999999999 ${hostname()}\n`);
  expect(await refusal(town, source)).toEqual([]);
});
