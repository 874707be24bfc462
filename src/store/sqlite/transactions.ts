import type { Knex } from 'knex';

export async function write<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return knex.transaction(async (trx) => {
    await lockForWriting(trx);
    return work(trx);
  });
}

export async function begin(knex: Knex): Promise<Knex.Transaction> {
  const trx = await knex.transaction();
  try {
    await lockForWriting(trx);
    return trx;
  } catch (error) {
    await trx.rollback();
    throw error;
  }
}

export async function commit(trx: Knex.Transaction): Promise<void> {
  if (trx.isCompleted()) throw new Error('The transaction has already ended: nothing was committed.');
  await trx.commit();
  // The query builder's commit() never rejects: whether COMMIT succeeded is told by this promise alone.
  await trx.executionPromise;
}

export async function rollback(trx: Knex.Transaction): Promise<void> {
  await trx.rollback();
}

/** The write lock is the file's: whatever it is for, one at a time has it. Works on an empty store too. */
export async function exclusively<T>(knex: Knex, _name: string, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  await knex.raw('CREATE TABLE IF NOT EXISTS il_migration (name VARCHAR(60) PRIMARY KEY, done_at VARCHAR(30) NOT NULL)');
  return knex.transaction(async (trx) => {
    // The first statement is one that could write: a transaction that has read cannot wait for the lock anymore.
    await trx.raw("UPDATE il_migration SET name = name WHERE name = ''");
    return work(trx);
  });
}

export async function readAtOneMoment<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return knex.transaction(work);
}

/** Its planner takes the index also where it knows nothing of the table. */
export async function readInOrder<T>(knex: Knex, work: (knex: Knex) => Promise<T>): Promise<T> {
  return work(knex);
}

/** Takes the write lock first, so what is read is still so when it is written: a statement that could write, and changes no row. */
async function lockForWriting(trx: Knex.Transaction): Promise<void> {
  await trx.raw("UPDATE il_sequence SET next = next WHERE name = ''");
}
