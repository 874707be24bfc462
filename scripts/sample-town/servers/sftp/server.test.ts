import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ed25519HostKey, fingerprint, sampleTownHostKey, SFTP_HOST_KEY_FINGERPRINT } from './host-key.ts';
import { startSftpServer, type SftpServer, type SftpServerOptions } from './server.ts';
import { ed25519Key } from './user-key.ts';

const { STATUS_CODE } = ssh2.utils.sftp;
let folder: string;
let root: string;
let server: SftpServer;
let client: SftpClient;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sample-town-'));
  root = join(folder, 'root');
  mkdirSync(join(root, 'exports'), { recursive: true });
  mkdirSync(join(root, 'archive'));
  writeFileSync(join(root, 'exports/a.txt'), 'first');
  writeFileSync(join(folder, 'secret.txt'), 'not yours');
  server = await start();
  client = quickClient();
});
afterEach(async () => {
  await client.end().catch(() => undefined);
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('a client', () => {
  test('reads, writes, renames, dates and removes', async () => {
    await connect();
    expect((await client.get('/exports/a.txt')).toString()).toBe('first');
    await client.put(Buffer.from('second'), '/exports/b.txt');
    await client.append(Buffer.from(' and more'), '/exports/b.txt');
    expect(readFileSync(join(root, 'exports/b.txt'), 'utf8')).toBe('second and more');
    await client.rename('/exports/b.txt', '/archive/b.txt');
    expect(await client.exists('/exports/b.txt')).toBe(false);
    await setMtime('/archive/b.txt', 1_767_600_000);
    expect((await client.stat('/archive/b.txt')).modifyTime).toBe(1_767_600_000_000);
    expect(await client.list('/archive')).toMatchObject([{ name: 'b.txt', type: '-', size: 15, modifyTime: 1_767_600_000_000 }]);
    expect(await client.list('/')).toMatchObject([
      { name: 'archive', type: 'd' },
      { name: 'exports', type: 'd' },
    ]);
    await client.delete('/archive/b.txt');
    await client.mkdir('/archive/2026/01', true);
    await client.rmdir('/archive/2026', true);
    expect(await client.list('/archive')).toEqual([]);
    expect(await client.cwd()).toBe('/');
  });

  test('gets large files and long listings whole', async () => {
    const large = randomBytes(6_000_003);
    writeFileSync(join(root, 'large.bin'), large);
    for (let i = 0; i < 250; i++) writeFileSync(join(root, `exports/${i}.csv`), '');
    await connect();
    await client.fastGet('/large.bin', join(folder, 'copy.bin'));
    expect(readFileSync(join(folder, 'copy.bin')).equals(large)).toBe(true);
    await client.fastPut(join(folder, 'copy.bin'), '/back.bin');
    expect(readFileSync(join(root, 'back.bin')).equals(large)).toBe(true);
    expect(await client.list('/exports')).toHaveLength(251);
  });

  test('is told which error it is: missing, there already, not empty, not its business', async () => {
    await connect();
    const sftp = await raw();
    expect(await status((done) => sftp.stat('/nothing', done))).toBe(STATUS_CODE.NO_SUCH_FILE);
    expect(await status((done) => sftp.open('/exports/none/x', 'r', done))).toBe(STATUS_CODE.NO_SUCH_FILE);
    writeFileSync(join(root, 'archive/a.txt'), 'kept');
    expect(await status((done) => sftp.rename('/exports/a.txt', '/archive/a.txt', done))).toBe(STATUS_CODE.FAILURE);
    expect(readFileSync(join(root, 'archive/a.txt'), 'utf8')).toBe('kept');
    expect(await status((done) => sftp.rmdir('/archive', done))).toBe(STATUS_CODE.FAILURE);
    expect(await status((done) => sftp.open('/exports/a.txt', 'wx', done))).toBe(STATUS_CODE.FAILURE);
    expect(await status((done) => sftp.readlink('/exports/a.txt', done))).toBe(STATUS_CODE.OP_UNSUPPORTED);
  });

  test('may replace a file by posix-rename, as OpenSSH offers it', async () => {
    await connect();
    writeFileSync(join(root, 'archive/a.txt'), 'older');
    await client.posixRename('/exports/a.txt', '/archive/a.txt');
    expect(readFileSync(join(root, 'archive/a.txt'), 'utf8')).toBe('first');
  });

  test('sees nothing outside the root, by no trick', async () => {
    symlinkSync(folder, join(root, 'out'));
    symlinkSync(join(folder, 'secret.txt'), join(root, 'secret'));
    symlinkSync(join(folder, 'made-later.txt'), join(root, 'dangling'));
    linkSync(join(root, 'exports/a.txt'), join(root, 'exports/hard.txt'));
    await connect();
    const sftp = await raw();
    for (const path of [
      '/../secret.txt',
      '../secret.txt',
      '/exports/../../secret.txt',
      '/out/secret.txt',
      '/secret',
      '/exports\\..\\..\\secret.txt',
    ]) {
      expect([path, await status((done) => sftp.open(path, 'r', done))]).toEqual([path, STATUS_CODE.PERMISSION_DENIED]);
    }
    expect(await status((done) => sftp.open('/dangling', 'w', done))).toBe(STATUS_CODE.PERMISSION_DENIED);
    expect(await status((done) => sftp.rename('/exports/a.txt', '/out/a.txt', done))).toBe(STATUS_CODE.PERMISSION_DENIED);
    expect((await client.get('/exports/../exports/hard.txt')).toString()).toBe('first');
  });
});

describe('entering', () => {
  test('by password or by key, and not otherwise', async () => {
    const { publicKey, privateKey } = clientKey();
    await server.close();
    server = await start({ users: [{ name: 'interlocal', password: 'right', publicKeys: [publicKey] }] });
    await expect(quickClient().connect({ ...address(), username: 'interlocal', password: 'wrong' })).rejects.toThrow(/authentication/i);
    await expect(quickClient().connect({ ...address(), username: 'nobody', password: 'right' })).rejects.toThrow(/authentication/i);
    await expect(quickClient().connect({ ...address(), username: 'interlocal', privateKey: clientKey().privateKey })).rejects.toThrow(
      /authentication/i,
    );
    await client.connect({ ...address(), username: 'interlocal', privateKey });
    expect(await client.exists('/exports')).toBe('d');
  });

  test('a read-only user changes nothing', async () => {
    await server.close();
    server = await start({ users: [{ name: 'interlocal', password: 'right', readOnly: true }] });
    await connect();
    expect((await client.get('/exports/a.txt')).toString()).toBe('first');
    await expect(client.delete('/exports/a.txt')).rejects.toThrow(/permission/i);
    await expect(client.put(Buffer.from('x'), '/exports/b.txt')).rejects.toThrow(/permission/i);
    await expect(client.rename('/exports/a.txt', '/archive/a.txt')).rejects.toThrow(/permission/i);
  });

  test("the sample town's host key is the one whose fingerprint is committed; another text makes another key", async () => {
    expect(await seenFingerprint()).toBe(SFTP_HOST_KEY_FINGERPRINT);
    await server.close();
    server = await start({ hostKeys: [ed25519HostKey('another day')] });
    expect(await seenFingerprint()).not.toBe(SFTP_HOST_KEY_FINGERPRINT);
  });

  test('an old server offers ssh-rsa alone', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await server.close();
    server = await start({
      hostKeys: [privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
      algorithms: { serverHostKey: ['ssh-rsa'] },
    });
    await expect(
      quickClient().connect({ ...address(), username: 'interlocal', password: 'right', algorithms: { serverHostKey: ['ssh-ed25519'] } }),
    ).rejects.toThrow(/no matching host key/i);
    await client.connect({ ...address(), username: 'interlocal', password: 'right', algorithms: { serverHostKey: ['ssh-rsa'] } });
    expect(await client.exists('/exports/a.txt')).toBe('-');
  });

  test('a cut line is an error for the client, and the server serves the next one', async () => {
    await connect();
    const cut = client.list('/');
    server.dropConnections();
    await expect(cut).rejects.toThrow();
    client = quickClient();
    await connect();
    expect(await client.list('/')).toHaveLength(2);
  });
});

function start(changed: Partial<SftpServerOptions> = {}): Promise<SftpServer> {
  return startSftpServer({
    root,
    port: 0,
    users: [{ name: 'interlocal', password: 'right' }],
    hostKeys: [sampleTownHostKey()],
    ...changed,
  });
}

function address(): { host: string; port: number } {
  return { host: '127.0.0.1', port: server.port };
}

/** Without Nagle's algorithm, and without the package's habit of writing refused connections to the console. */
function quickClient(): SftpClient {
  const quiet = () => undefined;
  const made = new SftpClient('test', { error: quiet, end: quiet, close: quiet });
  const { client: connection } = made as unknown as { client: ssh2.Client };
  connection.on('connect', () => connection.setNoDelay(true));
  return made;
}

function connect(): Promise<unknown> {
  return client.connect({ ...address(), username: 'interlocal', password: 'right' });
}

/** ssh2's own SFTP, whose errors still have the protocol's status code. */
async function raw(): Promise<ssh2.SFTPWrapper> {
  const { sftp } = client as unknown as { sftp: ssh2.SFTPWrapper };
  return sftp;
}

function status(call: (done: (error?: Error | null) => void) => void): Promise<number | undefined> {
  return new Promise((resolve) => call((error) => resolve((error as { code?: number } | undefined)?.code)));
}

async function setMtime(path: string, seconds: number): Promise<void> {
  const sftp = await raw();
  await new Promise<void>((resolve, reject) => sftp.utimes(path, seconds, seconds, (error) => (error ? reject(error) : resolve())));
}

function clientKey(): { publicKey: string; privateKey: string } {
  const made = ed25519Key();
  return { publicKey: made.public, privateKey: made.private };
}

async function seenFingerprint(): Promise<string> {
  const seeing = quickClient();
  let seen = '';
  await seeing.connect({
    ...address(),
    username: 'interlocal',
    password: 'right',
    hostVerifier: (key: Buffer) => (seen = fingerprint(key)) !== '',
  });
  await seeing.end();
  return seen;
}
