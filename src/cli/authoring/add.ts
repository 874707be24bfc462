import type { AddedPack } from '../../authoring/install/add-pack.ts';
import type { Cli } from '../cli.ts';
import { clearCheck, showCheck } from './certify-progress.ts';
import { textOfSigner } from './certify-report.ts';

interface AddCommand {
  allowUnsigned?: boolean;
  replace?: boolean;
  certify: boolean;
  dryRun?: boolean;
}

/** `interlocal add SOURCE` */
export function registerAdd(cli: Cli): void {
  cli.program
    .command('add')
    .argument('<source>', 'a connector as its vendor hands it over: a folder, a .zip or a .tgz')
    .option('--allow-unsigned', 'install it even if it is unsigned or signed with a key that is not in config/trusted-keys')
    .option('--replace', "replace a changed copy, the town's own connector, or the same or a newer version")
    .option('--no-certify', 'do not test it against its recordings first')
    .option('--dry-run', 'check it and say what would change; install nothing')
    .description("Verify a connector (files, hash, signature, offline certification) and install it into this town's connectors/.")
    .action(async (source: string, options: AddCommand) => {
      const { addPack } = await import('../../authoring/install/add-pack.ts');
      const { openTownFolder } = await import('./pack-folder.ts');
      const { askerOf } = await import('../ask.ts');
      const { textOfProblem } = await import('../../core/errors.ts');
      const asker = askerOf(cli);
      try {
        const added = await addPack(await openTownFolder(cli), source, {
          now: new Date(),
          signal: cli.signal,
          allowUnsigned: options.allowUnsigned === true,
          replace: options.replace === true,
          certify: options.certify,
          dryRun: options.dryRun === true,
          startTables: async (transport) => (await import('./certify-servers.ts')).tablesFor(transport),
          onCheck: showCheck(cli),
          ask: asker && (async (doubts) => (doubts.forEach((d) => cli.note(textOfProblem(d))), asker.yes('Install it anyway?'))),
        });
        clearCheck(cli);
        cli.print('add', { added }, () => textOf(added));
      } finally {
        clearCheck(cli);
        asker?.close();
      }
    });
}

function textOf(added: AddedPack): string {
  const { connector, version, replaced, changes, written } = added;
  const from = replaced ? ` in place of ${replaced.version}${replaced.shipped ? ', which comes with Interlocal' : ''}` : '';
  return [
    `${written ? 'Installed' : 'Would install'} ${connector} ${version}${from}: ${added.files} files.`,
    `  SHA-256    ${added.hash}`,
    `  signed by  ${textOfSigner(added.signer)}`,
    `  certified  ${added.certified ? 'offline, every check holds' : 'no: skipped, so nothing is proven'}`,
    ...(replaced
      ? ['  changes', ...(changes.length ? changes : ['nothing changes in streams, keys, fields and options']).map((line) => `    ${line}`)]
      : []),
    '',
    ...(written ? ['Then: interlocal validate, and interlocal preview of a pipeline that uses it.'] : []),
  ]
    .join('\n')
    .trimEnd();
}
