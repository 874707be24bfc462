import type { Answer, PushContext } from '../../connector/push.ts';
import { push, readBack } from '../../connector/push-request.ts';
import { totalsOf } from '../../connector/sink.ts';
import { changeDelivery, type Delivery } from '../../store/deliveries.ts';
import type { OutboxRow } from '../../store/outbox.ts';
import type { RequestTransport } from '../../transports/transport.ts';
import { outgoing, record } from './deliver.ts';
import type { Outbound } from './outbound.ts';
import { saveAnswers } from './settle.ts';

/**
 * Asks a service to take records. Before, it is noted that the request is on its way. A run that finds that note was killed in between, and
 * asks again only where the sink says that this does no harm; otherwise it looks whether the record is there, or leaves it to a person.
 */
export async function sendRequest(
  out: Outbound,
  transport: RequestTransport,
  delivery: Delivery,
  rows: readonly OutboxRow[],
  context: PushContext,
): Promise<void> {
  const { session, sink } = out;
  const target = sink.target.request!;
  const records = rows.map((row) => outgoing(out, row));
  const save = (answer: Answer): Promise<void> =>
    saveAnswers(
      out,
      delivery,
      rows.map((row) => [row, answer]),
    );
  if (delivery.state === 'sending' && !target.idempotent) {
    const found = sink.acknowledgement?.read_back ? await readBack(transport, sink, records[0]!, context) : interrupted(out);
    if (found !== 'missing') return await save(found);
  }
  await record(out, (trx) => changeDelivery(trx, delivery, { state: 'sending', sentAt: session.now().toISOString() }));
  let answer: Answer;
  try {
    answer = await push(transport, sink, records, context, {
      date: delivery.day,
      sequence: delivery.sequence,
      variables: context.variables,
    });
  } catch (error) {
    // What is thrown never arrived, or may be asked again.
    await record(out, (trx) => changeDelivery(trx, delivery, { state: 'prepared' }));
    throw error;
  }
  if (sink.acknowledgement?.read_back && (answer.state === 'sent' || answer.state === 'unknown')) {
    const found = await readBack(transport, sink, records[0]!, context);
    if (found !== 'missing') answer = found;
  }
  const totals = totalsOf(
    sink,
    records.map((r) => r.values),
  );
  await record(out, (trx) => changeDelivery(trx, delivery, { totals: answer.state === 'rejected' ? {} : totals }));
  await save(answer);
}

function interrupted(out: Outbound): Answer {
  return {
    state: 'unknown',
    problem: {
      code: 'DELIVERY_UNKNOWN',
      place: { system: out.name },
      message: 'The run was stopped while the request was on its way, and nobody knows whether the system has it.',
      hint: 'Look there. Then: interlocal deliver settle with --accepted, or interlocal deliver retry.',
    },
  };
}
