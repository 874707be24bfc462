import type { Outbound } from '../context.ts';
import { goldenScan } from '../scan.ts';
import type { Problem } from '../../../core/errors.ts';
import { goldensForCarry, goldensToLookAt, hasLooked, openRowsOfGone, waitsForReview } from '../../../store/outbound/carry.ts';
import type { Landing } from '../../../store/landing/landing.ts';
import type { Knex } from '../../../store/open.ts';
import { type GoldenScan, outboundOf, saveOutbound, type ScannedGolden, settledBefore } from '../../../store/outbound/outbound.ts';
import {
  type Carried,
  changeOutbox,
  insertOutbox,
  latestOfGoldens,
  latestOfKeys,
  listOutbox,
  type OutboxRow,
  type OutboxState,
  REACHED,
  withdraw,
} from '../../../store/outbound/outbox.ts';
import { saveCounts } from '../../../store/ledger/runs.ts';
import { stopIfAsked } from '../../run/session.ts';
import type { Carry } from './carry.ts';
import type { FieldVerdict, HeldBack } from './field.ts';
import { lookAtRecord, type LookedAtRecord, rememberSaid } from './look.ts';
import { hashOf, type MadeCorrection, newRecordOf } from './made.ts';
import { emptiedTooOften, whyHeld } from './held.ts';
import { type Cluster, clustersOf } from './people.ts';

/** Golden records in one transaction. */
const CHUNK = 200;
/** Rows that are not sent, and may still be changed or withdrawn. */
const UNSENT: readonly OutboxState[] = ['shadow', 'review', 'queued', 'held', 'refused'];

/**
 * Puts into the outbox what was corrected since the last look, one row for each record of the target system. What was seen and what is
 * to be sent of it commit together, a stretch in each transaction: a killed run goes on with what it had not looked at.
 */
export async function queueCorrections(out: Outbound, carry: Carry): Promise<void> {
  const { session, entity, entityId } = out;
  const { pipeline } = session.pipeline;
  const known = await outboundOf(session.knex, pipeline);
  const position = await settledBefore(session.knex, session.runId);
  // The first look is not done before it came to its end.
  const begun = known.fingerprint !== null && (await hasLooked(session.knex, pipeline));
  const fromRun = known.fingerprint === out.fingerprint ? known.position : 0;
  const scan = goldenScan(out, fromRun);
  const goldens = await goldensToLookAt(session.knex, { entity: entity.entity, entityId, pipeline, fromRun });
  for (const field of await emptiedTooOften(out, carry, goldens)) carry.reviewed.add(field);
  for (let i = 0; i < goldens.length; i += CHUNK) {
    stopIfAsked(session);
    await lookAt(out, carry, scan, goldens.slice(i, i + CHUNK), begun);
    session.onProgress({ pipeline, what: entity.entity, done: session.counts.read, total: goldens.length });
  }
  await session.commit(async (_, trx) => {
    for (const row of await listOutbox(trx, { ids: await openRowsOfGone(trx, pipeline) })) await withdraw(trx, row);
    await saveOutbound(trx, pipeline, { fingerprint: out.fingerprint, position });
    await saveCounts(trx, session.runId, session.counts);
  });
}

