import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint } from '../../scripts/sample-town/servers/sftp/host-key.ts';
import { startSftpServer } from '../../scripts/sample-town/servers/sftp/server.ts';
import type { SftpServer } from '../../scripts/sample-town/servers/sftp/server.ts';
import { ConfigError, FatalError, RetriableError } from '../../src/core/errors.ts';
import type { Problem } from '../../src/core/errors.ts';
import type { CheckResult, FileTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { printsNothing } from './prints-nothing.ts';
import { allBytes } from './all-bytes.ts';
import { cuttableLine } from './cuttable-line.ts';
import { oddLine } from './odd-line.ts';
import { startOpenSsh } from './openssh.ts';
import { startAgent } from './ssh-agent.ts';
import { startQuestioningServer } from './questioning-server.ts';
import { testFileTransport } from './test-file-transport.ts';
import { ed25519Key } from '../../scripts/sample-town/servers/sftp/user-key.ts';

/** Must never be seen in an error, a check or a log. */
const CANARY = 'canary-7f3a-password';
const { generateKeyPairSync, parseKey } = ssh2.utils;
const hostKey = ed25519Key();
const rsaHostKey = generateKeyPairSync('rsa', { bits: 2048 });
const otherKey = ed25519Key();
const userKey = ed25519Key();
const lockedUserKey = ed25519Key(`${CANARY}-phrase`);

function fingerprintOf(publicLine: string): string {
  const key = parseKey(publicLine);
  if (key instanceof Error) throw key;
  return fingerprint(key.getPublicSSH());
}

printsNothing();

async function open(options: Record<string, unknown>): Promise<FileTransport> {
  const all = { host: '127.0.0.1', username: 'finance', timeout: '5s', host_key: fingerprintOf(hostKey.public), ...options };
  return (await transports.sftp.open(all, { connection: 'bank', projectFolder: '/nowhere' })) as FileTransport;
}

async function failure(work: Promise<unknown>): Promise<Error & { code?: string }> {
  const error = (await work.then(
    () => new Error('did not fail'),
    (e: unknown) => e,
  )) as Error;
  expect(error.stack + JSON.stringify(error) + String(error.cause)).not.toContain(CANARY);
  return error;
}

const users = [
  { name: 'finance', password: CANARY, publicKeys: [userKey.public, lockedUserKey.public] },
  { name: 'reader', password: CANARY, readOnly: true },
];

testFileTransport('sftp, a server made with ssh2', async () => {
  const servers: SftpServer[] = [];
  return {
    open: async (root) => {
      const server = await startSftpServer({ root, port: 0, users, hostKeys: [hostKey.private] });
      servers.push(server);
      return open({ port: server.port, password: CANARY });
    },
    close: async () => void (await Promise.all(servers.map((server) => server.close()))),
  };
});

testFileTransport("sftp, OpenSSH's own server", async () => {
  const server = await startOpenSsh({ hostKeys: [hostKey.private], authorizedKeys: [userKey.public] });
  return {
    open: (root) => open({ port: server.port, username: server.username, private_key: userKey.private, root }),
    close: () => server.close(),
  };
});

testFileTransport('sftp, an OpenSSH server without any extension of its own', async () => {
  const server = await startOpenSsh({
    hostKeys: [hostKey.private],
    authorizedKeys: [userKey.public],
    subsystem: 'internal-sftp -P posix-rename,hardlink,fsync,limits',
  });
  return {
    open: (root) => open({ port: server.port, username: server.username, private_key: userKey.private, root }),
    close: () => server.close(),
  };
});

describe('sftp', () => {
  let root: string;
  let server: SftpServer;
  let openSsh: Awaited<ReturnType<typeof startOpenSsh>>;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'interlocal-sftp-'));
    await writeFile(join(root, 'a.csv'), 'a');
    await writeFile(join(root, 'large.bin'), Buffer.alloc(20_000_000, 1));
    server = await startSftpServer({ root, port: 0, users, hostKeys: [hostKey.private] });
    openSsh = await startOpenSsh({
      hostKeys: [hostKey.private, rsaHostKey.private],
      authorizedKeys: [userKey.public, lockedUserKey.public],
    });
  });
  afterAll(async () => {
    await server.close();
    await openSsh.close();
    await rm(root, { recursive: true, force: true });
  });

  test('a name that is not UTF-8 is told as a problem, and one that holds the replacement character itself is read', async () => {
    const folder = join(root, 'names');
    await mkdir(folder);
    await writeFile(Buffer.concat([Buffer.from(`${folder}/ren`), Buffer.from([0xe9]), Buffer.from('.csv')]), 'a');
    await writeFile(join(folder, 'odd-\uFFFD.csv'), 'odd');
    const at = await open({ port: openSsh.port, username: openSsh.username, private_key: userKey.private, root });
    const problems: Problem[] = [];
    expect((await at.list('names', '*.csv', (p) => problems.push(p))).map((f) => f.name)).toEqual(['odd-\uFFFD.csv']);
    expect(problems).toMatchObject([{ code: 'FILE_NAME_UNREADABLE', place: { file: 'names/ren\uFFFD.csv' } }]);
    expect((await allBytes(at.read('names/odd-\uFFFD.csv'))).toString()).toBe('odd');
    await at.close();
  });

  test('a wrong password stops the run and says what to check', async () => {
    const bank = await open({ port: server.port, password: `${CANARY}-wrong` });
    const error = await failure(bank.list('.', '*'));
    expect(error).toMatchObject({ code: 'AUTH_FAILED', message: expect.stringContaining('finance') });
    expect(error).toBeInstanceOf(FatalError);
    const atOpenSsh = await open({ port: openSsh.port, username: openSsh.username, password: CANARY });
    expect(await failure(atOpenSsh.list('.', '*'))).toMatchObject({ code: 'AUTH_FAILED' });
    await bank.close();
  });

  test('a key that the server does not know stops the run', async () => {
    expect(
      await failure((await open({ port: openSsh.port, username: openSsh.username, private_key: otherKey.private })).list('.', '*')),
    ).toMatchObject({ code: 'AUTH_FAILED' });
  });

  test('a key with a passphrase opens, with the right one', async () => {
    const login = { port: openSsh.port, username: openSsh.username, private_key: lockedUserKey.private, root };
    const bank = await open({ ...login, passphrase: `${CANARY}-phrase` });
    expect((await bank.list('.', 'a.csv')).length).toBe(1);
    await bank.close();
    for (const passphrase of [undefined, `${CANARY}-wrong`]) {
      const error = await failure((await open({ ...login, passphrase })).list('.', '*'));
      expect(error).toMatchObject({ code: 'PRIVATE_KEY_UNREADABLE', message: expect.stringContaining('passphrase') });
      expect(error).toBeInstanceOf(ConfigError);
    }
  });

  test('a key that an SSH agent holds lets us in, and one that it does not hold is not asked for', async () => {
    const agent = await startAgent([otherKey.private, userKey.private]);
    const bank = await open({ port: openSsh.port, username: openSsh.username, agent: agent.socket, root });
    expect((await bank.list('.', 'a.csv')).length).toBe(1);
    await bank.close();
    await agent.close();
    const strangers = await startAgent([otherKey.private]);
    const error = await failure((await open({ port: openSsh.port, username: openSsh.username, agent: strangers.socket })).list('.', '*'));
    expect(error).toMatchObject({ code: 'AUTH_FAILED', message: expect.stringContaining('the keys of the agent') });
    await strangers.close();
    const gone = await failure((await open({ port: openSsh.port, username: openSsh.username, agent: strangers.socket })).list('.', '*'));
    expect(gone).toMatchObject({ code: 'AUTH_FAILED' });
  });

  test('what is not a key at all is told as such, without showing it', async () => {
    expect(await failure((await open({ port: openSsh.port, private_key: CANARY })).list('.', '*'))).toMatchObject({
      code: 'PRIVATE_KEY_UNREADABLE',
    });
  });

  test('another host key is refused before any credential is sent', async () => {
    const questioning = await startQuestioningServer(hostKey.private, CANARY);
    const pinned = fingerprintOf(otherKey.public);
    const bank = await open({ port: questioning.port, password: CANARY, host_key: pinned });
    const error = await failure(bank.list('.', '*'));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code: 'HOST_KEY_CHANGED' });
    expect(error.message).toContain(pinned);
    expect(error.message).toContain(fingerprintOf(hostKey.public));
    expect(error.message).toContain('Call the vendor');
    expect(questioning.asked()).toEqual([]);
    await questioning.close();
  });

  test('OpenSSH with another host key is refused too, naming all keys it offers', async () => {
    const error = await failure(
      (await open({ port: openSsh.port, host_key: fingerprintOf(otherKey.public), password: CANARY })).list('.', '*'),
    );
    expect(error).toMatchObject({ code: 'HOST_KEY_CHANGED' });
    expect(error.message).toContain(fingerprintOf(hostKey.public));
    expect(error.message).toContain(fingerprintOf(rsaHostKey.public));
  });

  test('during a change of keys both fingerprints are taken, and a pinned RSA key is found behind an Ed25519 key', async () => {
    for (const host_key of [
      [fingerprintOf(otherKey.public), fingerprintOf(hostKey.public)],
      fingerprintOf(rsaHostKey.public),
      `${fingerprintOf(rsaHostKey.public)}=`,
    ]) {
      const bank = await open({ port: openSsh.port, username: openSsh.username, private_key: userKey.private, root, host_key });
      expect((await bank.list('.', 'a.csv')).length).toBe(1);
      await bank.close();
    }
  });

  test('without a pinned key nothing is read, and check says what to compare by phone', async () => {
    const bank = await open({ port: openSsh.port, host_key: undefined, password: CANARY });
    expect(await failure(bank.list('.', '*'))).toMatchObject({ code: 'HOST_KEY_MISSING' });
    const results = await bank.check();
    expect(results).toMatchObject([
      { name: 'reachable', ok: true },
      {
        name: 'host key',
        ok: false,
        detail: expect.stringContaining(fingerprintOf(hostKey.public)),
        hint: expect.stringContaining('phone'),
      },
    ]);
  });

  test('check says at which step it stopped and what to do', async () => {
    const failing = async (options: Record<string, unknown>): Promise<CheckResult> => {
      const bank = await open(options);
      const results = await bank.check();
      await bank.close();
      expect(JSON.stringify(results)).not.toContain(CANARY);
      expect(results.slice(0, -1).every((r) => r.ok)).toBe(true);
      expect(results.at(-1)).toMatchObject({ ok: false, hint: expect.any(String) });
      return results.at(-1)!;
    };
    expect((await failing({ port: 1, password: CANARY })).name).toBe('reachable');
    expect((await failing({ port: server.port, password: `${CANARY}x` })).name).toBe('credentials');
    expect(
      (await failing({ port: openSsh.port, username: openSsh.username, private_key: userKey.private, root: join(root, 'nowhere') })).name,
    ).toBe('list');
    expect((await failing({ port: openSsh.port, password: CANARY, host_key: fingerprintOf(otherKey.public) })).name).toBe('host key');
    expect((await failing({ port: 1, private_key: CANARY })).name).toBe('credentials');
  });

  test('a server that asks for the password by a prompt gets it once', async () => {
    const questioning = await startQuestioningServer(hostKey.private, CANARY, ['keyboard-interactive']);
    const bank = await open({ port: questioning.port, password: CANARY });
    const error = await failure(bank.list('.', '*'));
    expect(error).toMatchObject({ code: 'NO_SFTP' });
    expect(questioning.asked()).toEqual(['none', 'keyboard-interactive']);
    await bank.close();
    await questioning.close();
  });

  test('a login whose session is ended at once, as where the password must be changed first, is not taken for a server that is down', async () => {
    const ending = await startOpenSsh({ hostKeys: [hostKey.private], authorizedKeys: [userKey.public], subsystem: '/bin/false' });
    const bank = await open({ port: ending.port, username: ending.username, private_key: userKey.private });
    const error = await failure(bank.list('.', '*'));
    expect(error).toMatchObject({ code: 'NO_SFTP' });
    expect(String(error)).toMatch(/accepted the login of \S+, but ended the session/);
    expect((await bank.check()).at(-1)).toMatchObject({ name: 'credentials', ok: false });
    await bank.close();
    await ending.close();
  });

  test('a wrong password is tried once, so the account is not locked', async () => {
    const questioning = await startQuestioningServer(hostKey.private, CANARY, ['password', 'keyboard-interactive']);
    expect(await failure((await open({ port: questioning.port, password: 'wrong' })).list('.', '*'))).toMatchObject({
      code: 'AUTH_FAILED',
    });
    expect(questioning.asked()).toEqual(['none', 'password']);
    await questioning.close();
  });

  test.each([
    ['nobody answers', { port: 1 }, 'CONNECTION_REFUSED'],
    ['the name is unknown', { host: 'sftp.bank.invalid', port: 22 }, 'HOST_UNKNOWN'],
  ])('is tried again later when %s', async (_words, options, code) => {
    const error = await failure((await open({ ...options, password: CANARY })).list('.', '*'));
    expect(error).toBeInstanceOf(RetriableError);
    expect(error).toMatchObject({ code });
  });

  test('is tried again later when the server says nothing, or is not SFTP server', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    const rude = createServer((socket) => socket.end('HTTP/1.0 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await Promise.all([silent, rude].map((s) => new Promise((resolve) => s.once('listening', resolve))));
    const port = (s: typeof silent) => (s.address() as AddressInfo).port;
    const late = await failure((await open({ port: port(silent), password: CANARY, timeout: '300ms' })).list('.', '*'));
    expect(late).toBeInstanceOf(RetriableError);
    expect(late).toMatchObject({ code: 'CONNECTION_TIMEOUT' });
    expect(await failure((await open({ port: port(rude), password: CANARY })).list('.', '*'))).toMatchObject({ code: 'CONNECTION_LOST' });
    silent.close();
    rude.close();
  });

  test.each(['ssh2', 'OpenSSH'])('a line that is cut while reading from %s is retried, and the next call connects again', async (kind) => {
    const line = await cuttableLine(kind === 'ssh2' ? server.port : openSsh.port);
    const bank =
      kind === 'ssh2'
        ? await open({ port: line.port, password: CANARY })
        : await open({ port: line.port, username: openSsh.username, private_key: userKey.private, root });
    const error = await failure(
      (async () => {
        for await (const bytes of bank.read('large.bin')) if (bytes.length && line.received() > 1_000_000) line.cut();
      })(),
    );
    expect(error).toBeInstanceOf(RetriableError);
    expect(error).toMatchObject({ code: 'CONNECTION_LOST' });
    expect((await allBytes(bank.read('large.bin'))).equals(await readFile(join(root, 'large.bin')))).toBe(true);
    line.cut();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await bank.list('.', 'a.csv')).length).toBe(1);
    await bank.close();
    await line.close();
  });

  test('a line that is cut while writing leaves nothing under the final name', async () => {
    const line = await cuttableLine(openSsh.port);
    const bank = await open({ port: line.port, username: openSsh.username, private_key: userKey.private, root });
    async function* untilCut() {
      for (let i = 0; i < 100; i++) {
        yield Buffer.alloc(100_000);
        if (i === 50) line.cut();
      }
    }
    expect(await failure(bank.write('cut.bin', untilCut()))).toBeInstanceOf(RetriableError);
    expect(await bank.stat('cut.bin')).toBeUndefined();
    await bank.write('cut.bin', [Buffer.from('whole')]);
    expect((await bank.stat('cut.bin'))?.size).toBe(5);
    await bank.remove('cut.bin');
    await bank.close();
    await line.close();
  });

  test('one connection serves all calls, also when they come at once', async () => {
    const line = await cuttableLine(server.port);
    const bank = await open({ port: line.port, password: CANARY });
    const lists = await Promise.all(Array.from({ length: 10 }, () => bank.list('.', '*.csv')));
    expect(lists.every((list) => list.length === 1)).toBe(true);
    expect(line.connections()).toBe(1);
    await bank.close();
    await line.close();
  });

  test('an account without the right to write is told so', async () => {
    const bank = await open({ port: server.port, username: 'reader', password: CANARY });
    expect(await failure(bank.write('b.csv', [Buffer.from('b')]))).toMatchObject({ code: 'ACCESS_DENIED' });
    await bank.close();
  });

  test('weak algorithms are off; the error names the one that would help, and check warns while it is allowed', async () => {
    const old = await startSftpServer({ root, port: 0, users, hostKeys: [rsaHostKey.private], algorithms: { serverHostKey: ['ssh-rsa'] } });
    const options = { port: old.port, password: CANARY, host_key: fingerprintOf(rsaHostKey.public) };
    const error = await failure((await open(options)).list('.', '*'));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code: 'NO_COMMON_ALGORITHM', message: expect.stringContaining('allow_legacy: [ssh-rsa]') });
    const bank = await open({ ...options, allow_legacy: ['ssh-rsa'] });
    expect((await bank.list('.', 'a.csv')).length).toBe(1);
    expect(await bank.check()).toContainEqual(expect.objectContaining({ warning: true, detail: expect.stringContaining('ssh-rsa') }));
    await bank.close();
    await old.close();
  });

  test.each([
    ['kex', 'diffie-hellman-group14-sha1'],
    ['cipher', 'aes128-cbc'],
    ['hmac', 'hmac-sha1'],
  ])('a server that knows only the %s %s is refused unless it is allowed', async (kind, name) => {
    const old = await startSftpServer({
      root,
      port: 0,
      users,
      hostKeys: [hostKey.private],
      algorithms: { [kind]: [name], ...(kind === 'hmac' ? { cipher: ['aes128-ctr'] } : {}) },
    });
    expect(await failure((await open({ port: old.port, password: CANARY })).list('.', '*'))).toMatchObject({
      code: 'NO_COMMON_ALGORITHM',
      message: expect.stringContaining(name),
    });
    const bank = await open({ port: old.port, password: CANARY, allow_legacy: [name] });
    expect((await bank.list('.', 'a.csv')).length).toBe(1);
    await bank.close();
    await old.close();
  });
});

describe.each(['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'chacha20-poly1305@openssh.com'])(
  'a server that knows only %s',
  (cipher) => {
    const content = randomBytes(5_000_000);

    test('gives a file as it is, while keys change, over a line that cuts packets in two', async () => {
      const outgoing = await mkdtemp(join(tmpdir(), 'interlocal-sftp-'));
      const settings = [`Ciphers ${cipher}`, 'RekeyLimit 1M'];
      const server = await startOpenSsh({ hostKeys: [hostKey.private], authorizedKeys: [userKey.public], settings });
      const line = await oddLine(server.port);
      const bank = await open({ port: line.port, username: server.username, private_key: userKey.private, root: outgoing });
      await writeFile(join(outgoing, 'payments.csv'), content);
      const pieces: Uint8Array[] = [];
      for await (const piece of bank.read('payments.csv')) pieces.push(Buffer.from(piece));
      expect(Buffer.concat(pieces).equals(content)).toBe(true);
      await bank.write('back.csv', [content]);
      expect((await readFile(join(outgoing, 'back.csv'))).equals(content)).toBe(true);
      await bank.close();
      await line.close();
      await server.close();
      await rm(outgoing, { recursive: true });
    });
  },
);
