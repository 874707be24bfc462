import type { Problem } from '../../../core/errors.ts';
import type { Landing } from '../../../store/landing/landing.ts';
import { saveCounts } from '../../../store/ledger/runs.ts';
import type { Knex } from '../../../store/open.ts';
import { openRowsOfGone, waitsForReview } from '../../../store/outbound/carry.ts';
import { saveOutbound, type ScannedGolden } from '../../../store/outbound/outbound.ts';
import {
  type Carried,
  changeOutbox,
  insertOutbox,
  latestOfKeys,
  listOutbox,
  type OutboxRow,
  type OutboxState,
  REACHED,
  withdraw,
} from '../../../store/outbound/outbox.ts';
import { type Counted, hashOf, keyOfGolden, waitingState } from '../made.ts';
import type { OutboundRun } from '../outbound-run.ts';
import type { Carry } from './carry.ts';
import type { LookedAtRecord, MadeCorrection } from './correction.ts';
import type { FoundCluster } from './people.ts';

/** What queueing corrections needs of a run. */
type QueueingRun = Pick<
  OutboundRun,
  'commit' | 'config' | 'counts' | 'entity' | 'entityId' | 'fingerprint' | 'id' | 'name' | 'pipeline' | 'sink'
>;

/** Rows that are not sent, and may still be changed or withdrawn. */
const UNSENT: readonly OutboxState[] = ['shadow', 'review', 'queued', 'held', 'refused'];

/** Rows of the outbox for the records that the target has of a golden record. Gives what became of each. */
export async function queueCorrections(
  run: QueueingRun,
  trx: Knex.Transaction,
  { wanted, there }: FoundCluster,
  looked: readonly LookedAtRecord[],
): Promise<Counted[]> {
  if (!wanted) {
    for (const row of there.flatMap(({ latest }) => latest)) if (UNSENT.includes(row.state)) await withdraw(trx, row);
    return [];
  }
  const counted: Counted[] = [];
  for (const one of looked) counted.push(await place(run, trx, one));
  return counted;
}

/** The row that makes a golden record in the target, where it has none of it. absent: none is made, undefined: it is there, or not wanted. */
export async function queueNewRecord(
  run: QueueingRun,
  carry: Carry,
  { landing, trx }: { landing: Landing; trx: Knex.Transaction },
  cluster: FoundCluster,
  options: NewRecordOptions,
): Promise<Counted | 'absent' | undefined> {
  const { wanted, there, created } = cluster;
  // It is there by now, or is none that is wanted.
  if (wanted && there.length === 0) return create(run, carry, landing, trx, cluster, wanted, options);
  // Where the target rejected it, as a row like it was there already, a person may have said since that it is that one.
  const waiting = created.filter(({ state }) => UNSENT.includes(state) || (there.length > 0 && state === 'rejected'));
  for (const row of waiting) await withdraw(trx, row);
  return undefined;
}

interface NewRecordOptions {
  /** See FoundCorrections. */
  begun: boolean;
  /** What is sent of it; undefined where the mapping does not want it. */
  newRecord: (golden: ScannedGolden) => MadeCorrection | undefined;
}

/** At the end of a look: takes back what waits of records that are gone, and notes up to where the run has looked. */
export async function saveCorrections(run: QueueingRun, position: number): Promise<void> {
  const { pipeline } = run.pipeline;
  await run.commit(async (_, trx) => {
    for (const row of await listOutbox(trx, { ids: await openRowsOfGone(trx, pipeline) })) await withdraw(trx, row);
    await saveOutbound(trx, pipeline, { fingerprint: run.fingerprint, position });
    await saveCounts(trx, run.id, run.counts);
  });
}

