import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';

/** `ssh-keygen -lf` of the sample town's host key: a constant, so the committed connections.yaml can pin it. */
export const SFTP_HOST_KEY_FINGERPRINT = 'SHA256:1jdLnHCePt7obclQ3dJFKoRz5Yr2FUCpC98uqejy2xY';

/** The sample town's SFTP host key. It guards generated data on a loopback port, and nothing else: everybody can derive it. */
export function sampleTownHostKey(): string {
  return ed25519HostKey('Interlocal sample town, SFTP host key 1');
}

/** An OpenSSH private key that the text determines; other texts give a server "another host key one day". */
export function ed25519HostKey(text: string): string {
  const seed = createHash('sha256').update(text).digest();
  const publicKey = publicKeyOf(seed);
  const publicBlob = Buffer.concat([sshString('ssh-ed25519'), sshString(publicKey)]);
  const check = seed.subarray(0, 4);
  const secret = pad(
    Buffer.concat([
      check,
      check,
      sshString('ssh-ed25519'),
      sshString(publicKey),
      sshString(Buffer.concat([seed, publicKey])),
      sshString('sample-town'),
    ]),
  );
  // openssh-key-v1: no cipher, no key derivation, one key
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    uint32(1),
    sshString(publicBlob),
    sshString(secret),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

/** 'SHA256:…' of a public key in wire form (ssh2's `getPublicSSH()`), as OpenSSH prints it. */
export function fingerprint(publicKey: Buffer): string {
  return `SHA256:${createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')}`;
}

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

function publicKeyOf(seed: Buffer): Buffer {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' });
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Filled with 1, 2, 3 … to a multiple of the block size of no cipher, eight. */
function pad(bytes: Buffer): Buffer {
  const missing = (8 - (bytes.length % 8)) % 8;
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, i) => i + 1))]);
}
