import { compare } from '../core/compare.ts';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Problem } from '../core/errors.ts';

/** The files of a pack: path within it, with / on every system, and bytes. */
export type PackFiles = ReadonlyMap<string, Buffer>;

/** The signature is in the pack and signs everything else in it. */
export const SIGNATURE_FILE = 'signature.json';

/** Far above what recordings need, far below what would hurt: whatever comes from outside is bounded. */
export const PACK_LIMITS = { files: 2_000, fileBytes: 20_000_000, allBytes: 100_000_000, archiveBytes: 100_000_000 };

/** What operating systems and version control leave in a folder: no part of the pack, neither hashed nor handed over. */
export function isLeftover(path: string): boolean {
  const parts = path.split('/');
  return parts.some((part) => LEFTOVERS.has(part.toLowerCase()));
}

const LEFTOVERS = new Set(['.ds_store', 'thumbs.db', 'desktop.ini', '__macosx', '.git', '.gitignore', '.gitattributes']);

/**
 * SHA-256 over names and contents of a pack's files in the order of their names, without its signature: the one hash of
 * `certify`, `sign`, `add` and `packs`. Line ends count as they are.
 */
export function packHash(files: PackFiles): string {
  return hashOfDigests([...files].map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest()]));
}

/** The same of a folder whose files need not be good ones; what is not there hashes as nothing. */
export async function folderHash(folder: string): Promise<string> {
  const digests: [string, Buffer][] = [];
  for (const name of await namesBelow(folder))
    digests.push([
      name,
      createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest(),
    ]);
  return hashOfDigests(digests);
}

/** SHA-256 of each file: to say later which one was changed. */
export function fileHashes(files: PackFiles): Record<string, string> {
  return Object.fromEntries(
    [...files]
      .filter(([name]) => name !== SIGNATURE_FILE)
      .sort(byName)
      .map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]),
  );
}

/** Reads a pack's folder. Links are problems, not followed; files beyond the limits too. */
export async function readPackFolder(folder: string): Promise<{ files: PackFiles; problems: Problem[] }> {
  const files = new Map<string, Buffer>();
  const problems: Problem[] = [];
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const name = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (entry.isDirectory() || isLeftover(name)) continue;
    if (!entry.isFile()) {
      problems.push(linkProblem(name));
      continue;
    }
    const { size } = await stat(join(folder, name));
    bytes += size;
    const tooLarge = sizeProblem(name, size, files.size + 1, bytes);
    if (tooLarge) return { files, problems: [...problems, tooLarge] };
    files.set(name, await readFile(join(folder, name)));
  }
  return { files, problems };
}

export function linkProblem(file: string): Problem {
  return {
    code: 'PACK_LINK',
    place: { file },
    message: 'This is a link or a device, but a pack may contain only plain files.',
    hint: 'Replace the link with the file itself.',
  };
}

/** The problem of a file that is too large, or the one too many; `count` and `all` with it. */
export function sizeProblem(file: string, size: number, count: number, all: number): Problem | undefined {
  const { files, fileBytes, allBytes } = PACK_LIMITS;
  const what =
    count > files
      ? `The pack has more than ${files.toLocaleString('en-US')} files.`
      : size > fileBytes
        ? `The file is larger than ${fileBytes / 1_000_000} MB.`
        : all > allBytes
          ? `The pack is larger than ${allBytes / 1_000_000} MB.`
          : undefined;
  return what === undefined
    ? undefined
    : { code: 'PACK_TOO_LARGE', place: { file }, message: what, hint: 'Recordings of a few records each are enough.' };
}

function hashOfDigests(digests: [string, Buffer][]): string {
  const whole = createHash('sha256');
  for (const [name, digest] of digests.sort(byName)) if (name !== SIGNATURE_FILE) whole.update(`${name}\0`).update(digest);
  return whole.digest('hex');
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return compare(a, b);
}

async function namesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => !isLeftover(name));
}
