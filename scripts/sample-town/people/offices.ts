import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CorrectionTruth, PeopleSystemName } from '../generate/truth.ts';
import { openCustomers } from './finance.ts';
import type { Office } from './office.ts';
import { startRecreationOffice } from './recreation.ts';
import { openRegister, type Register } from './register.ts';

/** The three offices that know the same residents. */
export interface Offices extends Record<PeopleSystemName, Office> {
  clerk: Register;
}

export function openOffices(folder: string): Offices {
  return { recreation: startRecreationOffice(folder), clerk: openRegister(folder), finance: openCustomers(folder) };
}

export function closeOffices(offices: Offices): void {
  for (const office of [offices.recreation, offices.clerk, offices.finance]) office.close();
}

/** Each office makes the corrections of the next day, once. Says whether it did so now. */
export function correctOnce(folder: string, offices: Offices, corrections: readonly CorrectionTruth[]): boolean {
  const done = join(folder, 'people/corrected');
  if (existsSync(done)) return false;
  for (const { system, key, field, value } of corrections) offices[system].correct(key, field, value);
  writeFileSync(done, '');
  return true;
}
