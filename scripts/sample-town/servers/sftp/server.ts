import { createHash, timingSafeEqual } from 'node:crypto';
import { realpathSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import ssh2, { type Algorithms, type AuthContext, type Connection } from 'ssh2';
import { type Refuse, serveSftp, type SftpFaults } from './session.ts';

export interface SftpUser {
  name: string;
  password?: string;
  /** In OpenSSH's one-line form, 'ssh-ed25519 AAAA… comment'. */
  publicKeys?: readonly string[];
  readOnly?: boolean;
  /** A folder of its own in place of the server's root. */
  root?: string;
}

export interface SftpServerOptions {
  /** The folder that clients see as '/'. They see nothing above it. */
  root: string;
  /** 0 takes any free port. */
  port: number;
  host?: string;
  users: readonly SftpUser[];
  /** Private keys in OpenSSH or PEM form. */
  hostKeys: readonly string[];
  /** What the server offers, as ssh2 names it: `{ serverHostKey: ['ssh-rsa'] }` is an old server. */
  algorithms?: Algorithms;
  /** Asked before a file is opened or a folder listed: a status with words makes that request fail, as a server with troubles would. */
  refuse?: Refuse;
  /** What an odd server does, for tests. */
  faults?: SftpFaults;
}

export interface SftpServer {
  port: number;
  /** Cuts every connection as a failing line would; the server goes on. */
  dropConnections(): void;
  close(): Promise<void>;
}

/** A real SSH server with an SFTP subsystem and nothing else: no shell, no forwarding. */
export function startSftpServer(options: SftpServerOptions): Promise<SftpServer> {
  const root = realpathSync(options.root);
  const users = new Map(options.users.map((user) => [user.name, user]));
  const connections = new Set<Connection>();
  const server = new ssh2.Server(
    {
      hostKeys: [...options.hostKeys],
      ident: 'Interlocal_SampleTown',
      ...(options.algorithms === undefined ? {} : { algorithms: options.algorithms }),
    },
    (connection) => {
      let user: SftpUser | undefined;
      connections.add(connection);
      sendAtOnce(connection);
      connection.on('close', () => connections.delete(connection));
      // a client that breaks the connection off is no concern of the server's
      connection.on('error', () => connections.delete(connection));
      connection.on('authentication', (context) => {
        const known = users.get(context.username);
        if (known !== undefined && mayEnter(known, context)) {
          user = known;
          context.accept();
        } else context.reject(['password', 'publickey']);
      });
      connection.on('session', (acceptSession) => {
        const session = acceptSession();
        session.on('sftp', (acceptSftp) =>
          serveSftp(
            acceptSftp(),
            user?.root === undefined ? root : realpathSync(user.root),
            user?.readOnly ?? false,
            options.refuse,
            options.faults,
          ),
        );
      });
    },
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', () => {
      server.removeListener('error', reject);
      const dropConnections = (): void => {
        for (const connection of connections) (connection as unknown as { _sock?: { destroy(): void } })._sock?.destroy();
        connections.clear();
      };
      resolve({
        port: (server.address() as AddressInfo).port,
        dropConnections,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const connection of connections) connection.end();
            // whoever does not answer the good-bye is cut off
            setTimeout(dropConnections, 500).unref();
          }),
      });
    });
  });
}

/**
 * ssh2 writes a packet in pieces; with Nagle's algorithm the second waits 40 ms for the delayed acknowledgment of the first, and so it
 * does at a client that leaves the algorithm on: one stat took 88 ms with neither switched off, 44 with ours alone, 0.6 with both.
 */
function sendAtOnce(connection: Connection): void {
  const socket = connection as Connection & { setNoDelay(on: boolean): void };
  socket.setNoDelay(true);
}

function mayEnter(user: SftpUser, context: AuthContext): boolean {
  if (context.method === 'password') return user.password !== undefined && sameText(context.password, user.password);
  if (context.method !== 'publickey') return false;
  return (user.publicKeys ?? []).some((line) => {
    const key = ssh2.utils.parseKey(line);
    if (key instanceof Error || !key.getPublicSSH().equals(context.key.data)) return false;
    // without a signature the client only asks whether this key would do
    return (
      context.signature === undefined ||
      context.blob === undefined ||
      key.verify(context.blob, context.signature, context.hashAlgo) === true
    );
  });
}

function sameText(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
