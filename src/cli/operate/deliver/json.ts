import type { ShapeOf } from '../../../reports/shapes/shapes.ts';
import type { Delivery, OutboxRow } from '../../../reports/outbound/outgoing.ts';

/** One record of `deliver list --json`; `names` are of rows without a key. */
export function recordJson(row: OutboxRow, names: ReadonlyMap<number, string>): ShapeOf<'deliver list'>['records'][number] {
  const { id, pipeline, key, version, operation, state, golden, delivery, problems } = row;
  return {
    id,
    pipeline,
    key: JSON.parse(key) as unknown,
    known_by: names.get(id) ?? null,
    version,
    operation,
    state,
    record: golden,
    delivery,
    their_number: row.theirNumber,
    problems,
    changed_at: row.changedAt,
    decision: row.decision && { did: row.decision.did, by: row.decision.by, at: row.decision.at, reason: row.decision.reason },
  };
}

/** One delivery, as `deliver sent --json` and `deliver settle --json` give it. */
export function deliveryJson(d: Delivery): ShapeOf<'deliver settle'> {
  const { id, pipeline, connection, sink, name, day, sequence, state, records, totals, sha256, answer, problems } = d;
  return {
    id,
    pipeline,
    connection,
    sink,
    name,
    day,
    sequence,
    state,
    records,
    totals,
    sha256,
    prepared_at: d.preparedAt,
    sent_at: d.sentAt,
    answered_at: d.answeredAt,
    answer,
    problems,
  };
}
