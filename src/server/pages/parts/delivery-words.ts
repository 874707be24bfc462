import type { SinkConfig } from '../../../config/schema/connector.ts';
import { isOpen, isOverdue } from '../../../engine/outbound/delivery-state.ts';
import { toSettle } from '../../../reports/outbound/deliveries.ts';
import type { Delivery, OutboxRow } from '../../../reports/outbound/outgoing.ts';
import { DELIVERY_LABELS, RECORD_LABELS } from '../../../reports/output/labels.ts';
import type { Html } from './html.ts';
import { type Mark, statusMark } from './status-mark.ts';

/** How a delivery is, and what is still to come. */
export function deliveryMark(sink: SinkConfig, delivery: Delivery, now: Date): Html {
  const state = DELIVERY_LABELS[delivery.state];
  const late = isOverdue(delivery, sink.acknowledgment?.within, now);
  if (late) return statusMark('note', `${state}, late`);
  if (toSettle(sink, delivery)) return statusMark('note', `${state}, answer needed`);
  if (delivery.state === 'sent') return isOpen(sink, delivery) ? statusMark('idle', 'sent, no answer yet') : statusMark('good', 'sent');
  return statusMark(DELIVERY_MARKS[delivery.state] ?? 'idle', state);
}

const DELIVERY_MARKS: Partial<Record<string, Mark>> = {
  unknown: 'bad',
  accepted: 'good',
  partial: 'note',
  rejected: 'bad',
};

export function recordMark({ state, operation }: OutboxRow): Html {
  const label = RECORD_LABELS[state];
  return statusMark(RECORD_MARKS[state] ?? 'idle', operation === 'delete' ? `${label}, deletion` : label);
}

const RECORD_MARKS: Partial<Record<OutboxRow['state'], Mark>> = {
  review: 'note',
  held: 'note',
  unknown: 'bad',
  rejected: 'bad',
  refused: 'bad',
  sent: 'good',
  accepted: 'good',
};

/** Why a record waits, where no problem says it. */
export const WHY: Partial<Record<OutboxRow['state'], string>> = {
  review: 'It is new and will be sent when a person approves it.',
  queued: 'It will be sent with the next run.',
  shadow: 'It would be sent, but the pipeline is on trial.',
};
