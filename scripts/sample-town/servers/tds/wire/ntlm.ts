// A Windows login over TDS: NTLM's three messages (MS-NLMP), the first in LOGIN7, the second in an SSPI token, the third in a packet of
// its own (MS-TDS 2.2.6.8). The server checks the proof with the password, which never travels.
import { createHmac, randomBytes } from 'node:crypto';
import { md4 } from './md4.ts';

export interface WindowsLogin {
  domain: string;
  user: string;
}

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');

/** Is this the first message, a wish to log in? */
export function isNegotiate(message: Buffer): boolean {
  return isMessage(message, 1);
}

/** The second message: a challenge that no one has seen before. */
export function buildChallenge(domain: string): { message: Buffer; challenge: Buffer } {
  const challenge = randomBytes(8);
  const name = Buffer.from(domain, 'ucs2');
  // Pairs of attribute and value: the domain's name, and the end.
  const target = Buffer.concat([pair(2, name), pair(0, Buffer.alloc(0))]);
  const head = Buffer.alloc(56);
  SIGNATURE.copy(head);
  head.writeUInt32LE(2, 8);
  writeField(head, 12, name.length, 56);
  // Unicode, NTLM, target is a domain, target information.
  head.writeUInt32LE(0x0081_0201, 20);
  challenge.copy(head, 24);
  writeField(head, 40, target.length, 56 + name.length);
  return { message: Buffer.concat([head, name, target]), challenge };
}

/** Who the third message says it is, and whether it proves that it knows that one's password; undefined for no such message. */
export function readProof(
  message: Buffer,
  challenge: Buffer,
  passwordOf: (login: WindowsLogin) => string | undefined,
): (WindowsLogin & { proven: boolean }) | undefined {
  if (!isMessage(message, 3)) return undefined;
  const login = { domain: readField(message, 28).toString('ucs2'), user: readField(message, 36).toString('ucs2') };
  const password = passwordOf(login);
  if (password === undefined) return { ...login, proven: false };
  const key = hmac(md4(Buffer.from(password, 'ucs2')), Buffer.from(login.user.toUpperCase() + login.domain.toUpperCase(), 'ucs2'));
  // LMv2: a proof over the server's challenge and the client's own, which follows it (MS-NLMP 3.3.2).
  const lm = readField(message, 12);
  const proven = lm.length === 24 && hmac(key, Buffer.concat([challenge, lm.subarray(16)])).equals(lm.subarray(0, 16));
  return { ...login, proven };
}

function isMessage(bytes: Buffer, type: number): boolean {
  return bytes.length >= 32 && bytes.subarray(0, 8).equals(SIGNATURE) && bytes.readUInt32LE(8) === type;
}

function pair(id: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, value]);
}

function writeField(into: Buffer, at: number, length: number, offset: number): void {
  into.writeUInt16LE(length, at);
  into.writeUInt16LE(length, at + 2);
  into.writeUInt32LE(offset, at + 4);
}

function readField(message: Buffer, at: number): Buffer {
  const offset = message.readUInt32LE(at + 4);
  return message.subarray(offset, offset + message.readUInt16LE(at));
}

function hmac(key: Buffer, data: Buffer): Buffer {
  return createHmac('md5', key).update(data).digest();
}
