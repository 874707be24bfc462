import { gzipSync } from 'node:zlib';
import type { PackStep } from '../../config/schema/packing.ts';
import { FatalError } from '../../core/errors.ts';
import { zipOf } from './pack-zip.ts';
import { privateKey, publicKey } from './pgp-keys.ts';

/**
 * A file packed by the steps, in their order; the inverse of `openPacked`. Keys in the steps are armored text. gzip and zip give the
 * same bytes for the same file, pgp never does. Throws FatalError PGP_KEY_UNREADABLE, PGP_PASSPHRASE_WRONG, PGP_KEY_UNUSABLE.
 */
export async function packFile(bytes: Uint8Array, steps: readonly PackStep[]): Promise<Uint8Array> {
  let packed = bytes;
  for (const { gzip, zip, pgp } of steps) {
    if (gzip) packed = gzipSync(packed);
    else if (zip) packed = zipOf([{ name: zip.entry, bytes: packed }]);
    else if (pgp) packed = await encrypted(packed, pgp);
  }
  return packed;
}

async function encrypted(bytes: Uint8Array, step: NonNullable<PackStep['pgp']>): Promise<Uint8Array> {
  const pgp = await import('openpgp');
  const encryptionKeys = await publicKey(pgp, step.public_key, 'pack.pgp.public_key');
  const signingKeys = step.sign_with === undefined ? [] : [await privateKey(pgp, step.sign_with, step.passphrase, 'pack.pgp.sign_with')];
  const options = { message: await pgp.createMessage({ binary: bytes }), encryptionKeys, signingKeys };
  try {
    return step.armored
      ? Buffer.from(await pgp.encrypt({ ...options, format: 'armored' }))
      : Buffer.from(await pgp.encrypt({ ...options, format: 'binary' }));
  } catch (error) {
    throw new FatalError({
      code: 'PGP_KEY_UNUSABLE',
      place: { path: 'pack.pgp' },
      message: `A key of this file cannot be used for it: ${(error as Error).message.replace(/^Error encrypting message: /, '')}.`,
      hint: 'It has expired, was revoked or is only for signatures: have the receiver send a valid key, and put it into the option.',
    });
  }
}

/** Whom a packed file is for, in words; undefined where it is not encrypted. Throws what `packFile` throws. */
export async function receiverOf(steps: readonly PackStep[]): Promise<string | undefined> {
  await packFile(new Uint8Array(), steps);
  const step = steps.find(({ pgp }) => pgp)?.pgp;
  if (!step) return undefined;
  const key = await publicKey(await import('openpgp'), step.public_key, 'pack.pgp.public_key');
  const until = await key.getExpirationTime();
  const [user] = key.getUserIDs();
  const holds = until instanceof Date ? `is valid until ${until.toISOString().slice(0, 10)}` : 'does not expire';
  return `the key ${key.getKeyID().toHex().toUpperCase()}${user ? ` of ${user}` : ''}, which ${holds}`;
}
