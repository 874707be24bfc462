import type { Knex } from 'knex';
import type { Client } from 'pg';
import { type Counting, type Cut, CutOff, WRITES } from '../cut.ts';

type Query = (config: unknown, ...rest: unknown[]) => unknown;
type Callback = (error: unknown, result?: unknown) => void;

export async function cutAt(knex: Knex, n: number, how: Cut): Promise<Counting> {
  let commits = 0;
  let dead = false;
  const seen = new WeakSet<object>();

  /** Every connection that is taken from the pool from now on counts. */
  function watch(client: Client): void {
    if (seen.has(client)) return;
    seen.add(client);
    const query = client.query.bind(client) as unknown as Query;
    let inTransaction = false;
    const watched: Query = (config, ...rest) => {
      const text = typeof config === 'string' ? config : ((config as { text?: string }).text ?? '');
      const callback = rest.at(-1) as Callback | undefined;
      const fail = (): unknown => {
        const error = new CutOff();
        return typeof callback === 'function' ? void callback(error) : Promise.reject(error);
      };
      if (dead) return fail();
      const isCommit = /^COMMIT/i.test(text);
      const ends = isCommit || (WRITES.test(text) && !inTransaction);
      if (/^BEGIN/i.test(text)) inTransaction = true;
      if (/^(?:COMMIT|ROLLBACK(?! TO))/i.test(text)) inTransaction = false;
      if (!ends || ++commits < n) return query(config, ...rest);
      dead = true;
      if (how === 'before') return fail();
      if (typeof callback === 'function') return query(config, ...rest.slice(0, -1), () => void fail());
      return (query(config, ...rest) as Promise<unknown>).then(fail);
    };
    client.query = watched as unknown as Client['query'];
  }

  const client = knex.client as { acquireConnection(): Promise<Client> };
  const acquire = client.acquireConnection.bind(client);
  client.acquireConnection = async () => {
    const connection = await acquire();
    watch(connection);
    return connection;
  };
  return { commits: () => commits, wasCut: () => dead };
}
