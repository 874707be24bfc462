import { formatMoney } from '../../core/money.ts';
import { counted } from '../../core/text/counted.ts';
import { visibleLine } from '../../core/text/visible.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import { Option } from 'commander';
import type { Engine } from '../../engine/run/engine.ts';
import type { ExceptionLine } from '../../reports/reconciliation/exceptions.ts';
import { type Cli, countOption } from '../cli.ts';
import { dayOf, registerExceptionWork } from './exceptions-work.ts';

const STATES = ['open', 'assigned', 'waiting', 'resolved', 'closed'] as const;

/** `interlocal exceptions list | show`, and what is done with them */
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
    .option('--overdue', 'only those whose due day has passed')
    .option('--to <date>', 'only those of this day or before, YYYY-MM-DD')
    .option('--limit <n>', 'how many; default: all', countOption)
    .description('List them, oldest first.')
    .action(
      async (
        pipeline: string | undefined,
        options: { state?: (typeof STATES)[number]; type?: string; owner?: string; overdue?: boolean; to?: string; limit?: number },
      ) => {
        const { withTown } = await import('../town.ts');
        const { checkExceptionFilter, checkOwner, exceptionLines, todayIn } = await import('../../reports/reconciliation/exceptions.ts');
        await withTown(cli, async (engine) => {
          const { project } = engine;
          checkExceptionFilter(project, { pipeline, type: options.type });
          const to = options.to === undefined ? undefined : dayOf('--to', options.to);
          const filter = { pipeline, type: options.type, owner: options.owner, to, limit: options.limit };
          const states = options.state ? [options.state] : undefined;
          const list = await exceptionLines(engine, { ...filter, states, overdue: options.overdue }, todayIn(project));
          if (list.length === 0) await checkOwner(engine, options.owner);
          const differ = (options.type ?? options.owner ?? options.state) === undefined ? await differencesOf(engine, pipeline) : [];
          cli.print('exceptions list', { exceptions: list }, () =>
            [...(list.length ? list.map(linesOf) : ['No exceptions.']), ...differ].join('\n'),
          );
        });
      },
    );

  exceptions
    .command('show')
    .argument('<id>', 'its id, or the beginning of it')
    .description('Show one exception with its records and its history.')
    .action(async (id: string) => {
      const { withTown } = await import('../town.ts');
      const { showException } = await import('../../engine/reconciliation/exceptions/exceptions.ts');
      const { exceptionInFull, todayIn } = await import('../../reports/reconciliation/exceptions.ts');
      await withTown(cli, async (engine) => {
        const { project, knex } = engine;
        const { exception, events, files } = await showException(knex, id);
        const zone = project.config.town.time_zone;
        const line = await exceptionInFull(engine, exception, todayIn(project));
        const kept = files.map((f) => {
          return {
            number: f.number,
            name: f.name,
            kind: f.kind,
            bytes: f.size,
            sha256: f.sha256,
            added_by: f.addedBy,
            added_at: f.addedAt,
          };
        });
        cli.print('exceptions show', { ...line, files: kept, events }, () =>
          [
            linesOf(line),
            ...line.records.map((r) =>
              visibleLine(`    ${r.side_name}: ${r.connection} ${r.key}${r.item && `#${r.item}`}, ${r.amount}${whereOf(r)}`),
            ),
            ...files.map((f) =>
              visibleLine(`    file ${f.number}: ${f.name}, ${f.size.toLocaleString('en-US')} bytes, SHA-256 ${f.sha256}`),
            ),
            ...decideAgain(line.match),
            ...events.map((e) => visibleLine(`    ${zonedTime(e.at, zone)} ${e.actor}: ${eventText(e, line.currency)}`)),
          ].join('\n'),
        );
      });
    });

  registerExceptionWork(cli, exceptions);
}

/** What differs in reconciliations that have no exceptions, so that a list without them is not taken for agreement. */
async function differencesOf(engine: Engine, pipeline: string | undefined): Promise<string[]> {
  const { differingText, keyedDifferences } = await import('../../engine/reconciliation/keyed-differences.ts');
  const found = (await keyedDifferences(engine)).filter(
    (one) => one.differing > 0 && (pipeline === undefined || one.pipeline === pipeline),
  );
  if (found.length === 0) return [];
  return ['Reconciliations by match_on have no exceptions. What differs there:', ...found.map((one) => `  ${differingText(one)}`)];
}

/** The file and line that a record came from, after a comma. */
function whereOf({ file, line }: { file: string | null; line: number | null }): string {
  return file === null ? '' : `, ${file}${line === null ? '' : `:${line}`}`;
}

/** How a person decides again about a match that no longer balances. */
function decideAgain(match: string | null): string[] {
  if (match === null) return [];
  const id = match.slice(0, 8);
  return [`    match ${id}: interlocal matches confirm ${id} --reason TEXT, or interlocal matches revoke ${id} --reason TEXT`];
}

/** What happened to an exception, with what was said about it: `resolved (booked): entry 4711`. */
function eventText({ action, detail }: { action: string; detail: Readonly<Record<string, unknown>> }, currency: string): string {
  const { reason, text, minor, run: _run, ...rest } = detail;
  const more = Object.entries(rest)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  if (typeof minor === 'number') more.unshift(`${formatMoney(minor, currency)} ${currency}`);
  return [
    action.replaceAll('_', ' '),
    ...(reason === undefined ? [] : [` (${String(reason).replaceAll('_', ' ')})`]),
    ...(more.length === 0 ? [] : [`, ${more.join(', ')}`]),
    ...(text === undefined ? [] : [`: ${String(text)}`]),
  ].join('');
}

/** An exception in two lines. */
export function linesOf(e: ExceptionLine): string {
  const age = e.age === null ? 'no day' : counted(e.age, 'business day');
  const who = e.owner === null ? e.state : `${e.state}, ${e.owner}`;
  if (e.cause !== null) return visibleLine(`          echo ${e.id.slice(0, 8)} of ${e.cause.slice(0, 8)}: ${e.title}. ${e.sentence}`);
  return [`${e.id.slice(0, 8)}  ${e.title} (${age}${e.overdue ? ', overdue' : ''}; ${who})`, `          ${e.sentence} ${e.next}`]
    .map(visibleLine)
    .join('\n');
}
