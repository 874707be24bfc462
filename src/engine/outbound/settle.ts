import type { OutboundRun } from './outbound-run.ts';
import { concludeDelivery, isOverdue } from './delivery-state.ts';
import { type Answered, outgoing, record } from './record.ts';
import type { Target } from './target.ts';
import type { SinkConfig } from '../../config/schema/connector.ts';
import { type Answer, answerKey, type PushContext } from '../../connector/sink/push.ts';
import { type FileAnswer, fileAnswer, placeOf, whatLies } from '../../connector/sink/push-file.ts';
import { rowAnswer } from '../../connector/sink/push-lines.ts';
import { readBackEach } from '../../connector/sink/push-request.ts';
import type { Problem } from '../../core/errors.ts';
import { groupProblems } from '../../core/grouped-problems.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import { type Delivery, type DeliveryState, listDeliveries } from '../../store/outbound/deliveries.ts';
import type { FileTransport } from '../../transports/transport.ts';
import { changeOutbox, listOutbox, type OutboxRow, type OutboxState } from '../../store/outbound/outbox.ts';
import { linkCreated, type LinkingRun } from './carry/link.ts';
import { stopIfAsked } from '../run/context.ts';

/** What settling needs of a run. */
type SettlingRun = LinkingRun &
  Pick<OutboundRun, 'commit' | 'counts' | 'knex' | 'name' | 'note' | 'problems' | 'project' | 'signal' | 'sink' | 'sinkName'>;

/** Looks in the remote system for what became of what was sent, and tells what is overdue. */
export async function settleAnswers(run: SettlingRun, target: Target): Promise<void> {
  const { sink } = run;
  const { taken, file, read_back, row: inRows, within } = sink.acknowledgment ?? {};
  const { transport, context } = target;
  const files = transport.kind === 'files';
  if (!taken && !file && !read_back && !inRows && !files) return;
  // Of a file whose fate is not known, an answer, or the file itself, may be found later.
  const states: DeliveryState[] = files ? ['sent', 'acknowledged', 'unknown'] : ['sent', 'acknowledged'];
  for (const delivery of await listDeliveries(run.knex, { pipeline: run.pipeline.pipeline, states })) {
    if (!taken && !file && !read_back && !inRows && delivery.state !== 'unknown') continue;
    stopIfAsked(run);
    const rows = await listOutbox(run.knex, { delivery: delivery.id });
    if (transport.kind === 'files') {
      const answer = await answerOf(transport, sink, delivery, context);
      const known = rows.flatMap((row): [OutboxRow, Answer][] => {
        const one = answer?.all ?? answer?.byKey?.get(answerKey(sink, row));
        return one && one.state !== row.state && !isFinal(row.state) ? [[row, one]] : [];
      });
      if (known.length) await saveAnswers(run, delivery, known);
    } else if (transport.kind === 'query' && inRows) {
      const known: [OutboxRow, Answer][] = [];
      for (const row of rows.filter(({ state }) => !isFinal(state))) {
        const answer = await rowAnswer(transport, sink, outgoing(run, row), context);
        if (answer) known.push([row, answer]);
      }
      if (known.length) await saveAnswers(run, delivery, known);
    } else if (transport.kind === 'request' && typeof read_back === 'object') {
      const open = rows.filter((row) => !isFinal(row.state));
      const found = await readBackEach(
        transport,
        sink,
        open.map((row) => outgoing(run, row)),
        context,
      );
      const known = open.flatMap((row, i): [OutboxRow, Answer][] => (found[i] === 'missing' ? [] : [[row, found[i]!]]));
      if (known.length) await saveAnswers(run, delivery, known);
    }
    if (isOverdue(delivery, within, run.now()))
      run.note(
        `${delivery.name}, sent at ${zonedTime(delivery.sentAt!, run.project.config.town.time_zone)}, has had no answer from ${run.name} for longer than ${within}.`,
      );
  }
}

async function answerOf(
  transport: FileTransport,
  sink: SinkConfig,
  { name, state, sha256, bytes }: Delivery,
  context: PushContext,
): Promise<FileAnswer | undefined> {
  const answer = await fileAnswer(transport, sink, name, context, state !== 'unknown');
  if (answer || state !== 'unknown' || sha256 === null) return answer;
  const there = await whatLies(transport, placeOf(sink, name, context).final, { sha256, bytes });
  return there === 'same' ? { all: { state: 'sent' } } : undefined;
}

const FINAL: readonly OutboxState[] = ['accepted', 'rejected', 'dismissed'];
function isFinal(state: OutboxState): boolean {
  return FINAL.includes(state);
}

/** Saves what became of records of a delivery, and of the delivery as a whole. Rejected and lost ones are the run's problems. */
export async function saveAnswers(run: SettlingRun, delivery: Delivery, answers: Answered): Promise<void> {
  const reasons: Problem[] = [];
  const lost: Problem[] = [];
  await record(run, async (trx) => {
    reasons.length = lost.length = 0;
    for (const [row, { state, problem, number }] of answers) {
      const placed = problem && { ...problem, place: { ...problem.place, key: row.key } };
      const numbered = number === undefined ? {} : { theirNumber: number.slice(0, 100) };
      await changeOutbox(trx, [row.id], { state, problems: placed ? [placed] : [], ...numbered });
      if (placed) (state === 'unknown' ? lost : reasons).push(placed);
    }
    for (const [row, { created }] of answers) if (created !== undefined) await linkCreated(run, trx, row, created);
    const said = answers.find(([, answer]) => answer.said !== undefined)?.[1].said;
    await concludeDelivery(trx, delivery, run.now(), said);
  });
  run.problems.push(...grouped(lost));
  const count = (...states: Answer['state'][]): number => answers.filter(([, { state }]) => states.includes(state)).length;
  run.counts.rejected += count('rejected');
  const parts = [
    [count('accepted'), 'accepted'],
    [count('acknowledged'), 'taken'],
    [count('sent'), 'sent'],
    [count('rejected'), 'rejected'],
    [count('unknown'), 'of which it is not known'],
  ].flatMap(([n, words]) => (n ? [`${n} ${words}`] : []));
  run.note(`${delivery.name} (${run.name}): ${parts.join(', ')}.`);
  for (const { problem, places } of groupProblems(reasons).slice(0, MAX_TOLD)) {
    const keys = places.slice(0, MAX_TOLD).map((place) => place.key ?? '');
    const more = places.length > keys.length ? ` and ${places.length - keys.length} more` : '';
    run.note(`${places.length > 1 ? `${places.length} records, ` : ''}${keys.join(', ')}${more}: ${problem.message}`);
  }
}

/** What is the same of several records is said once. */
function grouped(problems: readonly Problem[]): Problem[] {
  return [...Map.groupBy(problems, ({ code, message }) => `${code} ${message}`).values()].map((same) => {
    const { key: _, ...place } = same[0]!.place;
    return same.length === 1 ? same[0]! : { ...same[0]!, place };
  });
}

/** So many reasons are told in the run's notes; interlocal deliver list has them all. */
const MAX_TOLD = 20;
