import type { Cli } from '../cli.ts';

interface InitOptions {
  name?: string;
  timeZone?: string;
  currency?: string;
  fiscalYearStarts?: string;
}

/** `interlocal init DIR` */
export function registerInit(cli: Cli): void {
  cli.program
    .command('init')
    .argument('<dir>', 'folder to create; it must be new or empty')
    .description("Create a town's folder, ready to be filled in.")
    .option('--name <name>', "the town's name (default: the folder's)")
    .option('--time-zone <zone>', "the town's time zone, such as America/New_York (default: this computer's)")
    .option('--currency <code>', 'ISO code of its currency (default: USD)')
    .option('--fiscal-year-starts <month-day>', 'first day of the fiscal year, such as 07-01 (default: 01-01)')
    .action(async (dir: string, options: InitOptions) => {
      const { makeTown } = await import('../../config/new-town.ts');
      const { TRANSPORT_NAMES } = await import('../../transports/transports.ts');
      const town = {
        name: options.name,
        time_zone: options.timeZone,
        currency: options.currency,
        fiscal_year_starts: options.fiscalYearStarts,
      };
      const files = await makeTown(dir, town, TRANSPORT_NAMES);
      // What the town will use by name, before it does.
      const { listPacks, remark } = await import('../../authoring/install/list-packs.ts');
      const { textOfProblem } = await import('../../core/errors.ts');
      const { packs } = await listPacks(dir, new Date().toISOString().slice(0, 10));
      for (const problem of packs.flatMap(remark)) cli.note(`Remark: ${textOfProblem(problem)}`);
      cli.print('init', { folder: dir, files }, () => nextSteps(dir));
    });
}

function nextSteps(dir: string): string {
  return [
    `Created the town's folder ${dir}. Next steps:`,
    '',
    `  1. Open ${dir}/config/interlocal.yaml and check the name, time zone and fiscal year.`,
    `  2. Put your first system into ${dir}/config/connections.yaml; the example in it shows how.`,
    `  3. interlocal validate --project ${/\s/.test(dir) ? JSON.stringify(dir) : dir}`,
    '',
    `${dir}/README.md has the commands that follow.`,
  ].join('\n');
}
