import { counted } from '../../core/text/counted.ts';
import { type Command, Option } from 'commander';
import { zonedTime } from '../../core/time/zoned-time.ts';
import { isCalendarDate } from '../../core/time/time.ts';
import { ConfigError } from '../../core/errors.ts';
import type { ExceptionAction, Resolution } from '../../engine/reconciliation/exceptions/exceptions.ts';
import type { Engine } from '../../engine/run/engine.ts';
import type { StoredException } from '../../engine/reconciliation/exceptions/exceptions.ts';
import { type Cli, countOption } from '../cli.ts';

interface Selection {
  pipeline?: string;
  type?: string;
  owner?: string;
  olderThan?: number;
  atMost?: string;
  yes?: boolean;
}

type Made = Selection & Record<string, unknown>;

/** `interlocal exceptions assign | wait | note | due | resolve | reopen | attach | file` */
export function registerExceptionWork(cli: Cli, exceptions: Command): void {
  action('assign', 'Assign them to someone.', ['--to <name>', 'the owner'], ({ to }) => ({ do: 'assign', owner: someone('--to', to) }));
  action('wait', 'Note whose answer they are waiting for.', ['--on <whom>', 'whose answer'], ({ on }) => ({
    do: 'wait',
    on: someone('--on', on),
  }));
  action('note', 'Add a note.', ['--text <text>', 'the note'], ({ text }) => ({ do: 'note', text: words(text) }));
  action('due', 'Set the day on which they are due; no run changes it.', ['--on <date>', 'the day, YYYY-MM-DD'], ({ on }) => ({
    do: 'due',
    on: dayOf('--on', String(on)),
  }));
  action('reopen', 'Open resolved or closed ones again.', ['--text <text>', 'why'], ({ text }) => ({ do: 'reopen', text: words(text) }));
  action('resolve', 'Close them, with a reason.', ['--text <text>', 'what was found and done'], ({ text, reason }) => ({
    do: 'resolve',
    reason: reason as Resolution,
    text: words(text),
  })).addOption(
    new Option('--reason <reason>', 'why they need no more attention')
      .choices(['corrected_at_source', 'timing', 'written_off', 'booked', 'not_an_error', 'other'])
      .makeOptionMandatory(),
  );

  exceptions
    .command('attach')
    .argument('<id>', 'its id, or the beginning of it')
    .argument('<file>', 'a PDF, PNG or JPEG')
    .description('Keep a file with an exception: a slip, a statement, a letter.')
    .action(async (id: string, path: string) => {
      const { withTown } = await import('../town.ts');
      const { attachFile } = await import('../../engine/reconciliation/exceptions/exception-files.ts');
      const content = await readGiven(path);
      await withTown(cli, async (engine) => {
        const file = await attachFile(engine, id, { name: path, content });
        cli.print(
          'exceptions attach',
          { attached: { number: file.number, name: file.name, kind: file.kind, bytes: file.size, sha256: file.sha256 } },
          () => `Kept as file ${file.number}: ${file.name}, SHA-256 ${file.sha256}.`,
        );
      });
    });

  exceptions
    .command('file')
    .argument('<id>', 'its id, or the beginning of it')
    .argument('<number>', 'the number of the file, as exceptions show has it', countOption)
    .requiredOption('--out <file>', 'where to write it')
    .description('Write a file that was attached, after its hash was checked.')
    .action(async (id: string, number: number, options: { out: string }) => {
      const { withTown } = await import('../town.ts');
      const { readAttachment } = await import('../../engine/reconciliation/exceptions/exception-files.ts');
      const { writeReportFile } = await import('../../reports/output/file.ts');
      await withTown(cli, async (engine) => {
        const file = await readAttachment(engine, id, number);
        await writeReportFile(options.out, file.content);
        cli.print('written', { written: options.out, rows: 1 }, () => `Wrote ${file.name} to ${options.out}.`);
      });
    });

  function action(
    name: ExceptionAction['do'],
    description: string,
    [flag, meaning]: [string, string],
    make: (options: Made) => ExceptionAction,
  ): Command {
    return exceptions
      .command(name)
      .argument('[ids...]', 'ids, or beginnings of ids, as exceptions list shows them')
      .requiredOption(flag, meaning)
      .option('--pipeline <pipeline>', 'in place of ids: all of this reconciliation')
      .option('--type <type>', 'in place of ids: all of this type')
      .option('--owner <name>', 'in place of ids: all of this owner')
      .option('--older-than <days>', 'in place of ids: all that are older than so many business days', countOption)
      .option('--at-most <amount>', "in place of ids: all that come to at most so much, in the town's currency")
      .option('--yes', 'do it without asking')
      .description(description)
      .action((ids: string[], options: Made) => act(cli, ids, options, make(options)));
  }
}

