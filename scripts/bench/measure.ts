import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Measured {
  seconds: number;
  /** Of Node processes alone. */
  peakMb: number;
  out: string;
}

/** Runs a whole process to its end; `command` undefined: Node, with its peak memory. Throws what it said when it fails. */
export async function measure(args: readonly string[], command?: string): Promise<Measured> {
  const started = performance.now();
  const peak = fileURLToPath(new URL('peak-memory.ts', import.meta.url));
  const env = command === undefined ? { ...process.env, NODE_OPTIONS: `--import=${peak}` } : process.env;
  const child = spawn(command ?? process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${[command ?? 'node', ...args].join(' ')} ended with ${code}:\n${err}\n${out}`);
  return {
    seconds: (performance.now() - started) / 1000,
    peakMb: Math.max(0, ...[...err.matchAll(/peak (\d+)/g)].map((m) => Number(m[1]))) / 1_048_576,
    out,
  };
}

export function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;
}
