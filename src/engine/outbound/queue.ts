import type { OutboundRun } from './outbound-run.ts';
import { hash } from 'node:crypto';
import { problemsOfRecord, sinkKey } from '../../connector/sink/sink.ts';
import { FatalError, type Place, type Problem } from '../../core/errors.ts';
import { type Values, valueAt } from '../../core/record.ts';
import { canonicalValues } from '../../mapping/canonical-values.ts';
import type { Knex } from '../../store/open.ts';
import {
  changeOutbox,
  countOutbox,
  insertOutbox,
  latestOfGoldens,
  latestOfKeys,
  listOutbox,
  type OutboxRow,
  type OutboxState,
  REACHED,
  reachedOf,
  withdraw,
} from '../../store/outbound/outbox.ts';
import {
  deletedSince,
  type GoldenScan,
  goneFromOutbox,
  outboundOf,
  saveOutbound,
  scanGoldens,
  type ScannedGolden,
  settledBefore,
  touchedSince,
} from '../../store/outbound/outbound.ts';
import { saveCounts } from '../../store/ledger/runs.ts';
import { knownBy } from './known-by.ts';
import { goldenScan } from './scan.ts';
import { stopIfAsked } from '../run/context.ts';
import { isGolden } from '../../store/landing/golden.ts';

/** What a mapping made of one golden record. */
interface Made {
  golden: number;
  key: string;
  values: Values;
  hash: string;
  problems: Problem[];
}

const CHUNK = 500;

/**
 * Puts into the outbox what is new or changed since the last run, a stretch in each transaction: looking at a record again changes nothing,
 * so that a killed run begins again where the position is. After a change of mapping, sink or conditions everything is looked at.
 */
export async function queueChanges(run: OutboundRun): Promise<void> {
  const { pipeline } = run.pipeline;
  const known = await outboundOf(run.knex, pipeline);
  const position = await settledBefore(run.knex, run.id);
  const whole = known.fingerprint !== run.fingerprint || (await relatedDeleted(run, known.position));
  const fromRun = whole ? 0 : known.position;
  if (whole || (await anyTouched(run, fromRun))) {
    const scan = goldenScan(run, fromRun);
    const unwanted: number[] = [];
    for await (const list of scanGoldens(run.knex, scan, CHUNK)) {
      stopIfAsked(run);
      await queueList(run, list, unwanted);
      run.progress({ what: run.entity.entity, done: run.counts.read });
    }
    await queueGone(run, scan, unwanted);
  }
  await run.commit(async (_, trx) => {
    await saveOutbound(trx, pipeline, { fingerprint: run.fingerprint, position });
    await saveCounts(trx, run.id, run.counts);
  });
}

/** What a record lost is in no row that a scan by runs would find. */
async function relatedDeleted(run: OutboundRun, since: number): Promise<boolean> {
  const { related } = run;
  for (const { entityId } of related) if (await deletedSince(run.knex, entityId, since)) return true;
  return false;
}

async function anyTouched(run: OutboundRun, since: number): Promise<boolean> {
  const { entity, entityId, related } = run;
  for (const one of [{ entity: entity.entity, entityId }, ...related])
    if (await touchedSince(run.knex, one.entity, one.entityId, since)) return true;
  return false;
}

