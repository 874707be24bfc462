import type { OutboundRun } from '../outbound-run.ts';

/** What sending a delivery needs of a run. */
export type SendingRun = Pick<
  OutboundRun,
  'commit' | 'config' | 'counts' | 'knex' | 'name' | 'note' | 'now' | 'signal' | 'sink' | 'sinkName'
>;
