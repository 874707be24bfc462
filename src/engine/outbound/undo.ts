import { actorOf } from '../../config/actor.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { changeDelivery } from '../../store/outbound/deliveries.ts';
import { landing } from '../../store/landing/landing.ts';
import type { Knex } from '../../store/open.ts';
import { changeOutbox, listOutbox, type OutboxRow, type OutboxState, type PersonDecision, withdraw } from '../../store/outbound/outbox.ts';
import { concludeDeliveries, type Decided, deliveryOf, known, namedIds } from './decide.ts';

/** What a decision makes of a record: as long as it is that, nothing came of the decision yet and it can be taken back. */
const LED_TO: Record<PersonDecision['did'], readonly OutboxState[]> = {
  approve: ['queued'],
  dismiss: ['dismissed'],
  retry: ['queued'],
  settle: ['accepted', 'rejected'],
};

/** Which records: by their ids, or those of a delivery that a person settled. */
export type Undone = { ids: readonly number[] } | { delivery: number };

/** What `undo` would do now; changes nothing. Throws ConfigError OUTBOX_UNKNOWN, DELIVERY_UNKNOWN_ID. */
export async function wouldUndo(knex: Knex, what: Undone): Promise<Decided> {
  if ('delivery' in what) await deliveryOf(knex, what.delivery);
  const rows = await listOutbox(knex, 'ids' in what ? { ids: what.ids } : { delivery: what.delivery });
  if ('ids' in what) known(what.ids, rows);
  const done = rows.filter((row) => canBeUndone(row) && ('ids' in what || row.decision!.did === 'settle'));
  return { done, left: rows.filter((row) => !done.includes(row)) };
}

function canBeUndone({ state, decision, latest }: OutboxRow): boolean {
  if (!decision || !LED_TO[decision.did].includes(state)) return false;
  // A rejected or dismissed record of which a newer version is under way would be sent twice.
  return latest || state === 'accepted';
}

/**
 * Takes back what a person decided last of these records: they are again what they were before. Nothing that was sent is called back, so
 * only what nothing came of yet is taken back; the rest is `left`.
 */
export async function undo(knex: Knex, what: Undone, reason: string, actor = actorOf()): Promise<Decided> {
  return landing(knex, async (_, trx) => {
    const { done, left } = await wouldUndo(trx, what);
    for (const row of done) await takeBack(trx, row, row.decision!);
    for (const [pipeline, list] of Map.groupBy(done, (row) => row.pipeline)) {
      const decisions = [...new Set(list.map((row) => row.decision!.did))];
      const detail = { decisions, records: namedIds(list), count: list.length, reason };
      await appendAudit(trx, { actor, action: 'delivery_undone', subject: pipeline, detail });
    }
    await concludeDeliveries(trx, [...done, ...done.map((row) => ({ ...row, delivery: row.decision!.delivery }))]);
    for (const id of new Set(done.filter((row) => row.decision!.did === 'settle').map((row) => row.delivery!)))
      await changeDelivery(trx, await deliveryOf(trx, id), { answeredAt: null, answer: null, problems: [] });
    return { done, left };
  });
}

async function takeBack(trx: Knex.Transaction, row: OutboxRow, { did, from, delivery, problems }: PersonDecision): Promise<void> {
  // A rejected record that is sent once more is a version of its own.
  if (did === 'retry' && from === 'rejected') await withdraw(trx, row);
  else
    await changeOutbox(trx, [row.id], {
      state: from,
      delivery,
      problems,
      decision: null,
      ...(did === 'settle' ? { theirNumber: null } : {}),
    });
}
