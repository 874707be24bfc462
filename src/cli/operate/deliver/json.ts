import type { Delivery, OutboxRow } from '../../../reports/outbound/outgoing.ts';

/** The contract of `deliver list --json`, docs/json.md; `names` are of rows without a key. */
export function recordJson(row: OutboxRow, names: ReadonlyMap<number, string>): Record<string, unknown> {
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

/** The contract of `deliver sent --json`, docs/json.md. */
export function deliveryJson(d: Delivery): Record<string, unknown> {
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
