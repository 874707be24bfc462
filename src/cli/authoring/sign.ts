import type { PackFiles } from '../../packs/files.ts';
import type { Cli } from '../cli.ts';
import { clearCheck, showCheck } from './certify-progress.ts';

interface SignCommand {
  key: string;
  validUntil?: string;
  certify: boolean;
}

/** `interlocal sign CONNECTOR` and `interlocal pack CONNECTOR` */
export function registerSign(cli: Cli): void {
  cli.program
    .command('sign')
    .argument('<connector>', "a connector of this town's folder, or the path of a pack")
    .requiredOption('--key <key>', 'the private key: a file, ${file:…} or ${env:…}; interlocal new signing-key makes one')
    .option('--valid-until <date>', 'the last day (YYYY-MM-DD, UTC) on which towns may install this version')
    .option('--no-certify', 'sign it without certifying it first')
    .description('Certify a connector offline and write signature.json into its folder: its name, version and hash, signed with your key.')
    .action(async (name: string, options: SignCommand) => {
      const { packFolder } = await import('./pack-folder.ts');
      const { join } = await import('node:path');
      const { isDay, signPack } = await import('../../packs/signature.ts');
      const { SIGNATURE_FILE } = await import('../../packs/files.ts');
      const { ConfigError } = await import('../../core/errors.ts');
      if (options.validUntil !== undefined && !isDay(options.validUntil))
        throw new ConfigError({
          code: 'USAGE',
          place: { path: '--valid-until' },
          message: `"${options.validUntil}" is not a date.`,
          hint: 'Write it as YYYY-MM-DD, such as 2026-12-31.',
        });
      if (options.validUntil !== undefined && options.validUntil < new Date().toISOString().slice(0, 10))
        throw new ConfigError({
          code: 'USAGE',
          place: { path: '--valid-until' },
          message: `${options.validUntil} is in the past: no town could install it.`,
          hint: 'Give the last day on which towns may install it, or leave it out.',
        });
      const folder = await packFolder(cli, name);
      const key = await privateKey(cli, options.key);
      const { id, version, files } = await goodPack(cli, folder, options.certify);
      const signature = signPack({ connector: id, version, files }, key, {
        signed_on: new Date().toISOString().slice(0, 10),
        ...(options.validUntil === undefined ? {} : { valid_until: options.validUntil }),
      });
      const file = join(folder, SIGNATURE_FILE);
      await written(
        file,
        `${JSON.stringify(signature, null, 2)}\n`,
        'signature',
        'Make room, or give this account the right to write in the folder of the connector.',
      );
      cli.print('sign', { signed: { file, ...signature } }, () =>
        [`Signed ${id} ${version} with the key ${signature.key}.`, `  SHA-256  ${signature.hash}`, `  wrote    ${file}`].join('\n'),
      );
    });
  registerPack(cli);
}

function registerPack(cli: Cli): void {
  cli.program
    .command('pack')
    .argument('<connector>', "a connector of this town's folder, or the path of a pack")
    .option('--out <file>', 'the archive (default: CONNECTOR-VERSION.zip in this folder)')
    .description('Write a connector as one .zip to hand over: the same pack always gives the same archive, byte for byte.')
    .action(async (name: string, options: { out?: string }) => {
      const { packFolder } = await import('./pack-folder.ts');
      const { zipOf } = await import('../../packs/zip.ts');
      const { packHash } = await import('../../packs/files.ts');
      const { checkSignature } = await import('../../packs/signature.ts');
      const { FatalError } = await import('../../core/errors.ts');
      if (options.out) (await import('../known.ts')).endsIn('--out', options.out, ['zip']);
      const { id, version, files } = await goodPack(cli, await packFolder(cli, name), false);
      const { signer, problems } = checkSignature({ connector: id, version, files }, [], new Date().toISOString().slice(0, 10));
      if (problems.length)
        throw new FatalError(
          problems.map((p) => ({ ...p, hint: `Sign it again (interlocal sign ${id} --key FILE), or remove signature.json.` })),
        );
      const file = options.out ?? `${id}-${version}.zip`;
      await written(file, zipOf(id, files), 'archive', 'Name another file with --out.');
      const packed = { file, connector: id, version, hash: packHash(files), files: files.size, signed: signer !== undefined };
      cli.print('pack', { packed }, () =>
        [
          `Wrote ${file}: ${id} ${version}, ${files.size} files, ${packed.signed ? 'signed' : 'not signed'}.`,
          `  SHA-256  ${packed.hash}`,
        ].join('\n'),
      );
    });
}

async function written(file: string, content: string | Buffer, what: string, hint: string): Promise<void> {
  const { writeWhole } = await import('../../config/whole-file.ts');
  const { fileNotWritten } = await import('../../core/file-error.ts');
  await writeWhole(file, content).catch((error: unknown) => {
    throw fileNotWritten(error, { file, what: `The ${what}`, hint });
  });
}

/** A pack as a town would accept it: the same checks as `add`. Throws with every problem. */
async function goodPack(cli: Cli, folder: string, certify: boolean): Promise<{ id: string; version: string; files: PackFiles }> {
  const { FatalError } = await import('../../core/errors.ts');
  const { readPackFolder } = await import('../../packs/files.ts');
  const { checkPackContents } = await import('../../packs/contents.ts');
  const { readPack } = await import('../../authoring/certify/pack.ts');
  const { files, problems } = await readPackFolder(folder);
  const pack = await readPack(folder);
  const found = [...problems, ...checkPackContents(files), ...pack.problems, ...pack.fixtures.problems];
  if (found.length || !pack.connector) throw new FatalError(found);
  if (certify) {
    const { certifyOffline } = await import('../../authoring/certify/certify.ts');
    const { tablesFor } = await import('./certify-servers.ts');
    const startTables = await tablesFor(pack.connector.transport);
    const certificate = await certifyOffline(pack, { signal: cli.signal, onCheck: showCheck(cli), startTables });
    clearCheck(cli);
    if (!certificate.passed) {
      const { certificateText } = await import('./certify-report.ts');
      cli.note(certificateText(certificate));
      throw new FatalError({
        code: 'PACK_NOT_CERTIFIED',
        place: { system: `${pack.id} ${pack.connector.version}` },
        message: 'The connector does not pass its checks, so it was not signed.',
        hint: 'Fix what interlocal certify reports as failed, then sign again. To sign it unproven: --no-certify.',
      });
    }
  }
  return { id: pack.id, version: pack.connector.version, files };
}

/** From a file, or as configuration names secrets. */
async function privateKey(cli: Cli, given: string) {
  const { privateKeyOf } = await import('../../packs/signature.ts');
  if (/^\$\{(env|file):/.test(given)) {
    const { resolveSecrets } = await import('../../config/secrets/secrets.ts');
    return privateKeyOf(String(resolveSecrets({ key: given }, { connection: 'sign', folder: cli.project() })['key']), given);
  }
  const { readFile } = await import('node:fs/promises');
  const { ConfigError } = await import('../../core/errors.ts');
  const { whyNotRead } = await import('../../core/file-error.ts');
  const pem = await readFile(given, 'utf8').catch((error: unknown) => {
    throw new ConfigError({
      code: 'FILE_UNREADABLE',
      place: { file: given },
      message: `The key cannot be read: ${whyNotRead(error)}.`,
      hint: 'Name a file with --key that this account can read. To make a key, run interlocal new signing-key NAME.',
    });
  });
  return privateKeyOf(pem, given);
}
