import { createHash } from 'node:crypto';
import type { SFTPWrapper } from 'ssh2';
import type SftpClient from 'ssh2-sftp-client';
import { milliseconds } from '../options.ts';
import { patience } from '../patience.ts';
import { algorithms } from './algorithms.ts';
import { answerPrompts, authenticationSteps } from './authentication.ts';
import { prepareKeys } from './cheaper.ts';
import { hostKeyChanged, hostKeyMissing, type OfferedKey } from './host-key.ts';
import type { SftpSettings } from './options.ts';
import { connectSocket } from './socket.ts';
import { connectionError, requestError, requestTimeout } from './status.ts';

/** One SFTP session, opened on the first call, shared by all, and opened again by the next call after it was lost. */
export interface SftpConnection {
  /** Runs one request of the protocol; `path` is for messages. Throws classified errors. */
  call<T>(path: string, send: (sftp: SFTPWrapper, done: (error: Error | undefined | null, result?: T) => void) => void): Promise<T>;
  /** The root's absolute path at the server. */
  root(): Promise<string>;
  /** The open session, to be kept for the time of one transfer so that its handle and its requests belong together. */
  session(): Promise<SftpSession>;
  close(): Promise<void>;
}

export interface SftpSession {
  sftp: SFTPWrapper;
  /** Absolute path of the connection's root. */
  root: string;
  call: SftpConnection['call'];
  supports(extension: string): boolean;
}

export function sftpConnection(settings: SftpSettings, system: string): SftpConnection {
  const timeout = milliseconds(settings.timeout);
  let opening: Promise<SftpSession & { end(): Promise<void> }> | undefined;

  function session() {
    const mine = (opening ??= open(settings, system, timeout, () => {
      if (opening === mine) opening = undefined;
    }).catch((error: unknown) => {
      if (opening === mine) opening = undefined;
      throw error;
    }));
    return mine;
  }

  return {
    session,
    call: async (path, send) => (await session()).call(path, send),
    root: async () => (await session()).root,
    close: async () => {
      const open = opening;
      opening = undefined;
      await open?.then((s) => s.end()).catch(() => {}); // what could not be opened needs no closing
    },
  };
}

async function open(
  settings: SftpSettings,
  system: string,
  timeout: number,
  onLost: () => void,
): Promise<SftpSession & { end(): Promise<void> }> {
  // ssh2 leaves requests unanswered when the line is cut; they are failed here.
  const waiting = new Set<(error: Error) => void>();
  let alive = true;
  const lost = () => {
    alive = false;
    onLost();
    for (const fail of [...waiting]) fail(new Error('connection lost'));
  };
  const client = await connect(settings, system, timeout, lost);
  const { sftp } = client;

  async function call<T>(
    path: string,
    send: (sftp: SFTPWrapper, done: (error: Error | undefined | null, result?: T) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(done);
        reject(requestTimeout(system, settings, path));
        lost();
        client.destroy();
      }, timeout);
      const done = (error: Error | undefined | null, result?: T) => {
        clearTimeout(timer);
        waiting.delete(done);
        if (error) reject(requestError(error, system, path, settings));
        else resolve(result as T);
      };
      if (!alive) return done(new Error('connection lost'));
      waiting.add(done);
      try {
        send(sftp, done);
      } catch (error) {
        done(error as Error);
      }
    });
  }

  const extensions = (sftp as unknown as { _extensions?: Record<string, string> })._extensions ?? {};
  try {
    const root = await call<string>(settings.root, (s, done) => s.realpath(settings.root, done));
    return { sftp, root, call, supports: (extension) => extensions[extension] !== undefined, end: client.end };
  } catch (error) {
    await client.end();
    throw error;
  }
}

interface Connected {
  sftp: SFTPWrapper;
  end(): Promise<void>;
  destroy(): void;
}

/**
 * Connects, and lets the server prove one of the pinned host keys before any credential is sent. A server has one key of each
 * kind; when the first it shows is not the pinned one, it is asked for the others, so a pinned RSA key is found behind an
 * Ed25519 key that the vendor never mentioned.
 */
async function connect(settings: SftpSettings, system: string, timeout: number, onLost: () => void): Promise<Connected> {
  const pinned = [settings.host_key ?? []].flat().map((text) => text.replace(/=$/, ''));
  const seen: OfferedKey[] = [];
  for (;;) {
    const attempt = await tryConnect(settings, timeout, pinned, seen, onLost);
    if ('sftp' in attempt) return attempt;
    const noOtherKind = seen.length > 0 && /no matching host key/i.test(attempt.error.message);
    if (noOtherKind || (attempt.refused && !algorithmsLeft(settings, seen))) break;
    if (!attempt.refused) throw await connectionError(attempt.error, system, settings);
  }
  throw pinned.length ? hostKeyChanged(system, settings, pinned, seen) : hostKeyMissing(system, settings, seen);
}

function algorithmsLeft(settings: SftpSettings, seen: readonly OfferedKey[]): boolean {
  return (
    (
      algorithms(
        settings.allow_legacy,
        seen.map((key) => key.type),
      ).serverHostKey as string[]
    ).length > 0
  );
}

async function tryConnect(
  settings: SftpSettings,
  timeout: number,
  pinned: readonly string[],
  seen: OfferedKey[],
  onLost: () => void,
): Promise<Connected | { error: Error; refused: boolean }> {
  const { default: Client } = await import('ssh2-sftp-client');
  const client: SftpClient = new Client(settings.host, { error: () => {}, end: () => {}, close: () => {} });
  // ssh2-sftp-client wraps errors and drops their `level`, which tells a wrong password from a lost line.
  let first: Error | undefined;
  const ssh = (client as unknown as { client: import('ssh2').Client }).client;
  ssh.on('error', (error) => (first ??= error));
  const { socket, handshake } = connectSocket(settings.host, settings.port);
  ssh.on('handshake', (negotiated) => {
    handshake(negotiated.sc.cipher);
    prepareKeys(ssh);
  });
  ssh.on('keyboard-interactive', answerPrompts(settings));
  let connected = false;
  ssh.on('close', () => connected && onLost());
  let refused = false;
  // ssh2 watches over the login; that the server then opens a channel for files, nobody does.
  const opening = patience({ totalMs: 2 * timeout, slow: () => requestTimeout('', settings, '') });
  const late = (): void => void (first ??= Object.assign(new Error('the server opened no channel in time'), { level: 'client-timeout' }));
  try {
    const connecting = client.connect({
      sock: socket,
      username: settings.username,
      ...authenticationSteps(settings),
      readyTimeout: timeout,
      keepaliveInterval: 15_000,
      keepaliveCountMax: 3,
      algorithms: algorithms(
        settings.allow_legacy,
        seen.map((key) => key.type),
      ),
      hostVerifier: (key: Buffer) => {
        const offered = offeredKey(key);
        if (pinned.includes(offered.fingerprint)) return true;
        refused = true;
        seen.push(offered);
        return false;
      },
    });
    const sftp = (await opening.wait(connecting, late)) as unknown as SFTPWrapper;
    connected = true;
    return {
      sftp,
      end: async () => {
        const late = setTimeout(() => ssh.destroy(), 2000);
        await client.end().catch(() => {});
        clearTimeout(late);
      },
      destroy: () => ssh.destroy(),
    };
  } catch (error) {
    ssh.destroy();
    socket.destroy();
    return { error: first ?? (error as Error), refused };
  }
}

function offeredKey(key: Buffer): OfferedKey {
  const typeLength = key.readUInt32BE(0);
  return {
    type: key.toString('latin1', 4, 4 + typeLength),
    fingerprint: `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`,
  };
}
