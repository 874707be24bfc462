import type { Knex } from 'knex';
import type { TryOut } from '../dialect.ts';
import { begin, rollback } from './transactions.ts';

/** Works in one transaction, which is rolled back whatever comes of it. Others wait for it where they change the same records. */
export async function tryOut<T>(knex: Knex, _folder: string, work: (on: TryOut) => Promise<T>): Promise<T> {
  const trx = await begin(knex);
  trx.userParams = { ...knex.userParams, trial: true };
  try {
    return await work({ knex: trx, trx });
  } finally {
    await rollback(trx);
  }
}
