import type { Knex } from 'knex';
import { dialectOf } from '../dialect.ts';
import { forgetSums } from '../revenue/sums.ts';

/**
 * Sums of the revenue report are kept for blocks of 512 receipts, no longer of 4,096: a report that is read while a change is not yet counted
 * adds up an eighth of the receipts. The sums are made again by the runs after this, by serve while nothing runs, and by the doctor.
 */
export async function up(knex: Knex): Promise<void> {
  await dialectOf(knex).rewriteWatches(knex, '/ 4096,', '/ 512,');
  await knex('il_revenue_mark').delete();
  await forgetSums(knex as Knex.Transaction);
}
