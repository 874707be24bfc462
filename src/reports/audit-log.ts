import type { Engine } from '../engine/run/engine.ts';
import { AUDIT_ACTIONS, type AuditEntry, type AuditVerdict, auditWords, listAudit, verifyAudit } from '../store/ledger/audit.ts';

export type { AuditEntry, AuditVerdict };

export interface AuditFilter {
  /** From this instant on, UTC. */
  since: string | undefined;
  action: string | undefined;
  subject: string | undefined;
  limit: number;
}

/** The newest `limit` entries of the audit log, in the order in which they were written. */
export function auditEntries({ knex }: Engine, filter: AuditFilter): Promise<AuditEntry[]> {
  return listAudit(knex, filter);
}

/** What a filter of the log may name: what is written down now, and what entries from earlier versions and configurations have. */
export async function auditNames({ knex, project }: Engine): Promise<{ actions: string[]; subjects: string[] }> {
  const { actions, subjects } = await auditWords(knex);
  return {
    actions: [...AUDIT_ACTIONS, ...actions],
    subjects: [...Object.keys(project.connections), ...project.pipelines.keys(), ...subjects],
  };
}

/** Goes through the whole log: is each entry as it was written, and is none missing? */
export function auditVerdict({ knex }: Engine): Promise<AuditVerdict> {
  return verifyAudit(knex);
}
