import { existsSync, realpathSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectorFolders } from '../../config/find-files.ts';
import { readYaml } from '../../config/yaml/document.ts';
import { folderHash, readPackFolder } from '../../packs/files.ts';
import { LOCK_FILE, type LockEntry, notedPack, readLock } from '../../packs/lock.ts';
import { checkSignature, type Signer, type TrustedKey } from '../../packs/signature.ts';
import type { Problem } from '../../core/errors.ts';
import { changedFiles } from './add-pack.ts';
import { readTrustedKeys } from './trusted-keys.ts';

/** One connector that a town can use. */
export interface ListedPack {
  connector: string;
  /** '' where its manifest cannot be read. */
  version: string;
  /** installed: by `interlocal add`; shipped: comes with Interlocal; own: written or copied here. */
  from: 'installed' | 'shipped' | 'own';
  /** intact: as it was installed or released. own ones have nothing to be held against: null. */
  state: 'intact' | 'changed' | 'gone' | null;
  hash: string;
  signer: Signer | null;
  certified: boolean | null;
  source: string | null;
  installed_at: string | null;
  /** Files that are not as they were installed. */
  changed: string[];
}

/** Hashes of the connectors that come with Interlocal, as they were released: connectors/packs.json. */
export const SHIPPED_HASHES = 'connectors/packs.json';
const INSTALLATION = fileURLToPath(new URL('../../../', import.meta.url));

/** Every connector of a town: its own, those installed, and those shipped that it has none of the same name of. */
export async function listPacks(
  town: string,
  today: string,
  installation = INSTALLATION,
): Promise<{ packs: ListedPack[]; problems: Problem[] }> {
  const packs: ListedPack[] = [];
  const { keys, problems } = await readTrustedKeys(town);
  const lock = await readLock(town);
  if (!same(town, installation)) {
    for (const [connector, folder] of await connectorFolders(town))
      packs.push(await ownPack(join(town, 'connectors', folder), connector, lock.packs[connector], keys, today));
    for (const [connector, noted] of Object.entries(lock.packs))
      if (noted.now && !packs.some((p) => p.connector === connector))
        packs.push({ ...noted.now, connector, from: 'installed', state: 'gone', changed: [] });
  }
  const released = await shippedHashes(installation);
  for (const connector of await foldersIn(join(installation, 'connectors')))
    if (!packs.some((p) => p.connector === connector)) packs.push(await shippedPack(installation, connector, released));
  return { packs: packs.sort((a, b) => (a.connector < b.connector ? -1 : 1)), problems };
}

/** What a person should know of installed packs and trusted keys; nothing that stops anything. */
export async function packRemarks(town: string, today: string): Promise<Problem[]> {
  if (!existsSync(join(town, LOCK_FILE)) && !existsSync(join(town, 'config/trusted-keys'))) return [];
  const { packs, problems } = await listPacks(town, today);
  return [...problems, ...packs.flatMap((pack) => (pack.from === 'installed' ? remark(pack) : []))];
}

export function remark({ connector, version, state, changed, from }: ListedPack): Problem[] {
  const file = `connectors/${connector}`;
  if (state === 'changed')
    return [
      {
        code: 'PACK_CHANGED',
        place: { file },
        message: `${connector} ${version} is not as it was ${from === 'shipped' ? 'released' : 'installed'}${changed.length ? `: ${changed.join(', ')}` : ''}.`,
        hint:
          from === 'shipped'
            ? "Reinstall Interlocal. Put your own changes into a copy in the town's connectors/."
            : 'If nobody here did that on purpose, add the pack again with --replace.',
      },
    ];
  if (state !== 'gone') return [];
  return [
    {
      code: 'PACK_GONE',
      place: { file },
      message: `The pack ${connector} ${version} was installed in ${file}, but that folder is gone.`,
      hint: `If it is still needed, install it again: interlocal add FILE. If not, remove its entry from ${LOCK_FILE}.`,
    },
  ];
}

async function ownPack(
  folder: string,
  connector: string,
  entry: LockEntry | undefined,
  keys: readonly TrustedKey[],
  today: string,
): Promise<ListedPack> {
  const hash = await folderHash(folder);
  const noted = notedPack(entry, hash);
  const { files } = await readPackFolder(folder);
  const version = versionOf(files.get('connector.yaml'));
  const { signer, problems } = checkSignature({ connector, version, files }, keys, today);
  if (!noted)
    return {
      connector,
      version,
      from: 'own',
      state: null,
      hash,
      signer: signer ?? null,
      certified: null,
      source: null,
      installed_at: null,
      changed: [],
    };
  const changed = noted.hash === hash ? [] : await changedFiles(folder, noted);
  // That a signature ran out since says nothing against what was installed while it was valid.
  const bad =
    problems.some((p) => p.code !== 'PACK_EXPIRED') || (noted.signer !== null && problems.length === 0 && signer?.key !== noted.signer.key);
  if (bad && changed.length === 0) changed.push('signature.json');
  return {
    connector,
    version,
    from: 'installed',
    state: changed.length ? 'changed' : 'intact',
    hash,
    // Whether the key is trusted is asked today, not when it was installed.
    signer:
      signer ?? (noted.signer && { key: noted.signer.key, name: keys.find((k) => k.fingerprint === noted.signer!.key)?.name ?? null }),
    certified: noted.certified,
    source: noted.source,
    installed_at: noted.installed_at,
    changed,
  };
}

async function shippedPack(installation: string, connector: string, released: ReadonlyMap<string, string>): Promise<ListedPack> {
  const folder = join(installation, 'connectors', connector);
  const hash = await folderHash(folder);
  const { files } = await readPackFolder(folder);
  return {
    connector,
    version: versionOf(files.get('connector.yaml')),
    from: 'shipped',
    state: released.get(connector) === hash ? 'intact' : 'changed',
    hash,
    signer: null,
    certified: null,
    source: null,
    installed_at: null,
    changed: [],
  };
}

/** Connector → hash, as scripts/generate-packs.ts wrote it. */
async function shippedHashes(installation: string): Promise<Map<string, string>> {
  const text = await readFile(join(installation, SHIPPED_HASHES), 'utf8').catch(() => '{}');
  return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
}

export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((e) => e.isDirectory() && !/^[._]/.test(e.name)).map((e) => e.name);
}

function versionOf(manifest: Buffer | undefined): string {
  const value = manifest && (readYaml('connector.yaml', manifest.toString('utf8')).value as Record<string, unknown> | null);
  return typeof value?.['version'] === 'string' ? value['version'] : '';
}

function same(a: string, b: string): boolean {
  return existsSync(a) && realpathSync(resolve(a)) === realpathSync(resolve(b));
}
