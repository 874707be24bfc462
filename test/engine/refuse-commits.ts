import { STORE } from '../store/stores.ts';
import type { TestTown } from './town.ts';

/** The store may not grow by a page: what a full disk is to SQLite. */
export async function fill(town: TestTown): Promise<void> {
  const [{ page_count: pages }] = (await town.engine.knex.raw('PRAGMA page_count')) as [{ page_count: number }];
  await town.engine.knex.raw(`PRAGMA max_page_count = ${pages}`);
}

export async function makeRoom(town: TestTown): Promise<void> {
  await town.engine.knex.raw('PRAGMA max_page_count = 1000000');
}

/** From now on each COMMIT of a transaction that writes to the table is refused, as late as can be. */
export async function refuseCommits(town: TestTown, table: string, event = 'INSERT'): Promise<() => Promise<void>> {
  const { knex } = town.engine;
  if (STORE === 'postgres') {
    await knex.raw(
      "CREATE OR REPLACE FUNCTION refuse_commits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = 'disk_full'; END $$",
    );
    await knex.raw(
      `CREATE CONSTRAINT TRIGGER refuse_commits AFTER ${event} ON ${table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_commits()`,
    );
    return async () => void (await knex.raw(`DROP TRIGGER refuse_commits ON ${table}`));
  }
  await knex.raw('PRAGMA foreign_keys = ON');
  await knex.raw('CREATE TABLE IF NOT EXISTS none (id INTEGER PRIMARY KEY)');
  await knex.raw('CREATE TABLE IF NOT EXISTS refused (id INTEGER REFERENCES none (id) DEFERRABLE INITIALLY DEFERRED)');
  await knex.raw(`CREATE TRIGGER refuse_commits AFTER ${event} ON ${table} BEGIN INSERT INTO refused VALUES (1); END`);
  return async () => void (await knex.raw('DROP TRIGGER refuse_commits'));
}

/** Nothing at all can be written anymore, as when not even the write-ahead log can grow. */
export async function refuseWrites(town: TestTown): Promise<() => Promise<void>> {
  const { knex } = town.engine;
  const tables = ['il_lock', 'il_run'];
  for (const table of tables) {
    // Rows of a megabyte, so the one page that may be free is not enough.
    await knex.raw(
      `CREATE TRIGGER refuse_${table} AFTER INSERT ON ${table} BEGIN INSERT INTO il_migration VALUES (hex(randomblob(500000)), ''); END`,
    );
  }
  await fill(town);
  return async () => {
    await makeRoom(town);
    for (const table of tables) await knex.raw(`DROP TRIGGER refuse_${table}`);
  };
}
