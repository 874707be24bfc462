import { FatalError, InterlocalError, type Problem } from '../../core/errors.ts';

type Failure = Omit<Problem, 'place'>;

const LOST: Failure = {
  code: 'STORE_CONNECTION_LOST',
  message: 'The connection to the store was lost, or its server is shutting down.',
  hint: 'Check whether the database server is running, then run again: the run resumes after the last records that were saved, and nothing is lost.',
};
const UNREACHABLE: Failure = {
  code: 'STORE_UNREACHABLE',
  message: "The store's database server cannot be reached.",
  hint: 'Check that the server is running, that host and port in store.url in config/interlocal.yaml are right, and that a firewall lets this machine through.',
};
const CERTIFICATE: Failure = {
  code: 'STORE_TLS',
  message:
    "The certificate of the store's database server does not prove that it is the server that store.url names, so nothing was sent to it.",
  hint: 'Ask its administrator for the certificate of the authority that issued it, and name that file at the end of store.url: ?sslrootcert=PATH.',
};
const BUSY: Failure = {
  code: 'STORE_BUSY',
  message: 'Other processes kept the store busy for half a minute.',
  hint: 'Run it again; nothing was lost. To see what else is running, run interlocal status.',
};

/** By SQLSTATE, or the first two characters of it; by what the operating system says. */
const FAILURES: Record<string, Failure> = {
  '08': LOST,
  '57P': LOST,
  ECONNRESET: LOST,
  EPIPE: LOST,
  ECONNREFUSED: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  '57P03': UNREACHABLE,
  '3D000': { ...UNREACHABLE, message: 'The database in store.url does not exist on the server.' },
  '28': {
    code: 'STORE_LOGIN',
    message: "The store's database server rejected the user or the password.",
    hint: 'Check the user in store.url and the password in store.password (config/interlocal.yaml). If both are right, ask the administrator whether pg_hba.conf on the server lets this user in from this machine.',
  },
  '42501': {
    code: 'STORE_READ_ONLY',
    message: 'The user in store.url lacks permissions that are needed in the database.',
    hint: 'Make this user the owner of the database, or grant it CREATE on the database and its schema.',
  },
  '25006': {
    code: 'STORE_READ_ONLY',
    message:
      'The database of the store cannot be written, since its server is a standby or set to read only, so nothing more can be saved.',
    hint: 'Check store.url in config/interlocal.yaml: it must name the primary server. If it does, ask the administrator of the database to allow writing, then run again.',
  },
  '53100': {
    code: 'STORE_FULL',
    message: 'The disk that the store is on is full.',
    hint: 'Free some space, then run again: the run resumes where it stopped.',
  },
  '53': { ...BUSY, message: 'The database server has no connections or memory left.' },
  '55P03': BUSY,
  '40001': BUSY,
  '40P01': BUSY,
  XX001: {
    code: 'STORE_DAMAGED',
    message: 'The database server reports that the store is damaged.',
    hint: 'Stop Interlocal and restore the last backup; the next run reads what is missing again.',
  },
};
FAILURES.XX002 = FAILURES.XX001!;

const CERTIFICATES = /^(?:ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(?:VERIFY|GET_ISSUER))/;

/** What the driver and the pool say, perhaps behind the query that it happened to. */
const WITHOUT_CODE = {
  lost: /(?:^| - )(?:Connection terminated|Client has encountered a connection error|Client was closed|Connection ended unexpectedly)/,
  login: /SCRAM|client password must be a string/,
  unreachable: /(?:^| - )(?:timeout expired|timeout exceeded when trying to connect|Knex: Timeout acquiring a connection)/,
};

/** What PostgreSQL or the way to it says, in plain words. */
export function postgresFailure(code: string, message: string): Failure | undefined {
  if (CERTIFICATES.test(code) || message === 'The server does not support SSL connections') return CERTIFICATE;
  const known = FAILURES[code] ?? (/^[0-9A-Z]{5}$/.test(code) ? (FAILURES[code.slice(0, 3)] ?? FAILURES[code.slice(0, 2)]) : undefined);
  if (known) return known;
  if (code === '' && WITHOUT_CODE.login.test(message)) return FAILURES['28'];
  if (code === '' && WITHOUT_CODE.lost.test(message)) return LOST;
  if (code === '' && WITHOUT_CODE.unreachable.test(message)) return UNREACHABLE;
  return undefined;
}

/** The same as an error, while a store is opened; others stay as they are. */
export function asConnectionFailure(error: unknown): unknown {
  if (error instanceof InterlocalError) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const known = postgresFailure(typeof code === 'string' ? code : '', String(message ?? ''));
  return known ? new FatalError({ ...known, place: { file: 'config/interlocal.yaml', path: 'store.url' } }, { cause: error }) : error;
}

/** Another transaction came in between: done again, this one may succeed. */
export function isConflict(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return code === '40001' || code === '40P01' || isUniqueViolation(code);
}

/** A row with the same unique key is there. */
export function isUniqueViolation(code: unknown): boolean {
  return code === '23505';
}

/** The connection is gone, and with it the transaction that was on it. */
export function isLost(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return postgresFailure(typeof code === 'string' ? code : '', String(message ?? '')) === LOST;
}