async function act(cli: Cli, ids: string[], selection: Selection, action: ExceptionAction): Promise<void> {
  const { withTown } = await import('../town.ts');
  const { actOnExceptions, sumsOf } = await import('../../engine/reconciliation/exceptions/exceptions.ts');
  const { checkOwner, linesOfExceptions, todayIn } = await import('../../reports/reconciliation/exceptions.ts');
  const { confirmed } = await import('../confirm.ts');
  const filtered = (['pipeline', 'type', 'owner', 'olderThan', 'atMost'] as const).some((key) => selection[key] !== undefined);
  if (filtered === ids.length > 0)
    throw usage(
      'exceptions',
      filtered ? 'Ids and a filter were given.' : 'No exceptions were named.',
      'Name ids, or use a filter such as --type; not both.',
    );
  await withTown(cli, async (engine) => {
    const { project } = engine;
    let chosen = ids;
    if (filtered) {
      const found = await byFilter(engine, selection, action);
      chosen = found.map(({ id }) => id);
      const asked = [`${counted(found.length, 'exception')}, ${sumsOf(found).join(', ') || 'no money'} in all.`];
      if (found.length === 0) {
        await checkOwner(engine, selection.owner);
        return cli.print('exceptions list', { exceptions: [] }, () => 'No exception fits what was asked for, so nothing was changed.');
      }
      if (
        !(await confirmed(cli, {
          lines: asked,
          question: `${QUESTION[action.do]} these ${counted(found.length, 'exception')}?`,
          yes: selection.yes,
        }))
      )
        return nothingChanged(cli);
    }
    // What was shown, and nothing that came since.
    const { exceptions, replaced } = await actOnExceptions(engine, chosen, action);
    const list = await linesOfExceptions(engine, exceptions, todayIn(project));
    for (const [id, { was, by, at }] of replaced)
      cli.note(`${id.slice(0, 8)}: ${REPLACED[action.do]} ${was} until now (${by}, ${zonedTime(at, project.config.town.time_zone)}).`);
    cli.print('exceptions list', { exceptions: list }, () =>
      [...list.map((e) => `${e.id.slice(0, 8)} is ${e.state}.`), counted(list.length, 'exception')].join('\n'),
    );
  });
}

function nothingChanged(cli: Cli): void {
  cli.setExit(1);
  cli.print('exceptions list', { exceptions: [] }, () => 'Nothing was changed.');
}

const QUESTION: Record<ExceptionAction['do'], string> = {
  assign: 'Assign',
  wait: 'Let wait',
  note: 'Add the note to',
  due: 'Set the due day of',
  resolve: 'Resolve',
  reopen: 'Reopen',
};

/** What was in force before, up to its value. */
const REPLACED: Partial<Record<ExceptionAction['do'], string>> = {
  assign: 'it was assigned to',
  wait: 'it was waiting for',
  due: 'it was due on',
};

async function byFilter(engine: Engine, selection: Selection, action: ExceptionAction): Promise<StoredException[]> {
  const { checkExceptionFilter, selectExceptions, todayIn } = await import('../../reports/reconciliation/exceptions.ts');
  const { statesFor } = await import('../../engine/reconciliation/exceptions/exceptions.ts');
  const { parseMoney } = await import('../../core/money.ts');
  const { project } = engine;
  const { pipeline, type, owner, olderThan, atMost: text } = selection;
  checkExceptionFilter(project, { pipeline, type });
  const atMost = text === undefined ? undefined : parseMoney(text, project.config.town.currency);
  if (typeof atMost === 'string') throw usage('--at-most', `${JSON.stringify(text)} is not an amount.`, 'Write it as 20.00.');
  const { currency } = project.config.town;
  const found = await selectExceptions(
    engine,
    { pipeline, type, owner, olderThan, atMost, states: statesFor(action.do) },
    todayIn(project),
  );
  return atMost === undefined ? found : found.filter((e) => e.currency === currency);
}

/** Whoever is named has a name. */
function someone(option: string, given: unknown): string {
  const name = String(given).trim();
  if (/[\p{L}\p{N}]/u.test(name)) return name;
  throw usage(option, `${JSON.stringify(name.slice(0, 60))} is nobody's name.`, 'Write a name, such as dana or the bank.');
}

/** What is kept on record says something. Throws ConfigError REASON_MISSING. */
function words(given: unknown): string {
  const text = String(given).trim();
  if (/[\p{L}\p{N}]/u.test(text)) return text;
  throw new ConfigError({
    code: 'REASON_MISSING',
    place: { path: '--text' },
    message: '--text has no words in it, but it is kept on record as the reason.',
    hint: 'Write a few words, such as --text "the bag is on its way".',
  });
}

/** A day as an option gives it. Throws ConfigError USAGE. */
export function dayOf(option: string, text: string): string {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (parts && isCalendarDate(Number(parts[1]), Number(parts[2]), Number(parts[3]))) return text;
  throw usage(option, `${JSON.stringify(text.slice(0, 60))} is not a date.`, 'Write it as YYYY-MM-DD, such as 2026-07-01.');
}

async function readGiven(path: string): Promise<Buffer> {
  const { readFile } = await import('node:fs/promises');
  const { whyNotRead } = await import('../../core/file-error.ts');
  try {
    return await readFile(path);
  } catch (error) {
    throw new ConfigError({
      code: 'FILE_UNREADABLE',
      place: { file: path },
      message: `The file to attach cannot be read: ${whyNotRead(error)}.`,
      hint: 'Name a PDF, PNG or JPEG that this account can read.',
    });
  }
}

function usage(path: string, message: string, hint: string): ConfigError {
  return new ConfigError({ code: 'USAGE', place: { path }, message, hint });
}
