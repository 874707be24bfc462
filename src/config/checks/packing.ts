import type { ConnectorConfig, PackStep, UnpackStep } from '../schema/connector.ts';
import type { Add } from './decoders.ts';
import { suggestion } from './references.ts';

type Options = ConnectorConfig['options'];

/** The steps of unpack: private keys come from options of the connector that are secrets, and only such. */
export function checkUnpack(steps: readonly UnpackStep[], options: Options, add: Add): void {
  steps.forEach(({ pgp }, i) => {
    if (!pgp) return;
    const keys = keyChecks(['retriever', 'files', 'unpack', i, 'pgp'], options, add);
    keys.secret('private_key', pgp.private_key);
    keys.secret('passphrase', pgp.passphrase);
    keys.publicKey('signed_by', pgp.signed_by);
  });
}

/** The steps of pack, the same. */
export function checkPack(steps: readonly PackStep[], options: Options, add: Add): void {
  steps.forEach(({ pgp }, i) => {
    if (!pgp) return;
    const at = ['target', 'file', 'pack', i, 'pgp'];
    const keys = keyChecks(at, options, add);
    keys.publicKey('public_key', pgp.public_key);
    keys.secret('sign_with', pgp.sign_with);
    keys.secret('passphrase', pgp.passphrase);
    if (pgp.passphrase !== undefined && pgp.sign_with === undefined)
      add(
        [...at, 'passphrase'],
        'VALUE_INVALID',
        'is the passphrase of the private key in sign_with, but there is no sign_with.',
        'Remove it, or add sign_with.',
      );
  });
}

interface KeyChecks {
  secret(key: string, text: string | undefined): void;
  publicKey(key: string, text: string | undefined): void;
}

function keyChecks(at: (string | number)[], options: Options, add: Add): KeyChecks {
  return {
    secret(key, text) {
      if (text !== undefined) takesOption(key, text, (type) => type === 'secret', 'secret');
    },
    publicKey(key, text) {
      if (text !== undefined && !text.trimStart().startsWith('-----BEGIN PGP PUBLIC KEY BLOCK-----'))
        takesOption(key, text, (type) => type === 'secret' || type === 'text', 'secret or text');
    },
  };

  function takesOption(key: string, text: string, fits: (type: string) => boolean, wanted: string): void {
    const name = /^\{\{\s*options\.([\w-]+)\s*\}\}$/.exec(text)?.[1];
    if (name === undefined)
      return add(
        [...at, key],
        'VALUE_INVALID',
        `must be exactly {{ options.NAME }}, with an option of this connector of type ${wanted}.`,
        'A key never belongs in a connector: the town sets it in its connection, as ${file:…} or ${env:…}.',
      );
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (!option)
      add([...at, key], 'REFERENCE_UNKNOWN', `this connector has no option "${name}" of its own.`, suggestion(name, Object.keys(options)));
    else if (!fits(option.type))
      add(
        [...at, key],
        'VALUE_INVALID',
        `must be an option of type ${wanted}, but ${name} is ${option.type}.`,
        `Write options: { ${name}: { type: secret } }.`,
      );
  }
}
