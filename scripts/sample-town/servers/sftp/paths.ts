import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, posix, sep } from 'node:path';

/** A path that leads out of the server's root, by whatever trick. */
export class OutsideRoot extends Error {}

/**
 * What a client's path means as an absolute path of the server, '/recreation/exports'. Relative paths start at '/'.
 * Throws OutsideRoot if it climbs above the root at any point, and for NUL and backslash, which other systems read as something else.
 */
export function clientPath(path: string): string {
  if (/[\0\\]/.test(path)) throw new OutsideRoot(path);
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) throw new OutsideRoot(path);
  }
  const normal = posix.normalize(`/${path}`);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/**
 * The file on disk behind a client's path. `root` is a real path. Symbolic links are followed only as long as they stay below it:
 * `follow: false` gives the link itself (for remove, rename, lstat), after its folder was checked.
 */
export async function diskPath(root: string, path: string, options: { follow: boolean }): Promise<string> {
  const wanted = join(root, clientPath(path));
  if (wanted === root || wanted === `${root}${sep}`) return root;
  const folder = await realpath(dirname(wanted));
  const target = join(folder, posix.basename(clientPath(path)));
  if (!within(root, folder)) throw new OutsideRoot(path);
  if (!options.follow) return target;
  const real = await realpath(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (real === undefined) {
    // a dangling link would let a client create a file wherever it points to
    const link = await lstat(target).catch(() => undefined);
    if (link?.isSymbolicLink()) throw new OutsideRoot(path);
    return target;
  }
  if (!within(root, real)) throw new OutsideRoot(path);
  return real;
}

function within(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
