import { judgedFiles } from '../../connector/error-rules.ts';
import { openSession } from '../../connector/source/session.ts';
import { optionVariables } from '../../connector/template.ts';
import { FatalError } from '../../core/errors.ts';
import { takeLock } from '../../store/locks.ts';
import { countOutbox, moveOutbox, type OutboxState } from '../../store/outbound/outbox.ts';
import { indexRelated } from '../../store/outbound/outbound.ts';
import { openConnection } from '../run/connection.ts';
import type { Unfinished } from '../run/context.ts';
import type { HeldBack } from './carry/field.ts';
import { queueCorrections } from './carry/queue.ts';
import { deliverQueued, finishUnfinished } from './deliver.ts';
import { queueEntries } from './entries/queue.ts';
import type { OutboundRun } from './outbound-run.ts';
import { queueChanges } from './queue.ts';
import type { Target } from './record.ts';
import { settleAnswers } from './settle.ts';
import { notePending } from './summary.ts';

/**
 * Runs an outbound pipeline: looks at what became of what was sent, puts what is new or changed into the outbox, finishes what an earlier
 * run was killed over, and sends. In shadow, and in a preview, nothing is asked of the remote system.
 */
export async function outbound(run: OutboundRun, heldBack?: HeldBack[]): Promise<Unfinished> {
  await indexRelated(run.knex, run.related);
  await alignToMode(run);
  if (run.preview || run.pipeline.mode === 'shadow') await queue(run, heldBack);
  else
    await withTarget(run, async (target) => {
      await settleAnswers(run, target);
      await finishUnfinished(run, target);
      await queue(run, heldBack);
      await deliverQueued(run, target);
    });
  await notePending(run);
  return { incomplete: [], isOpen: () => isUndelivered(run) };
}

/** Records are in states in which they should have been delivered and were not, or this is not known. */
async function isUndelivered({ knex, pipeline }: Pick<OutboundRun, 'knex' | 'pipeline'>): Promise<boolean> {
  const waiting = (await countOutbox(knex)).get(pipeline.pipeline) ?? {};
  return NOT_DELIVERED.some((state) => (waiting[state] ?? 0) > 0);
}

const NOT_DELIVERED = ['refused', 'rejected', 'unknown', 'held'] as const;

async function queue(run: OutboundRun, heldBack: HeldBack[] | undefined): Promise<void> {
  if (run.config.entries) await queueEntries(run, run.config.entries);
  else await (run.carry ? queueCorrections(run, run.carry, heldBack) : queueChanges(run));
}

/** Works with the remote system while no other pipeline writes to it. */
async function withTarget(run: OutboundRun, work: (target: Target) => Promise<void>): Promise<void> {
  const { connection } = run.config;
  const lock = await takeLock(run.knex, `target:${connection}`);
  if (!('release' in lock))
    throw new FatalError({
      code: 'TARGET_BUSY',
      place: { system: connection },
      message: `Another pipeline is now writing to ${connection}, on ${lock.host} in process ${lock.pid}.`,
      hint: 'Wait until it has finished, then run this one again.',
    });
  run.locks.push(lock);
  try {
    const target = await openTarget(run);
    try {
      await work(target);
    } finally {
      await target.close();
    }
  } finally {
    run.locks.splice(run.locks.indexOf(lock), 1);
    await lock.release();
  }
}

/** The remote system of a run: its connection, and one session for all that is asked there. */
export async function openTarget(
  run: Pick<OutboundRun, 'config' | 'name' | 'note' | 'project' | 'sink'>,
): Promise<Target & { close(): Promise<void> }> {
  const { sink, name } = run;
  // Without the signal: what is on its way is not cut off, for then no one would know whether it arrived. It stops between two deliveries.
  const { transport: opened, options } = await openConnection(run.project, run.config.connection);
  const rules = sink.error_handler?.rules ?? [];
  const transport = opened.kind === 'files' ? judgedFiles(opened, rules, (text) => run.note(text)) : opened;
  const variables = optionVariables(options);
  const login = sink.target.request?.login;
  const session = login && transport.kind === 'request' ? openSession(login, transport, variables, name) : undefined;
  return {
    transport,
    context: { name, variables, ...(session ? { session } : {}) },
    async close() {
      await session?.close();
      await transport.close();
    },
  };
}

/** What is waiting, waits as the mode of the pipeline says now: a promotion to live lets go what shadow only showed. */
async function alignToMode(run: Pick<OutboundRun, 'commit' | 'pipeline'>): Promise<void> {
  const { pipeline, mode } = run.pipeline;
  const moves: Record<string, [from: OutboxState[], to: OutboxState]> = {
    live: [['shadow', 'review'], 'queued'],
    // What is queued was approved.
    review: [['shadow'], 'review'],
    shadow: [['review', 'queued'], 'shadow'],
  };
  const [from, to] = moves[mode]!;
  await run.commit(async (_, trx) => moveOutbox(trx, pipeline, from, to));
}
