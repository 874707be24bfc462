import { deliveryOf } from '../../engine/outbound/decide.ts';
import { namesOfKeyless } from '../../engine/outbound/known-by.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { type Delivery, listDeliveries } from '../../store/outbound/deliveries.ts';
import { listOutbox, type OutboxFilter, type OutboxRow, type OutboxState } from '../../store/outbound/outbox.ts';

export type { Delivery, OutboxRow };

/** Records of the outbox with what those are known by that have no key, by their number in the outbox. */
export interface OutgoingRecords {
  rows: OutboxRow[];
  names: ReadonlyMap<number, string>;
}

/** Records of the outbox, in the order in which they were put in. */
export async function outgoingRecords(engine: Engine, filter: OutboxFilter): Promise<OutgoingRecords> {
  return named(engine, await listOutbox(engine.knex, filter));
}

/** Records of a pipeline that have not been sent, those first in a state of `first`: at most `limit` in all. */
export async function waitingRecords(
  engine: Engine,
  { pipeline, first, then, limit }: { pipeline: string; first: readonly OutboxState[]; then: readonly OutboxState[]; limit: number },
): Promise<OutgoingRecords> {
  const rows = await listOutbox(engine.knex, { pipeline, states: first, latest: true, limit });
  const rest = await listOutbox(engine.knex, { pipeline, states: then, latest: true, limit: limit - rows.length });
  return named(engine, [...rows, ...rest]);
}

/** What was sent, the newest first. */
export function sentDeliveries({ knex }: Engine, filter: { pipeline: string | undefined; limit: number }): Promise<Delivery[]> {
  return listDeliveries(knex, { ...filter, newestFirst: true });
}

/** One delivery with its records. Throws ConfigError DELIVERY_UNKNOWN_ID. */
export async function deliveryWithRecords(engine: Engine, id: number): Promise<OutgoingRecords & { delivery: Delivery }> {
  const delivery = await deliveryOf(engine.knex, id);
  return { delivery, ...(await outgoingRecords(engine, { delivery: id })) };
}

/** One delivery with the first of its records; undefined where there is none with this id. */
export async function findDelivery(
  { knex }: Engine,
  id: number,
  limit: number,
): Promise<{ delivery: Delivery; rows: OutboxRow[] } | undefined> {
  const [delivery] = await listDeliveries(knex, { id });
  return delivery && { delivery, rows: await listOutbox(knex, { delivery: id, limit }) };
}

async function named({ knex, project }: Engine, rows: OutboxRow[]): Promise<OutgoingRecords> {
  return { rows, names: await namesOfKeyless(knex, project, rows) };
}
