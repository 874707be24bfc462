import type { SinkConfig } from '../../config/schema/connector.ts';
import { parseDuration } from '../../core/time/time.ts';
import type { Knex } from '../../store/open.ts';
import { changeDelivery, type Delivery, type DeliveryState } from '../../store/outbound/deliveries.ts';
import { listOutbox, type OutboxState } from '../../store/outbound/outbox.ts';

/**
 * Is a delivery older than the sink gives the remote system to answer? One that was sent in the future, by a clock that was ahead, is too
 * when it is further away than that: how old it is is not known, and it would have to wait until that time has come.
 */
export function isOverdue({ sentAt, state }: Delivery, within: string | undefined, now: Date): boolean {
  if (within === undefined || sentAt === null || (state !== 'sent' && state !== 'acknowledged')) return false;
  return Math.abs(now.getTime() - Date.parse(sentAt)) > parseDuration(within)!;
}

/** Does the remote system still have to take it? */
export function isOpen({ acknowledgment: a }: SinkConfig, { state }: Delivery): boolean {
  return state !== 'sent' || Boolean(a?.taken ?? a?.file ?? a?.read_back ?? a?.response ?? a?.row);
}

/** What a delivery is, by what its records are. */
export async function concludeDelivery(trx: Knex, delivery: Delivery, now: Date, answer?: string): Promise<void> {
  const rows = await listOutbox(trx, { delivery: delivery.id });
  const state = rows.length === 0 ? 'withdrawn' : together(new Set(rows.map((row) => row.state)));
  await changeDelivery(trx, delivery, {
    ...(state === undefined ? {} : { state }),
    ...(answer === undefined ? {} : { answer }),
    ...(state === 'accepted' || state === 'rejected' || state === 'partial' ? { answeredAt: now.toISOString() } : {}),
  });
}

function together(states: ReadonlySet<OutboxState>): DeliveryState | undefined {
  for (const state of ['unknown', 'sending', 'sent', 'acknowledged'] as const) if (states.has(state)) return state;
  if (states.has('accepted')) return states.has('rejected') ? 'partial' : 'accepted';
  return states.has('rejected') || states.has('dismissed') ? 'rejected' : undefined;
}
