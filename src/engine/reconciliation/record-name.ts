import { firstNames } from '../../store/ledger/connections.ts';
import type { Knex } from '../../store/open.ts';
import type { SourceName } from '../../store/landing/record-names.ts';

/**
 * Lasting names of records in matches and exceptions: the connection, the key there and, where a mapping makes several records of
 * one, which of them. Two streams of a system may number their records alike; then the pipeline is part of the name of each. A connection that was renamed keeps its first name in them, so decisions outlive the change.
 */
export interface RecordNames {
  /** `golden`: in place of a name for a record that no source gave. */
  nameOf(source: SourceName | undefined, golden: number): string;
  /** What a name stands for today. */
  partsOf(name: string): { connection: string; key: string; item: string };
}

export async function recordNames(knex: Knex): Promise<RecordNames> {
  const first = await firstNames(knex);
  const today = new Map([...first].map(([now, then]) => [then, now]));
  return {
    nameOf(source, golden) {
      if (!source) return JSON.stringify(['', String(golden)]);
      const { connection, key, item, pipeline } = source;
      const name = first.get(connection) ?? connection;
      if (pipeline !== undefined) return JSON.stringify([name, key, item, pipeline]);
      return JSON.stringify(item === '' ? [name, key] : [name, key, item]);
    },
    partsOf(name) {
      const [connection = '', key = '', item = ''] = JSON.parse(name) as string[];
      return { connection: today.get(connection) ?? connection, key, item };
    },
  };
}
