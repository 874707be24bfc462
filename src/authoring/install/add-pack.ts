import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConnectorConfig } from '../../config/schema/connector.ts';
import type { Certificate } from '../certify/finding.ts';
import { compareVersions, packDifference } from '../../packs/difference.ts';
import { fileHashes, folderHash, readPackFolder } from '../../packs/files.ts';
import { type InstalledPack, notedPack, readLock } from '../../packs/lock.ts';
import type { Signer } from '../../packs/signature.ts';
import { AbortedError, FatalError, type Problem } from '../../core/errors.ts';
import { certifyOffline } from '../certify/certify.ts';
import { readPack } from '../certify/pack.ts';
import type { StartTables } from '../certify/query/context.ts';
import { alone, placePack, stagePack, type Staged, type Step } from './place-pack.ts';
import { verifyPack, type VerifiedPack } from './verify-pack.ts';

export interface AddOptions {
  now: Date;
  signal: AbortSignal;
  /** Also what is not signed, or by a key that nobody here trusts. */
  allowUnsigned: boolean;
  /** Asked before a pack with such doubts is refused. */
  ask?: ((doubts: readonly Problem[]) => Promise<boolean>) | undefined;
  /** Also over a changed copy, the town's own connector, the same or a higher version. */
  replace: boolean;
  certify: boolean;
  /** Only say what would be done. */
  dryRun: boolean;
  /** Serves recorded tables, for transports that need it. */
  startTables?: ((transport: string) => Promise<StartTables | undefined>) | undefined;
  onCheck?: (stream: string | undefined, title: string) => void;
  onStep?: (step: Step) => unknown;
}

/** What `interlocal add` did. */
export interface AddedPack {
  connector: string;
  version: string;
  hash: string;
  signer: Signer | null;
  /** The version that was there: the town's copy, or the one shipped with Interlocal. */
  replaced: { version: string; shipped: boolean } | null;
  /** What differs from that version, a line each. */
  changes: string[];
  certified: boolean;
  files: number;
  written: boolean;
}

/**
 * Verifies a pack and installs it into a town's connectors/. Nothing is written into it before every check has passed; a
 * kill in between leaves the town with the one or the other version. Throws FatalError with every reason why not.
 */
export async function addPack(town: string, source: string, options: AddOptions): Promise<AddedPack> {
  const pack = await verifyPack(source, town, options.now.toISOString().slice(0, 10));
  return alone(town, async () => {
    const staged = await stagePack(town, pack.connector, pack.files);
    await options.onStep?.('staged');
    try {
      return await addStaged(town, source, pack, staged, options);
    } finally {
      await staged.discard();
    }
  });
}

async function addStaged(town: string, source: string, pack: VerifiedPack, staged: Staged, options: AddOptions): Promise<AddedPack> {
  const { connector, version, files, hash, signer } = pack;
  const read = await readPack(staged.folder);
  const target = join(town, 'connectors', connector);
  const noted = notedPack((await readLock(town)).packs[connector], await folderHash(target));
  const conflicts = options.replace ? [] : await conflictsWith(town, pack, noted);
  const doubts = options.allowUnsigned ? [] : pack.doubts;
  const problems = [...read.problems, ...read.fixtures.problems, ...conflicts];
  if (doubts.length && (problems.length || !(await options.ask?.(doubts)))) problems.push(...doubts);
  if (problems.length) throw new FatalError(problems);
  const before = await replacedBy(target, connector);
  const certified = options.certify ? await certify(read, options) : false;
  if (options.signal.aborted)
    throw new AbortedError({
      code: 'ABORTED',
      place: { system: connector },
      message: 'Stopped on request, before anything was installed.',
    });
  const installed: InstalledPack = {
    version,
    hash,
    signer: signer ?? null,
    certified,
    source: source.split(/[\\/]/).at(-1) || source,
    installed_at: options.now.toISOString(),
    files: fileHashes(files),
  };
  if (!options.dryRun) await placePack(town, connector, staged, installed, options.onStep);
  return {
    connector,
    version,
    hash,
    signer: signer ?? null,
    replaced: before && { version: before.connector.version, shipped: before.shipped },
    changes: before ? packDifference(before.connector, read.connector!) : [],
    certified,
    files: files.size,
    written: !options.dryRun,
  };
}

