import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { AbortedError, ConfigError, InterlocalError } from '../core/errors.ts';
import { EXIT_CODES, EXIT_CONFIG } from '../core/outcome.ts';
import { visible } from '../core/visible.ts';
import { storeFailure } from '../store/failures.ts';

/** What every command gets: where to write, which folder, and how to end. */
export interface Cli {
  program: Command;
  /** The town's folder (--project), absolute or relative to the working directory. */
  project(): string;
  /** True with --json: one JSON value on stdout, nothing else there. */
  json(): boolean;
  /** Writes the value as JSON with --json, otherwise what `text` gives. */
  print(value: unknown, text: () => string): void;
  /** For people, while working: to stderr, so that stdout stays the result. */
  note(line: string): void;
  /** The exit code that the process will end with; the highest call wins nothing, the last one does. */
  setExit(code: number): void;
  /** Aborted at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  signal: AbortSignal;
}

/** A file under src/cli registers its command(s) on the program. */
export type RegisterCommand = (cli: Cli) => void;

/** Parses argv, runs the command and returns the exit code. A user's mistake never shows a stack trace. */
export async function runCli(argv: readonly string[], commands: readonly RegisterCommand[], version: string): Promise<number> {
  const abort = new AbortController();
  let exit = 0;
  const program = new Command('interlocal')
    .description('Integration middleware for municipalities.')
    .version(version)
    .option('--project <folder>', "the town's folder", '.')
    .option('--json', 'machine-readable output on stdout')
    .showHelpAfterError('Run with --help to see what there is.')
    .exitOverride();
  const cli: Cli = {
    program,
    project: () => program.opts<{ project: string }>().project,
    json: () => program.opts<{ json?: boolean }>().json === true,
    print: (value, text) => {
      const out = cli.json() ? JSON.stringify(value) : visible(text());
      process.stdout.write(out.endsWith('\n') ? out : `${out}\n`);
    },
    note: (line) => void process.stderr.write(`${visible(line)}\n`),
    setExit: (code) => {
      exit = code;
    },
    signal: abort.signal,
  };
  for (const register of commands) register(cli);
  acceptGlobalOptionsAnywhere(program);

  let signals = 0;
  const onSignal = (): void => {
    if (++signals > 1) process.exit(130);
    cli.note('Stopping after the batch in hand … (press Ctrl-C again to stop at once; either way nothing is lost)');
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    await program.parseAsync(argv as string[], { from: 'user' });
    return exit;
  } catch (error) {
    return reportError(error, cli);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** An option that takes a whole number. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** `interlocal run x --json` and `interlocal --json run x` are the same. */
function acceptGlobalOptionsAnywhere(program: Command): void {
  const visit = (command: Command): void => {
    for (const sub of command.commands) {
      sub.exitOverride().showHelpAfterError('Run with --help to see what there is.');
      sub.option('--project <folder>', "the town's folder").option('--json', 'machine-readable output on stdout');
      sub.on('option:project', (folder: string) => program.setOptionValue('project', folder));
      sub.on('option:json', () => program.setOptionValue('json', true));
      visit(sub);
    }
  };
  visit(program);
}

function reportError(thrown: unknown, cli: Cli): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_CONFIG;
  const error = storeFailure(thrown) ?? thrown;
  if (error instanceof InterlocalError) {
    if (cli.json()) process.stdout.write(`${JSON.stringify({ error: { code: error.code, problems: error.problems } })}\n`);
    cli.note(error.message);
    return error instanceof ConfigError ? EXIT_CONFIG : error instanceof AbortedError ? EXIT_CODES.aborted : 1;
  }
  // Ours, not the user's: the stack is what we need to mend it.
  cli.note(
    `This is a fault of Interlocal, not of your configuration. Please report it with these lines:\n${(error as Error)?.stack ?? String(error)}`,
  );
  return 1;
}
