import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { FatalError } from '../../core/errors.ts';
import { isConflict, isLost } from './failures.ts';

/** A conflict means that another transaction succeeded: so often in a row it is more than chance. */
const MAX_ATTEMPTS = 12;
/** More lost connections in a row mean that the server is not there. */
const MAX_CONNECTIONS = 4;

/**
 * Conflicts with itself, and with nothing that reads or writes rows. Asked for before anything else: it is the one statement that takes no
 * snapshot, so what is read behind it has all that those before it committed. The table stands for all that is compared.
 */
const ALONE_IN_COMPARING = 'LOCK TABLE il_entity IN SHARE UPDATE EXCLUSIVE MODE';

/**
 * Repeatable read: a row that another transaction changed since this one began cannot be changed by it, so nothing is computed from
 * what is not so anymore. Whoever comes second does all of its work again.
 */
export async function write<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>, comparing = false): Promise<T> {
  // Within a transaction, whoever opened it does it again as a whole.
  if (knex.isTransaction) return work(knex as Knex.Transaction);
  for (let attempt = 1; ; attempt++) {
    let trx: Knex.Transaction | undefined;
    let committing = false;
    try {
      trx = await begin(knex);
      if (comparing) await trx.raw(ALONE_IN_COMPARING);
      const result = await work(trx);
      committing = true;
      await commit(trx);
      return result;
    } catch (error) {
      if (trx) await rollback(trx);
      // Before COMMIT was sent nothing is saved: a connection that had died while nobody used it is simply replaced.
      const again = isConflict(error) ? attempt < MAX_ATTEMPTS : !committing && isLost(error) && attempt < MAX_CONNECTIONS;
      if (!again) throw error;
      await sleep(Math.random() * Math.min(1000, 10 * 2 ** attempt));
    }
  }
}

export async function begin(knex: Knex): Promise<Knex.Transaction> {
  const trx = await knex.transaction({ isolationLevel: 'repeatable read' });
  // Whoever ends the transaction is told; this promise tells it once more.
  trx.executionPromise.catch(() => {});
  return trx;
}

/** Commits, and makes sure that it was: of a transaction in which a statement failed, COMMIT is a rollback without an error. */
export async function commit(trx: Knex.Transaction): Promise<void> {
  const answer = (await trx.commit()) as unknown as { response?: { command?: string } } | undefined;
  await trx.executionPromise;
  if (answer?.response?.command !== 'COMMIT')
    throw new FatalError({
      code: 'STORE_NOT_COMMITTED',
      place: {},
      message: 'The database server did not commit the changes; none of them are in the store.',
      hint: 'Run it again: it resumes where it stopped, and nothing is lost.',
    });
}

export async function rollback(trx: Knex.Transaction): Promise<void> {
  if (trx.isCompleted()) return;
  // The connection may be gone, and with it the transaction.
  await trx.rollback().catch(() => {});
}

export async function exclusively<T>(knex: Knex, name: string, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  const trx = await knex.transaction({ isolationLevel: 'read committed' });
  trx.executionPromise.catch(() => {});
  try {
    await trx.raw("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' only ' || ?, 0))", [name]);
    const result = await work(trx);
    await commit(trx);
    return result;
  } catch (error) {
    await rollback(trx);
    throw error;
  }
}

export async function readAtOneMoment<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return knex.transaction(work, { isolationLevel: 'repeatable read', readOnly: true });
}

/** Ways to read a table that are not by an index, or that read all of it before the first row. */
const OUT_OF_ORDER = ['enable_sort', 'enable_hashagg', 'enable_seqscan', 'enable_bitmapscan'];

export async function readInOrder<T>(knex: Knex, work: (knex: Knex) => Promise<T>): Promise<T> {
  if (!knex.isTransaction) return knex.transaction((trx) => readInOrder(trx, work), { readOnly: true });
  await knex.raw(OUT_OF_ORDER.map((name) => `SET LOCAL ${name} = off`).join('; '));
  const result = await work(knex);
  await knex.raw(OUT_OF_ORDER.map((name) => `SET LOCAL ${name} TO DEFAULT`).join('; '));
  return result;
}
