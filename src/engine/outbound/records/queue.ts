import type { Problem } from '../../../core/errors.ts';
import { isGolden } from '../../../store/landing/golden.ts';
import { saveCounts } from '../../../store/ledger/runs.ts';
import type { Knex } from '../../../store/open.ts';
import {
  changeOutbox,
  insertOutbox,
  latestOfGoldens,
  latestOfKeys,
  type OutboxRow,
  type OutboxState,
  REACHED,
  reachedOf,
  withdraw,
} from '../../../store/outbound/outbox.ts';
import { saveOutbound } from '../../../store/outbound/outbound.ts';
import { knownBy } from '../known-by.ts';
import { type Counted, keyOfGolden, type Made, waitingState } from '../made.ts';
import type { OutboundRun } from '../outbound-run.ts';
import type { GoneRecords } from './gone.ts';

/** What queueing records needs of a run. */
type QueueingRun = Pick<
  OutboundRun,
  'commit' | 'counts' | 'entity' | 'entityId' | 'fingerprint' | 'id' | 'knex' | 'name' | 'pipeline' | 'project' | 'sink'
>;

/**
 * Puts a stretch of records into the outbox, in one transaction. To do it again changes nothing, so that a killed run begins again where the
 * last look was.
 */
export async function queueRecords(run: QueueingRun, made: readonly Made[]): Promise<void> {
  const { pipeline } = run.pipeline;
  await nameKeyless(run, made);
  const counted = await run.commit(async (_, trx) => {
    const counts = { ...run.counts };
    const byKey = await latestOfKeys(
      trx,
      pipeline,
      made.map((m) => m.key),
    );
    const byGolden = Map.groupBy(
      await latestOfGoldens(
        trx,
        pipeline,
        made.map((m) => m.golden),
      ),
      (row) => row.golden,
    );
    for (const one of made) {
      counts.read++;
      counts[await enqueue(run, trx, one, byKey.get(one.key), byGolden.get(one.golden) ?? [])]++;
      // Two records of one stretch may have the same key.
      if (!byKey.has(one.key)) for (const [key, row] of await latestOfKeys(trx, pipeline, [one.key])) byKey.set(key, row);
    }
    await saveCounts(trx, run.id, counts);
    return counts;
  });
  Object.assign(run.counts, counted);
}

/** What is wrong with a record that has no key there is said of it by its key in the system that it came from. */
async function nameKeyless(run: QueueingRun, made: readonly Made[]): Promise<void> {
  const keyless = made.filter(({ problems }) => problems.some(({ place }) => place.key === undefined));
  if (keyless.length === 0) return;
  const names = await namesOf(
    run,
    run.knex,
    keyless.map(({ golden }) => golden),
  );
  for (const one of keyless)
    one.problems = one.problems.map((problem) => ({ ...problem, place: { key: names.get(one.golden)!, ...problem.place } }));
}

function namesOf(run: QueueingRun, knex: Knex, goldens: readonly number[]): Promise<Map<number, string>> {
  const { entity, entityId } = run;
  return knownBy(knex, run.project, { entity: entity.entity, entityId }, goldens);
}

async function enqueue(
  run: QueueingRun,
  trx: Knex.Transaction,
  made: Made,
  current: OutboxRow | undefined,
  mine: readonly OutboxRow[],
): Promise<Counted> {
  const others = mine.filter((row) => row.key !== made.key);
  for (const row of others) if (!REACHED.includes(row.state) && row.operation === 'write') await withdrawUnsent(trx, row);
  const sentAs = others.find((row) => REACHED.includes(row.state));
  if (sentAs && made.problems.length === 0 && !current) return insert(run, trx, made, 'held', [keyChanged(run, made, sentAs)]);
  if (current && current.golden !== made.golden && (await isThere(trx, run, current.golden))) {
    const twin = { ...made, key: keyOfGolden(made.golden), problems: [await keyTwice(run, trx, made, current.golden)] };
    return enqueue(run, trx, twin, (await latestOfKeys(trx, current.pipeline, [twin.key])).get(twin.key), []);
  }
  if (!current) return insert(run, trx, made, stateOf(run, made), made.problems);
  if (REACHED.includes(current.state)) return afterSending(run, trx, made, current);
  return beforeSending(run, trx, made, current);
}

/** It was sent: what changed since is for the sink's `changes` to say. */
async function afterSending(run: QueueingRun, trx: Knex.Transaction, made: Made, current: OutboxRow): Promise<Counted> {
  const restored = current.operation === 'delete';
  if (current.hash === made.hash && !restored) return 'unchanged';
  const policy = changesOf(run);
  if (policy === 'ignore' && !restored) return 'unchanged';
  if (made.problems.length) return insert(run, trx, made, 'refused', made.problems);
  if (policy === 'send') return insert(run, trx, made, waitingState(run.pipeline), []);
  return insert(run, trx, made, 'held', [changedSince(run, made, current)]);
}

async function beforeSending(run: QueueingRun, trx: Knex.Transaction, made: Made, current: OutboxRow): Promise<Counted> {
  const same = current.hash === made.hash && current.operation === 'write' && current.golden === made.golden;
  // Rejected by the remote system, or dismissed by a person: only another content is another matter.
  if (same && (current.state === 'rejected' || current.state === 'dismissed')) return 'unchanged';
  if (current.state === 'rejected') return insert(run, trx, made, stateOf(run, made), made.problems);
  const reached = current.version > 1 ? await reachedOf(trx, current.pipeline, current.key) : undefined;
  if (reached && reached.hash === made.hash && reached.operation === 'write') {
    await withdraw(trx, current);
    return 'changed';
  }
  const held = reached !== undefined && changesOf(run) === 'hold';
  const state = made.problems.length ? 'refused' : held ? 'held' : current.state === 'queued' ? 'queued' : waitingState(run.pipeline);
  if (same && current.state === state) return state === 'refused' ? 'rejected' : 'unchanged';
  await changeOutbox(trx, [current.id], {
    state,
    hash: made.hash,
    values: made.values,
    golden: made.golden,
    operation: 'write',
    problems: state === 'held' ? [changedSince(run, made, reached!)] : made.problems,
    run: run.id,
  });
  return state === 'refused' ? 'rejected' : 'changed';
}

