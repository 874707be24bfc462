import { mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { residentsCsv, type PeopleRecords, type RecreationResident, type RegisterEntry } from '../generate/people-records.ts';

/** What the recreation office and the clerk keep of their residents, below the town's folder. */
const RECREATION = 'people/recreation.json';
const REGISTER = 'people/register.json';
/** The recreation office's export, written again whenever something changed. */
const EXPORT = 'sftp/recreation/residents/residents.csv';

/** Fills a new town's lists of residents. */
export function startPeople(folder: string, { recreation, register }: Pick<PeopleRecords, 'recreation' | 'register'>): void {
  saveRecreation(folder, recreation);
  saveRegister(folder, register);
}

export function readRecreation(folder: string): RecreationResident[] {
  return JSON.parse(readFileSync(join(folder, RECREATION), 'utf8')) as RecreationResident[];
}

/** Keeps the list and exports it. */
export function saveRecreation(folder: string, rows: readonly RecreationResident[]): void {
  replace(join(folder, RECREATION), `${JSON.stringify(rows)}\n`);
  const path = join(folder, EXPORT);
  // A reader waits until a file has been still for a while, and tells two exports apart by the second.
  const before = statSync(path, { throwIfNoEntry: false });
  const then = Math.max(Math.floor(Date.now() / 1000) - 7200, before ? Math.floor(before.mtimeMs / 1000) + 1 : 0);
  replace(path, residentsCsv(rows), then);
}

export function readRegister(folder: string): RegisterEntry[] {
  return JSON.parse(readFileSync(join(folder, REGISTER), 'utf8')) as RegisterEntry[];
}

export function saveRegister(folder: string, entries: readonly RegisterEntry[]): void {
  replace(join(folder, REGISTER), `${JSON.stringify(entries)}\n`);
}

/** Whole or not at all, whoever reads meanwhile. */
function replace(path: string, text: string, modified?: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const next = join(dirname(path), `.${Math.random().toString(36).slice(2)}.new`);
  writeFileSync(next, text);
  if (modified !== undefined) utimesSync(next, modified, modified);
  renameSync(next, path);
}

/** Now, or the day after the half-year on a machine whose clock is behind it. */
export function officeTime(): Date {
  return new Date(Math.max(Date.now(), Date.parse('2026-07-07T13:00:00Z')));
}