/** The row for one record of the target: made, changed, or withdrawn where nothing is to be sent anymore. */
async function place(run: QueueingRun, trx: Knex.Transaction, { golden, person, carried, made }: LookedAtRecord): Promise<Counted> {
  const unsent = person.latest.filter(({ state }) => UNSENT.includes(state));
  const rejected = person.latest.find(({ state }) => state === 'rejected');
  if (!made) {
    for (const row of unsent) await withdraw(trx, row);
    return unsent.length > 0 ? 'changed' : 'unchanged';
  }
  const problems = [...made.problems];
  const twin = made.key === undefined ? undefined : await otherWithKey(run, trx, made.key, person.member.id);
  if (twin) problems.push(keyTwice(run, made.key!, person.member.key));
  const key = made.key !== undefined && !twin ? made.key : JSON.stringify({ golden, member: person.member.key });
  const hash = hashOf([made.values, carried.conflicts]);
  if (rejected?.hash === hash && rejected.key === key && unsent.length === 0) return 'unchanged';
  const current = unsent.find((row) => row.key === key);
  for (const row of unsent) if (row !== current) await withdraw(trx, row);
  const same = current !== undefined && current.hash === hash;
  const state = stateOf(run, problems, carried, current, same);
  if (state === 'held') problems.push(...whyHeld(run, key, carried));
  const row = { golden, hash, values: made.values, problems, run: run.id, carried };
  if (!current) {
    await insertOutbox(trx, {
      ...row,
      pipeline: run.pipeline.pipeline,
      key,
      entityId: run.entityId,
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
  run: QueueingRun,
  problems: readonly Problem[],
  carried: Carried,
  current: OutboxRow | undefined,
  same: boolean,
): OutboxState {
  const { mode } = run.pipeline;
  if (problems.length > 0) return 'refused';
  // A person approved exactly this.
  if (same && current!.state === 'queued') return mode === 'shadow' ? 'shadow' : 'queued';
  if (Object.keys(carried.conflicts).length > 0) return 'held';
  return waitingState(run.pipeline);
}

/** Another record of the target that has the same key there, and is still one of its own. */
async function otherWithKey(run: QueueingRun, trx: Knex.Transaction, key: string, member: number): Promise<OutboxRow | undefined> {
  const row = (await latestOfKeys(trx, run.pipeline.pipeline, [key])).get(key);
  return row && row.member !== null && row.member !== member && row.state !== 'withdrawn' ? row : undefined;
}

/** A golden record that the target has no record of: made there once where the pipeline says so. */
async function create(
  run: QueueingRun,
  carry: Carry,
  landing: Landing,
  trx: Knex.Transaction,
  cluster: FoundCluster,
  golden: ScannedGolden,
  { begun, newRecord }: NewRecordOptions,
): Promise<Counted | 'absent'> {
  const { created } = cluster;
  if (cluster.people.length === 0) return 'unchanged';
  const current = created.find(({ state }) => UNSENT.includes(state));
  const rejected = created.find(({ state }) => state === 'rejected');
  // Somebody who was known before and is not there is not new: only who appears from now on is made.
  const isNew = (begun || carry.config.differences === 'send') && cluster.people.every(({ before }) => before === undefined);
  const reached = created.some(({ state }) => REACHED.includes(state) || state === 'dismissed');
  for (const row of created) if (UNSENT.includes(row.state) && (reached || row !== current)) await withdraw(trx, row);
  if (reached) return 'unchanged';
  const wanted = carry.config.create && (current !== undefined || rejected !== undefined || (created.length === 0 && isNew));
  const made = wanted ? newRecord(golden) : undefined;
  if (!made) {
    if (current) await withdraw(trx, current);
    return 'absent';
  }
  const doubtful = await waitsForReview(
    landing.rows,
    run.entityId,
    cluster.people.map(({ member }) => member.id),
    carry.connection,
  );
  const problems = [...made.problems];
  const hash = hashOf(made.values);
  if (rejected?.hash === hash) return 'unchanged';
  const approved = current?.state === 'queued' && current.decision?.did === 'approve' && current.hash === hash;
  const state: OutboxState =
    problems.length > 0 ? 'refused' : doubtful && !approved ? 'held' : stateOf(run, problems, NOTHING, current, current?.hash === hash);
  const key = current?.key ?? keyOfGolden(golden.id);
  if (state === 'held') problems.push(inReview(run, golden.id));
  const row = {
    hash,
    values: made.values,
    problems,
    golden: golden.id,
    run: run.id,
    carried: createCarried(carry, golden, made),
  };
  if (current) await changeOutbox(trx, [current.id], { ...row, state });
  else await insertOutbox(trx, { ...row, pipeline: run.pipeline.pipeline, key, entityId: run.entityId, operation: 'write', state });
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

/** Why a correction is held for review. */
function whyHeld(run: QueueingRun, key: string, { conflicts }: Carried): Problem[] {
  const [many, both] = [true, undefined].map((kind) => Object.keys(conflicts).filter((name) => conflicts[name]!.many === kind)) as [
    string[],
    string[],
  ];
  const were = (names: readonly string[]): string => `${names.join(', ')} ${names.length === 1 ? 'was' : 'were'}`;
  const place = { system: run.name, key };
  const problems: Problem[] = [];
  if (both.length > 0)
    problems.push({
      code: 'CARRY_CONFLICT',
      place,
      message: `${were(both)} changed in ${run.config.connection} and in another system since the last exchange. Nothing was sent: a person has to choose one of the values.`,
      hint: `To see both values and the number of the record, run interlocal deliver conflicts. To overwrite the value in ${run.config.connection}: interlocal deliver approve NUMBER. To leave it: interlocal deliver dismiss NUMBER --reason TEXT.`,
    });
  if (many.length > 0)
    problems.push({
      code: 'CARRY_EMPTIED_MANY',
      place,
      message: `${were(many)} made blank in the system that it comes from, in unusually many records at once. Nothing was sent: each record needs review.`,
      hint: `Check whether the export of the system that owns the field is complete. To see the records and their numbers, run interlocal deliver list ${run.name}. To make the field blank in ${run.config.connection} as well: interlocal deliver approve NUMBER. To leave it: interlocal deliver dismiss NUMBER --reason TEXT.`,
    });
  return problems;
}

function inReview(run: QueueingRun, golden: number): Problem {
  return {
    code: 'CARRY_IN_REVIEW',
    place: { system: run.name },
    message: `${run.entity.title} #${golden} may be the same as a record that ${run.config.connection} already has, so it is not created there yet: it could become a duplicate.`,
    hint: 'To see the pair, run interlocal review list; then decide with interlocal review same PAIR or interlocal review different PAIR. The next run after that goes on with this record.',
  };
}

function keyTwice(run: QueueingRun, key: string, number: string): Problem {
  return {
    code: 'KEY_REPEATED',
    place: { system: run.name, key },
    message: `The record ${number} of ${run.config.connection} has the same ${run.sink.idempotency_key.join(', ')} as another record that goes there, so ${run.config.connection} would treat both as one. It was not sent.`,
    hint: `Correct the record that has a wrong value. If both are right, make idempotency_key of the sink, in the connector, from the number that ${run.config.connection} gives to each record.`,
  };
}