async function lookAt(out: Outbound, carry: Carry, scan: GoldenScan, ids: readonly number[], begun: boolean): Promise<void> {
  const { session } = out;
  const { counts, heldBack } = await session.commit(async (landing, trx) => {
    const counts = { ...session.counts };
    const heldBack: HeldBack[] = [];
    const verdicts = new Map<number, Map<string, FieldVerdict>>();
    const clusters = await clustersOf(out, carry, landing, trx, ids);
    const wanted = new Map((await goldensForCarry(trx, scan, ids)).map((golden) => [golden.id, golden]));
    const made = await createdOf(out, trx, clusters);
    for (const cluster of clusters) {
      counts.read++;
      const golden = wanted.get(cluster.golden);
      const there = cluster.people.filter(({ member }) => member.source === carry.connection);
      const created = made.get(cluster.golden) ?? [];
      for (const person of there) {
        if (!golden) {
          for (const row of person.latest) if (UNSENT.includes(row.state)) await withdraw(trx, row);
          continue;
        }
        const look = lookAtRecord(out, carry, golden, cluster, person, { created: created.some(({ state }) => REACHED.includes(state)) });
        verdicts.set(person.member.id, look.verdicts);
        counts[await place(out, trx, look.found)]++;
        heldBack.push(...look.found.kept);
      }
      // Where the target rejected it, as a row like it was there already, a person may have said since that it is that one.
      const waiting = created.filter(({ state }) => UNSENT.includes(state) || (there.length > 0 && state === 'rejected'));
      // It is there by now, or is none that is wanted.
      if (there.length > 0 || !golden) for (const row of waiting) await withdraw(trx, row);
      else {
        const state = await create(out, carry, landing, trx, cluster, golden, created, begun);
        counts[state === 'absent' ? 'unchanged' : state]++;
        if (state === 'absent') heldBack.push({ record: golden.id, key: null, field: null, why: 'no_record', value: null, theirs: null });
      }
    }
    await rememberSaid(out, carry, landing, clusters, verdicts);
    await saveCounts(trx, session.runId, counts);
    return { counts, heldBack };
  });
  session.counts = counts;
  out.heldBack?.push(...heldBack);
}

type Counted = 'created' | 'changed' | 'unchanged' | 'rejected';

/** The row for one record of the target: made, changed, or withdrawn where nothing is to be sent anymore. */
async function place(out: Outbound, trx: Knex.Transaction, { golden, person, carried, made }: LookedAtRecord): Promise<Counted> {
  const unsent = person.latest.filter(({ state }) => UNSENT.includes(state));
  const rejected = person.latest.find(({ state }) => state === 'rejected');
  if (!made) {
    for (const row of unsent) await withdraw(trx, row);
    return unsent.length > 0 ? 'changed' : 'unchanged';
  }
  const problems = [...made.problems];
  const twin = made.key === undefined ? undefined : await otherWithKey(out, trx, made.key, person.member.id);
  if (twin) problems.push(keyTwice(out, made.key!, person.member.key));
  const key = made.key !== undefined && !twin ? made.key : JSON.stringify({ golden, member: person.member.key });
  const hash = hashOf([made.values, carried.conflicts]);
  if (rejected?.hash === hash && rejected.key === key && unsent.length === 0) return 'unchanged';
  const current = unsent.find((row) => row.key === key);
  for (const row of unsent) if (row !== current) await withdraw(trx, row);
  const same = current !== undefined && current.hash === hash;
  const state = stateOf(out, problems, carried, current, same);
  if (state === 'held') problems.push(...whyHeld(out, key, carried));
  const row = { golden, hash, values: made.values, problems, run: out.session.runId, carried };
  if (!current) {
    await insertOutbox(trx, {
      ...row,
      pipeline: out.session.pipeline.pipeline,
      key,
      entityId: out.entityId,
      operation: 'write',
      state,
      member: person.member.id,
    });
    return state === 'refused' ? 'rejected' : state === 'held' ? 'changed' : 'created';
  }
  if (same && current.state === state && current.golden === golden) return state === 'refused' ? 'rejected' : 'unchanged';
  await changeOutbox(trx, [current.id], { ...row, state, ...(same ? {} : { decision: null }) });
  return state === 'refused' ? 'rejected' : 'changed';
}

function stateOf(
  out: Outbound,
  problems: readonly Problem[],
  carried: Carried,
  current: OutboxRow | undefined,
  same: boolean,
): OutboxState {
  const { mode } = out.session.pipeline;
  if (problems.length > 0) return 'refused';
  // A person approved exactly this.
  if (same && current!.state === 'queued') return mode === 'shadow' ? 'shadow' : 'queued';
  if (Object.keys(carried.conflicts).length > 0) return 'held';
  return mode === 'live' ? 'queued' : mode === 'review' ? 'review' : 'shadow';
}

/** Another record of the target that has the same key there, and is still one of its own. */
async function otherWithKey(out: Outbound, trx: Knex.Transaction, key: string, member: number): Promise<OutboxRow | undefined> {
  const row = (await latestOfKeys(trx, out.session.pipeline.pipeline, [key])).get(key);
  return row && row.member !== null && row.member !== member && row.state !== 'withdrawn' ? row : undefined;
}

