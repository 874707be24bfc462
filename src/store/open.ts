import type { Knex } from 'knex';
import { ConfigError } from '../core/errors.ts';
import { dialectOf } from './dialect.ts';
import { openSqlite, peekSqlite } from './sqlite/open.ts';

export type { Knex };

/** Numbered, in order, never edited once released. Loaded where a store lacks them. */
const MIGRATIONS = [
  { name: '001-core', load: () => import('./migrations/001-core.ts') },
  { name: '002-ledger', load: () => import('./migrations/002-ledger.ts') },
  { name: '003-audit', load: () => import('./migrations/003-audit.ts') },
  { name: '004-delivery', load: () => import('./migrations/004-delivery.ts') },
  { name: '005-columns', load: () => import('./migrations/005-columns.ts') },
  { name: '006-source-key', load: () => import('./migrations/006-source-key.ts') },
  { name: '007-file-time', load: () => import('./migrations/007-file-time.ts') },
  { name: '008-skipped', load: () => import('./migrations/008-skipped.ts') },
  { name: '0081-doctor', load: () => import('./migrations/0081-doctor.ts') },
  { name: '009-waiting', load: () => import('./migrations/009-waiting.ts') },
  { name: '010-matches', load: () => import('./migrations/010-matches.ts') },
  { name: '011-decisions', load: () => import('./migrations/011-decisions.ts') },
  { name: '020-identity', load: () => import('./migrations/020-identity.ts') },
  { name: '021-identity-at-scale', load: () => import('./migrations/021-identity-at-scale.ts') },
  { name: '030-exceptions', load: () => import('./migrations/030-exceptions.ts') },
  { name: '040-carry', load: () => import('./migrations/040-carry.ts') },
  { name: '050-findings', load: () => import('./migrations/050-findings.ts') },
  { name: '051-revenue-sums', load: () => import('./migrations/051-revenue-sums.ts') },
  { name: '060-periods', load: () => import('./migrations/060-periods.ts') },
  { name: '061-exception-work', load: () => import('./migrations/061-exception-work.ts') },
  { name: '062-postings', load: () => import('./migrations/062-postings.ts') },
  { name: '063-settled', load: () => import('./migrations/063-settled.ts') },
  { name: '070-entries', load: () => import('./migrations/070-entries.ts') },
  { name: '080-steward-values', load: () => import('./migrations/080-steward-values.ts') },
  { name: '081-signatures', load: () => import('./migrations/081-signatures.ts') },
  { name: '087-smaller-blocks', load: () => import('./migrations/087-smaller-blocks.ts') },
  { name: '092-side-blocks', load: () => import('./migrations/092-side-blocks.ts') },
  { name: '093-booked-batch', load: () => import('./migrations/093-booked-batch.ts') },
  { name: '094-links-of-members', load: () => import('./migrations/094-links-of-members.ts') },
  { name: '095-passages', load: () => import('./migrations/095-passages.ts') },
  { name: '096-smaller-matches', load: () => import('./migrations/096-smaller-matches.ts') },
  { name: '097-passages-in-order', load: () => import('./migrations/097-passages-in-order.ts') },
  { name: '098-matches-by-content', load: () => import('./migrations/098-matches-by-content.ts') },
];

/** Names of the migrations, in order. */
export function migrationNames(): string[] {
  return MIGRATIONS.map(({ name }) => name);
}

/**
 * Opens the store and brings our own tables up to date. `url`: `sqlite:PATH`, relative to the town's folder, or
 * `postgres://USER:PASSWORD@HOST/DATABASE`. Throws ConfigError for another scheme, or when the store was made by a newer Interlocal.
 */
export async function openKnex(url: string, projectFolder: string): Promise<Knex> {
  const knex = await openDatabase(url, projectFolder);
  try {
    await migrate(knex);
  } catch (error) {
    await knex.destroy();
    throw error;
  }
  return knex;
}

/** The same for a store that was made by an earlier version, or is to be: runs only the first `count` migrations. For tests of upgrades. */
export async function openKnexAsOf(count: number, url: string, projectFolder: string): Promise<Knex> {
  const knex = await openDatabase(url, projectFolder);
  await migrate(knex, MIGRATIONS.slice(0, count));
  return knex;
}

/**
 * Opens what is there to look at it, and changes nothing: neither is a file made, nor are tables brought up to date. undefined where there is
 * no store yet. Throws as openKnex.
 */
export async function peekStore(url: string, projectFolder: string): Promise<Knex | undefined> {
  if (/^sqlite:./.test(url)) return peekSqlite(url, projectFolder);
  const knex = await openDatabase(url, projectFolder);
  if ((await migrationsOf(knex)).length > 0) return knex;
  await knex.destroy();
  return undefined;
}

async function openDatabase(url: string, projectFolder: string): Promise<Knex> {
  if (/^sqlite:./.test(url)) return openSqlite(url, projectFolder);
  // Loaded where it is used: most towns have the file.
  if (/^postgres(?:ql)?:/.test(url)) return (await import('./postgres/open.ts')).openPostgres(url, projectFolder);
  throw new ConfigError({
    code: 'STORE_URL',
    place: { file: 'config/interlocal.yaml', path: 'store.url' },
    message: `store.url is "${url.replace(/\/\/.{0,500}@/, '//…@')}", which is no kind of database that Interlocal can keep its records in.`,
    hint: 'Write store.url: sqlite:data/interlocal.db for a file, or store.url: postgres://USER@HOST/DATABASE for PostgreSQL.',
  });
}

/** Runs what is missing, all in one transaction, so two processes that start together do it once. */
async function migrate(knex: Knex, migrations = MIGRATIONS): Promise<void> {
  const done = await migrationsOf(knex);
  const unknown = done.filter((name) => !MIGRATIONS.some((m) => m.name === name));
  if (unknown.length)
    throw new ConfigError({
      code: 'STORE_NEWER',
      place: { file: 'config/interlocal.yaml', path: 'store.url' },
      message: `The store was last used by a newer version of Interlocal (it has ${unknown.join(', ')}), so this version does not touch it.`,
      hint: 'Install the newer version of Interlocal on this machine, or name another store in store.url.',
    });
  if (migrations.every(({ name }) => done.includes(name))) return;
  const dialect = dialectOf(knex);
  await dialect.exclusively(knex, 'migrations', async (trx) => {
    await trx.raw('CREATE TABLE IF NOT EXISTS il_migration (name VARCHAR(60) PRIMARY KEY, done_at VARCHAR(30) NOT NULL)');
    const now = (await trx('il_migration').pluck('name')) as string[];
    for (const migration of migrations) {
      if (now.includes(migration.name)) continue;
      const { up } = await migration.load();
      await up(trx);
      await trx('il_migration').insert({ name: migration.name, done_at: new Date().toISOString() });
    }
    await dialect.afterMigration(trx);
  });
}

/** Names of the migrations that a store has had. */
async function migrationsOf(knex: Knex): Promise<string[]> {
  const columns = await dialectOf(knex).columnsOf(knex, 'il_migration');
  return columns.size > 0 ? ((await knex('il_migration').orderBy('name').pluck('name')) as string[]) : [];
}
