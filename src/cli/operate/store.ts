import { counted } from '../../core/text/counted.ts';
import type { CopiedTable } from '../../engine/run/copy-town.ts';
import type { Cli } from '../cli.ts';

/** `interlocal store copy --to URL` */
export function registerStore(cli: Cli): void {
  const store = cli.program.command('store').description("Work on the town's store as a whole.");
  store
    .command('copy')
    .requiredOption('--to <url>', 'an empty store: sqlite:PATH or postgres://USER@HOST/DATABASE')
    .option('--password <reference>', 'the password for it, as ${env:NAME} or ${file:path}')
    .description('Copy everything into another, empty store, and compare the two.')
    .action(async (options: { to: string; password?: string }) => {
      const { copyTown, targetUrl } = await import('../../engine/run/copy-town.ts');
      const { withTown } = await import('../town.ts');
      await withTown(cli, async (engine) => {
        const to = targetUrl(options, engine.project.folder);
        const tables = await copyTown(engine, to, (table, rows) => {
          if (process.stderr.isTTY && !cli.json()) process.stderr.write(`\r\u001b[K${table}: ${rows}`);
        });
        if (process.stderr.isTTY && !cli.json()) process.stderr.write('\r\u001b[K');
        cli.print('store copy', { tables }, () => summary(tables));
      });
    });
}

function summary(tables: readonly CopiedTable[]): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return `Copied ${counted(rows, 'row')} in ${counted(tables.length, 'table')}; both stores hold the same rows.\nSet store.url in config/interlocal.yaml to the new store, then start Interlocal again.`;
}
