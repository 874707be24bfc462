import { actorOf } from '../../config/actor.ts';
import { ConfigError } from '../../core/errors.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { changeDelivery, type Delivery, listDeliveries } from '../../store/outbound/deliveries.ts';
import { landing } from '../../store/landing/landing.ts';
import type { Knex } from '../../store/open.ts';
import {
  changeOutbox,
  insertOutbox,
  listOutbox,
  type OutboxRow,
  type OutboxState,
  type PersonDecision,
} from '../../store/outbound/outbox.ts';
import { concludeDelivery } from './delivery-state.ts';

/** What a person may do with records of the outbox, and with which. */
const MAY: Record<'approve' | 'dismiss' | 'retry', readonly OutboxState[]> = {
  approve: ['review', 'held'],
  dismiss: ['review', 'held', 'refused', 'rejected', 'queued', 'shadow'],
  retry: ['rejected', 'unknown'],
};
export type Decision = keyof typeof MAY;

const PAST: Record<Decision, string> = { approve: 'approved', dismiss: 'dismissed', retry: 'retried' };
/** So many records are named in one entry of the audit log. */
const MAX_NAMED = 100;

/** Which records: by their ids, or all of a pipeline with which it can be done. */
export type Chosen = { ids: readonly number[] } | { pipeline: string; states?: readonly OutboxState[] };

export interface Decided {
  done: OutboxRow[];
  /** They are in a state in which this cannot be done. */
  left: OutboxRow[];
}

/** What `decide` would do now; changes nothing. Throws ConfigError OUTBOX_UNKNOWN for ids that are none. */
export async function wouldDecide(knex: Knex, decision: Decision, what: Chosen): Promise<Decided> {
  const rows =
    'ids' in what
      ? await listOutbox(knex, { ids: what.ids })
      : await listOutbox(knex, { pipeline: what.pipeline, states: what.states ?? MAY[decision] });
  if ('ids' in what) known(what.ids, rows);
  const done = rows.filter((row) => MAY[decision].includes(row.state) && row.latest);
  return { done, left: rows.filter((row) => !done.includes(row)) };
}

/**
 * Carries out what a person decided of records, by their ids or of a whole pipeline. approve: they are sent with the next run. dismiss: they are
 * not sent. retry: they are sent once more; what may have arrived goes with the same idempotency key, what was rejected with a new one.
 * Throws ConfigError OUTBOX_UNKNOWN for ids that are none.
 */
export async function decide(knex: Knex, decision: Decision, what: Chosen, actor = actorOf(), reason?: string): Promise<Decided> {
  return landing(knex, async (_, trx) => {
    const { done, left } = await wouldDecide(trx, decision, what);
    for (const row of done) await carryOut(trx, decision, row, { by: actor, reason: reason ?? null });
    for (const [pipeline, list] of Map.groupBy(done, (row) => row.pipeline)) {
      const detail = { records: namedIds(list), count: list.length, ...(reason ? { reason } : {}) };
      await appendAudit(trx, { actor, action: `delivery_${PAST[decision]}`, subject: pipeline, detail });
    }
    await concludeDeliveries(trx, done);
    return { done, left };
  });
}

async function carryOut(
  trx: Knex.Transaction,
  did: Decision,
  row: OutboxRow,
  { by, reason }: Pick<PersonDecision, 'by' | 'reason'>,
): Promise<void> {
  const decision = decisionOn(row, did, by, reason);
  if (did === 'dismiss') await changeOutbox(trx, [row.id], { state: 'dismissed', decision });
  else if (did === 'approve' || row.state === 'unknown')
    await changeOutbox(trx, [row.id], { state: 'queued', problems: [], delivery: null, decision });
  else await insertOutbox(trx, { ...row, state: 'queued', problems: [], decision });
}

