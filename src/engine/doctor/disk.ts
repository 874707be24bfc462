import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Project } from '../../config/project.ts';
import type { DoctorCheck } from '../../store/ledger/examinations.ts';

const MB = 1024 ** 2;
/** Less than this share of the disk, and less than this many bytes: somebody should make room. */
const LOW = { share: 0.1, bytes: 1024 * MB };
/** With less than this nothing more can be written soon. */
const FULL = { share: 0.02, bytes: 16 * MB, always: MB };

/** The folder whose disk fills up as the town works: that of the store's file, or of the data where the store is on a server. */
export function folderToWatch({ dataFolder, folder }: Pick<Project, 'dataFolder' | 'folder'>, storeFile: string | undefined): string {
  if (storeFile !== undefined) return dirname(storeFile);
  return existsSync(dataFolder) ? dataFolder : folder;
}

/** How much room the disk has that this folder is on, for the account that asks. */
export async function diskCheck(folder: string): Promise<DoctorCheck> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const [free, all] = [bavail * bsize, blocks * bsize];
  const detail = `${sizeText(free)} of ${sizeText(all)} are free on the disk of ${folder}.`;
  const hint =
    'Free some space before the disk is full: a full disk stops every run. Nothing is lost then, and runs resume where they stopped once there is space.';
  if (free < FULL.always || (free < FULL.share * all && free < FULL.bytes))
    return { name: 'disk', state: 'wrong', code: 'DISK_ALMOST_FULL', detail, hint };
  if (free < LOW.share * all && free < LOW.bytes) return { name: 'disk', state: 'attention', code: 'DISK_ALMOST_FULL', detail, hint };
  return { name: 'disk', state: 'ok', detail };
}

function sizeText(bytes: number): string {
  return bytes >= 1024 * MB ? `${(bytes / 1024 / MB).toFixed(1)} GB` : `${(bytes / MB).toFixed(1)} MB`;
}
