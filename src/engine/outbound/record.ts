import { createHash } from 'node:crypto';
import type { SinkConfig } from '../../config/schema/connector.ts';
import type { Answer, Outgoing } from '../../connector/sink/push.ts';
import type { Knex } from '../../store/open.ts';
import type { OutboxRow } from '../../store/outbound/outbox.ts';
import type { OutboundRun } from './outbound-run.ts';

/** What became of records of a delivery: it is handed from sending to settling. */
export type Answered = readonly (readonly [OutboxRow, Answer])[];

/** What a delivery writes to, where it is not a file: the table, or the operation that is asked. */
export function targetOf({ target, creates }: SinkConfig, row: OutboxRow): string {
  if (target.table) return target.table.name;
  const write = target.request!;
  const request = row.operation === 'delete' ? write.delete! : row.carried?.create ? (creates?.request ?? write) : write;
  return request.operation ?? `${request.method} ${request.path ?? ''}`;
}

/** A record with the text that the remote system may recognize it by: the same in each attempt, and from a store that was restored. */
export function outgoing({ config, sink, sinkName }: Pick<OutboundRun, 'config' | 'sink' | 'sinkName'>, row: OutboxRow): Outgoing {
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
export async function record(run: Pick<OutboundRun, 'commit'>, work: (trx: Knex.Transaction) => Promise<void>): Promise<void> {
  await run.commit(async (_, trx) => work(trx));
}
