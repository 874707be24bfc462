import type { DeliveryState } from '../../store/outbound/deliveries.ts';
import type { OutboxState } from '../outbound/outbox-states.ts';

/** What a delivery's state is called on pages. Commands and JSON have the state itself. */
export const DELIVERY_LABELS: Readonly<Record<DeliveryState, string>> = {
  prepared: 'prepared',
  staged: 'prepared',
  sending: 'being sent',
  unknown: 'not sure it arrived',
  sent: 'sent',
  acknowledged: 'received',
  accepted: 'taken',
  partial: 'partly taken',
  rejected: 'not taken',
  withdrawn: 'sent again',
};

/** What the state of a record that is sent is called on pages. */
export const RECORD_LABELS: Readonly<Record<OutboxState, string>> = {
  shadow: 'trial, not sent',
  review: 'to approve',
  queued: 'waiting to be sent',
  held: 'on hold',
  sending: 'being sent',
  unknown: 'not sure it arrived',
  sent: 'sent',
  acknowledged: 'received',
  accepted: 'taken',
  rejected: 'not taken',
  refused: 'refused',
  dismissed: 'dismissed',
  withdrawn: 'sent again',
};

/** What a pipeline's mode is called on pages. */
export const MODE_LABELS: Readonly<Record<string, string>> = {
  off: 'Off',
  shadow: 'Trial (sends nothing)',
  review: 'Send after approval',
  live: 'On',
};

/** What a pipeline does, as far as its counts mean something else by it. */
export type PipelineKind = 'reads' | 'sends' | 'compares';

/** What the outcome of a run is called on pages: `finished, 3 rejected`. */
export function outcomeLabel(outcome: string, counts: { read: number; changed: number; rejected: number }, kind: PipelineKind): string {
  if (outcome === 'aborted') return 'stopped';
  if (outcome === 'succeeded') return counts.read === 0 && kind === 'reads' ? 'nothing new' : outcome;
  if (outcome !== 'partial') return outcome;
  const [n, what] =
    kind === 'compares' ? [counts.changed, 'left to explain'] : [counts.rejected, kind === 'sends' ? 'refused' : 'rejected'];
  return n > 0 ? `finished, ${n.toLocaleString('en-US')} ${what}` : 'finished, not all of it';
}
