import { ConfigError, FatalError, InterlocalError, RetriableError } from '../../core/errors.ts';
import type { Place, Problem } from '../../core/errors.ts';
import type { AnswerFacts } from '../answer-facts.ts';
import { networkError } from '../network.ts';
import type { Remote } from '../network.ts';

/** Where a connection goes, for messages. `secret` is kept out of them, whatever the server quotes back. */
export interface SqlRemote extends Remote {
  database: string;
  username: string;
  secret: string;
}

/**
 * What an error of the server or of the driver means for a run. By the server's error number, not by its words, which are in the
 * server's language. `loginNumber`: the number the server gave while logging in. What it said goes with the error: see sqlFacts.
 */
export function sqlError(error: unknown, remote: SqlRemote, loginNumber?: number): Error {
  if (error instanceof InterlocalError) return error;
  const number = numberOf(error) ?? (error instanceof Error && error.name === 'ConnectionError' ? loginNumber : undefined);
  const said = wordsOf(error, remote);
  const at = `${remote.host}:${remote.port}`;
  const place: Place = { system: remote.system };
  const problem = (code: string, message: string, hint: string): Problem => ({ code, place, message, hint });
  const code = codeOf(error);
  const severity = (error as { class?: unknown } | undefined)?.class;
  const facts = number === undefined ? undefined : factsOf(number, said, typeof severity === 'number' ? severity : 0);
  if (facts && facts.kind !== 'other') return numberedError(facts, remote);

  if (code === 'EINSTLOOKUP')
    return new RetriableError(
      problem(
        'SQL_INSTANCE',
        `The SQL Server Browser at ${remote.host} did not return the port of the ${remote.port}: ${said}.`,
        'Check the name of the instance, that the service SQL Server Browser is running and that UDP port 1434 is open; or give its port instead.',
      ),
    );
  if (code === 'EENCRYPT')
    return new ConfigError(
      problem(
        'SQL_ENCRYPTION',
        `${at} accepts encrypted connections only.`,
        'In config/connections.yaml, remove encrypt: false from this connection.',
      ),
    );
  if (code === 'ENOENCRYPTION')
    return new ConfigError(
      problem(
        'SQL_ENCRYPTION',
        `${at} offers no encryption, so nothing was sent to it.`,
        'Ask its administrator to turn encryption on. Only on a network that nobody else can read, set encrypt: false for this connection instead.',
      ),
    );
  for (let cause: unknown = error; cause instanceof Error; cause = causeOf(cause)) {
    const known = networkError(cause, remote);
    if (known) return known.code === 'TLS_UNTRUSTED' || known.code === 'TLS_FAILED' ? certificateError(known, at) : known;
  }
  if (code === 'ETIMEOUT')
    return new RetriableError(
      problem(
        'CONNECTION_TIMEOUT',
        `${at} did not answer in time: ${said}.`,
        'Check that the server is running and that no firewall is in the way. If it is known to be slow, raise timeout or request_timeout of the connection in config/connections.yaml.',
      ),
    );
  if (code === 'ESOCKET' || code === 'ECONNCLOSED')
    return new RetriableError(
      problem(
        'CONNECTION_LOST',
        `The connection to ${at} was lost: ${said}.`,
        'If this continues, ask the database administrator to check the log of the server.',
      ),
      { passes: true },
    );
  if (facts) return numberedError(code === 'ELOGIN' ? { ...facts, kind: 'login' } : facts, remote);
  if (code === 'ELOGIN')
    return new ConfigError(
      problem(
        'SQL_LOGIN',
        `The server refused the login ${remote.username}: ${said}.`,
        'Check username, password and domain of this connection in config/connections.yaml.',
      ),
    );
  return error instanceof Error ? error : new Error(said);
}

/** What the server said, as facts: for the connector's own error rules (as `status`), and for what writes rows. */
export interface SqlFacts extends AnswerFacts {
  /** The server's error number. */
  number: number;
  kind: SqlErrorKind;
}

/**
 * transient: passes by itself. record: this row cannot be stored (a key that is there, NULL where none may be, too long). value: a
 * value could not be converted; where rows are written it belongs to the record too. login, rights, statement: the configuration.
 */
export type SqlErrorKind = 'transient' | 'record' | 'value' | 'login' | 'rights' | 'statement' | 'other';

