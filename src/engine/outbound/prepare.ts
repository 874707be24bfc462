import { filesOf, sinkScope } from '../../connector/sink/sink.ts';
import { fileNameOf } from '../../connector/sink/sink-rows.ts';
import { dayIn } from '../../core/time/time.ts';
import { type Delivery, insertDelivery, listDeliveries, takeSequence } from '../../store/outbound/deliveries.ts';
import { changeOutbox, type OutboxRow, sendableOutbox } from '../../store/outbound/outbox.ts';
import { stillRight } from './carry/before-sending.ts';
import { byCurrency } from './currencies.ts';
import { isOpen } from './delivery-state.ts';
import type { OutboundRun } from './outbound-run.ts';
import { targetOf } from './record.ts';
import type { Target } from './target.ts';

/** Records in one file, request or statement where the sink does not say. */
const MOST = { file: 10_000, table: 500, request: 1 } as const;
/** So many rows are looked at in one go; what waits after them is for the next. */
const MAX_QUEUED = 50_000;

/** What preparing a delivery needs of a run. */
type PreparingRun = Pick<
  OutboundRun,
  'carry' | 'commit' | 'config' | 'entityId' | 'id' | 'now' | 'pipeline' | 'project' | 'sink' | 'sinkName'
>;

/** Rows that wait to be sent, without those that are left for the next look. */
export async function waitingRows(
  { knex, pipeline }: Pick<OutboundRun, 'knex' | 'pipeline'>,
  left: ReadonlySet<number>,
): Promise<OutboxRow[]> {
  return (await sendableOutbox(knex, pipeline.pipeline, MAX_QUEUED + left.size)).filter((row) => !left.has(row.id));
}

/** Lists of rows that are sent together, each in the order of the outbox. */
export function groupsOf(run: Pick<OutboundRun, 'config' | 'currencyFields' | 'sink'>, rows: readonly OutboxRow[]): OutboxRow[][] {
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

/** Does the sink take one delivery at a time, and has not taken the last one yet? The run notes it. */
export async function waitsForOther(run: Pick<OutboundRun, 'config' | 'knex' | 'name' | 'note' | 'sink' | 'sinkName'>): Promise<boolean> {
  const { config, sink, sinkName, name } = run;
  if (!sink.one_at_a_time) return false;
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

/**
 * Notes in the store what is about to be sent together, before anything is in the remote system: a run that is killed anywhere knows what it
 * was about. Of corrections only those are taken that are still right; without any there is no delivery.
 */
export async function prepare(
  run: PreparingRun,
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

/** The file's name, or what it is written to. */
function nameOf({ sink }: Pick<OutboundRun, 'sink'>, rows: readonly OutboxRow[], scope: Parameters<typeof fileNameOf>[1]): string {
  return sink.target.file ? fileNameOf(sink.target.file.name, scope) : targetOf(sink, rows[0]!);
}
