import type { Knex } from '../../store/open.ts';
import { exceptionRecords, listExceptions, type StoredException, UNFINISHED } from '../../store/reconciliation/exceptions.ts';
import { listDecisions, type StoredDecision } from '../../store/reconciliation/match-decisions.ts';

/** A match that a person decided and whose records changed since: it is not in force, and waits for another decision. */
export interface ChangedDecision {
  decision: StoredDecision;
  exception: StoredException;
  /** Right less left in minor units, as the last run found it; undefined where some of its records are gone. */
  difference: number | undefined;
}

const TYPE = 'decision_no_longer_balances';

/** Decisions that no longer balance, by the beginning of the id of their match. */
export async function changedDecisions(knex: Knex, startsWith: string): Promise<ChangedDecision[]> {
  const found: ChangedDecision[] = [];
  for (const exception of await listExceptions(knex, { type: TYPE, states: [...UNFINISHED, 'resolved'] })) {
    const changed = await decisionBehind(knex, exception);
    if (changed?.decision.contentId.startsWith(startsWith)) found.push(changed);
  }
  return found;
}

/** The decision that an exception is about; undefined for one of another type. */
export async function decisionBehind(knex: Knex, exception: StoredException): Promise<ChangedDecision | undefined> {
  if (exception.type !== TYPE) return undefined;
  const records = await exceptionRecords(knex, exception.id);
  const decision = (await listDecisions(knex, exception.pipeline)).find(
    (one) => one.verdict === 'same' && records.length > 0 && records.every(({ side, record }) => one[side].includes(record)),
  );
  if (!decision) return undefined;
  const whole = records.length === decision.left.length + decision.right.length;
  return { decision, exception, difference: whole ? Number(exception.facts.difference) : undefined };
}
