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
    message: `This run of ${name} was stopped, because another process may have started the same work: this computer was paused for too long, or its connection to the store was cut.`,
    hint: 'What was stored or sent before is kept and is not repeated. To see whether another run goes on, run interlocal status; if none does, run it again.',
  });
}
