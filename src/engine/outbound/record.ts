import type { Outbound } from './context.ts';
import { createHash } from 'node:crypto';
import type { Outgoing, PushContext } from '../../connector/sink/push.ts';
import type { Knex } from '../../store/open.ts';
import { type OutboxRow } from '../../store/outbound/outbox.ts';
import type { Transport } from '../../transports/transport.ts';

export interface Target {
  transport: Transport;
  context: PushContext;
}

/** A record with the text that the remote system may recognize it by: the same in each attempt, and from a store that was restored. */
export function outgoing({ config, sink, sinkName }: Outbound, row: OutboxRow): Outgoing {
  const text = JSON.stringify([config.connection, sinkName, row.key, row.version]);
  const create = row.carried?.create !== undefined;
  const idempotencyKey = createHash('sha256').update(text).digest('hex').slice(0, 32);
  const { reference } = sink.creates ?? {};
  const emptied = create ? [] : Object.entries(row.carried?.changes ?? {}).flatMap(([name, [, to]]) => (to === null ? [name] : []));
  return {
    values: create && reference !== undefined ? { ...row.values, [reference]: idempotencyKey } : row.values,
    idempotencyKey,
    operation: row.operation,
    ...(create ? { create } : {}),
    ...(emptied.length > 0 ? { emptied } : {}),
  };
}

/** In one transaction what a delivery and its records become. */
export async function record(out: Outbound, work: (trx: Knex.Transaction) => Promise<void>): Promise<void> {
  await out.session.commit(async (_, trx) => work(trx));
}
