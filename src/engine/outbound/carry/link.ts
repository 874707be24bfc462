import { insertDecision, lastDecision } from '../../../store/identity/decisions.ts';
import { landingOf } from '../../../store/landing/landing.ts';
import { memberByName, memberOfId, membersOfGolden } from '../../../store/identity/members.ts';
import type { Knex } from '../../../store/open.ts';
import { changeOutbox, type OutboxRow } from '../../../store/outbound/outbox.ts';
import { appendAudit } from '../../../store/ledger/audit.ts';
import { placeAgain } from '../../identity/place-again.ts';
import type { OutboundRun } from '../outbound-run.ts';

/** What linking a new record needs of a run. */
export type LinkingRun = Pick<OutboundRun, 'config' | 'entities' | 'entity' | 'entityId' | 'matching' | 'now' | 'pipeline'>;

/**
 * A record was made in the target for a golden record, and this is its number there. That they are one is kept as a decision, by the numbers
 * of both systems: when the next run reads the new record it joins the golden record, whatever its score. `review undo` takes it back.
 */
export async function linkCreated(run: LinkingRun, trx: Knex.Transaction, row: OutboxRow, key: string): Promise<void> {
  const { config, entityId, entity } = run;
  if (!row.carried?.create || row.carried.create.key === key) return;
  await changeOutbox(trx, [row.id], { carried: { ...row.carried, create: { key } } });
  // The golden record may have become part of another one meanwhile.
  const now = await memberOfId(trx, entityId, row.golden);
  const [member] = await membersOfGolden(trx, entityId, now?.golden ?? row.golden);
  if (!member) return;
  const a = { source: member.source, key: member.key };
  const b = { source: config.connection, key };
  const before = await lastDecision(trx, entityId, [a, b]);
  if (before?.verdict === 'same' && !before.undone) return;
  const actor = `pipeline ${run.pipeline.pipeline}`;
  const decision = await insertDecision(trx, {
    entityId,
    a,
    b,
    verdict: 'same',
    reason: 'It was made there from this record.',
    actor,
    at: run.now().toISOString(),
  });
  await appendAudit(trx, { actor, action: 'identity_decided', subject: entity.entity, detail: { verdict: 'same', decisions: [decision] } });
  // It was read before its number came back: what was interrupted in between is brought in line now.
  const there = await memberByName(trx, entityId, b);
  if (there?.state !== 'live' || there.golden === member.golden) return;
  const kind = { entity, entityId, model: run.matching.get(entityId)! };
  await placeAgain(await landingOf(trx), trx, kind, [member.id, there.id], run.entities);
}