/** Why what is in the town's folder is not simply replaced. */
async function conflictsWith(town: string, pack: VerifiedPack, noted: InstalledPack | undefined): Promise<Problem[]> {
  const file = `connectors/${pack.connector}`;
  if (!existsSync(join(town, file))) return [];
  const current = await folderHash(join(town, file));
  if (current === pack.hash && (!noted?.signer || pack.signer)) return [];
  const problem = (code: string, message: string, hint: string): Problem[] => [{ code, place: { file }, message, hint }];
  if (!noted)
    return problem(
      'PACK_OWN',
      'Nothing was installed: the town already has a connector of this name that did not come from interlocal add.',
      "To keep both, rename the town's own connector. To replace it, add this one with --replace, which removes the other.",
    );
  const changed = noted.hash === current ? [] : await changedFiles(join(town, file), noted);
  if (changed.length)
    return problem(
      'PACK_CHANGED',
      `Nothing was installed: files of the installed version ${noted.version} were changed here (${changed.join(', ')}), and the changes would be lost.`,
      'Save your changes in another place, then add the pack with --replace. Or ask the vendor to take them over.',
    );
  if (noted.signer && !pack.signer)
    return problem(
      'PACK_SIGNER',
      `Nothing was installed: the installed version is signed (${noted.signer.name ?? noted.signer.key}), but this one is not.`,
      'Ask the vendor for a signed pack. To install this one anyway, add it with --replace.',
    );
  const order = compareVersions(pack.version, noted.version);
  if (order < 0)
    return problem(
      'PACK_DOWNGRADE',
      `Nothing was installed: version ${noted.version} is installed already, which is newer than ${pack.version}.`,
      'To install this older version anyway, add it with --replace.',
    );
  return order === 0
    ? problem(
        'PACK_SAME_VERSION',
        `Version ${pack.version} is already installed with different files (hash ${noted.hash}).`,
        'Ask the vendor what changed: different content needs a new version. --replace installs it anyway.',
      )
    : [];
}

/** Files of an installed pack that are not as they were installed. */
export async function changedFiles(folder: string, noted: Pick<InstalledPack, 'files'>): Promise<string[]> {
  const { files, problems } = await readPackFolder(folder);
  const now = fileHashes(files);
  const names = new Set([...Object.keys(noted.files), ...Object.keys(now), ...problems.map((p) => p.place.file!)]);
  return [...names].filter((name) => noted.files[name] !== now[name] || !Object.hasOwn(now, name)).sort();
}

const SHIPPED = fileURLToPath(new URL('../../../connectors/', import.meta.url));

async function replacedBy(target: string, connector: string): Promise<{ connector: ConnectorConfig; shipped: boolean } | null> {
  for (const folder of [target, resolve(SHIPPED, connector)])
    if (existsSync(folder)) {
      const { connector: found } = await readPack(folder);
      if (found) return { connector: found, shipped: folder !== target };
    }
  return null;
}

async function certify(pack: Awaited<ReturnType<typeof readPack>>, options: AddOptions): Promise<boolean> {
  const startTables = pack.connector && (await options.startTables?.(pack.connector.transport));
  const { signal, onCheck } = options;
  const certificate: Certificate = await certifyOffline(pack, { signal, onCheck, startTables });
  if (signal.aborted || certificate.passed) return !signal.aborted;
  throw new FatalError(
    certificate.findings
      .filter((f) => f.state === 'failed')
      .slice(0, 10)
      .map((f) => ({
        code: 'PACK_NOT_CERTIFIED',
        place: { system: `${pack.id} ${certificate.version}`, path: f.stream ?? f.sink ?? f.check },
        message: `${f.title}: ${f.detail}`,
        hint: 'Nothing was installed. Ask the vendor to fix the connector. To install it unproven: --no-certify.',
      })),
  );
}