/** The facts of an error that SQL Server itself reported; undefined for every other. */
export function sqlFacts(error: unknown): SqlFacts | undefined {
  const cause = (error as { cause?: unknown } | undefined)?.cause as Partial<SqlFacts> | undefined;
  return typeof cause?.number === 'number' && cause.kind !== undefined ? (cause as SqlFacts) : undefined;
}

function factsOf(number: number, said: string, severity: number): SqlFacts {
  return { status: number, number, kind: kindOf(number, severity), faultText: said };
}

function kindOf(number: number, severity: number): SqlErrorKind {
  if (CONNECT[number]) return 'login';
  // Severity 20 and above: the server ended the connection, not the statement alone.
  if (RETRY.has(number) || severity >= 20) return 'transient';
  if (RIGHTS.has(number)) return 'rights';
  if (MANIFEST.has(number)) return 'statement';
  if (RECORD.has(number)) return 'record';
  return VALUES.has(number) ? 'value' : 'other';
}

function numberedError(cause: SqlFacts, remote: SqlRemote): InterlocalError {
  const { number, kind, faultText: said = '' } = cause;
  const problem = (code: string, message: string, hint?: string): Problem => ({
    code,
    place: { system: remote.system },
    message: `${message} (SQL error ${number}).`,
    ...(hint === undefined ? {} : { hint }),
  });
  const fill = (text: string): string =>
    text
      .replace('{user}', remote.username)
      .replace('{database}', remote.database)
      .replace('{at}', `${remote.host}:${remote.port}`)
      .replace('{said}', said);
  switch (kind) {
    case 'login': {
      const [code, message, hint] = CONNECT[number] ?? LOGIN;
      return new ConfigError(problem(code, fill(message), fill(hint)), { cause });
    }
    case 'transient':
      return new RetriableError(problem('SQL_BUSY', `The server could not answer just now: ${said}`), { cause, passes: true });
    case 'rights':
      return new ConfigError(
        problem(
          'SQL_RIGHTS',
          `The login ${remote.username} may not do this: ${said}`,
          'Ask the owner of the database to grant it SELECT on that table or view.',
        ),
        { cause },
      );
    case 'statement':
      return new ConfigError(
        problem(
          'SQL_STATEMENT',
          `The server does not understand what was asked: ${said}`,
          "Correct tables, columns or sql in the connector's manifest.",
        ),
        { cause },
      );
    case 'record':
      return new FatalError(
        problem(
          'SQL_ROW',
          `The server cannot accept a row: ${said}`,
          'Correct the record in the system that it comes from, or ask the owner of the database what the table requires.',
        ),
        { cause },
      );
    case 'value':
      return new FatalError(
        problem(
          'SQL_VALUE',
          `A value could not be converted by the server: ${said}`,
          'Nothing of this was used. Check the CONVERT and CAST in sql of the connector or in the view, and the rows that it reads.',
        ),
        { cause },
      );
    case 'other':
      return new FatalError(
        problem('SQL_ERROR', `The server reports: ${said}`, 'Ask the administrator of the database what this error number means there.'),
        {
          cause,
        },
      );
  }
}

/** An error that says the certificate or the agreement on encryption is what failed: the address was right. */
export const TLS_CODES: readonly string[] = ['TLS_UNTRUSTED', 'TLS_FAILED'];

function certificateError(known: InterlocalError, at: string): ConfigError {
  const [problem] = known.problems;
  const untrusted = known.code === 'TLS_UNTRUSTED';
  return new ConfigError({
    ...problem!,
    hint: untrusted
      ? `SQL Server makes a certificate of its own unless it was given one. Have its administrator export the certificate that ${at} uses as PEM (Base-64 X.509), put the file into the town's folder and name it in ca_file.`
      : 'An old server may know only TLS 1.0: have it updated (KB3135244), or allow it by name: allow_legacy: [tls1.0].',
  });
}

type Entry = readonly [code: string, message: string, hint: string];

const LOGIN: Entry = [
  'SQL_LOGIN',
  'The server refused the login {user}: {said}',
  'Check username, password and domain of this connection in config/connections.yaml.',
];

