import type { Problem } from '../../core/errors.ts';
import type { Knex } from '../open.ts';
import { takeId } from '../sequence.ts';

/**
 * What is sent together: a file, a request, rows of a table. prepared: nothing is at the remote system yet. staged: the file is there under
 * its temporary name, and is about to be moved. sending: the request, the statement or a file under its own name is on its way. unknown: its answer got lost. partial: some of its records were
 * accepted, others rejected. withdrawn: a person had its records sent again. The rest as in the outbox.
 */
export const DELIVERY_STATES = [
  'prepared',
  'staged',
  'sending',
  'unknown',
  'sent',
  'acknowledged',
  'accepted',
  'partial',
  'rejected',
  'withdrawn',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Of these it is not settled yet what is in the remote system. */
export const UNFINISHED: readonly DeliveryState[] = ['prepared', 'staged', 'sending'];

export interface Delivery {
  id: number;
  pipeline: string;
  connection: string;
  sink: string;
  /** The file, or what was asked. */
  name: string;
  /** The day that it is for, YYYY-MM-DD. */
  day: string;
  sequence: number;
  state: DeliveryState;
  records: number;
  totals: Record<string, string>;
  sha256: string | null;
  /** Size of the file that was sent; null for what is not a file. */
  bytes: number | null;
  run: number;
  preparedAt: string;
  sentAt: string | null;
  answeredAt: string | null;
  answer: string | null;
  problems: Problem[];
}

/** The next sequence number of a sink; it grows with each delivery that is prepared, and with nothing else. */
export async function takeSequence(knex: Knex, connection: string, sink: string): Promise<number> {
  return takeId(knex, `sink:${connection}/${sink}`);
}

export async function insertDelivery(
  knex: Knex,
  delivery: Omit<Delivery, 'id' | 'bytes' | 'sentAt' | 'answeredAt' | 'answer' | 'problems'>,
): Promise<Delivery> {
  const id = await takeId(knex, 'delivery');
  await knex('il_delivery').insert({
    id,
    pipeline: delivery.pipeline,
    connection: delivery.connection,
    sink: delivery.sink,
    name: delivery.name,
    day: delivery.day,
    sequence: delivery.sequence,
    state: delivery.state,
    records: delivery.records,
    totals: JSON.stringify(delivery.totals),
    sha256: delivery.sha256,
    run_id: delivery.run,
    prepared_at: delivery.preparedAt,
  });
  return { ...delivery, id, bytes: null, sentAt: null, answeredAt: null, answer: null, problems: [] };
}

export interface DeliveryChange {
  state?: DeliveryState;
  sha256?: string;
  bytes?: number;
  totals?: Record<string, string>;
  sentAt?: string;
  answeredAt?: string | null;
  answer?: string | null;
  problems?: readonly Problem[];
}

export async function changeDelivery(knex: Knex, delivery: Delivery, change: DeliveryChange): Promise<void> {
  await knex('il_delivery')
    .where({ id: delivery.id })
    .update({
      ...(change.state === undefined ? {} : { state: change.state }),
      ...(change.sha256 === undefined ? {} : { sha256: change.sha256 }),
      ...(change.bytes === undefined ? {} : { bytes: change.bytes }),
      ...(change.totals === undefined ? {} : { totals: JSON.stringify(change.totals) }),
      ...(change.sentAt === undefined ? {} : { sent_at: change.sentAt }),
      ...(change.answeredAt === undefined ? {} : { answered_at: change.answeredAt }),
      ...(change.answer === undefined ? {} : { answer: change.answer }),
      ...(change.problems === undefined ? {} : { problems: change.problems.length ? JSON.stringify(change.problems) : null }),
    });
  Object.assign(delivery, change);
}

export async function listDeliveries(
  knex: Knex,
  filter: {
    pipeline?: string | undefined;
    connection?: string | undefined;
    sink?: string | undefined;
    states?: readonly DeliveryState[] | undefined;
    id?: number | undefined;
    newestFirst?: boolean | undefined;
    limit?: number | undefined;
  },
): Promise<Delivery[]> {
  const query = knex('il_delivery').orderBy('id', filter.newestFirst ? 'desc' : 'asc');
  if (filter.pipeline !== undefined) void query.where({ pipeline: filter.pipeline });
  if (filter.connection !== undefined) void query.where({ connection: filter.connection });
  if (filter.sink !== undefined) void query.where({ sink: filter.sink });
  if (filter.states) void query.whereIn('state', [...filter.states]);
  if (filter.id !== undefined) void query.where({ id: filter.id });
  if (filter.limit !== undefined) void query.limit(filter.limit);
  return ((await query) as Record<string, unknown>[]).map((row) => ({
    id: Number(row.id),
    pipeline: row.pipeline as string,
    connection: row.connection as string,
    sink: row.sink as string,
    name: row.name as string,
    day: row.day as string,
    sequence: Number(row.sequence),
    state: row.state as DeliveryState,
    records: row.records as number,
    totals: JSON.parse(row.totals as string) as Record<string, string>,
    sha256: row.sha256 as string | null,
    bytes: row.bytes === null ? null : Number(row.bytes),
    run: Number(row.run_id),
    preparedAt: row.prepared_at as string,
    sentAt: row.sent_at as string | null,
    answeredAt: row.answered_at as string | null,
    answer: row.answer as string | null,
    problems: row.problems === null ? [] : (JSON.parse(row.problems as string) as Problem[]),
  }));
}