/** Rows that make a golden record in the target, whichever id it had then. */
async function createdOf(out: Outbound, trx: Knex.Transaction, clusters: readonly Cluster[]): Promise<Map<number, OutboxRow[]>> {
  const goldenOf = new Map(clusters.flatMap(({ golden, ids }) => ids.map((id) => [id, golden] as const)));
  const rows = await latestOfGoldens(trx, out.session.pipeline.pipeline, [...goldenOf.keys()]);
  return Map.groupBy(
    rows.filter(({ carried, state }) => carried?.create && state !== 'withdrawn'),
    (row) => goldenOf.get(row.golden)!,
  );
}

/** A golden record that the target has no record of: made there once where the pipeline says so. */
async function create(
  out: Outbound,
  carry: Carry,
  landing: Landing,
  trx: Knex.Transaction,
  cluster: Cluster,
  golden: ScannedGolden,
  created: readonly OutboxRow[],
  begun: boolean,
): Promise<Counted | 'absent'> {
  if (cluster.people.length === 0) return 'unchanged';
  const current = created.find(({ state }) => UNSENT.includes(state));
  const rejected = created.find(({ state }) => state === 'rejected');
  // Somebody who was known before and is not there is not new: only who appears from now on is made.
  const isNew = (begun || carry.config.differences === 'send') && cluster.people.every(({ before }) => before === undefined);
  const reached = created.some(({ state }) => REACHED.includes(state) || state === 'dismissed');
  for (const row of created) if (UNSENT.includes(row.state) && (reached || row !== current)) await withdraw(trx, row);
  if (reached) return 'unchanged';
  const wanted = carry.config.create && (current !== undefined || rejected !== undefined || (created.length === 0 && isNew));
  const made = wanted ? newRecordOf(out, carry, golden) : undefined;
  if (!made) {
    if (current) await withdraw(trx, current);
    return 'absent';
  }
  const doubtful = await waitsForReview(
    landing.rows,
    out.entityId,
    cluster.people.map(({ member }) => member.id),
    carry.connection,
  );
  const problems = [...made.problems];
  const hash = hashOf(made.values);
  if (rejected?.hash === hash) return 'unchanged';
  const approved = current?.state === 'queued' && current.decision?.did === 'approve' && current.hash === hash;
  const state: OutboxState =
    problems.length > 0 ? 'refused' : doubtful && !approved ? 'held' : stateOf(out, problems, NOTHING, current, current?.hash === hash);
  const key = current?.key ?? JSON.stringify({ golden: golden.id });
  if (state === 'held') problems.push(inReview(out, golden.id));
  const row = {
    hash,
    values: made.values,
    problems,
    golden: golden.id,
    run: out.session.runId,
    carried: createCarried(carry, golden, made),
  };
  if (current) await changeOutbox(trx, [current.id], { ...row, state });
  else await insertOutbox(trx, { ...row, pipeline: out.session.pipeline.pipeline, key, entityId: out.entityId, operation: 'write', state });
  return state === 'refused' ? 'rejected' : 'created';
}

const NOTHING: Carried = { fields: {}, changes: {}, conflicts: {} };

function createCarried(carry: Carry, golden: ScannedGolden, made: MadeCorrection): Carried {
  const fields = carry.fields.map(({ name }) => {
    const value = golden.columns[name] ?? null;
    return [name, { value: value === null ? null : String(value), before: null }] as const;
  });
  return { fields: Object.fromEntries(fields), changes: made.changes, conflicts: {}, create: {} };
}

function inReview(out: Outbound, golden: number): Problem {
  return {
    code: 'CARRY_IN_REVIEW',
    place: { system: out.name },
    message: `${out.entity.title} #${golden} may be one with a record that the system has; making it there could make it twice.`,
    hint: 'Decide about the pair: interlocal review list. The next run goes on.',
  };
}

function keyTwice(out: Outbound, key: string, number: string): Problem {
  return {
    code: 'KEY_REPEATED',
    place: { system: out.name, key },
    message: `The record ${number} of ${out.config.connection} has the same ${out.sink.idempotency_key.join(', ')} as another one, and the system would take them for one.`,
    hint: 'Make idempotency_key of the sink from the number of the record there.',
  };
}
