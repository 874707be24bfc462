import { type Outbound, columnNames } from './context.ts';
import type { Target } from './record.ts';
import { hash } from 'node:crypto';
import { entityToSend } from '../../config/schema/journal-entry.ts';
import { judgedFiles } from '../../connector/error-rules.ts';
import { optionVariables } from '../../connector/template.ts';
import { FatalError } from '../../core/errors.ts';
import { compileSinkMapping } from '../../mapping/sink/sink-mapping.ts';
import { firstNames } from '../../store/ledger/connections.ts';
import { connectionFields } from '../run/renames.ts';
import { ENTRY_ENTITY_ID } from '../../store/outbound/entries.ts';
import { takeLock } from '../../store/locks.ts';
import { moveOutbox, type OutboxState } from '../../store/outbound/outbox.ts';
import { indexRelated } from '../../store/outbound/outbound.ts';
import { entityIds } from '../../store/ledger/sources.ts';
import { openSession } from '../../connector/source/session.ts';
import { openConnection } from '../run/connection.ts';
import type { Session } from '../run/session.ts';
import { carryOf } from './carry/carry.ts';
import { queueCorrections } from './carry/queue.ts';
import { queueEntries } from './entries/queue.ts';
import { currencyCheck } from './currency-check.ts';
import { currencyFields } from './currencies.ts';
import { deliverQueued, finishUnfinished } from './deliver.ts';
import { queueChanges } from './queue.ts';
import { settleAnswers } from './settle.ts';
import { notePending } from './summary.ts';

/**
 * Runs an outbound pipeline: looks at what became of what was sent, puts what is new or changed into the outbox, finishes what an earlier
 * run was killed over, and sends. In shadow, and in a preview, nothing is asked of the remote system.
 */
export async function outbound(session: Session, heldBack?: Outbound['heldBack']): Promise<void> {
  const out = await outboundOfSession(session);
  out.heldBack = heldBack;
  await indexRelated(session.knex, out.related);
  const silent = session.preview || session.pipeline.mode === 'shadow';
  await alignToMode(out);
  if (silent) {
    await queue(out);
    await notePending(out);
    return;
  }
  // One at a time writes to a target, whichever pipeline it is for.
  const lock = await takeLock(session.knex, `target:${out.config.connection}`);
  if (!('release' in lock))
    throw new FatalError({
      code: 'TARGET_BUSY',
      place: { system: out.config.connection },
      message: `Another pipeline is now writing to ${out.config.connection}, on ${lock.host} in process ${lock.pid}.`,
      hint: 'Wait until it has finished, then run this one again.',
    });
  session.locks.push(lock);
  try {
    const target = await openTarget(out);
    try {
      await settleAnswers(out, target);
      await finishUnfinished(out, target);
      await queue(out);
      await deliverQueued(out, target);
      await notePending(out);
    } finally {
      await target.close();
    }
  } finally {
    session.locks.splice(session.locks.indexOf(lock), 1);
    await lock.release();
  }
}

async function queue(out: Outbound): Promise<void> {
  if (out.config.entries) await queueEntries(out, out.config.entries);
  else await (out.carry ? queueCorrections(out, out.carry) : queueChanges(out));
}

/** The remote system of a run: its connection, and one session for all that is asked there. */
export async function openTarget(out: Outbound): Promise<Target & { close(): Promise<void> }> {
  const { session: run, sink, name } = out;
  // Without the signal: what is on its way is not cut off, for then no one would know whether it arrived. It stops between two deliveries.
  const { transport: opened, options } = await openConnection(run.project, out.config.connection);
  const rules = sink.error_handler?.rules ?? [];
  const transport = opened.kind === 'files' ? judgedFiles(opened, rules, (text) => run.note(text)) : opened;
  run.options = options;
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

/** What an outbound pipeline works with. */
export async function outboundOfSession(session: Session): Promise<Outbound> {
  const { project, pipeline } = session;
  const config = pipeline.deliver!;
  const mappingConfig = project.sinkMappings.get(config.mapping)!.value;
  const { connector, sink: sinkName } = mappingConfig.sink;
  const sink = project.connectors.get(connector)!.value.sinks[sinkName]!;
  const { currency, time_zone: timeZone } = project.config.town;
  const mapping = compileSinkMapping(mappingConfig, sink, { currency, timeZone, lookups: project.lookups });
  const entity = entityToSend(project.entities, mappingConfig.from.entity)!;
  const ids = await entityIds(session.knex);
  const first = await firstNames(session.knex);
  const fields = new Map(
    [mappingConfig.from.entity, ...Object.values(mappingConfig.with).map((w) => w.entity)].map((name) => [
      name,
      connectionFields(project, name),
    ]),
  );
  const related = Object.entries(mappingConfig.with).map(([name, { entity: other, on }]) => {
    const otherEntity = project.entities.get(other)!.value;
    return { name, entity: other, columns: columnNames(otherEntity), on, config: otherEntity, entityId: ids.get(other)! };
  });
  // Owners and what is sent decide as well; without carry the fingerprint stays what it was.
  const carrying = config.carry
    ? [{ ...config.carry, owners: entity.owners, holds: sink.corrections, creates: sink.creates, emptied: sink.emptied }]
    : [];
  return {
    session,
    config,
    mapping,
    sink,
    sinkName,
    name: `${config.connection}.${sinkName}`,
    entity,
    entityId: config.entries ? ENTRY_ENTITY_ID : ids.get(entity.entity)!,
    related,
    currencyCheck: currencyCheck(mappingConfig, currency),
    currencyFields: currencyFields(mappingConfig, entity),
    ...(config.carry ? { carry: carryOf(config.carry, { connection: config.connection, entity, mapping: mappingConfig, sink }) } : {}),
    asSent(name, values) {
      if (first.size === 0) return values;
      const sent = { ...values };
      for (const field of fields.get(name) ?? []) {
        const value = sent[field];
        if (typeof value === 'string') sent[field] = first.get(value) ?? value;
      }
      return sent;
    },
    fingerprint: hash('sha256', JSON.stringify([mapping.fingerprint, config.where, config.since ?? null, ...carrying])),
  };
}

/** What is waiting, waits as the mode of the pipeline says now: a promotion to live lets go what shadow only showed. */
async function alignToMode({ session }: Outbound): Promise<void> {
  const { pipeline, mode } = session.pipeline;
  const moves: Record<string, [from: OutboxState[], to: OutboxState]> = {
    live: [['shadow', 'review'], 'queued'],
    // What is queued was approved.
    review: [['shadow'], 'review'],
    shadow: [['review', 'queued'], 'shadow'],
  };
  const [from, to] = moves[mode]!;
  await session.commit(async (_, trx) => moveOutbox(trx, pipeline, from, to));
}
