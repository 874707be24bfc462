import type { PrivateKey, PublicKey } from 'openpgp';
import { FatalError } from '../../core/errors.ts';

export type OpenPgp = typeof import('openpgp');

/** An armored private key, unlocked. `place`: the key of the connector that it is from. Throws FatalError PGP_KEY_UNREADABLE, PGP_PASSPHRASE_WRONG. */
export async function privateKey(pgp: OpenPgp, armored: string, passphrase: string | undefined, place: string): Promise<PrivateKey> {
  let key: PrivateKey;
  try {
    key = await pgp.readPrivateKey({ armoredKey: armored });
  } catch {
    throw keyUnreadable(place, 'not an armored OpenPGP private key');
  }
  if (key.isDecrypted()) return key;
  const said = place.replace(/(?<!\w)\w+$/, 'passphrase');
  if (passphrase === undefined || passphrase === '')
    throw keyUnreadable(said, 'empty, and the private key is protected by one', 'PGP_PASSPHRASE_WRONG');
  try {
    return await pgp.decryptKey({ privateKey: key, passphrase });
  } catch {
    throw keyUnreadable(said, "not the private key's", 'PGP_PASSPHRASE_WRONG');
  }
}

/** An armored public key; of a private one, its public half. Throws FatalError PGP_KEY_UNREADABLE. */
export async function publicKey(pgp: OpenPgp, armored: string, place: string): Promise<PublicKey> {
  try {
    return (await pgp.readKey({ armoredKey: armored })).toPublic();
  } catch {
    throw keyUnreadable(place, 'not an armored OpenPGP public key');
  }
}

function keyUnreadable(path: string, what: string, code = 'PGP_KEY_UNREADABLE'): FatalError {
  return new FatalError({
    code,
    place: { path },
    message: `The option that ${path.slice(path.lastIndexOf('.') + 1)} takes is ${what}.`,
    hint: 'Export it with gpg --armor --export-secret-keys (or --export for a public key), complete, and check the secret it is read from.',
  });
}
