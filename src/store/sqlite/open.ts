import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import knexFactory, { type Knex } from 'knex';
import { makePrivateFile, makePrivateFolder } from '../private-files.ts';
import { SqliteClient } from './client.ts';
import { type Connection, setUp } from './connection.ts';
import { sqlite } from './dialect.ts';

/** Opens the file of a store and makes it when it is not there. `url`: `sqlite:PATH`, relative to the town's folder. */
export function openSqlite(url: string, projectFolder: string): Knex {
  const filename = resolve(projectFolder, url.slice('sqlite:'.length));
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
    // Values of records belong in no message.
    compileSqlOnError: false,
    pool: {
      min: 1,
      max: 1,
      afterCreate(connection: Pick<Connection, 'pragma'>, done: (error?: Error) => void) {
        setUp(connection);
        done();
      },
    },
  });
  knex.userParams = { dialect: sqlite };
  return knex;
}

/** Opens a store that is there, only to read it; undefined where there is none. */
export function peekSqlite(url: string, projectFolder: string): Knex | undefined {
  const filename = resolve(projectFolder, url.slice('sqlite:'.length));
  if (!existsSync(filename)) return undefined;
  const knex = knexFactory({
    client: 'better-sqlite3',
    connection: { filename, options: { readonly: true } },
    useNullAsDefault: true,
    compileSqlOnError: false,
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
    pool: { min: 1, max: 1 },
  });
  knex.userParams = { dialect: sqlite };
  return knex;
}
