import { hash } from 'node:crypto';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a town's configuration stands. */
const PLACES = ['config', 'connectors', 'mappings', 'pipelines'];
/** Samples and recordings are not configuration; nor is what editors and `add` leave next to it for a moment. */
const OTHER = /^(?:fixtures|samples|node_modules)$|^\.(?!replaced-)/;

/**
 * Changes whenever a file of a town's configuration is written, made, removed or renamed. Reads no file: names, sizes and the times that
 * the file system keeps are enough, and cost little.
 */
export async function folderSignature(folder: string): Promise<string> {
  const lines: string[] = [];
  const visit = async (path: string): Promise<void> => {
    let entries;
    try {
      entries = await readdir(path, { withFileTypes: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return;
      throw error;
    }
    for (const entry of entries) {
      const below = join(path, entry.name);
      if (OTHER.test(entry.name)) continue;
      if (entry.isDirectory()) await visit(below);
      else if (/\.(?:ya?ml|csv)$/.test(entry.name)) lines.push(await lineOf(below));
      // A link may lead to a connector's folder.
      else if (entry.isSymbolicLink() && (await stat(below).catch(() => undefined))?.isDirectory()) await visit(below);
    }
  };
  for (const place of PLACES) await visit(join(folder, place));
  return hash('sha256', lines.sort().join('\n'));
}

async function lineOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => lstat(path, { bigint: true }).catch(() => undefined));
  return found ? `${path} ${found.size} ${found.mtimeNs} ${found.ctimeNs} ${found.ino}` : `${path} gone`;
}
