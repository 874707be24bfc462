import { ConfigError, FatalError, InterlocalError, RetriableError } from '../../core/errors.ts';
import { accessDenied, fileMissing } from '../file-errors.ts';
import type { AnswerFacts } from '../answer-facts.ts';
import { networkError } from '../network.ts';
import { offeredAlgorithms } from './offered-algorithms.ts';
import type { SftpSettings } from './options.ts';

/** SFTP statuses, draft-ietf-secsh-filexfer-02 section 7, and those of later drafts that servers send anyway. */
export const STATUS = {
  EOF: 1,
  NO_SUCH_FILE: 2,
  PERMISSION_DENIED: 3,
  FAILURE: 4,
  BAD_MESSAGE: 5,
  NO_CONNECTION: 6,
  CONNECTION_LOST: 7,
  OP_UNSUPPORTED: 8,
} as const;
const LATER = { NO_SUCH_PATH: 10, ALREADY_EXISTS: 11, WRITE_PROTECT: 12, NO_SPACE: 14, QUOTA: 15, LOCK: 17 } as const;

export function statusOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'number' ? code : undefined;
}

/** Keeps the numeric status on the classified error, for callers that must tell FAILURE from the rest. */
export class SftpFailure extends FatalError {}

/** What a failed request means for a run. The status and the server's words go with it, for the connector's own error rules. */
export function requestError(error: Error, system: string, path: string, settings: SftpSettings): Error {
  if (error instanceof InterlocalError) return error;
  const place = { system, file: path };
  const status = statusOf(error);
  const cause: AnswerFacts | undefined = status === undefined ? undefined : { status, faultText: error.message };
  switch (status) {
    case STATUS.NO_SUCH_FILE:
    case LATER.NO_SUCH_PATH:
      return fileMissing(system, path, cause);
    case STATUS.PERMISSION_DENIED:
    case LATER.WRITE_PROTECT:
      return accessDenied(system, path, cause);
    case LATER.NO_SPACE:
    case LATER.QUOTA:
      return new FatalError(
        {
          code: 'DISK_FULL',
          place,
          message: `The server has no space left for ${path}: ${error.message}.`,
          hint: 'Ask its owner to free some space.',
        },
        { cause },
      );
    case LATER.LOCK:
      return new RetriableError(
        {
          code: 'FILE_BUSY',
          place,
          message: `${path} is in use on the server.`,
          hint: 'If this continues, ask the owner of the system which program uses it.',
        },
        { cause, passes: true },
      );
    case STATUS.FAILURE:
    case LATER.ALREADY_EXISTS:
    case STATUS.BAD_MESSAGE:
    case STATUS.OP_UNSUPPORTED:
      return new SftpFailure(
        {
          code: 'SFTP_FAILURE',
          place,
          message: `The server refused what was asked for ${path || '.'}, and says only: ${error.message}.`,
          hint: 'Ask the owner of the server to look into its log for the reason. Often the disk is full, or a folder that should be removed is not empty.',
        },
        { cause },
      );
  }
  return networkError(error, { system, host: settings.host, port: settings.port }) ?? connectionLost(system, settings, path);
}

function connectionLost(system: string, settings: SftpSettings, path: string): RetriableError {
  return new RetriableError(
    {
      code: 'CONNECTION_LOST',
      place: { system, file: path },
      message: `The connection to ${settings.host}:${settings.port} was lost in the middle of a request.`,
      hint: 'If this continues, ask the owner of the system to check its log.',
    },
    { passes: true },
  );
}

export function requestTimeout(system: string, settings: SftpSettings, path: string): RetriableError {
  return new RetriableError(
    {
      code: 'CONNECTION_TIMEOUT',
      place: { system, file: path },
      message: `${settings.host}:${settings.port} did not answer a request within ${settings.timeout}.`,
      hint: 'Check that the server is running. If it is known to be slow, raise timeout of the connection in config/connections.yaml.',
    },
    { passes: true },
  );
}

