import type { ConnectorConfig, UnpackStep } from '../schema/connector.ts';
import type { Add } from './decoders.ts';
import { suggestion } from './references.ts';

type Options = ConnectorConfig['options'];

/** The steps of unpack: keys come from options of the connector that are secrets, and only such. */
export function checkUnpack(steps: readonly UnpackStep[], options: Options, add: Add): void {
  steps.forEach(({ pgp }, i) => {
    if (!pgp) return;
    const at = ['retriever', 'files', 'unpack', i, 'pgp'];
    takesSecret('private_key', pgp.private_key);
    if (pgp.passphrase !== undefined) takesSecret('passphrase', pgp.passphrase);
    if (pgp.signed_by !== undefined && !pgp.signed_by.trimStart().startsWith('-----BEGIN PGP PUBLIC KEY BLOCK-----'))
      takesOption('signed_by', pgp.signed_by, (type) => type === 'secret' || type === 'text', 'secret or text');

    function takesSecret(key: string, text: string): void {
      takesOption(key, text, (type) => type === 'secret', 'secret');
    }

    function takesOption(key: string, text: string, fits: (type: string) => boolean, wanted: string): void {
      const name = /^\{\{\s*options\.([\w-]+)\s*\}\}$/.exec(text)?.[1];
      if (name === undefined)
        return add(
          [...at, key],
          'VALUE_INVALID',
          `must be {{ options.NAME }} and nothing else, with an option of this connector of type ${wanted}.`,
          'A key never stands in a connector: the town gives it in its connection, as ${file:…} or ${env:…}.',
        );
      const option = Object.hasOwn(options, name) ? options[name] : undefined;
      if (!option)
        add(
          [...at, key],
          'REFERENCE_UNKNOWN',
          `this connector has no option "${name}" of its own.`,
          suggestion(name, Object.keys(options)),
        );
      else if (!fits(option.type))
        add(
          [...at, key],
          'VALUE_INVALID',
          `must be an option of type ${wanted}, and ${name} is ${option.type}.`,
          `Write options: { ${name}: { type: secret } }.`,
        );
    }
  });
}
