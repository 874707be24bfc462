import type { Knex } from 'knex';
import type { Wholeness } from '../dialect.ts';
import { quoted } from '../rows.ts';
import { tables } from './tables.ts';

/** The files are the server's. */
export function fileOf(): undefined {
  return undefined;
}

/** Has the server read every row of every table, with what is stored outside of the rows, and asks whether it found damaged pages before. */
export async function examine(knex: Knex): Promise<Wholeness> {
  const faults: string[] = [];
  for (const table of await tables(knex)) {
    try {
      await knex.raw(`SELECT count(hashtext(t::text)) FROM ${quoted(table)} t`);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (!/^XX00[012]$/.test(code ?? '')) throw error;
      faults.push(`${table}: ${message.slice(message.lastIndexOf(' - ') + 3)}`);
    }
  }
  const { rows } = (await knex.raw('SELECT checksum_failures AS n FROM pg_stat_database WHERE datname = current_database()')) as {
    rows: { n: number | null }[];
  };
  if ((rows[0]?.n ?? 0) > 0) faults.push(`the server found ${rows[0]!.n} pages of this database whose checksum is wrong`);
  return { faults, whole: 'Every row of it can be read, and the server found no damaged page in the database.' };
}
