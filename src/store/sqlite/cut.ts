import type { Knex } from 'knex';
import { type Counting, type Cut, CutOff, WRITES } from '../cut.ts';

interface Connection {
  prepare(sql: string): { run(...values: unknown[]): unknown };
  readonly inTransaction: boolean;
}

export async function cutAt(knex: Knex, n: number, how: Cut): Promise<Counting> {
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
