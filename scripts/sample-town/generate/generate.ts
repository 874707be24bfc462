import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TownFile } from './files.ts';
import { writeFinance } from './finance-tables.ts';
import { startPeople } from '../people/files.ts';
import { makeTown, TOWN_VERSION } from '../town.ts';
import type { TownTruth } from './truth.ts';

export type { TownTruth } from './truth.ts';

const FOLDERS = [
  'sftp/recreation/exports',
  'sftp/recreation/archive',
  'sftp/bank/outgoing',
  'sftp/bank/archive',
  'sftp/recreation/residents',
  'sftp/recreation/changes',
  'sftp/finance/imports',
  'sftp/finance/taken',
  'council/archive',
];
/** Everything that a town's folder holds because of its seed; SQLite's log must go with its database, or it is replayed into the next one. */
const MADE = ['sftp', 'council', 'finance-reports', 'finance.db', 'finance.db-wal', 'finance.db-shm', 'clerk.json', 'people', 'truth.json'];
/** Says that this folder is a sample town's; it is written first, truth.json last. */
export const TOWN_MARKER = 'sample-town.json';

/**
 * Writes the sample town of that seed under `folder` and gives back the truth about it. The same seed gives the same bytes. A folder that
 * holds this town already is left as it is, files that a run has archived stay archived; one that holds another town, or half of one, is
 * made again. A folder with such files that no sample town's marker claims is refused: nothing of somebody else's is deleted.
 */
export function generateTown(options: { seed: number; folder: string; households?: number }): TownTruth {
  const { seed, folder, households = 400 } = options;
  const wanted = JSON.stringify({ what: 'Interlocal sample town', version: TOWN_VERSION, seed, households });
  const marker = join(folder, TOWN_MARKER);
  const truthFile = join(folder, 'truth.json');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted && existsSync(truthFile))
    return JSON.parse(readFileSync(truthFile, 'utf8')) as TownTruth;
  clear(folder, marker);
  const town = makeTown(seed, households);
  // data/ is made with it: for this account alone.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(marker, wanted);
  for (const each of FOLDERS) mkdirSync(join(folder, each), { recursive: true });
  for (const file of town.files) write(folder, file);
  writeFinance(join(folder, 'finance.db'), town.finance);
  writeFileSync(join(folder, 'clerk.json'), `${JSON.stringify(town.clerk, null, 1)}\n`);
  startPeople(folder, town.people);
  writeFileSync(`${truthFile}.new`, `${JSON.stringify(town.truth, null, 1)}\n`);
  renameSync(`${truthFile}.new`, truthFile);
  return town.truth;
}

function clear(folder: string, marker: string): void {
  const there = MADE.filter((name) => existsSync(join(folder, name)));
  if (there.length === 0) return;
  if (!existsSync(marker))
    throw new Error(
      `${folder} already has ${there.join(', ')}, and no ${TOWN_MARKER} says that it is a sample town: choose another folder`,
    );
  for (const name of there) rmSync(join(folder, name), { recursive: true });
}

function write(folder: string, file: TownFile): void {
  const path = join(folder, file.path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.bytes);
  const modified = pastOf(new Date(file.modified));
  utimesSync(path, modified, modified);
}

/** A reader waits until a file is an hour old: on a machine whose clock is behind the sample's half-year its files are a year older. */
function pastOf(modified: Date): Date {
  const past = new Date(modified);
  while (past.getTime() > Date.now() - 2 * 3_600_000) past.setUTCFullYear(past.getUTCFullYear() - 1);
  return past;
}
