import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../../config/project.ts';
import { secretFiles } from '../../config/secrets/secrets.ts';
import type { DoctorCheck } from '../../store/ledger/examinations.ts';

/**
 * Are the data folder, the store with the files next to it, and the files of secrets for the account that runs Interlocal alone? Windows has
 * other rights, which are not looked at.
 */
export async function permissionChecks(project: Project, store: string | undefined): Promise<DoctorCheck[]> {
  if (process.platform === 'win32')
    return [{ name: 'rights', state: 'remark', detail: 'On Windows, permissions of the data folder are not checked: see docs/it.md.' }];
  const spool = join(project.dataFolder, 'spool');
  const files = store === undefined ? [] : [store, `${store}-wal`, `${store}-shm`];
  const data = [project.dataFolder, ...files, spool, ...(await inside(spool))];
  return [
    await checkOf('data folder', data, 'DATA_READABLE', 'records of people'),
    await checkOf('secrets', secretFiles(project), 'SECRETS_READABLE', 'passwords and keys'),
  ];
}

async function checkOf(name: string, paths: readonly string[], code: string, what: string): Promise<DoctorCheck> {
  const open: { path: string; mode: number; folder: boolean }[] = [];
  let found = 0;
  for (const path of new Set(paths)) {
    const there = await stat(path).catch(() => undefined);
    if (!there) continue;
    found++;
    if ((there.mode & 0o077) !== 0) open.push({ path, mode: there.mode & 0o777, folder: there.isDirectory() });
  }
  // What is in a folder that nobody else may enter cannot be read either.
  const closed =
    name === 'data folder' && !open.some(({ path }) => path === paths[0])
      ? open.filter(({ path }) => !path.startsWith(`${paths[0]}/`))
      : open;
  if (closed.length === 0) return { name, state: 'ok', detail: found === 0 ? 'There are none.' : 'Only this account has access.' };
  return {
    name,
    state: 'attention',
    code,
    detail: `Other accounts on this machine may be able to read ${what}: ${closed.map(({ path, mode }) => `${path} (${mode.toString(8)})`).join(', ')}.`,
    hint: closed.map(({ path, folder }) => `chmod ${folder ? '700' : '600'} ${path}`).join('; '),
  };
}

async function inside(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => join(folder, name));
}
