import type { Knex } from '../open.ts';
import { type ExceptionRecord, listExceptions, recordsOfExceptions, type StoredException, UNFINISHED } from './exceptions.ts';

/** All exceptions that still need somebody, with their records, for finding which of them have one cause. */
export async function unfinishedWithRecords(
  knex: Knex,
): Promise<{ exceptions: StoredException[]; records: ReadonlyMap<string, ExceptionRecord[]> }> {
  const exceptions = await listExceptions(knex, { states: UNFINISHED });
  const ids = exceptions.map(({ id }) => id);
  return { exceptions, records: await recordsOfExceptions(knex, ids) };
}

/** Says which exception each one is an echo of; null: it is a cause itself. */
export async function saveCauses(trx: Knex, causes: ReadonlyMap<string, string | null>): Promise<void> {
  for (const [id, cause] of causes) await trx('il_exception').where({ id }).update({ cause_id: cause });
}
