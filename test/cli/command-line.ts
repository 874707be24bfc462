import { type RegisterCommand, runCli } from '../../src/cli/cli.ts';
import { COMMANDS } from '../../src/cli/main.ts';

/** What a command said on each stream; `text` has both, in order. */
export interface Said {
  exit: number;
  out: string;
  err: string;
  text: string;
}

/** The command line within this process: quick, and the same code. */
export async function commandLine(args: readonly string[], commands: readonly RegisterCommand[] = COMMANDS): Promise<Said> {
  const said: Said = { exit: -1, out: '', err: '', text: '' };
  const keep = { out: process.stdout.write, err: process.stderr.write };
  const into =
    (name: 'out' | 'err') =>
    (chunk: string | Uint8Array): true => {
      said[name] += String(chunk);
      said.text += String(chunk);
      return true;
    };
  process.stdout.write = into('out');
  process.stderr.write = into('err');
  try {
    said.exit = await runCli(args, commands, '0.0.0');
  } finally {
    process.stdout.write = keep.out;
    process.stderr.write = keep.err;
  }
  return said;
}