async function queueList(run: OutboundRun, list: readonly ScannedGolden[], unwanted: number[]): Promise<void> {
  const { pipeline } = run.pipeline;
  const made = list.flatMap((golden) => madeOf(run, golden) ?? (unwanted.push(golden.id), []));
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
async function nameKeyless(run: OutboundRun, made: readonly Made[]): Promise<void> {
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

function namesOf(run: OutboundRun, knex: Knex, goldens: readonly number[]): Promise<Map<number, string>> {
  const { entity, entityId } = run;
  return knownBy(knex, run.project, { entity: entity.entity, entityId }, goldens);
}

/** undefined: the mapping does not want it. Problems of a record without a key have none either. */
function madeOf(run: OutboundRun, golden: ScannedGolden): Made | undefined {
  const record: Values = { ...canonicalValues(run.entity, golden.columns) };
  for (const { name, config } of run.related) record[name] = golden.related[name]!.map((columns) => canonicalValues(config, columns));
  const at: Place = { system: run.name };
  const sent: Values = run.asSent(run.entity.entity, record);
  for (const { name, config } of run.related)
    sent[name] = golden.related[name]!.map((columns) => run.asSent(config.entity, canonicalValues(config, columns)));
  const { values, problems: unmapped } = run.mapping.apply(sent, at, record);
  if (unmapped.length) return { golden: golden.id, key: keyOfGolden(golden.id), values: {}, hash: hashOf({}), problems: unmapped };
  if (!values) return undefined;
  const keyless = run.sink.idempotency_key.every((field) => (valueAt(values, field) ?? '') === '');
  const key = keyless ? keyOfGolden(golden.id) : sinkKey(run.sink, values);
  // By its own key a person finds it at both sides.
  const named = keyless ? at : { ...at, key };
  const problems = problemsOfRecord(run.sink, values, named);
  problems.push(...run.currencyCheck(run.entity, record, named));
  for (const { name, config } of run.related)
    for (const one of golden.related[name]!) problems.push(...run.currencyCheck(config, canonicalValues(config, one), named));
  return { golden: golden.id, key, values, hash: hashOf(values), problems };
}

/** Of a record that has no key of its own yet. */
function keyOfGolden(id: number): string {
  return JSON.stringify({ golden: id });
}

function hashOf(values: Values): string {
  return hash('sha256', JSON.stringify(values)).slice(0, 24);
}

type Counted = 'created' | 'changed' | 'unchanged' | 'rejected';

async function enqueue(
  run: OutboundRun,
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
async function afterSending(run: OutboundRun, trx: Knex.Transaction, made: Made, current: OutboxRow): Promise<Counted> {
  const restored = current.operation === 'delete';
  if (current.hash === made.hash && !restored) return 'unchanged';
  const policy = changesOf(run);
  if (policy === 'ignore' && !restored) return 'unchanged';
  if (made.problems.length) return insert(run, trx, made, 'refused', made.problems);
  if (policy === 'send') return insert(run, trx, made, waitingState(run), []);
  return insert(run, trx, made, 'held', [changedSince(run, made, current)]);
}

async function beforeSending(run: OutboundRun, trx: Knex.Transaction, made: Made, current: OutboxRow): Promise<Counted> {
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
  const state = made.problems.length ? 'refused' : held ? 'held' : current.state === 'queued' ? 'queued' : waitingState(run);
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

async function insert(run: OutboundRun, trx: Knex.Transaction, made: Made, state: OutboxState, problems: Problem[]): Promise<Counted> {
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

/** Records that are gone, or that the pipeline does not send anymore. */
async function queueGone(run: OutboundRun, scan: GoldenScan, unwanted: readonly number[]): Promise<void> {
  const { config } = run;
  const { pipeline } = run.pipeline;
  const gone = await goneFromOutbox(run.knex, pipeline, scan);
  const rows = [
    ...(await listOutbox(run.knex, { ids: gone })),
    ...(await latestOfGoldens(run.knex, pipeline, unwanted)).filter((row) => row.operation === 'write' && !gone.includes(row.id)),
  ];
  /** Row → the version of its key that reached the remote system. */
  const reached = new Map<OutboxRow, OutboxRow>();
  for (const row of rows) {
    const last = REACHED.includes(row.state) ? row : await reachedOf(run.knex, pipeline, row.key);
    if (last?.operation === 'write') reached.set(row, last);
  }
  const counts = (await countOutbox(run.knex)).get(pipeline) ?? {};
  const sent = REACHED.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  if (reached.size > FEW && reached.size * 100 > config.max_deleted_percent * sent && run.sink.deletions === 'send')
    throw new FatalError({
      code: 'DELETIONS_TOO_MANY',
      place: { system: run.name },
      message: `${reached.size} of ${sent} records that were sent are gone, more than ${config.max_deleted_percent} percent; no deletion was sent.`,
      hint: 'Check what happened at the source or to where: in the pipeline. If it is correct, raise max_deleted_percent for one run.',
    });
  const send = run.sink.deletions === 'send';
  run.counts.deleted += await run.commit(async (_, trx) => {
    let deleted = 0;
    for (const row of rows) {
      if (!REACHED.includes(row.state)) await withdrawUnsent(trx, row);
      const last = reached.get(row);
      if (!last || run.sink.deletions === 'ignore') continue;
      const problems = send ? [] : [goneSince(run, last)];
      await insertOutbox(trx, { ...last, operation: 'delete', state: send ? waitingState(run) : 'held', problems, run: run.id });
      deleted++;
    }
    return deleted;
  });
}

/** So few are no sign that something is wrong as a whole. */
const FEW = 10;

async function withdrawUnsent(trx: Knex.Transaction, row: OutboxRow): Promise<void> {
  if (row.state !== 'withdrawn' && row.state !== 'dismissed') await withdraw(trx, row);
}

async function isThere(trx: Knex.Transaction, run: OutboundRun, golden: number): Promise<boolean> {
  return isGolden(trx, run.entity.entity, golden);
}

function stateOf(run: OutboundRun, made: Made): OutboxState {
  return made.problems.length ? 'refused' : waitingState(run);
}

/** How what may be sent waits in the pipeline's mode. */
function waitingState(run: OutboundRun): OutboxState {
  const { mode } = run.pipeline;
  return mode === 'live' ? 'queued' : mode === 'review' ? 'review' : 'shadow';
}

function changesOf({ sink }: OutboundRun): 'hold' | 'send' | 'ignore' {
  const write = sink.target.table?.write;
  return sink.changes ?? (write === 'upsert' || write === 'update' ? 'send' : 'hold');
}

function changedSince(run: OutboundRun, made: Made, sent: OutboxRow): Problem {
  const names = [...new Set([...Object.keys(sent.values), ...Object.keys(made.values)])];
  const differ = names.filter((name) => JSON.stringify(sent.values[name] ?? null) !== JSON.stringify(made.values[name] ?? null));
  return {
    code: 'CHANGED_AFTER_SENDING',
    place: { system: run.name, key: sent.key },
    message:
      sent.operation === 'delete'
        ? 'Its deletion was sent, but now it exists again.'
        : `It was sent, and since then ${differ.join(', ')} changed. The system would take it as another record.`,
    hint: 'Change it in the other system, then: interlocal deliver dismiss; or send it again anyway: interlocal deliver approve.',
  };
}

function goneSince(run: OutboundRun, sent: OutboxRow): Problem {
  return {
    code: 'GONE_AFTER_SENDING',
    place: { system: run.name, key: sent.key },
    message: 'It was sent, but since then it was deleted at its source or no longer matches what this pipeline sends.',
    hint: 'Reverse it in the other system, then: interlocal deliver dismiss.',
  };
}

function keyChanged(run: OutboundRun, made: Made, sent: OutboxRow): Problem {
  return {
    code: 'KEY_CHANGED',
    place: { system: run.name, key: made.key },
    message: `The same record was sent as ${sent.key}. The system would have it twice.`,
    hint: 'Correct it in the other system, then: interlocal deliver dismiss; or send it anyway: interlocal deliver approve.',
  };
}

async function keyTwice(run: OutboundRun, trx: Knex.Transaction, made: Made, other: number): Promise<Problem> {
  const names = await namesOf(run, trx, [made.golden, other]);
  return {
    code: 'KEY_REPEATED',
    place: { system: run.name, key: names.get(made.golden)! },
    message: `It has the same ${run.sink.idempotency_key.join(', ')} as ${names.get(other)}, so the system would take both as the same record.`,
    hint: 'Fix one of them at its source, or add a field to idempotency_key in the connector.',
  };
}
