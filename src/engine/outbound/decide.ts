import { actorOf } from '../../config/actor.ts';
import { ConfigError } from '../../core/errors.ts';
import { appendAudit } from '../../store/audit.ts';
import { changeDelivery, type Delivery, listDeliveries } from '../../store/deliveries.ts';
import { landing } from '../../store/landing.ts';
import type { Knex } from '../../store/open.ts';
import { changeOutbox, insertOutbox, listOutbox, type OutboxRow, type OutboxState } from '../../store/outbox.ts';
import { concludeDelivery } from './settle.ts';

/** What a person may do with records of the outbox, and with which. */
const MAY: Record<'approve' | 'dismiss' | 'retry', readonly OutboxState[]> = {
  approve: ['review', 'held'],
  dismiss: ['review', 'held', 'refused', 'rejected', 'queued', 'shadow'],
  retry: ['rejected', 'unknown'],
};
export type Decision = keyof typeof MAY;

const PAST: Record<Decision, string> = { approve: 'approved', dismiss: 'dismissed', retry: 'retried' };
/** So many records are named in one entry of the audit log. */
const MOST_NAMED = 100;

export interface Decided {
  done: OutboxRow[];
  /** They are in a state in which this cannot be done. */
  left: OutboxRow[];
}

/**
 * Carries out what a person decided of records, by their ids or of a whole pipeline. approve: they are sent with the next run. dismiss: they are
 * not sent. retry: they are sent once more; what may have arrived goes with the same idempotency key, what was rejected with a new one.
 * Throws ConfigError OUTBOX_UNKNOWN for ids that are none.
 */
export async function decide(
  knex: Knex,
  decision: Decision,
  what: { ids: readonly number[] } | { pipeline: string; states?: readonly OutboxState[] },
  actor = actorOf(),
): Promise<Decided> {
  return landing(knex, async (_, trx) => {
    const rows =
      'ids' in what
        ? await listOutbox(trx, { ids: what.ids })
        : await listOutbox(trx, { pipeline: what.pipeline, states: what.states ?? MAY[decision] });
    if ('ids' in what) known(what.ids, rows);
    const done = rows.filter((row) => MAY[decision].includes(row.state) && row.latest);
    for (const row of done) await carryOut(trx, decision, row);
    for (const [pipeline, list] of Map.groupBy(done, (row) => row.pipeline)) {
      const detail = { records: list.map((row) => row.id).slice(0, MOST_NAMED), count: list.length };
      await appendAudit(trx, { actor, action: `delivery_${PAST[decision]}`, subject: pipeline, detail });
    }
    for (const id of new Set(done.map((row) => row.delivery)))
      if (id !== null) for (const delivery of await listDeliveries(trx, { id })) await concludeDelivery(trx, delivery, new Date());
    return { done, left: rows.filter((row) => !done.includes(row)) };
  });
}

async function carryOut(trx: Knex.Transaction, decision: Decision, row: OutboxRow): Promise<void> {
  if (decision === 'dismiss') await changeOutbox(trx, [row.id], { state: 'dismissed' });
  else if (decision === 'approve' || row.state === 'unknown')
    await changeOutbox(trx, [row.id], { state: 'queued', problems: [], delivery: null });
  else await insertOutbox(trx, { ...row, state: 'queued', problems: [] });
}

/** A person saw at the other side what became of a delivery. Throws ConfigError DELIVERY_UNKNOWN_ID, or where nothing is open. */
export async function settleByPerson(
  knex: Knex,
  id: number,
  accepted: boolean,
  reason: string | undefined,
  actor = actorOf(),
): Promise<Delivery> {
  return landing(knex, async (_, trx) => {
    const [delivery] = await listDeliveries(trx, { id });
    if (!delivery)
      throw new ConfigError({
        code: 'DELIVERY_UNKNOWN_ID',
        place: {},
        message: `There is no delivery ${id}.`,
        hint: 'interlocal deliver sent shows them.',
      });
    const open = (await listOutbox(trx, { delivery: id })).filter((row) => ['sent', 'acknowledged', 'unknown'].includes(row.state));
    if (open.length === 0)
      throw new ConfigError({
        code: 'DELIVERY_SETTLED',
        place: {},
        message: `What became of delivery ${id} is known already: it is ${delivery.state}.`,
        hint: 'interlocal deliver show tells more.',
      });
    const problem = {
      code: 'DELIVERY_REJECTED',
      place: { system: `${delivery.connection}.${delivery.sink}` },
      message: `A person says that it was rejected${reason ? `: ${reason}` : '.'}`,
      hint: 'Mend the record at its source, and it is sent again; or: interlocal deliver retry.',
    };
    const ids = open.map((row) => row.id);
    await changeOutbox(trx, ids, { state: accepted ? 'accepted' : 'rejected', problems: accepted ? [] : [problem] });
    await concludeDelivery(trx, delivery, new Date(), reason);
    await changeDelivery(trx, delivery, { problems: accepted ? [] : [problem] });
    const detail = { delivery: id, accepted, records: ids.length };
    await appendAudit(trx, { actor, action: 'delivery_settled', subject: delivery.pipeline, detail });
    return delivery;
  });
}

function known(ids: readonly number[], rows: readonly OutboxRow[]): void {
  const missing = ids.filter((id) => !rows.some((row) => row.id === id));
  if (missing.length)
    throw new ConfigError(
      missing.map((id) => ({
        code: 'OUTBOX_UNKNOWN',
        place: {},
        message: `There is no record ${id} in the outbox.`,
        hint: 'interlocal deliver list shows them.',
      })),
    );
}
