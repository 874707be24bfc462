import type { ListedPack } from '../../authoring/install/list-packs.ts';
import type { Cli } from '../cli.ts';

/** `interlocal packs` */
export function registerPacks(cli: Cli): void {
  cli.program
    .command('packs')
    .option('--verify', 'exit with 1 if one differs from what was installed or released')
    .description('List the connectors that this town can use: version, origin, signer, and whether they were changed since.')
    .action(async (options: { verify?: boolean }) => {
      const { listPacks, remark } = await import('../../authoring/install/list-packs.ts');
      const { openTownFolder } = await import('./pack-folder.ts');
      const { textOfProblem } = await import('../../core/errors.ts');
      const { packs, problems } = await listPacks(await openTownFolder(cli), new Date().toISOString().slice(0, 10));
      const remarks = [...problems, ...packs.flatMap(remark)];
      cli.setExit(options.verify && remarks.length ? 1 : 0);
      const { tableText } = await import('../table.ts');
      cli.print('packs', { packs, problems: remarks }, () =>
        [
          tableText(
            ['connector', 'version', 'from', 'signed by', 'state', 'SHA-256'],
            packs.map((p) => [
              p.connector,
              p.version,
              p.from,
              p.signer ? (p.signer.name ?? 'unknown key') : '',
              stateOf(p),
              p.hash.slice(0, 12),
            ]),
          ),
          ...(remarks.length ? [''] : []),
          ...remarks.map(textOfProblem),
        ].join('\n'),
      );
    });
}

function stateOf({ from, state }: ListedPack): string {
  if (state === null) return '';
  if (state !== 'intact') return state;
  return from === 'shipped' ? 'as released' : 'as installed';
}
