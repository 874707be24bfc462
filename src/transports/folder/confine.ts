import * as fs from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { FileError } from '../../core/errors.ts';

/**
 * The real path of `path` (already plain, below `root`). Follows symbolic links, and refuses those that leave the root with
 * FileError PATH_OUTSIDE. What does not exist yet is judged by its nearest folder that does.
 * A missing root throws the system's ENOENT.
 */
export async function confine(root: string, path: string, system: string): Promise<string> {
  const realRoot = await fs.realpath(root);
  const real = await realOf(join(realRoot, path), realRoot);
  const inside = relative(realRoot, real);
  if (inside === '..' || inside.startsWith(`..${sep}`) || /^[A-Za-z]:|^[\\/]/.test(inside))
    throw new FileError({
      code: 'PATH_OUTSIDE',
      place: { system, file: path },
      message: `${path} was not used, because it is a link to a place outside the connection's folder ${root}.`,
      hint: 'Replace the link with the file itself, or set up a connection for the folder that it leads to.',
    });
  return real;
}

async function realOf(path: string, root: string): Promise<string> {
  try {
    return await fs.realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === root) throw error;
    // A link that leads nowhere must not be taken for a name that is still free: writing would follow it.
    const link = await fs.readlink(path).catch(() => undefined);
    if (link !== undefined) return realOf(resolve(dirname(path), link), root);
    return join(await realOf(dirname(path), root), basename(path));
  }
}
