import { appendFileSync, cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderHash } from '../../src/packs/files.ts';
import { foldersIn, listPacks, SHIPPED_HASHES } from '../../src/authoring/install/list-packs.ts';
import { temporaryFolder, townWithKey } from './pack-town.ts';

const ROOT = join(import.meta.dirname, '../..');

test('connectors/packs.json has the hash of every connector that comes with Interlocal (node scripts/generate-packs.ts)', async () => {
  const hashes = Object.fromEntries(
    await Promise.all(
      (await foldersIn(join(ROOT, 'connectors'))).map(async (name) => [name, await folderHash(join(ROOT, 'connectors', name))]),
    ),
  );
  expect(JSON.parse(readFileSync(join(ROOT, SHIPPED_HASHES), 'utf8'))).toEqual(hashes);
});

test('a shipped connector that is not as it was released is told', async () => {
  const installation = temporaryFolder();
  for (const name of ['connectors/rectrac', SHIPPED_HASHES]) cpSync(join(ROOT, name), join(installation, name), { recursive: true });
  const states = async (town: string) =>
    (await listPacks(town, '2026-11-24', installation)).packs.map((p) => [p.connector, p.from, p.state]);
  const town = await townWithKey();
  expect(await states(town)).toEqual([['rectrac', 'shipped', 'intact']]);
  appendFileSync(join(installation, 'connectors/rectrac/connector.yaml'), '# changed\n');
  expect(await states(town)).toEqual([['rectrac', 'shipped', 'changed']]);
  expect(existsSync(join(town, 'connectors/packs.lock.json'))).toBe(false);
});
