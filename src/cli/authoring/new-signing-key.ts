import type { Command } from 'commander';
import type { Cli } from '../cli.ts';

/** `interlocal new signing-key NAME` */
export function registerNewSigningKey(cli: Cli, command: Command): void {
  command
    .command('signing-key')
    .argument('<name>', 'who signs with it, such as acme; two files are made: NAME.key.pem and NAME.pem')
    .description('Create a pair of keys (Ed25519): the private one to sign connectors with, the public one for towns.')
    .action(async (name: string) => {
      const { basename, dirname, join } = await import('node:path');
      const { ConfigError } = await import('../../core/errors.ts');
      const { newSigningKey } = await import('../../packs/signature.ts');
      const stem = basename(name, '.pem');
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/.test(stem))
        throw new ConfigError({
          code: 'VALUE_INVALID',
          place: { path: name },
          message: `"${name}" cannot be a key's name.`,
          hint: 'Use letters, digits, periods, - and _, such as acme-2026.',
        });
      const { privateKey, publicKey, fingerprint } = newSigningKey();
      const files = { private_key: join(dirname(name), `${stem}.key.pem`), public_key: join(dirname(name), `${stem}.pem`) };
      await writePair([
        [files.private_key, privateKey, 0o600],
        [files.public_key, publicKey, 0o644],
      ]);
      cli.print('new signing-key', { key: { ...files, fingerprint } }, () =>
        [
          `Created a key pair with the fingerprint ${fingerprint}.`,
          '',
          `  ${files.private_key}  keep it private: out of version control and out of every pack; back it up`,
          `  ${files.public_key}  give it to towns; they put it into config/trusted-keys/ after comparing the fingerprint with you`,
          '',
          `Then: interlocal sign CONNECTOR --key ${files.private_key}`,
        ].join('\n'),
      );
    });
}

/** Both files or none. Never over a key that is there: what it signed could not be signed again. Throws ConfigError FILE_NOT_WRITABLE. */
async function writePair(files: readonly [path: string, text: string, mode: number][]): Promise<void> {
  const { open, rm } = await import('node:fs/promises');
  const { ConfigError } = await import('../../core/errors.ts');
  const { whyNotWritten } = await import('../../core/file-error.ts');
  const begun: string[] = [];
  for (const [path, text, mode] of files)
    try {
      const file = await open(path, 'wx', mode);
      begun.push(path);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      for (const one of begun) await rm(one, { force: true });
      const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
      throw new ConfigError({
        code: 'FILE_NOT_WRITABLE',
        place: { file: path },
        message: exists
          ? 'A file of this name already exists, and keys are never overwritten.'
          : `The keys cannot be written: ${whyNotWritten(error)}.`,
        hint: 'Choose another name or folder.',
      });
    }
}
