import { type Answered, outgoing, record } from '../record.ts';
import type { PushContext } from '../../../connector/sink/push.ts';
import { writeTable } from '../../../connector/sink/push-table.ts';
import { totalsOf } from '../../../connector/sink/sink-sums.ts';
import { changeDelivery, type Delivery } from '../../../store/outbound/deliveries.ts';
import type { OutboxRow } from '../../../store/outbound/outbox.ts';
import type { QueryTransport } from '../../../transports/transport.ts';
import type { SendingRun } from './sending-run.ts';

/** Writes rows of a table, and gives what became of them. They are found by their key, so an attempt that was killed is simply made again. */
export async function sendRows(
  run: SendingRun,
  transport: QueryTransport,
  delivery: Delivery,
  rows: readonly OutboxRow[],
  context: PushContext,
): Promise<Answered> {
  const { sink } = run;
  const records = rows.map((row) => outgoing(run, row));
  await record(run, (trx) => changeDelivery(trx, delivery, { state: 'sending' }));
  const answers = await writeTable(transport, sink, records, context);
  const totals = totalsOf(
    sink,
    records.filter((_, i) => answers[i]!.state !== 'rejected').map((r) => r.values),
  );
  await record(run, (trx) => changeDelivery(trx, delivery, { sentAt: run.now().toISOString(), totals }));
  return rows.map((row, i) => [row, answers[i]!]);
}
