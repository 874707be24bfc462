import type { OutboxRow } from '../../../store/outbound/outbox.ts';

/** Rows of the outbox whose records are gone, or are not sent anymore. */
export interface GoneRecords {
  rows: OutboxRow[];
  /** Row → the version of its key that reached the remote system. */
  reached: ReadonlyMap<OutboxRow, OutboxRow>;
}
