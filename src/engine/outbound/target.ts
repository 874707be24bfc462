import { judgedFiles } from '../../connector/error-rules.ts';
import type { PushContext } from '../../connector/sink/push.ts';
import { openSession } from '../../connector/source/session.ts';
import { optionVariables } from '../../connector/template.ts';
import { FatalError } from '../../core/errors.ts';
import { takeLock } from '../../store/locks.ts';
import type { Transport } from '../../transports/transport.ts';
import { openConnection } from '../run/connection.ts';
import type { OutboundRun } from './outbound-run.ts';

/** The remote system that a run writes to. */
export interface Target {
  transport: Transport;
  context: PushContext;
}

/** What opening the remote system needs of a run. */
type TargetRun = Pick<OutboundRun, 'config' | 'name' | 'note' | 'project' | 'sink'>;

/** Works with the remote system while no other pipeline writes to it. */
export async function withTarget(
  run: TargetRun & Pick<OutboundRun, 'knex' | 'locks'>,
  work: (target: Target) => Promise<void>,
): Promise<void> {
  const { connection } = run.config;
  const lock = await takeLock(run.knex, `target:${connection}`);
  if (!('release' in lock))
    throw new FatalError({
      code: 'TARGET_BUSY',
      place: { system: connection },
      message: `Another pipeline is writing to ${connection} now (process ${lock.pid} on ${lock.host}), so this one sent nothing.`,
      hint: 'Wait until the other pipeline has finished, then run this one again.',
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
export async function openTarget(run: TargetRun): Promise<Target & { close(): Promise<void> }> {
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
