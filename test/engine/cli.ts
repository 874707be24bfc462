import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Ended {
  exit: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** One command of the real program, as a process of its own. */
export interface Command {
  process: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves when this was written to standard error. */
  said(text: string): Promise<void>;
}

export function interlocal(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Command {
  const child = spawn(process.execPath, [MAIN, ...args, '--project', folder], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  const waiting: { text: string; resolve(): void }[] = [];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
    for (const one of waiting) if (err.includes(one.text)) one.resolve();
  });
  const ended = new Promise<Ended>((resolve) => child.once('close', (exit, signal) => resolve({ exit, signal, out, err })));
  return {
    process: child,
    ended,
    said: (text) =>
      new Promise((resolve, reject) => {
        if (err.includes(text)) return resolve();
        waiting.push({ text, resolve });
        void ended.then(() => reject(new Error(`It ended without saying "${text}":\n${err}`)));
      }),
  };
}
