import type { Outbound } from './context.ts';
import { outgoing, record } from './record.ts';
import type { Answer, PushContext } from '../../connector/sink/push.ts';
import { push, readBackEach } from '../../connector/sink/push-request.ts';
import { totalsOf } from '../../connector/sink/sink-sums.ts';
import { changeDelivery, type Delivery } from '../../store/outbound/deliveries.ts';
import type { OutboxRow } from '../../store/outbound/outbox.ts';
import type { RequestTransport } from '../../transports/transport.ts';
import { saveAnswers } from './settle.ts';

/**
 * Asks a service to take records. Before, it is noted that the request is on its way. A run that finds that note was killed in between, and
 * asks again only where the sink says that this does no harm; otherwise it checks whether the record is there, or leaves it to a person.
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
  const save = (answers: readonly Answer[]): Promise<void> =>
    saveAnswers(
      out,
      delivery,
      rows.map((row, i) => [row, answers[i]!]),
    );
  /** What is found there of each record; those that are not keep what is known of them. */
  const lookedUp = async (known: (i: number) => Answer): Promise<Answer[] | 'missing'> => {
    const found = await readBackEach(transport, sink, records, context);
    return found.every((one) => one === 'missing') ? 'missing' : found.map((one, i) => (one === 'missing' ? known(i) : one));
  };
  await transport.ready();
  await context.session?.variables();
  if (delivery.state === 'sending' && !target.idempotent) {
    if (!sink.acknowledgment?.read_back) return save(records.map(() => interrupted(out)));
    const found = await lookedUp(() => interrupted(out));
    if (found !== 'missing') return save(found);
  }
  await record(out, (trx) => changeDelivery(trx, delivery, { state: 'sending', sentAt: session.now().toISOString() }));
  let answers: Answer[];
  try {
    answers = await push(transport, sink, records, context, {
      date: delivery.day,
      sequence: delivery.sequence,
      variables: context.variables,
    });
  } catch (error) {
    // What is thrown never arrived, or may be asked again.
    await record(out, (trx) => changeDelivery(trx, delivery, { state: 'prepared' }));
    throw error;
  }
  if (sink.acknowledgment?.read_back && answers.some(({ state }) => state === 'sent' || state === 'unknown')) {
    const found = await lookedUp((i) => answers[i]!);
    if (found !== 'missing') answers = answers.map((one, i) => (one.state === 'sent' || one.state === 'unknown' ? found[i]! : one));
  }
  const there = records.filter((_, i) => answers[i]!.state !== 'rejected').map(({ values }) => values);
  await record(out, (trx) => changeDelivery(trx, delivery, { totals: there.length ? totalsOf(sink, there) : {} }));
  await save(answers);
}

function interrupted(out: Outbound): Answer {
  return {
    state: 'unknown',
    problem: {
      code: 'DELIVERY_UNKNOWN',
      place: { system: out.name },
      message: 'The run was stopped while the request was under way, so it is not known whether the system has it.',
      hint: 'Check in that system. If it has the record: interlocal deliver settle with --accepted; if not: interlocal deliver retry.',
    },
  };
}
