// Apart from outgoing.ts, so a command can name its options without loading what answers it.
export { OUTBOX_STATES, type OutboxState } from '../../store/outbound/outbox.ts';
