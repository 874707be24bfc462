import type { OutboundRun } from './outbound-run.ts';
import { byCurrency } from './currencies.ts';
import type { Target } from './record.ts';
import { filesOf, sinkScope } from '../../connector/sink/sink.ts';
import { fileNameOf } from '../../connector/sink/sink-rows.ts';
import { retrying } from '../../connector/source/retry.ts';
import { dayIn } from '../../core/time/time.ts';
import { type Delivery, insertDelivery, listDeliveries, takeSequence, UNFINISHED } from '../../store/outbound/deliveries.ts';
import { changeOutbox, listOutbox, type OutboxRow, sendableOutbox } from '../../store/outbound/outbox.ts';
import { stopIfAsked } from '../run/context.ts';
import { release, stillRight } from './carry/before-sending.ts';
import { sendFile } from './send-file.ts';
import { sendRequest } from './send-request.ts';
import { sendRows } from './send-rows.ts';
import { isOpen } from './settle.ts';

/** Records in one file, request or statement where the sink does not say. */
const MOST = { file: 10_000, table: 500, request: 1 } as const;
/** So many rows are looked at in one go; what waits after them is for the next. */
const MAX_QUEUED = 50_000;

/**
 * Sends what waits. What is sent together, its sequence number and its records are in the store before anything is in the remote system, so
 * a run that is killed anywhere knows what it was about.
 */
export async function deliverQueued(run: OutboundRun, target: Target): Promise<void> {
  const { sink } = run;
  /** Their golden record changed since they were queued: the next look decides. */
  const left = new Set<number>();
  for (;;) {
    const queued = await sendableOutbox(run.knex, run.pipeline.pipeline, MAX_QUEUED + left.size);
    const rows = queued.filter((row) => !left.has(row.id));
    if (rows.length === 0) return;
    for (const group of groupsOf(run, rows)) {
      stopIfAsked(run);
      if (sink.one_at_a_time && (await waitsForOther(run))) return;
      const { delivery, taken } = await prepare(run, target, group);
      for (const row of group) if (!taken.includes(row)) left.add(row.id);
      if (!delivery) continue;
      await send(run, target, delivery, taken);
      run.progress({ what: run.name, done: group.length });
    }
  }
}

/** Resumes where an earlier run was killed or could not reach the remote system. */
export async function finishUnfinished(run: OutboundRun, target: Target): Promise<void> {
  for (const delivery of await listDeliveries(run.knex, { pipeline: run.pipeline.pipeline, states: UNFINISHED })) {
    stopIfAsked(run);
    const rows = await listOutbox(run.knex, { delivery: delivery.id });
    // Nothing of it is there yet, and people may have been merged or taken apart since: the next look decides again.
    if (run.carry && delivery.state === 'prepared') await release(run, delivery, rows);
    else await send(run, target, delivery, rows);
  }
}

/** Lists of rows that are sent together, each in the order of the outbox. */
function groupsOf(run: OutboundRun, rows: readonly OutboxRow[]): OutboxRow[][] {
  const { sink, currencyFields } = run;
  const kind = sink.target.file ? 'file' : sink.target.table ? 'table' : 'request';
  // What is made again is asked for otherwise.
  const isMade = (row: OutboxRow): boolean => row.carried?.create !== undefined;
  if (kind !== 'file' && rows.some(isMade) && !rows.every(isMade))
    return [false, true].flatMap((made) =>
      groupsOf(
        run,
        rows.filter((row) => isMade(row) === made),
      ),
    );
  // What is sent together is taken or rejected together: each entry for itself.
  const most = sink.max_records ?? (run.config.entries ? 1 : MOST[kind]);
  const byValues = new Map(rows.map((row) => [row.values, row]));
  const together =
    kind === 'file'
      ? filesOf(
          sink,
          rows.map((row) => row.values),
        ).map((list) => list.map((values) => byValues.get(values)!))
      : kind === 'request'
        ? [...Map.groupBy(rows, (row) => row.operation).values()]
        : [[...rows]];
  return together
    .flatMap((list) => byCurrency(sink, currencyFields, list))
    .flatMap((list) => {
      const size = list[0]!.operation === 'delete' && kind === 'request' ? 1 : most;
      return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
    });
}

async function waitsForOther(run: OutboundRun): Promise<boolean> {
  const { config, sink, sinkName, name } = run;
  const { connection } = config;
  const [open] = await listDeliveries(run.knex, {
    connection,
    sink: sinkName,
    states: ['staged', 'sending', 'unknown', 'sent'],
    limit: 1,
  });
  if (!open || !isOpen(sink, open)) return false;
  run.note(`${name} takes one file at a time and has not taken ${open.name} yet; the rest waits for a later run.`);
  return true;
}

async function prepare(
  run: OutboundRun,
  { context }: Target,
  group: readonly OutboxRow[],
): Promise<{ delivery: Delivery | undefined; taken: readonly OutboxRow[] }> {
  const { config, sink, sinkName } = run;
  const day = dayIn(run.project.config.town.time_zone, run.now());
  return run.commit(async (landing, trx) => {
    const rows = run.carry ? await stillRight(run, landing, trx, group) : group;
    if (rows.length === 0) return { delivery: undefined, taken: rows };
    const sequence = await takeSequence(trx, config.connection, sinkName);
    const delivery = await insertDelivery(trx, {
      pipeline: run.pipeline.pipeline,
      connection: config.connection,
      sink: sinkName,
      name: nameOf(run, rows, sinkScope(sink, { date: day, sequence, variables: context.variables })),
      day,
      sequence,
      state: 'prepared',
      records: rows.length,
      totals: {},
      sha256: null,
      run: run.id,
      preparedAt: run.now().toISOString(),
    });
    const ids = rows.map((row) => row.id);
    // A correction is known by the run that sent it: what was read before that does not have it yet.
    await changeOutbox(trx, ids, { state: 'sending', delivery: delivery.id, problems: [], ...(run.carry ? { run: run.id } : {}) });
    return { delivery, taken: rows };
  });
}

function nameOf({ sink }: OutboundRun, rows: readonly OutboxRow[], scope: Parameters<typeof fileNameOf>[1]): string {
  const { file, request, table } = sink.target;
  if (file) return fileNameOf(file.name, scope);
  if (table) return table.name;
  const [row] = rows;
  const ask = row!.operation === 'delete' ? request!.delete! : row!.carried?.create ? (sink.creates?.request ?? request!) : request!;
  return ask.operation ?? `${ask.method} ${ask.path ?? ''}`;
}

/** After the first attempt; what stays away is for the next scheduled run. */
const RETRIES = 3;

async function send(run: OutboundRun, { transport, context }: Target, delivery: Delivery, rows: readonly OutboxRow[]): Promise<void> {
  const { sink } = run;
  const work = (): Promise<void> =>
    transport.kind === 'files'
      ? sendFile(run, transport, delivery, rows, context)
      : transport.kind === 'query'
        ? sendRows(run, transport, delivery, rows, context)
        : sendRequest(run, transport, delivery, rows, context);
  await retrying(work, {
    maxRetries: sink.error_handler?.max_retries ?? RETRIES,
    baseMs: 1000,
    signal: run.signal,
    onRetry: (error, waitMs) => run.note(`${error.message} Trying again in ${(waitMs / 1000).toFixed(1)} s.`),
  });
}
