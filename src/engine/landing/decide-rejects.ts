import { dismissRejects, reopenRejects } from '../../store/landing/rejects.ts';
import type { Engine } from '../run/engine.ts';

export interface RejectDecision {
  actor: string;
  reason: string;
}

/** Closes rejected records without using them, and writes down who did and why. Gives the ids of those that were open. */
export function dismiss({ knex }: Engine, ids: readonly number[], { actor, reason }: RejectDecision): Promise<number[]> {
  return dismissRejects(knex, ids, actor, reason);
}

/**
 * Opens rejected records again that a person dismissed, and writes down who did and why. Gives the ids of those with which it was done:
 * a record that is rejected again by now is left as it is.
 */
export function reopen({ knex }: Engine, ids: readonly number[], { actor, reason }: RejectDecision): Promise<number[]> {
  return reopenRejects(knex, ids, actor, reason);
}
