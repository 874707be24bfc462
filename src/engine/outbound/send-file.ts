import { createHash } from 'node:crypto';
import type { PushContext } from '../../connector/push.ts';
import { placeFile, placeOf, stageFile } from '../../connector/push-file.ts';
import { renderSink } from '../../connector/sink.ts';
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
  rows: readonly OutboxRow[],
  context: PushContext,
): Promise<void> {
  const { session, sink } = out;
  const place = placeOf(sink, delivery.name, context);
  const file = await renderSink(
    sink,
    rows.map((row) => row.values),
    { date: delivery.day, sequence: delivery.sequence, variables: context.variables },
  );
  if (delivery.state === 'prepared') {
    const sha256 = createHash('sha256').update(file.bytes).digest('hex');
    await stageFile(transport, place, file.bytes);
    await record(out, (trx) => changeDelivery(trx, delivery, { state: 'staged', sha256, totals: file.totals }));
  }
  await placeFile(transport, place, delivery.sha256!, context);
  await record(out, async (trx) => {
    await changeDelivery(trx, delivery, { state: 'sent', sentAt: session.now().toISOString() });
    const ids = rows.map((row) => row.id);
    await changeOutbox(trx, ids, { state: 'sent' });
  });
  session.note(`${delivery.name} was sent to ${out.name}: ${withTotals(file.count, file.totals)}.`);
}
