import type { Health } from '../../core/health.ts';
import { type DoctorCheck, lastExamination } from '../../store/ledger/examinations.ts';
import { storeFile } from '../../store/integrity.ts';
import type { Engine } from '../run/engine.ts';
import { diskCheck, folderToWatch } from './disk.ts';
import { stateOfExamination } from './doctor.ts';

/** How the installation is, next to its pipelines. */
export interface Installation {
  /** When it was last looked at as a whole, UTC; null when it was not yet. The disk is looked at now. */
  at: string | null;
  state: Health;
  checks: DoctorCheck[];
}

/** The newest look at the installation, of this process or of another, with the room that the disk has now. */
export async function installationOf(engine: Engine): Promise<Installation> {
  const { knex, project, examined } = engine;
  const stored = await lastExamination(knex);
  const newest = stored && (!examined || stored.at >= examined.at) ? stored : examined;
  const disk = await diskCheck(folderToWatch(project, storeFile(knex)));
  const checks = [...(newest?.checks ?? []).filter(({ name }) => name !== disk.name), disk];
  const state = stateOfExamination({ at: '', checks });
  return { at: newest?.at ?? null, state: state === 'wrong' ? 'failing' : state, checks };
}
