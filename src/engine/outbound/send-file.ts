import { createHash } from 'node:crypto';
import type { PushContext } from '../../connector/push.ts';
import { placeFile, placeOf, stageFile } from '../../connector/push-file.ts';
import { packedForSending } from '../../connector/packing.ts';
import { type RenderedFile, renderSink } from '../../connector/sink.ts';
import { type Problem, RecordError } from '../../core/errors.ts';
import { changeDelivery, type Delivery } from '../../store/deliveries.ts';
import { changeOutbox, type OutboxRow } from '../../store/outbox.ts';
import type { FileTransport } from '../../transports/transport.ts';
import { record } from './deliver.ts';
import type { Outbound } from './outbound.ts';
import { withTotals } from './summary.ts';

/**
 * Drops a file: written under a temporary name, noted, moved to its place, noted. Killed before the first note it is written again; killed
 * after it, the temporary name says whether it was moved: so it is there once, also where the other side takes files within a second.
 */
export async function sendFile(
  out: Outbound,
  transport: FileTransport,
  delivery: Delivery,
  given: readonly OutboxRow[],
  context: PushContext,
): Promise<void> {
  const { session, sink } = out;
  const place = placeOf(sink, delivery.name, context);
  const render = (list: readonly OutboxRow[]): Promise<RenderedFile> =>
    renderSink(
      sink,
      list.map((row) => row.values),
      { date: delivery.day, sequence: delivery.sequence, variables: context.variables },
    );
  const { rows, file } =
    delivery.state === 'prepared' ? await withoutUnwritable(out, delivery, given, render) : { rows: given, file: await render(given) };
  if (!file) return;
  if (delivery.state === 'prepared') {
    // Encrypted, it is never the same twice: what was noted is what was staged, and an attempt before the note is written over.
    const bytes = await packedForSending(sink, file);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await stageFile(transport, place, bytes);
    await record(out, (trx) => changeDelivery(trx, delivery, { state: 'staged', sha256, totals: file.totals }));
  }
  const encrypted = sink.target.file!.pack?.some(({ pgp }) => pgp) === true;
  await placeFile(transport, place, { sha256: delivery.sha256!, encrypted }, context);
  await record(out, async (trx) => {
    await changeDelivery(trx, delivery, { state: 'sent', sentAt: session.now().toISOString() });
    const ids = rows.map((row) => row.id);
    await changeOutbox(trx, ids, { state: 'sent' });
  });
  session.note(`${delivery.name} was sent to ${out.name}: ${withTotals(file.count, file.totals)}.`);
}

/**
 * A record that the format or the encoding cannot carry is refused alone, with its reason: the others need not wait for it. Gives those that
 * are left with their file; without any the delivery is at its end.
 */
async function withoutUnwritable(
  out: Outbound,
  delivery: Delivery,
  rows: readonly OutboxRow[],
  render: (rows: readonly OutboxRow[]) => Promise<RenderedFile>,
): Promise<{ rows: readonly OutboxRow[]; file?: RenderedFile }> {
  const whole = await fileOrProblems(() => render(rows));
  if (!Array.isArray(whole)) return { rows, file: whole };
  const unwritable = new Map<OutboxRow, Problem[]>();
  for (const row of rows) {
    const alone = await fileOrProblems(() => render([row]));
    if (Array.isArray(alone)) unwritable.set(row, alone);
  }
  if (unwritable.size === 0) throw new RecordError(whole);
  await record(out, async (trx) => {
    for (const [row, problems] of unwritable)
      await changeOutbox(trx, [row.id], { state: 'refused', problems: problems.map((p) => placed(p, row)), delivery: null });
    if (unwritable.size === rows.length) await changeDelivery(trx, delivery, { state: 'rejected' });
  });
  out.session.counts.rejected += unwritable.size;
  const left = rows.filter((row) => !unwritable.has(row));
  return left.length ? { rows: left, file: await render(left) } : { rows: left };
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
