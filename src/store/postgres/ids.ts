import type { Knex } from 'knex';
import { quoted } from '../rows.ts';
import { sideOf } from './side.ts';

/** Later than any real one. */
const FIRST_TRIAL = 2 ** 50;

/** Is this a transaction of tryOut? */
export function isTrial(knex: Knex): boolean {
  return (knex.userParams as { trial?: boolean }).trial === true;
}

/** These have no gaps, and are in the order of commits: whoever takes one keeps others from it until its transaction ends. */
function isGapless(name: string): boolean {
  return name === 'run' || name === 'audit' || name.startsWith('sink:');
}

const TAKE =
  'INSERT INTO il_sequence AS s (name, next) VALUES (?, 1 + ?) ON CONFLICT (name) DO UPDATE SET next = s.next + ? RETURNING next';
/**
 * In a transaction of its own, whose commit is not waited for by the disk: the log is written in order, so whatever uses these numbers
 * is not on the disk without them.
 */
const TAKE_AT_ONCE = `WITH soon AS (SELECT set_config('synchronous_commit', 'off', true))
  INSERT INTO il_sequence AS s (name, next) SELECT $1, 1 + $2::bigint FROM soon
  ON CONFLICT (name) DO UPDATE SET next = s.next + $2::bigint RETURNING next`;

/**
 * A block of numbers for one batch. It is taken outside of the batch's transaction, so two writers do not wait for each other; a batch
 * that is rolled back leaves a gap. What is given back is not used again.
 */
export async function takeIds(knex: Knex, name: string, count: number): Promise<number> {
  // What is only tried keeps none from taking its numbers: the run has that of the next one, and has no row of its own (see startRun).
  if (isTrial(knex) && name === 'run') {
    const row = (await knex('il_sequence').where({ name }).first('next')) as { next: number } | undefined;
    return row?.next ?? 1;
  }
  if (isTrial(knex) && isGapless(name)) return FIRST_TRIAL + (await takeIds(knex, 'trial', count));
  if (isGapless(name)) {
    const { rows } = (await knex.raw(TAKE, [name, count, count])) as { rows: { next: number }[] };
    return rows[0]!.next - count;
  }
  if (count <= 0) return 0;
  const [row] = await sideOf(knex).query<{ next: number }>(TAKE_AT_ONCE, [name, count]);
  return row!.next - count;
}

/** Outside of the transaction too: one that is open for long, such as a preview, keeps no other from a row of its own. */
export async function nextId(knex: Knex, table: string): Promise<number> {
  const used = `(SELECT coalesce(max(id), 0) + 1 FROM ${quoted(table)})`;
  const [row] = await sideOf(knex).query<{ next: number }>(
    `INSERT INTO il_sequence AS s (name, next) VALUES ($1, ${used} + 1)
     ON CONFLICT (name) DO UPDATE SET next = greatest(s.next, ${used}) + 1 RETURNING next`,
    [table],
  );
  return row!.next - 1;
}
