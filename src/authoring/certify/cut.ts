import type { Knex } from '../../store/open.ts';

/** How a write transaction is cut off: just before its commit, or just after it. */
export type Cut = 'before' | 'after';

/** What a cut connection throws. */
export class CutOff extends Error {}

interface Connection {
  prepare(sql: string): { run(...values: unknown[]): unknown };
  readonly inTransaction: boolean;
}

const WRITES = /^\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER)/i;

/**
 * Makes the n-th commit of this store fail, and everything after it, as if the process had been killed there: nothing
 * is written any more, not even that the run failed. Gives how many commits there were.
 */
export async function cutAt(knex: Knex, n: number, how: Cut): Promise<{ commits(): number; wasCut(): boolean }> {
  const connection = (await knex.client.acquireConnection()) as Connection;
  const prepare = connection.prepare.bind(connection);
  let commits = 0;
  let dead = false;
  connection.prepare = (sql: string) => {
    if (dead) throw new CutOff();
    const statement = prepare(sql);
    const isCommit = /^COMMIT/i.test(sql);
    if (!isCommit && !(WRITES.test(sql) && !connection.inTransaction)) return statement;
    const run = statement.run.bind(statement);
    statement.run = (...values) => {
      if (++commits < n) return run(...values);
      dead = true;
      if (how === 'after') run(...values);
      throw new CutOff();
    };
    return statement;
  };
  await knex.client.releaseConnection(connection);
  return { commits: () => commits, wasCut: () => dead };
}
