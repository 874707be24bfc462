import { FatalError } from '../core/errors.ts';
import type { Knex } from 'knex';

/** A held lock; `release` is safe to call twice. */
export interface Lock {
  name: string;
  /** Throws FatalError LOCK_LOST when somebody else has it now. Until `trx` ends nobody else can get it. */
  assertHeld(trx: Knex.Transaction): Promise<void>;
  release(): Promise<void>;
}

/** Who holds a lock, for the person who waits for it. */
export interface Holder {
  host: string;
  pid: number;
  heartbeat_at: string;
}

/** A row of il_lock. */
export type LockRow = Holder & { name: string; token: string };

export function lockLost(name: string): FatalError {
  return new FatalError({
    code: 'LOCK_LOST',
    place: { system: name },
    message: `This run was stopped, because ${name} is no longer reserved for it: this computer was paused for too long, or its connection to the store was cut, and another process may have started the same work.`,
    hint: 'What it stored or sent before is kept and not repeated. Run it again. To see what else is running, run interlocal status.',
  });
}
