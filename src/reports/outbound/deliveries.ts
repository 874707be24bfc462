import { sinkOf } from '../../engine/outbound/sink-of.ts';
import type { Project } from '../../config/project.ts';
import type { SinkConfig } from '../../config/schema/connector.ts';
import { type Delivery, listDeliveries } from '../../store/outbound/deliveries.ts';
import { RECORD_LABELS } from '../output/labels.ts';
import type { ShapeOf } from '../shapes/shapes.ts';
import type { Knex } from '../../store/open.ts';
import { countOutbox, type OutboxState } from '../../store/outbound/outbox.ts';
import { isOverdue } from '../../engine/outbound/delivery-state.ts';

/** States of the outbox in which nothing goes on until a person does something. */
export const FOR_A_PERSON = ['review', 'held', 'unknown', 'rejected', 'refused'] as const satisfies readonly OutboxState[];

/** How an outbound pipeline stands, as `status --json` gives it. Counts are the newest records of their keys. */
export type OutboundStatus = NonNullable<ShapeOf<'status'>['pipelines'][number]['outbound']>;

/** Of every outbound pipeline, by its id. */
export async function outboundStatus(project: Project, knex: Knex, now: Date): Promise<Map<string, OutboundStatus>> {
  const counts = await countOutbox(knex);
  const versions = await countOutbox(knex, 'all');
  const found = new Map<string, OutboundStatus>();
  for (const [pipeline, { value }] of project.pipelines) {
    if (!value.deliver) continue;
    const { name, config } = sinkOf(project, value.deliver);
    const of = (state: OutboxState): number => counts.get(pipeline)?.[state] ?? 0;
    // What an earlier version of a record is waiting for is not settled by a later one.
    const sent = (state: OutboxState): number => versions.get(pipeline)?.[state] ?? 0;
    // Where no answer comes, each request that was ever sent stays `sent`: years of them are not read for nothing.
    const open = config.acknowledgment ? await listDeliveries(knex, { pipeline, states: ['sent', 'acknowledged'] }) : [];
    const [last] = await listDeliveries(knex, { pipeline, newestFirst: true, limit: 1 });
    found.set(pipeline, {
      connection: value.deliver.connection,
      sink: name,
      needs_attention: {
        review: of('review'),
        held: of('held'),
        unknown: of('unknown'),
        rejected: of('rejected'),
        refused: of('refused'),
      },
      to_settle: open.filter((delivery) => toSettle(config, delivery)).length,
      shadow: of('shadow'),
      queued: of('queued'),
      on_its_way: sent('sending') + (config.acknowledgment ? sent('sent') + sent('acknowledged') : 0),
      overdue: open.filter((delivery) => isOverdue(delivery, config.acknowledgment?.within, now)).length,
      last_delivery: last ? lastOf(last) : null,
    });
  }
  return found;
}

/** How many records and deliveries need review. */
export function forAPerson({ needs_attention, to_settle }: OutboundStatus): number {
  return FOR_A_PERSON.reduce((sum, state) => sum + needs_attention[state], to_settle);
}

/** `2 on hold, 1 refused, answer needed for 1 delivery`; empty when nothing waits. */
export function forAPersonText({ needs_attention, to_settle }: OutboundStatus): string {
  const records = FOR_A_PERSON.filter((state) => needs_attention[state] > 0).map(
    (state) => `${needs_attention[state]} ${RECORD_LABELS[state]}`,
  );
  return [...records, ...(to_settle ? [`answer needed for ${to_settle} ${to_settle === 1 ? 'delivery' : 'deliveries'}`] : [])].join(', ');
}

/** Nothing but a person's word is still to come. */
export function toSettle({ acknowledgment: a }: SinkConfig, { state }: Pick<Delivery, 'state'>): boolean {
  if (a?.person === undefined) return false;
  return state === 'acknowledged' || (state === 'sent' && !(a.taken ?? a.file ?? a.read_back ?? a.response ?? a.row));
}

function lastOf({ id, name, state, records, totals, preparedAt, sentAt, answeredAt }: Delivery): OutboundStatus['last_delivery'] {
  return { id, name, state, records, totals, prepared_at: preparedAt, sent_at: sentAt, answered_at: answeredAt };
}
