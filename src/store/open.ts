import type { Knex } from 'knex';
import { ConfigError } from '../core/errors.ts';
import { dialectOf } from './dialect.ts';
import * as core from './migrations/001-core.ts';
import * as ledger from './migrations/002-ledger.ts';
import * as audit from './migrations/003-audit.ts';
import * as delivery from './migrations/004-delivery.ts';
import * as columns from './migrations/005-columns.ts';
import * as sourceKey from './migrations/006-source-key.ts';
import * as fileTime from './migrations/007-file-time.ts';
import * as skipped from './migrations/008-skipped.ts';
import * as doctor from './migrations/0081-doctor.ts';
import * as waiting from './migrations/009-waiting.ts';
import * as matches from './migrations/010-matches.ts';
import * as decisions from './migrations/011-decisions.ts';
import * as identity from './migrations/020-identity.ts';
import * as identityAtScale from './migrations/021-identity-at-scale.ts';
import * as exceptions from './migrations/030-exceptions.ts';
import * as carry from './migrations/040-carry.ts';
import * as findings from './migrations/050-findings.ts';
import * as revenueSums from './migrations/051-revenue-sums.ts';
import * as periods from './migrations/060-periods.ts';
import * as exceptionWork from './migrations/061-exception-work.ts';
import * as postings from './migrations/062-postings.ts';
import * as settled from './migrations/063-settled.ts';
import * as entries from './migrations/070-entries.ts';
import * as stewardValues from './migrations/080-steward-values.ts';
import * as signatures from './migrations/081-signatures.ts';
import * as smallerBlocks from './migrations/087-smaller-blocks.ts';
import * as sideBlocks from './migrations/092-side-blocks.ts';
import * as bookedBatch from './migrations/093-booked-batch.ts';
import { openSqlite, peekSqlite } from './sqlite/open.ts';

export type { Knex };

/** Numbered, in order, never edited once released. */
const MIGRATIONS = [
  { name: '001-core', up: core.up },
  { name: '002-ledger', up: ledger.up },
  { name: '003-audit', up: audit.up },
  { name: '004-delivery', up: delivery.up },
  { name: '005-columns', up: columns.up },
  { name: '006-source-key', up: sourceKey.up },
  { name: '007-file-time', up: fileTime.up },
  { name: '008-skipped', up: skipped.up },
  { name: '0081-doctor', up: doctor.up },
  { name: '009-waiting', up: waiting.up },
  { name: '010-matches', up: matches.up },
  { name: '011-decisions', up: decisions.up },
  { name: '020-identity', up: identity.up },
  { name: '021-identity-at-scale', up: identityAtScale.up },
  { name: '030-exceptions', up: exceptions.up },
  { name: '040-carry', up: carry.up },
  { name: '050-findings', up: findings.up },
  { name: '051-revenue-sums', up: revenueSums.up },
  { name: '060-periods', up: periods.up },
  { name: '061-exception-work', up: exceptionWork.up },
  { name: '062-postings', up: postings.up },
  { name: '063-settled', up: settled.up },
  { name: '070-entries', up: entries.up },
  { name: '080-steward-values', up: stewardValues.up },
  { name: '081-signatures', up: signatures.up },
  { name: '087-smaller-blocks', up: smallerBlocks.up },
  { name: '092-side-blocks', up: sideBlocks.up },
  { name: '093-booked-batch', up: bookedBatch.up },
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
    message: `The store "${url.replace(/\/\/.{0,500}@/, '//…@')}" is not of a supported kind.`,
    hint: 'Use sqlite:data/interlocal.db, or postgres://USER@HOST/DATABASE.',
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
      message: `The store was made by a newer Interlocal (it has ${unknown.join(', ')}).`,
      hint: 'Start it with that version or newer.',
    });
  if (migrations.every(({ name }) => done.includes(name))) return;
  const dialect = dialectOf(knex);
  await dialect.exclusively(knex, 'migrations', async (trx) => {
    await trx.raw('CREATE TABLE IF NOT EXISTS il_migration (name VARCHAR(60) PRIMARY KEY, done_at VARCHAR(30) NOT NULL)');
    const now = (await trx('il_migration').pluck('name')) as string[];
    for (const migration of migrations) {
      if (now.includes(migration.name)) continue;
      await migration.up(trx);
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
