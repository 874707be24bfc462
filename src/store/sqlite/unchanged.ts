import type { Knex } from 'knex';
import type { Connection } from './connection.ts';
import { writesTo } from './rows.ts';

/** How a store stood: over which connection, what others had committed by then, and how often this process had written these tables. */
interface Stand {
  connection: object;
  committed: unknown;
  written: number[];
}

/** See Dialect.unchangedSince. Whatever other processes and connections commit counts as written. */
export async function unchangedSince(knex: Knex, tables: readonly string[]): Promise<(trx: Knex.Transaction) => Promise<boolean>> {
  const connection = (await (knex.client as Knex.Client).acquireConnection()) as Connection;
  let before: Stand;
  try {
    before = standOf(connection, tables);
  } finally {
    await (knex.client as Knex.Client).releaseConnection(connection);
  }
  return async (trx) => {
    const now = standOf((await trx.client.acquireConnection()) as Connection, tables);
    return (
      now.connection === before.connection &&
      now.committed === before.committed &&
      now.written.every((count, i) => count === before.written[i])
    );
  };
}

function standOf(connection: Connection, tables: readonly string[]): Stand {
  const [row] = connection.pragma('data_version') as { data_version: number }[];
  return { connection, committed: row?.data_version, written: tables.map((table) => writesTo(connection, table)) };
}
