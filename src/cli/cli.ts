import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { AbortedError, ConfigError, type Problem, textOfProblem } from '../core/errors.ts';
import { EXIT_ATTENTION, EXIT_CODES, EXIT_CONFIG } from '../core/outcome.ts';
import { visible } from '../core/text/visible.ts';
import { knownFailure } from '../engine/run/outcome.ts';
import { shapedJson } from '../reports/shapes/json.ts';
import type { ShapeName, ShapeOf } from '../reports/shapes/shapes.ts';

/** What every command gets: where to write, which folder, and how to end. */
export interface Cli {
  program: Command;
  /** The town's folder (--project), absolute or relative to the working directory. */
  project(): string;
  /** True with --json: one JSON value on stdout, nothing else there. */
  json(): boolean;
  /** Writes the value as JSON with --json, of the shape that docs/json.md promises; otherwise what `text` gives. */
  print<N extends ShapeName>(shape: N, value: ShapeOf<N>, text: () => string): void;
  /** For people, while working: to stderr, so stdout stays the result. */
  note(line: string): void;
  /** The exit code that the process will end with; the highest call wins nothing, the last one does. */
  setExit(code: number): void;
  /**
   * Aborted at the first Ctrl-C or SIGTERM; a second one ends the process at once. A command that has not asked for it has no batch to
   * finish: the first one ends it, as a kill would, and the store takes back what was not committed.
   */
  readonly signal: AbortSignal;
}

/** A file under src/cli registers its command(s) on the program. */
export type RegisterCommand = (cli: Cli) => void;

/** Parses argv, runs the command and returns the exit code. A user's mistake never shows a stack trace. */
export async function runCli(argv: readonly string[], commands: readonly RegisterCommand[], version: string): Promise<number> {
  const abort = new AbortController();
  let stopsByItself = false;
  let exit = 0;
  watchOutput();
  notWritten = undefined;
  // Whether JSON is wanted must be known also where the words cannot be parsed.
  const asksForJson = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined).includes('--json');
  const program = new Command('interlocal')
    .description('Integration middleware for municipalities.')
    .version(version)
    .option('--project <folder>', "the town's folder", '.')
    .option('--json', 'machine-readable output on stdout')
    .showHelpAfterError('Run with --help to see the commands and options.')
    .configureOutput({ writeErr: (text) => void process.stderr.write(visible(text)) })
    .exitOverride();
  const cli: Cli = {
    program,
    project: () => program.opts<{ project: string }>().project,
    json: () => asksForJson || program.opts<{ json?: boolean }>().json === true,
    print: (shape, value, text) => {
      const out = cli.json() ? shapedJson(shape, value) : visible(text());
      process.stdout.write(out.endsWith('\n') ? out : `${out}\n`);
    },
    note: (line) => void process.stderr.write(`${visible(line)}\n`),
    setExit: (code) => {
      exit = code;
    },
    get signal() {
      stopsByItself = true;
      return abort.signal;
    },
  };
  for (const register of commands) register(cli);
  acceptGlobalOptionsAnywhere(program);

  let signals = 0;
  const onSignal = (): void => {
    if (++signals > 1 || !stopsByItself) process.exit(130);
    cli.note('Stopping after the current batch … (press Ctrl-C again to stop at once; either way nothing is lost)');
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    await program.parseAsync(argv as string[], { from: 'user' });
    return await outputWritten(cli, exit);
  } catch (error) {
    return reportError(error, cli);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

let watched = false;
/** Why standard output could not be written, by this command. */
let notWritten: NodeJS.ErrnoException | undefined;

/**
 * A program that reads our output may stop early (`| head`): what is left is dropped, and the work goes on to its end. A run is not
 * broken off because nobody reads its words, nor because the disk is full that they are written to; but then the command has failed.
 */
function watchOutput(): void {
  if (watched) return;
  watched = true;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') notWritten ??= error;
  });
  // What cannot be said there cannot be said anywhere.
  process.stderr.on('error', () => {});
}

/** The exit code: 1 where the command did its work, and what it printed is not all there. */
async function outputWritten(cli: Cli, exit: number): Promise<number> {
  // A write that fails says so a turn later.
  await new Promise((done) => setImmediate(done));
  if (notWritten === undefined) return exit;
  const why = notWritten.code === 'ENOSPC' ? 'its disk is full' : (notWritten.code ?? notWritten.message);
  cli.note(
    textOfProblem({
      code: 'OUTPUT_NOT_WRITTEN',
      place: {},
      message: `The command did its work, but not all of its output could be written: ${why}.`,
      hint: 'Nothing else is lost. Make room where the output goes, and ask for the output again.',
    }),
  );
  return exit === 0 || exit === EXIT_ATTENTION ? 1 : exit;
}

/** An option that takes a count: a whole number from 1. */
export function countOption(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return Number(text);
}

/** `interlocal run x --json` and `interlocal --json run x` are the same. */
function acceptGlobalOptionsAnywhere(program: Command): void {
  const visit = (command: Command): void => {
    for (const sub of command.commands) {
      sub.exitOverride().showHelpAfterError('Run with --help to see the commands and options.');
      sub.option('--project <folder>', "the town's folder").option('--json', 'machine-readable output on stdout');
      sub.on('option:project', (folder: string) => program.setOptionValue('project', folder));
      sub.on('option:json', () => program.setOptionValue('json', true));
      visit(sub);
    }
  };
  visit(program);
}

function reportError(thrown: unknown, cli: Cli): number {
  const json = (code: string, problems: readonly Problem[]): void => {
    if (cli.json()) process.stdout.write(`${shapedJson('error', { error: { code, problems } })}\n`);
  };
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return 0;
    // Commander has told it to the person already.
    json('USAGE', [usageProblem(thrown)]);
    return EXIT_CONFIG;
  }
  const error = knownFailure(thrown);
  if (error) {
    json(error.code, error.problems);
    cli.note(error.message);
    return error instanceof ConfigError ? EXIT_CONFIG : error instanceof AbortedError ? EXIT_CODES.aborted : 1;
  }
  // Ours, not the user's: the stack is what we need to fix it.
  const message = `This is a bug in Interlocal, not in your configuration. Please report it with these lines:\n${(thrown as Error)?.stack ?? String(thrown)}`;
  json('INTERNAL', [{ code: 'INTERNAL', place: {}, message, hint: 'Please report it with these lines.' }]);
  cli.note(message);
  return 1;
}

function usageProblem({ code, message }: CommanderError): Problem {
  const [first, meant] = message.replace(/^error: /, '').split('\n');
  const said = code === 'commander.help' || first === '(outputHelp)' ? 'a command is missing' : first!;
  return {
    code: 'USAGE',
    place: {},
    message: `${said.charAt(0).toUpperCase()}${said.slice(1)}.`.replace(/\.\.$/, '.'),
    hint: meant ? `${meant.replace(/^\(|\)$/g, '')}` : 'Run with --help to see the commands and options.',
  };
}
