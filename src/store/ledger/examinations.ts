import type { Knex } from '../open.ts';

/** One thing that `doctor` looked at. */
export interface DoctorCheck {
  /** `store`, `audit log`, `data folder` … */
  name: string;
  /** ok: all is well. remark: it works, and should be known. attention: a person should see to it. wrong: it does not hold. */
  state: 'ok' | 'remark' | 'attention' | 'wrong';
  /** Stable, in docs/errors.md; only for attention and wrong. */
  code?: string;
  detail: string;
  hint?: string;
}

/** What one run of `doctor` found. */
export interface Examination {
  /** UTC. */
  at: string;
  checks: DoctorCheck[];
}

export async function saveExamination(knex: Knex, { at, checks }: Examination): Promise<void> {
  const row = { id: 1, at, checks: JSON.stringify(checks) };
  await knex('il_doctor').insert(row).onConflict('id').merge();
}

/** The newest; undefined when there was none yet. */
export async function lastExamination(knex: Knex): Promise<Examination | undefined> {
  const row = (await knex('il_doctor').where({ id: 1 }).first()) as { at: string; checks: string } | undefined;
  return row && { at: row.at, checks: JSON.parse(row.checks) as DoctorCheck[] };
}