const CONNECT: Record<number, Entry> = {
  18456: [
    'SQL_LOGIN',
    'The server refused the login {user}: name or password is wrong, or it has no access',
    'Check username and password (a Windows account needs domain too); the log of the server says which.',
  ],
  18452: [
    'SQL_LOGIN',
    'The server accepts only Windows accounts, and {user} is not one it trusts',
    'For a Windows account, set domain of this connection. For any other, ask the administrator to switch on SQL Server authentication ("mixed mode").',
  ],
  18470: ['SQL_LOGIN', 'The login {user} is disabled', 'Ask the administrator of the database to enable it.'],
  18486: [
    'SQL_LOGIN',
    'The login {user} is locked',
    'Ask the administrator of the database to unlock it, and check the password in config/connections.yaml before the next try.',
  ],
  18487: [
    'SQL_LOGIN',
    'The password of {user} has expired',
    'Ask the administrator of the database for a new password that does not expire, and put it where the connection reads its password from.',
  ],
  18488: [
    'SQL_LOGIN',
    'The password of {user} must be changed before it can be used',
    'Set a new password with a SQL Server tool, and put it where the connection reads its password from.',
  ],
  4060: [
    'SQL_DATABASE',
    'The database {database} at {at} cannot be opened: it does not exist, or {user} has no access',
    'Check database of this connection. If it is right, ask the administrator to make the login a user of that database, or wait if it is being restored.',
  ],
  4064: [
    'SQL_DATABASE',
    'The default database of {user} cannot be opened',
    'Ask the administrator of the server to correct the default database of this login.',
  ],
  911: ['SQL_DATABASE', 'There is no database {database} at {at}', 'Check database of this connection in config/connections.yaml.'],
  916: [
    'SQL_DATABASE',
    '{user} is not a user of the database {database}',
    'Ask the administrator to make the login a user of that database.',
  ],
};

/** Deadlock, lock timeout, snapshot conflict, moved data, memory, failover, recovery, throttling: all pass by themselves. */
const RETRY = new Set([
  1205, 1222, 3960, 3961, 601, 701, 802, 1204, 8628, 8645, 8651, 1221, 921, 922, 927, 952, 976, 978, 979, 983, 6005, 9001, 17142, 17197,
  18401, 10053, 10054, 10060, 233, 64, 121, 10928, 10929, 40197, 40501, 40613, 49918, 49919, 49920, 4221, 615,
]);
const RIGHTS = new Set([229, 230, 262, 297, 300, 371]);
const MANIFEST = new Set([
  102, 104, 105, 107, 113, 116, 130, 137, 147, 156, 170, 174, 189, 195, 201, 205, 206, 207, 208, 209, 214, 243, 306, 319, 402, 421, 451,
  457, 468, 529, 1033, 2812, 4104, 4121, 8117, 8120, 8121, 8127, 8155, 8156, 8158, 8159,
]);
const VALUES = new Set([220, 232, 235, 241, 242, 244, 245, 248, 293, 295, 517, 535, 8114, 8115, 8134, 8169, 9420, 9803, 9807]);
/** NULL where none may be, foreign key and CHECK, a key that is there already, WITH CHECK OPTION, too long (8152 before 2019). */
const RECORD = new Set([515, 547, 2601, 2627, 550, 8152, 2628]);

function numberOf(error: unknown): number | undefined {
  for (let at: unknown = error; at instanceof Error; at = causeOf(at)) {
    const number = (at as { number?: unknown }).number;
    if (typeof number === 'number' && number > 0) return number;
  }
  return undefined;
}

/** The driver's own code, where it gave one. */
function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = causeOf(at)) {
    const own = (at as NodeJS.ErrnoException).code;
    if (own && /^E(INSTLOOKUP|ENCRYPT|TIMEOUT|SOCKET|CONNCLOSED|LOGIN|NOENCRYPTION)$/.test(own)) return own;
  }
  return undefined;
}

function causeOf(error: Error): unknown {
  const inner = (error as { originalError?: unknown }).originalError ?? error.cause;
  return inner instanceof AggregateError ? inner.errors[0] : inner;
}

/** The server's own words, on one line, without the password should it quote that. */
function wordsOf(error: unknown, remote: SqlRemote): string {
  const text = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  return remote.secret.length >= 4 ? text.replaceAll(remote.secret, '***') : text;
}
