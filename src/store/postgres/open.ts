import knexFactory, { type Knex } from 'knex';
import type { Client } from 'pg';
import { ConfigError } from '../../core/errors.ts';
import { PostgresClient } from './client.ts';
import { settingsOf, withStoredTexts } from './connect.ts';
import { postgres } from './dialect.ts';
import { asConnectionFailure } from './failures.ts';
import { openSide } from './side.ts';

/** As many connections as a process opens at most: one for each pipeline that writes at the same time, and some for reading. */
const MAX_CONNECTIONS = 12;
/** Older ones get no security updates anymore. */
const MIN_VERSION = 14;

/** Opens a database on a PostgreSQL server. Throws ConfigError for a URL or a server that cannot be used. */
export async function openPostgres(url: string, projectFolder: string): Promise<Knex> {
  const settings = settingsOf(url, projectFolder);
  const knex = knexFactory({
    client: PostgresClient,
    // A function: the settings, with the password in them, are then in no text that anybody prints.
    connection: () => settings as Knex.StaticConnectionConfig,
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
    // Values of records belong in no message.
    compileSqlOnError: false,
    acquireConnectionTimeout: 60_000,
    pool: {
      min: 0,
      max: MAX_CONNECTIONS,
      afterCreate(client: Client, done: (error: Error | undefined, client: Client) => void) {
        withStoredTexts(client);
        done(undefined, client);
      },
    },
  });
  const side = openSide(settings);
  knex.userParams = { dialect: postgres, side };
  const client = knex.client as { destroy(): Promise<void> };
  const destroy = client.destroy.bind(client);
  client.destroy = async () => {
    await side.close();
    await destroy();
  };
  try {
    await check(knex);
  } catch (error) {
    await knex.destroy();
    throw asConnectionFailure(error);
  }
  return knex;
}

async function check(knex: Knex): Promise<void> {
  const { rows } = (await knex.raw(
    "SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding",
  )) as { rows: { version: number; encoding: string }[] };
  const { version, encoding } = rows[0]!;
  const problems: string[] = [];
  if (version < MIN_VERSION * 10_000)
    problems.push(`it is PostgreSQL ${Math.floor(version / 10_000)}, but ${MIN_VERSION} or newer is needed`);
  if (encoding !== 'UTF8') problems.push(`the database stores text as ${encoding}, but UTF8 is needed`);
  if (problems.length)
    throw new ConfigError({
      code: 'STORE_SERVER',
      place: { file: 'config/interlocal.yaml', path: 'store.url' },
      message: `The database in store.url cannot be used for the store: ${problems.join('; ')}.`,
      hint: "Create the database with CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8', on a server of a supported version.",
    });
}