async function insert(run: QueueingRun, trx: Knex.Transaction, made: Made, state: OutboxState, problems: Problem[]): Promise<Counted> {
  await insertOutbox(trx, {
    pipeline: run.pipeline.pipeline,
    key: made.key,
    entityId: run.entityId,
    golden: made.golden,
    operation: 'write',
    state,
    hash: made.hash,
    values: made.values,
    problems,
    run: run.id,
  });
  return state === 'refused' ? 'rejected' : state === 'held' ? 'changed' : 'created';
}

/** Takes back what is not sent of records that are gone; of what was sent, the deletion is queued, or held for a person. */
export async function queueGone(run: QueueingRun, { rows, reached }: GoneRecords): Promise<void> {
  const { deletions } = run.sink;
  const send = deletions === 'send';
  run.counts.deleted += await run.commit(async (_, trx) => {
    let deleted = 0;
    for (const row of rows) {
      if (!REACHED.includes(row.state)) await withdrawUnsent(trx, row);
      const last = reached.get(row);
      if (!last || deletions === 'ignore') continue;
      const problems = send ? [] : [goneSince(run, last)];
      await insertOutbox(trx, { ...last, operation: 'delete', state: send ? waitingState(run.pipeline) : 'held', problems, run: run.id });
      deleted++;
    }
    return deleted;
  });
}

/** Notes up to where the run has looked: the next one looks at what changed since. */
export async function savePosition(run: QueueingRun, position: number): Promise<void> {
  await run.commit(async (_, trx) => {
    await saveOutbound(trx, run.pipeline.pipeline, { fingerprint: run.fingerprint, position });
    await saveCounts(trx, run.id, run.counts);
  });
}

async function withdrawUnsent(trx: Knex.Transaction, row: OutboxRow): Promise<void> {
  if (row.state !== 'withdrawn' && row.state !== 'dismissed') await withdraw(trx, row);
}

async function isThere(trx: Knex.Transaction, run: QueueingRun, golden: number): Promise<boolean> {
  return isGolden(trx, run.entity.entity, golden);
}

function stateOf(run: QueueingRun, made: Made): OutboxState {
  return made.problems.length ? 'refused' : waitingState(run.pipeline);
}

function changesOf({ sink }: Pick<OutboundRun, 'sink'>): 'hold' | 'send' | 'ignore' {
  const write = sink.target.table?.write;
  return sink.changes ?? (write === 'upsert' || write === 'update' ? 'send' : 'hold');
}

function changedSince(run: QueueingRun, made: Made, sent: OutboxRow): Problem {
  const names = [...new Set([...Object.keys(sent.values), ...Object.keys(made.values)])];
  const differ = names.filter((name) => JSON.stringify(sent.values[name] ?? null) !== JSON.stringify(made.values[name] ?? null));
  return {
    code: 'CHANGED_AFTER_SENDING',
    place: { system: run.name, key: sent.key },
    message:
      sent.operation === 'delete'
        ? 'The deletion of this record was sent to the other system, but now the record exists again. It was not sent again.'
        : `Since this record was sent, its ${differ.join(', ')} changed. The change was not sent, because the other system would take it as a second record.`,
    hint: `Change it by hand in the other system, then run ${DISMISS}. To send it again anyway: interlocal deliver approve NUMBER. ${SHOWN}`,
  };
}

/** What a person does about a record that was sent. */
const DISMISS = 'interlocal deliver dismiss NUMBER --reason TEXT';
const SHOWN = 'To see the number, run interlocal deliver list.';

function goneSince(run: QueueingRun, sent: OutboxRow): Problem {
  return {
    code: 'GONE_AFTER_SENDING',
    place: { system: run.name, key: sent.key },
    message:
      'Since this record was sent, it was deleted in the system that it comes from, or this pipeline no longer selects it. The other system still has it.',
    hint: `Reverse it by hand in the other system, then run ${DISMISS}. ${SHOWN}`,
  };
}

function keyChanged(run: QueueingRun, made: Made, sent: OutboxRow): Problem {
  return {
    code: 'KEY_CHANGED',
    place: { system: run.name, key: made.key },
    message: `This record was sent before under the key ${sent.key}. It was not sent again, because the other system would have it twice.`,
    hint: `Correct it by hand in the other system, then run ${DISMISS}. To send it under the new key anyway: interlocal deliver approve NUMBER. ${SHOWN}`,
  };
}

async function keyTwice(run: QueueingRun, trx: Knex.Transaction, made: Made, other: number): Promise<Problem> {
  const names = await namesOf(run, trx, [made.golden, other]);
  return {
    code: 'KEY_REPEATED',
    place: { system: run.name, key: names.get(made.golden)! },
    message: `This record has the same ${run.sink.idempotency_key.join(', ')} as ${names.get(other)}, so the other system would take both as one. It was not sent.`,
    hint: 'Correct the wrong one in the system that it comes from. If both are right, add a field in which they differ to idempotency_key of the sink in the connector.',
  };
}
