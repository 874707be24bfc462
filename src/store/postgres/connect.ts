import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkServerIdentity } from 'node:tls';
import type { Client, ClientConfig } from 'pg';
import pg from 'pg';
import { ConfigError } from '../../core/errors.ts';
import { exactInteger } from '../numbers.ts';
import { fromStored, toStored } from './text.ts';
import { whyNotRead } from '../../core/file-error.ts';

/** Sessions of ours are seen under this name in pg_stat_activity. */
const APPLICATION = 'interlocal';
/** As long as a store in a file waits for another writer. */
const LOCK_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 15_000;
/** Small queries by the thousand: compiling them costs more than it gains. */
const SETTINGS = '-c jit=off -c client_min_messages=error';

const SSL_MODES = ['disable', 'verify-full'];
const PARAMETERS = ['sslmode', 'sslrootcert', 'host'];

/**
 * The settings of a connection. `url`: `postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?sslmode=…&sslrootcert=…&host=…]`; paths are
 * relative to the town's folder. A server that is not on this machine is spoken to over TLS, and must prove who it is, unless the URL says
 * `sslmode=disable`. Throws ConfigError STORE_URL.
 */
export function settingsOf(url: string, projectFolder: string): ClientConfig {
  const parsed = URL.parse(url);
  if (!parsed) throw badUrl('it is not a URL');
  const decoded = (part: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw badUrl('a % in it is not followed by two hexadecimal digits');
    }
  };
  const options = parsed.searchParams;
  for (const name of options.keys()) if (!PARAMETERS.includes(name)) throw badUrl(`it has the unknown parameter ${name}`);
  const database = decoded(parsed.pathname.slice(1));
  if (database === '' || database.includes('/')) throw badUrl('it names no database');
  if (parsed.username === '') throw badUrl('it names no user');
  const host = options.get('host') ?? decoded(parsed.hostname.replace(/^\[(.*)\]$/, '$1'));
  if (host === '') throw badUrl('it names no host');
  const mode = options.get('sslmode') ?? (isLocal(host) ? 'disable' : 'verify-full');
  if (!SSL_MODES.includes(mode))
    throw badUrl(`sslmode=${mode} would accept any server; write sslmode=verify-full, or disable for a server on this machine`);
  const root = options.get('sslrootcert');
  return {
    host,
    port: parsed.port === '' ? 5432 : Number(parsed.port),
    database,
    user: decoded(parsed.username),
    password: parsed.password === '' ? undefined : decoded(parsed.password),
    ssl:
      mode === 'disable'
        ? false
        : {
            rejectUnauthorized: true,
            checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
            ...(root === null ? {} : { ca: rootOf(root, projectFolder) }),
          },
    application_name: APPLICATION,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    lock_timeout: LOCK_TIMEOUT_MS,
    options: SETTINGS,
    types: { getTypeParser: parserOf } as unknown as NonNullable<ClientConfig['types']>,
  };
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.') || host.startsWith('/');
}

function rootOf(path: string, projectFolder: string): string {
  try {
    return readFileSync(resolve(projectFolder, path), 'utf8');
  } catch (error) {
    throw badUrl(`the file of sslrootcert cannot be read: ${whyNotRead(error)}`);
  }
}

function badUrl(why: string): ConfigError {
  return new ConfigError({
    code: 'STORE_URL',
    place: { file: 'config/interlocal.yaml', path: 'store.url' },
    message: `The URL of the store, store.url, cannot be used: ${why}.`,
    hint: 'Write postgres://USER@HOST/DATABASE, with the password in store.password; or sqlite:PATH for a file.',
  });
}

/** Object ids of PostgreSQL's types. */
const INT8 = 20;
const NUMERIC = 1700;
const TEXTS = new Set([25, 1043]);

function parserOf(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (format !== 'binary') {
    if (oid === INT8 || oid === NUMERIC) return exactInteger;
    if (TEXTS.has(oid)) return fromStored;
  }
  return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
}

function stored(value: unknown): unknown {
  if (typeof value === 'string') return toStored(value);
  return Array.isArray(value) ? value.map(stored) : value;
}

type Query = (config: unknown, ...rest: unknown[]) => unknown;

/** Makes a connection store texts as text.ts says. */
export function withStoredTexts(client: Client): void {
  const query = client.query.bind(client) as unknown as Query;
  const replacement: Query = (config, ...rest) => {
    const { values } = (config ?? {}) as { values?: unknown[] };
    if (Array.isArray(values)) (config as { values: unknown[] }).values = values.map(stored);
    return query(config, ...rest);
  };
  client.query = replacement as unknown as Client['query'];
}
