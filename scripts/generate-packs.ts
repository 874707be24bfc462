import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderHash } from '../src/packs/files.ts';

/** connectors/packs.json: the hash of each shipped connector, which `interlocal packs --verify` and `init` hold it against. */
const root = join(import.meta.dirname, '../connectors');
const names = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
const hashes = await Promise.all(names.sort().map(async (name) => [name, await folderHash(join(root, name))]));
await writeFile(join(root, 'packs.json'), `${JSON.stringify(Object.fromEntries(hashes), null, 2)}\n`);
