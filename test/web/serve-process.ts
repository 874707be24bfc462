import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** `interlocal serve` as a process of its own. */
export interface Served {
  url: string;
  pid: number;
  /** Lines of its log so far. */
  log(): Record<string, unknown>[];
  /** Resolves when a line of the log has this message; throws when the process ends before. */
  said(message: string): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

export async function startServe(folder: string, args: readonly string[] = []): Promise<Served> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cli.ts'), 'serve', '--project', folder, '--port', '0', ...args]);
  let [out, err] = ['', ''];
  let wake: () => void = () => {};
  let ended = false;
  child.stdout.on('data', (chunk) => ((out += String(chunk)), wake()));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const exit = once(child, 'close').then(() => ((ended = true), wake()));
  const until = async <T>(found: () => T | undefined): Promise<T> => {
    for (;;) {
      const one = found();
      if (one !== undefined) return one;
      if (ended) throw new Error(`It ended:\n${out}\n${err}`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const log = (): Record<string, unknown>[] =>
    out
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const url = await until(() => /^Interlocal serves .* on (http\S+)\n/.exec(out)?.[1]);
  return {
    url,
    pid: child.pid!,
    log,
    said: (message) => until(() => log().find((line) => line.msg === message)),
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}