/** A person saw in the remote system what became of a delivery, and the number that it gave it. Throws ConfigError DELIVERY_UNKNOWN_ID, or where nothing is open. */
export async function settleByPerson(
  knex: Knex,
  id: number,
  accepted: boolean,
  reason: string | undefined,
  actor = actorOf(),
  number?: string,
): Promise<Delivery> {
  return landing(knex, async (_, trx) => {
    const { delivery, open } = await toSettleByPerson(trx, id);
    const problem = {
      code: 'DELIVERY_REJECTED',
      place: { system: `${delivery.connection}.${delivery.sink}` },
      message: `A person recorded that the other system rejected this record${reason ? `: ${reason}` : '.'}`,
      hint: 'Correct the record in the system that it comes from, and the next run sends it again. To send it again as it is: interlocal deliver retry NUMBER (interlocal deliver list shows the number).',
    };
    for (const row of open)
      await changeOutbox(trx, [row.id], {
        state: accepted ? 'accepted' : 'rejected',
        problems: accepted ? [] : [problem],
        ...(accepted && number !== undefined ? { theirNumber: number } : {}),
        decision: decisionOn(row, 'settle', actor, reason ?? null),
      });
    await concludeDelivery(trx, delivery, new Date(), reason);
    await changeDelivery(trx, delivery, { problems: accepted ? [] : [problem] });
    const detail = {
      delivery: id,
      accepted,
      records: open.length,
      ...(number === undefined ? {} : { number }),
      ...(reason ? { reason } : {}),
    };
    await appendAudit(trx, { actor, action: 'delivery_settled', subject: delivery.pipeline, detail });
    return delivery;
  });
}

/** The delivery, and those of its records of which a person may say what became of them. Throws ConfigError where there are none. */
export async function toSettleByPerson(knex: Knex, id: number): Promise<{ delivery: Delivery; open: OutboxRow[] }> {
  const delivery = await deliveryOf(knex, id);
  const rows = await listOutbox(knex, { delivery: id });
  const open = rows.filter((row) => ['sent', 'acknowledged', 'unknown'].includes(row.state));
  if (open.length > 0) return { delivery, open };
  const person = rows.find((row) => row.decision?.did === 'settle')?.decision;
  throw new ConfigError({
    code: 'DELIVERY_SETTLED',
    place: {},
    message: `The outcome of delivery ${id} is already known: it is ${delivery.state}${person ? `, recorded by ${person.by}` : ''}.`,
    hint: person
      ? `If that was a mistake: interlocal deliver undo --delivery ${id} --reason TEXT; then settle it again.`
      : `For details, run interlocal deliver show ${id}.`,
  });
}

/** Throws ConfigError DELIVERY_UNKNOWN_ID. */
export async function deliveryOf(knex: Knex, id: number): Promise<Delivery> {
  const [delivery] = await listDeliveries(knex, { id });
  if (delivery) return delivery;
  throw new ConfigError({
    code: 'DELIVERY_UNKNOWN_ID',
    place: {},
    message: `There is no delivery ${id}.`,
    hint: 'To list the deliveries that were sent, run interlocal deliver sent.',
  });
}

/** What the deliveries of these records are now. */
export async function concludeDeliveries(trx: Knex, rows: readonly OutboxRow[]): Promise<void> {
  for (const id of new Set(rows.map((row) => row.delivery)))
    if (id !== null) for (const delivery of await listDeliveries(trx, { id })) await concludeDelivery(trx, delivery, new Date());
}

export function namedIds(rows: readonly OutboxRow[]): number[] {
  return rows.map((row) => row.id).slice(0, MAX_NAMED);
}

function decisionOn(row: OutboxRow, did: PersonDecision['did'], by: string, reason: string | null): PersonDecision {
  const { state: from, delivery, problems } = row;
  return { did, by, at: new Date().toISOString(), reason, from, delivery, problems };
}

/** Throws ConfigError OUTBOX_UNKNOWN for those of the ids that no row has. */
export function known(ids: readonly number[], rows: readonly OutboxRow[]): void {
  const missing = ids.filter((id) => !rows.some((row) => row.id === id));
  if (missing.length)
    throw new ConfigError(
      missing.map((id) => ({
        code: 'OUTBOX_UNKNOWN',
        place: {},
        message: `No record with the number ${id} was sent or is waiting to be sent.`,
        hint: 'To list the records and their numbers, run interlocal deliver list.',
      })),
    );
}
