import type { Algorithms } from 'ssh2';

/** What is offered without being asked. SHA-1 and CBC are not among it, though ssh2 would offer them. */
const MODERN = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  serverHostKey: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr', 'chacha20-poly1305@openssh.com'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
};
export type AlgorithmKind = keyof typeof MODERN;

/** What a town may allow by name for a server that cannot be brought up to date. */
const LEGACY: Record<AlgorithmKind, readonly string[]> = {
  kex: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa', 'ssh-dss'],
  cipher: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1-etm@openssh.com', 'hmac-sha1', 'hmac-sha2-256-96', 'hmac-sha2-512-96', 'hmac-sha1-96', 'hmac-md5', 'hmac-md5-96'],
};
export const LEGACY_ALGORITHMS = Object.values(LEGACY).flat();

/** Host key algorithms that prove the same key. */
const KEY_FAMILIES = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256'],
  ['ecdsa-sha2-nistp384'],
  ['ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
  ['ssh-dss'],
];

/** The algorithms to offer. `except` leaves out key types whose key was seen already and is not the pinned one. */
export function algorithms(allowLegacy: readonly string[], except: readonly string[] = []): Algorithms {
  const offered = (kind: AlgorithmKind) => [...MODERN[kind], ...LEGACY[kind].filter((name) => allowLegacy.includes(name))];
  const hidden = KEY_FAMILIES.filter((family) => family.some((name) => except.includes(name))).flat();
  return {
    kex: offered('kex'),
    serverHostKey: offered('serverHostKey').filter((name) => !hidden.includes(name)),
    cipher: offered('cipher'),
    hmac: offered('hmac'),
  } as Algorithms;
}

/** Legacy names among what a server offers, that would have to be allowed. */
export function legacyAmong(kind: AlgorithmKind, offered: readonly string[]): string[] {
  return offered.filter((name) => LEGACY[kind].includes(name));
}
