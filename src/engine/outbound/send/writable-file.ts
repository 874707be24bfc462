import type { PushContext } from '../../../connector/sink/push.ts';
import { type RenderedFile, renderSink } from '../../../connector/sink/sink.ts';
import { type Problem, RecordError } from '../../../core/errors.ts';
import { changeDelivery, type Delivery } from '../../../store/outbound/deliveries.ts';
import { changeOutbox, type OutboxRow } from '../../../store/outbound/outbox.ts';
import { record } from '../record.ts';
import type { SendingRun } from './sending-run.ts';

/** A file that is ready to be sent, and the records that are in it. */
export interface WritableFile {
  rows: readonly OutboxRow[];
  file: RenderedFile;
}

/**
 * Makes the file of a delivery. A record that the format or the encoding cannot carry is refused alone, with its reason: the others need not
 * wait for it. Gives those that are left with their file; without any the delivery is at its end, and nothing is given.
 */
export async function writableFile(
  run: Pick<SendingRun, 'commit' | 'counts' | 'sink'>,
  delivery: Delivery,
  rows: readonly OutboxRow[],
  { variables }: PushContext,
): Promise<WritableFile | undefined> {
  const { day: date, sequence } = delivery;
  const render = (list: readonly OutboxRow[]): Promise<RenderedFile> =>
    renderSink(
      run.sink,
      list.map((row) => row.values),
      { date, sequence, variables },
    );
  // Of one that was begun, the records were looked at before.
  if (delivery.state !== 'prepared') return { rows, file: await render(rows) };
  const whole = await fileOrProblems(() => render(rows));
  if (!Array.isArray(whole)) return { rows, file: whole };
  const unwritable = new Map<OutboxRow, Problem[]>();
  for (const row of rows) {
    const alone = await fileOrProblems(() => render([row]));
    if (Array.isArray(alone)) unwritable.set(row, alone);
  }
  if (unwritable.size === 0) throw new RecordError(whole);
  await record(run, async (trx) => {
    for (const [row, problems] of unwritable)
      await changeOutbox(trx, [row.id], { state: 'refused', problems: problems.map((p) => placed(p, row)), delivery: null });
    if (unwritable.size === rows.length) await changeDelivery(trx, delivery, { state: 'rejected' });
  });
  run.counts.rejected += unwritable.size;
  const left = rows.filter((row) => !unwritable.has(row));
  return left.length ? { rows: left, file: await render(left) } : undefined;
}

function placed(problem: Problem, { key }: OutboxRow): Problem {
  return { ...problem, place: { key, path: problem.place.path } };
}

async function fileOrProblems(work: () => Promise<RenderedFile>): Promise<RenderedFile | Problem[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return [...error.problems];
  }
}
