import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Knex, openKnex } from '../../src/store/open.ts';

/** One kind of store that the suite runs over. */
export interface StoreUnderTest {
  name: string;
  /** A new, empty store: how to open it, as often as one likes, and how to take it away. */
  make(): { open(): Promise<Knex>; remove(): void };
  /** How the database would go about a query: a text that names the indexes it uses. */
  plan(knex: Knex, sql: string, bindings: readonly (string | number)[]): Promise<string>;
  /** A step of that plan that goes through a whole table. */
  wholeTable: RegExp;
}

export const STORES: readonly StoreUnderTest[] = [
  {
    name: 'sqlite',
    make() {
      const folder = mkdtempSync(join(tmpdir(), 'interlocal-store-'));
      return { open: () => openKnex('sqlite:data/test.db', folder), remove: () => rmSync(folder, { recursive: true, force: true }) };
    },
    async plan(knex, sql, bindings) {
      const rows = (await knex.raw(`EXPLAIN QUERY PLAN ${sql}`, [...bindings])) as { detail: string }[];
      return rows.map((row) => row.detail).join('\n');
    },
    wholeTable: /SCAN (?!CONSTANT)/,
  },
];
