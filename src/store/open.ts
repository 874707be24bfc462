import { dirname, resolve } from 'node:path';
import knexFactory, { type Knex } from 'knex';
import { ConfigError } from '../core/errors.ts';
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
import { makePrivateFile, makePrivateFolder } from './private-files.ts';
import { SqliteClient } from './sqlite-client.ts';
import * as matches from './migrations/010-matches.ts';
import * as decisions from './migrations/011-decisions.ts';
import * as identity from './migrations/020-identity.ts';
import * as exceptions from './migrations/030-exceptions.ts';

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
  { name: '030-exceptions', up: exceptions.up },
];

/**
 * Opens the store and brings our own tables up to date. `url`: `sqlite:PATH`, relative to the town's folder.
 * Throws ConfigError for another scheme, or when the store was made by a newer Interlocal.
 */
export async function openKnex(url: string, projectFolder: string): Promise<Knex> {
  const filename = sqliteFile(url, projectFolder);
  makePrivateFolder(dirname(filename));
  makePrivateFile(filename);
  const knex = knexFactory({
    client: SqliteClient,
    connection: { filename },
    useNullAsDefault: true,
    // What goes wrong is thrown; said once, in our words.
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
    // Pipelines run side by side and share the connection: one that waits while another commits a large batch has not failed.
    acquireConnectionTimeout: 600_000,
    pool: {
      min: 1,
      max: 1,
      afterCreate(connection: { pragma(text: string): unknown }, done: (error?: Error) => void) {
        // Before the first table: larger pages and rarer checkpoints took a third off the time of a first load (measured with 300,000 rows).
        connection.pragma('page_size = 8192');
        connection.pragma('journal_mode = WAL');
        connection.pragma('wal_autocheckpoint = 8000');
        // A commit survives a killed process; a power cut may lose the last commits but never tears the store. FULL makes both hold.
        connection.pragma('synchronous = FULL');
        connection.pragma('busy_timeout = 30000');
        connection.pragma('cache_size = -24576');
        done();
      },
    },
  });
  try {
    await migrate(knex);
  } catch (error) {
    await knex.destroy();
    throw error;
  }
  return knex;
}

/** Where the embedded store is, absolute. Throws ConfigError (STORE_URL) for another scheme, or for none. */
export function sqliteFile(url: string, projectFolder: string): string {
  if (/^sqlite:./.test(url)) return resolve(projectFolder, url.slice('sqlite:'.length));
  throw new ConfigError({
    code: 'STORE_URL',
    place: { file: 'config/interlocal.yaml', path: 'store.url' },
    message: `The store "${url.replace(/\/\/.{0,500}@/, '//…@')}" cannot be opened by this version, which has the embedded store only.`,
    hint: 'Use sqlite:data/interlocal.db.',
  });
}

/** Runs what is missing, all in one transaction, so that two processes that start together do it once. */
async function migrate(knex: Knex): Promise<void> {
  const known = await knex.schema.hasTable('il_migration');
  const done = known ? ((await knex('il_migration').pluck('name')) as string[]) : [];
  const unknown = done.filter((name) => !MIGRATIONS.some((m) => m.name === name));
  if (unknown.length)
    throw new ConfigError({
      code: 'STORE_NEWER',
      place: { file: 'config/interlocal.yaml', path: 'store.url' },
      message: `The store was made by a newer Interlocal (it has ${unknown.join(', ')}).`,
      hint: 'Start it with that version or newer.',
    });
  if (done.length === MIGRATIONS.length) return;
  await knex.raw('PRAGMA busy_timeout = 30000');
  await knex.transaction(async (trx) => {
    await trx.raw('CREATE TABLE IF NOT EXISTS il_migration (name VARCHAR(60) PRIMARY KEY, done_at VARCHAR(30) NOT NULL)');
    const now = (await trx('il_migration').pluck('name')) as string[];
    for (const migration of MIGRATIONS) {
      if (now.includes(migration.name)) continue;
      await migration.up(trx);
      await trx('il_migration').insert({ name: migration.name, done_at: new Date().toISOString() });
    }
  });
}
