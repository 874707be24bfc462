import { InterlocalError } from '../../core/errors.ts';
import type { CheckResult, TransportContext } from '../transport.ts';
import { legacyTlsCheck } from '../weaknesses.ts';
import { connect, remoteOf } from './connect.ts';
import type { Connections } from './connect.ts';
import { TLS_CODES } from './errors.ts';
import type { SqlServerSettings } from './options.ts';

/** Everything that a run needs, looked at on a connection of its own, and what works but should be seen. */
export async function checkServer(settings: SqlServerSettings, context: TransportContext): Promise<CheckResult[]> {
  const started = performance.now();
  let connections: Connections;
  try {
    connections = await connect(settings, context);
  } catch (error) {
    return failedAt(error, settings, context);
  }
  const { host, port, database, username } = remoteOf(settings, context);
  try {
    return [
      { name: 'reachable', ok: true, detail: `${host}:${port} answered in ${Math.round(performance.now() - started)} ms` },
      encryption(settings),
      ...legacyTlsCheck(settings.allow_legacy),
      { name: 'credentials', ok: true, detail: `logged in as ${username}` },
      { name: 'database', ok: true, detail: `${database} is open` },
      await asked('tables', () => readableTables(connections)),
      await asked('rights', () => readsOnly(connections)),
      await asked('server version', () => version(connections)),
    ];
  } finally {
    await connections.close();
  }
}

/** The steps that a login goes through, in order: those before the one that failed are known to work. */
const STEPS = ['reachable', 'encryption', 'credentials', 'database'] as const;

function failedAt(error: unknown, settings: SqlServerSettings, context: TransportContext): CheckResult[] {
  if (!(error instanceof InterlocalError))
    return [{ name: 'reachable', ok: false, detail: `The driver reports: ${error instanceof Error ? error.message : String(error)}` }];
  const [problem] = error.problems;
  const { code } = error;
  const at =
    TLS_CODES.includes(code) || code === 'CA_FILE' || code === 'SQL_ENCRYPTION'
      ? 1
      : code === 'SQL_LOGIN'
        ? 2
        : code === 'SQL_DATABASE' || code === 'SQL_RIGHTS'
          ? 3
          : 0;
  const { host, port } = remoteOf(settings, context);
  const passed =
    code === 'CA_FILE'
      ? []
      : STEPS.slice(0, at).map((name) =>
          name === 'encryption'
            ? encryption(settings)
            : { name, ok: true, detail: name === 'reachable' ? `${host}:${port} answered` : 'accepted' },
        );
  return [...passed, { name: STEPS[at]!, ok: false, code, detail: problem!.message, ...(problem!.hint ? { hint: problem!.hint } : {}) }];
}

function encryption(settings: SqlServerSettings): CheckResult {
  if (!settings.encrypt)
    return {
      name: 'encryption',
      ok: true,
      warning: true,
      detail: 'off: data and password can be read in transit',
      hint: 'Remove encrypt: false.',
    };
  if (settings.trust_server_certificate)
    return {
      name: 'encryption',
      ok: true,
      warning: true,
      detail: 'encrypted, but any certificate is accepted: the server may be anyone',
      hint: 'Name the certificate in ca_file and remove trust_server_certificate.',
    };
  return { name: 'encryption', ok: true, detail: `encrypted, certificate verified${settings.ca_file ? ` with ${settings.ca_file}` : ''}` };
}

async function asked(name: string, ask: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return { name, ok: false, detail: error.problems[0]!.message, ...(error.problems[0]!.hint ? { hint: error.problems[0]!.hint } : {}) };
  }
}

async function readableTables(connections: Connections): Promise<CheckResult> {
  const rows = (await connections.run(READABLE, {})) as [string, string][];
  if (rows.length === 0)
    return {
      name: 'tables',
      ok: false,
      detail: 'This login may read no table and no view.',
      hint: 'Ask the owner of the database for SELECT on the tables or views to be read, or for the role db_datareader.',
    };
  const names = rows.map(([schema, name]) => `${schema}.${name}`);
  return {
    name: 'tables',
    ok: true,
    detail: `${rows.length} ${rows.length === 1 ? 'table or view' : 'tables and views'} can be read: ${names.slice(0, 12).join(', ')}${names.length > 12 ? ` and ${names.length - 12} more` : ''}`,
  };
}

const READABLE = `SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES
WHERE HAS_PERMS_BY_NAME(N'[' + REPLACE(TABLE_SCHEMA, N']', N']]') + N'].[' + REPLACE(TABLE_NAME, N']', N']]') + N']', N'OBJECT', N'SELECT') = 1
ORDER BY TABLE_SCHEMA, TABLE_NAME`;

/** Interlocal only reads here; a login that can do no more can do no harm either, whoever gets hold of it. */
async function readsOnly(connections: Connections): Promise<CheckResult> {
  const rows = await connections.run("SELECT HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'INSERT')", {});
  if (rows[0]?.[0] !== 1) return { name: 'rights', ok: true, detail: 'the login may not write in this database' };
  return {
    name: 'rights',
    ok: true,
    warning: true,
    detail: 'the login may also write in this database',
    hint: 'Ask for one that may only read (db_datareader) or, where a sink writes here, write to the tables of its sinks alone.',
  };
}

/** Major versions that Microsoft has ended support for: 13 is SQL Server 2016, whose support ended in July 2026. */
const LAST_UNSUPPORTED = 13;

async function version(connections: Connections): Promise<CheckResult> {
  const rows = await connections.run(
    "SELECT CONVERT(nvarchar(128), SERVERPROPERTY('ProductVersion')), CONVERT(nvarchar(128), SERVERPROPERTY('Edition'))",
    {},
  );
  const [number, edition] = (rows[0] ?? []) as [string | null, string | null];
  const detail = [`SQL Server ${number ?? 'of unknown version'}`, edition].filter(Boolean).join(', ');
  const major = Number((number ?? '').split('.')[0]);
  if (major > 0 && major <= LAST_UNSUPPORTED)
    return {
      name: 'server version',
      ok: true,
      warning: true,
      detail: `${detail}: no longer supported by Microsoft`,
      hint: 'It can still be read; plan its replacement.',
    };
  return { name: 'server version', ok: true, detail };
}
