import type { Knex } from 'knex';
import type { Client, ClientConfig } from 'pg';
import pg from 'pg';
import { withStoredTexts } from './connect.ts';

/**
 * A connection next to the pool, for what must not wait for a transaction and must not end with one: taking numbers, and holding locks for
 * as long as the process lives. It is made when it is first needed, and made again when it was lost; `session` then counts up, since what the
 * lost one held is gone.
 */
export interface Side {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Counts the connections that there were: a lock belongs to one of them. */
  session(): number;
  close(): Promise<void>;
}

export function openSide(settings: ClientConfig): Side {
  let client: Promise<Client> | undefined;
  let session = 0;

  async function connect(): Promise<Client> {
    const made = new pg.Client(settings);
    withStoredTexts(made);
    const lost = (): void => {
      if (current === made) client = current = undefined;
    };
    made.on('error', lost);
    made.on('end', lost);
    await made.connect();
    session++;
    current = made;
    return made;
  }
  let current: Client | undefined;

  async function connected(): Promise<Client> {
    client ??= connect().catch((error: unknown) => {
      client = undefined;
      throw error;
    });
    return client;
  }

  // The driver wants one question at a time: it warns of a second one, and will refuse it.
  let last: Promise<unknown> = Promise.resolve();
  let closes = 0;

  return {
    query<Row>(text: string, values: readonly unknown[] = []) {
      const before = closes;
      const mine = last.then(async () => {
        if (before !== closes) throw new Error('The connection was closed.');
        const one = await connected();
        return (await one.query({ text, values: [...values] })).rows as Row[];
      });
      last = mine.catch(() => undefined);
      return mine;
    },
    session: () => (current === undefined ? 0 : session),
    async close() {
      const open = client;
      closes++;
      client = current = undefined;
      await (await open?.catch(() => undefined))?.end();
    },
  };
}

/** The connection next to the pool, of an open store or of a transaction of one. */
export function sideOf(knex: Knex): Side {
  return (knex.userParams as { side: Side }).side;
}
