import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { ConfigError, type Problem } from '../core/errors.ts';
import { isCalendarDate } from '../core/time/time.ts';
import { type PackFiles, packHash, SIGNATURE_FILE } from './files.ts';

/** YYYY-MM-DD, of a day that exists. */
export function isDay(text: string): boolean {
  const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return m !== null && isCalendarDate(Number(m[1]), Number(m[2]), Number(m[3]));
}

const signatureFile = z.strictObject({
  format: z.literal('interlocal-pack-1'),
  connector: z.string().regex(/^[a-z0-9_-]+$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** YYYY-MM-DD, both UTC. */
  signed_on: z.string().refine(isDay),
  valid_until: z.string().refine(isDay).optional(),
  key: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/),
  signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
});
/** signature.json of a pack: whose version of which connector this is, and the Ed25519 signature of that. */
export type PackSignature = z.output<typeof signatureFile>;

/** A public key that a town trusts, by the name of its file. */
export interface TrustedKey {
  name: string;
  fingerprint: string;
  key: KeyObject;
}

export interface Signer {
  /** Fingerprint of the key. */
  key: string;
  /** Name of the trusted key; null: nobody here trusts it. */
  name: string | null;
}

/** The signed text: one value a line, so nothing in it can be read as something else. */
function signedText(s: Omit<PackSignature, 'signature'>): Buffer {
  return Buffer.from([s.format, s.connector, s.version, s.hash, s.signed_on, s.valid_until ?? '-', s.key, ''].join('\n'));
}

export function signPack(
  of: { connector: string; version: string; files: PackFiles },
  privateKey: KeyObject,
  days: { signed_on: string; valid_until?: string },
): PackSignature {
  const unsigned = {
    format: 'interlocal-pack-1',
    connector: of.connector,
    version: of.version,
    hash: packHash(of.files),
    ...days,
    key: fingerprintOf(createPublicKey(privateKey)),
  } as const;
  return { ...unsigned, signature: sign(null, signedText(unsigned), privateKey).toString('base64') };
}

/** What a pack's signature says; `undefined`: it has none. Problems: it is there and must not be trusted by anybody. */
export function checkSignature(
  pack: { connector: string; version: string; files: PackFiles },
  trusted: readonly TrustedKey[],
  today: string,
): { signer: Signer | undefined; problems: Problem[] } {
  const bytes = pack.files.get(SIGNATURE_FILE);
  if (!bytes) return { signer: undefined, problems: [] };
  const signature = parsed(bytes);
  const wrong = (code: string, message: string, hint: string): { signer: undefined; problems: Problem[] } => ({
    signer: undefined,
    problems: [{ code, place: { file: SIGNATURE_FILE }, message, hint }],
  });
  if (!signature)
    return wrong(
      'PACK_SIGNATURE',
      'This is not the signature of a pack.',
      'Have the vendor sign it again: interlocal sign CONNECTOR --key FILE.',
    );
  const hash = packHash(pack.files);
  if (signature.hash !== hash)
    return wrong(
      'PACK_HASH',
      `The files are not those that were signed: their hash is ${hash}, but ${signature.hash} was signed.`,
      'Do not use this pack: it was changed after it was signed, or damaged in transit. Get it again from the vendor.',
    );
  if (signature.connector !== pack.connector || signature.version !== pack.version)
    return wrong(
      'PACK_SIGNATURE',
      `The signature is for ${signature.connector} ${signature.version}, but this is ${pack.connector} ${pack.version}.`,
      'Do not use this pack. Get it again from the vendor.',
    );
  const signer = trusted.find((key) => key.fingerprint === signature.key);
  if (signer && !verify(null, signedText(signature), signer.key, Buffer.from(signature.signature, 'base64')))
    return wrong(
      'PACK_SIGNATURE',
      `The signature claims to be made with the key ${signer.name}, but it is not.`,
      'Do not use this pack. Ask the vendor whether it comes from them.',
    );
  if (signature.valid_until !== undefined && signature.valid_until < today)
    return wrong(
      'PACK_EXPIRED',
      `The signature was valid until ${signature.valid_until}.`,
      'Get the newest version from the vendor; this one is no longer supported.',
    );
  return { signer: { key: signature.key, name: signer?.name ?? null }, problems: [] };
}

function parsed(bytes: Buffer): PackSignature | undefined {
  try {
    return signatureFile.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** As `ssh-keygen -l` writes them, over the key's SubjectPublicKeyInfo (DER). */
export function fingerprintOf(key: KeyObject): string {
  const der = key.export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(der).digest('base64').replaceAll('=', '')}`;
}

/** A new pair, as PEM (PKCS #8 and SubjectPublicKeyInfo). */
export function newSigningKey(): { privateKey: string; publicKey: string; fingerprint: string } {
  const pair = generateKeyPairSync('ed25519');
  return {
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    fingerprint: fingerprintOf(pair.publicKey),
  };
}

/** Throws ConfigError (SIGNING_KEY_INVALID); never shows any of the text. */
export function privateKeyOf(pem: string, file: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new ConfigError({
    code: 'SIGNING_KEY_INVALID',
    place: { file },
    message: key
      ? `This is a key for ${key.asymmetricKeyType}, but packs are signed with Ed25519.`
      : 'This is not a private key in PEM form, or it has a password.',
    hint: 'To make a key that can sign packs, run interlocal new signing-key NAME.',
  });
}

/** A public key out of config/trusted-keys; the problem with it where it is none. */
export function trustedKeyOf(name: string, pem: string, file: string): TrustedKey | Problem {
  const wrong = (message: string): Problem => ({
    code: 'TRUSTED_KEY_INVALID',
    place: { file },
    message,
    hint: 'Put the public key (BEGIN PUBLIC KEY, Ed25519) from the vendor there.',
  });
  // A public key can be made of a private one; that it lies here is the mistake.
  if (/PRIVATE KEY/.test(pem)) return wrong('This is a private key: anyone who reads it can sign with it.');
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'ed25519'
      ? { name, fingerprint: fingerprintOf(key), key }
      : wrong(`This is a key for ${key.asymmetricKeyType}.`);
  } catch {
    return wrong('This is not a public key in PEM form.');
  }
}
