import { type Answered, outgoing, record } from '../record.ts';
import { type Answer, LOOK_THERE, type PushContext } from '../../../connector/sink/push.ts';
import { push, readBackEach } from '../../../connector/sink/push-request.ts';
import { totalsOf } from '../../../connector/sink/sink-sums.ts';
import { changeDelivery, type Delivery } from '../../../store/outbound/deliveries.ts';
import type { OutboxRow } from '../../../store/outbound/outbox.ts';
import type { RequestTransport } from '../../../transports/transport.ts';
import type { SendingRun } from './sending-run.ts';

/**
 * Asks a service to take records, and gives what became of them. Before, it is noted that the request is on its way. A run that finds that note was killed in between, and
 * asks again only where the sink says that this does no harm; otherwise it checks whether the record is there, or leaves it to a person.
 */
export async function sendRequest(
  run: SendingRun,
  transport: RequestTransport,
  delivery: Delivery,
  rows: readonly OutboxRow[],
  context: PushContext,
): Promise<Answered> {
  const { sink } = run;
  const target = sink.target.request!;
  const records = rows.map((row) => outgoing(run, row));
  const answered = (answers: readonly Answer[]): Answered => rows.map((row, i) => [row, answers[i]!]);
  /** What is found there of each record; those that are not keep what is known of them. */
  const lookedUp = async (known: (i: number) => Answer): Promise<Answer[] | 'missing'> => {
    const found = await readBackEach(transport, sink, records, context);
    return found.every((one) => one === 'missing') ? 'missing' : found.map((one, i) => (one === 'missing' ? known(i) : one));
  };
  await transport.ready();
  await context.session?.variables();
  if (delivery.state === 'sending' && !target.idempotent) {
    if (!sink.acknowledgment?.read_back) return answered(records.map(() => interrupted(run)));
    const found = await lookedUp(() => interrupted(run));
    if (found !== 'missing') return answered(found);
  }
  await record(run, (trx) => changeDelivery(trx, delivery, { state: 'sending', sentAt: run.now().toISOString() }));
  let answers: Answer[];
  try {
    answers = await push(transport, sink, records, context, {
      date: delivery.day,
      sequence: delivery.sequence,
      variables: context.variables,
    });
  } catch (error) {
    // What is thrown never arrived, or may be asked again.
    await record(run, (trx) => changeDelivery(trx, delivery, { state: 'prepared' }));
    throw error;
  }
  if (sink.acknowledgment?.read_back && answers.some(({ state }) => state === 'sent' || state === 'unknown')) {
    const found = await lookedUp((i) => answers[i]!);
    if (found !== 'missing') answers = answers.map((one, i) => (one.state === 'sent' || one.state === 'unknown' ? found[i]! : one));
  }
  const there = records.filter((_, i) => answers[i]!.state !== 'rejected').map(({ values }) => values);
  await record(run, (trx) => changeDelivery(trx, delivery, { totals: there.length ? totalsOf(sink, there) : {} }));
  return answered(answers);
}

function interrupted(run: Pick<SendingRun, 'name'>): Answer {
  return {
    state: 'unknown',
    problem: {
      code: 'DELIVERY_UNKNOWN',
      place: { system: run.name },
      message: 'The run was stopped while the request was under way, so it is not known whether the system has it.',
      hint: LOOK_THERE,
    },
  };
}
