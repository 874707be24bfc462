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

/** The same of a town; `env`: what this process's environment says meanwhile. */
export async function townCommand(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  try {
    return await commandLine([...args, '--project', folder]);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
