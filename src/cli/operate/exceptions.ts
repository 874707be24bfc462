import { Option } from 'commander';
import type { ExceptionAction, Resolution } from '../../engine/reconciliation/exceptions.ts';
import type { ExceptionLine } from '../../reports/exceptions.ts';
import { type Cli, countOption } from '../cli.ts';
import { plural } from '../table.ts';

const STATES = ['open', 'assigned', 'waiting', 'resolved', 'closed'] as const;

/** `interlocal exceptions list | show | assign | wait | note | resolve | reopen` */
export function registerExceptions(cli: Cli): void {
  const exceptions = cli.program
    .command('exceptions')
    .description('What does not reconcile and needs attention, oldest first, with what to do next.');

  exceptions
    .command('list')
    .argument('[pipeline]', 'only those of this reconciliation')
    .addOption(new Option('--state <state>', 'only those in this state (default: all that need attention)').choices(STATES))
    .option('--type <type>', 'only those of this type, such as not_deposited')
    .option('--owner <name>', 'only those of this owner')
    .option('--limit <n>', 'how many; default: all', countOption)
    .description('List them, oldest first.')
    .action(
      async (pipeline: string | undefined, options: { state?: (typeof STATES)[number]; type?: string; owner?: string; limit?: number }) => {
        const { withTown } = await import('../town.ts');
        const { checkExceptionFilter, exceptionLines, todayIn } = await import('../../reports/exceptions.ts');
        await withTown(cli, async (engine) => {
          const { project } = engine;
          checkExceptionFilter(project, { pipeline, type: options.type });
          const filter = { pipeline, type: options.type, owner: options.owner, limit: options.limit };
          const list = await exceptionLines(engine, { ...filter, states: options.state ? [options.state] : undefined }, todayIn(project));
          cli.print({ exceptions: list }, () => (list.length ? list.map(linesOf).join('\n') : 'No exceptions.'));
        });
      },
    );

  exceptions
    .command('show')
    .argument('<id>', 'its id, or the beginning of it')
    .description('Show one exception with its records and its history.')
    .action(async (id: string) => {
      const { withTown } = await import('../town.ts');
      const { showException } = await import('../../engine/reconciliation/exceptions.ts');
      const { linesOfExceptions, todayIn } = await import('../../reports/exceptions.ts');
      await withTown(cli, async (engine) => {
        const { project, knex } = engine;
        const { exception, events } = await showException(knex, id);
        const [line] = await linesOfExceptions(engine, [exception], todayIn(project));
        cli.print({ ...line!, events }, () =>
          [
            linesOf(line!),
            ...line!.records.map((r) => `    ${r.side_name}: ${r.connection} ${r.key}, ${r.amount}`),
            ...events.map((e) => `    ${e.at} ${e.actor}: ${e.action} ${JSON.stringify(e.detail)}`),
          ].join('\n'),
        );
      });
    });

  action('assign', 'Assign them to someone.', ['--to <name>', 'the owner'], (_, to) => ({ do: 'assign', owner: to }));
  action('wait', 'Note whose answer they are waiting for.', ['--on <whom>', 'whose answer'], (_, on) => ({ do: 'wait', on }));
  action('note', 'Add a note.', ['--text <text>', 'the note'], (_, text) => ({ do: 'note', text }));
  action('reopen', 'Reopen resolved or closed ones.', ['--text <text>', 'why'], (_, text) => ({ do: 'reopen', text }));

  const resolve = exceptions
    .command('resolve')
    .argument('<ids...>')
    .description('Close them, with a reason.')
    .requiredOption('--text <text>', 'what was found and done');
  resolve.addOption(
    new Option('--reason <reason>', 'why they need no more attention')
      .choices(['corrected_at_source', 'timing', 'written_off', 'booked', 'not_an_error', 'other'])
      .makeOptionMandatory(),
  );
  resolve.action((ids: string[], options: { reason: Resolution; text: string }) =>
    act(cli, ids, { do: 'resolve', reason: options.reason, text: options.text }),
  );

  function action(
    name: 'assign' | 'wait' | 'note' | 'reopen',
    description: string,
    [flag, meaning]: [string, string],
    make: (name: string, value: string) => ExceptionAction,
  ): void {
    exceptions
      .command(name)
      .argument('<ids...>', 'ids, or beginnings of ids, as exceptions list shows them')
      .requiredOption(flag, meaning)
      .description(description)
      .action((ids: string[], options: Record<string, string>) => act(cli, ids, make(name, Object.values(options)[0]!)));
  }
}

async function act(cli: Cli, ids: string[], action: ExceptionAction): Promise<void> {
  const { withTown } = await import('../town.ts');
  const { actOnExceptions } = await import('../../engine/reconciliation/exceptions.ts');
  const { linesOfExceptions, todayIn } = await import('../../reports/exceptions.ts');
  await withTown(cli, async (engine) => {
    const list = await linesOfExceptions(engine, await actOnExceptions(engine.knex, ids, action), todayIn(engine.project));
    cli.print({ exceptions: list }, () =>
      [...list.map((e) => `${e.id.slice(0, 8)} is ${e.state}.`), plural(list.length, 'exception')].join('\n'),
    );
  });
}

function linesOf(e: ExceptionLine): string {
  const age = e.age === null ? 'no day' : plural(e.age, 'business day');
  const who = e.owner === null ? e.state : `${e.state}, ${e.owner}`;
  if (e.cause !== null) return `          echo ${e.id.slice(0, 8)} of ${e.cause.slice(0, 8)}: ${e.title}. ${e.sentence}`;
  return `${e.id.slice(0, 8)}  ${e.title} (${age}${e.overdue ? ', overdue' : ''}; ${who})\n          ${e.sentence} ${e.next}`;
}