/** What a connection that could not be opened means for a run. Asks the server what it offers when nothing was in common. */
export async function connectionError(error: Error, system: string, settings: SftpSettings): Promise<Error> {
  const remote = { system, host: settings.host, port: settings.port };
  const at = `${settings.host}:${settings.port}`;
  const level = (error as { level?: string }).level;
  const place = { system };
  if (level === 'client-authentication' || level === 'agent') return authenticationFailed(system, settings);
  if (/parse privateKey|private key|passphrase|Invalid username/i.test(error.message) && level === undefined)
    return new ConfigError({
      code: 'PRIVATE_KEY_UNREADABLE',
      place: { system, path: 'private_key' },
      message: /passphrase|Encrypted|integrity|decrypt/i.test(error.message)
        ? 'The private key is encrypted and cannot be opened with the passphrase given.'
        : 'The private key cannot be read; it must be a private key in OpenSSH or PEM form.',
      hint: 'Check that the files or environment variables that private_key and passphrase of this connection name hold the right key and passphrase.',
    });
  if (/no matching/i.test(error.message)) {
    const { kind, offered, legacy } = await offeredAlgorithms(error.message, settings);
    return new FatalError({
      code: 'NO_COMMON_ALGORITHM',
      place: { system, path: 'allow_legacy' },
      message: `${at} offers no ${kind} that is safe today${offered.length ? `: it offers ${offered.join(', ')}` : ''}.`,
      hint: legacy.length
        ? `Ask the vendor to update the server. Until then the weak algorithm can be allowed for this connection only: allow_legacy: [${legacy[0]}].`
        : 'Ask the vendor to update the server.',
    });
  }
  if (level === 'client-timeout') return networkError({ code: 'ETIMEDOUT' }, remote)!;
  if (/before handshake/i.test(error.message))
    return new RetriableError({
      code: 'CONNECTION_LOST',
      place,
      message: `${at} was reached, but closed the connection before it said that it is an SFTP server.`,
      hint: 'Check the port, which is usually 22. Ask whoever runs this server whether a firewall, or a limit on connections at the same time, keeps this machine out.',
    });
  const { code: exit } = error as { code?: unknown };
  if (typeof exit === 'number' && /while establishing SFTP/i.test(error.message))
    return new FatalError({
      code: 'NO_SFTP',
      place,
      message: `${at} accepted the login of ${settings.username}, but ended the session before any file could be transferred (exit code ${exit}).`,
      hint: 'Ask whoever runs this server whether the password has expired and must be changed first, and whether the account may use SFTP.',
    });
  if (/subsystem|Unable to start/i.test(error.message))
    return new FatalError({
      code: 'NO_SFTP',
      place,
      message: `${at} accepted the login but does not let this account transfer files (SFTP).`,
      hint: 'Ask the vendor to enable SFTP for this account.',
    });
  return (
    networkError(error, remote) ??
    new RetriableError(
      {
        code: 'CONNECTION_LOST',
        place,
        message: `The connection to ${at} could not be made: ${error.message}.`,
        hint: 'If this continues, check host and port in config/connections.yaml, and ask the owner of the system whether its server is up.',
      },
      { passes: true },
    )
  );
}

function authenticationFailed(system: string, settings: SftpSettings): FatalError {
  const given = [
    settings.private_key && 'the private key',
    settings.agent && 'the keys of the agent',
    settings.password && 'the password',
  ].filter(Boolean);
  return new FatalError({
    code: 'AUTH_FAILED',
    place: { system },
    message: `${settings.host}:${settings.port} rejected the user ${settings.username}${given.length ? ` with ${given.join(' or ')}` : ': neither password nor private_key is given'}.`,
    hint: "Check the user name in config/connections.yaml, and that the password or key is the current one (passwords expire). If they are, ask the vendor whether the account, its public key and this machine's address are registered.",
  });
}
