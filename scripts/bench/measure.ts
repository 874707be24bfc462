import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What bin/interlocal.js starts Node with. */
export const NODE_FLAGS = [
  .../const FLAGS = \[(.*)\];/.exec(readFileSync(new URL('../../bin/interlocal.js', import.meta.url), 'utf8'))![1]!.matchAll(/'([^']+)'/g),
].map(([, flag]) => flag!);

export interface Measured {
  seconds: number;
  /** Processor time of it and its children, user and system: what a busy machine changes less than the clock. */
  cpuSeconds: number;
  /** Of Node processes alone. */
  peakMb: number;
  out: string;
}

/** Runs a whole process to its end; `command` undefined: Node, with its peak memory. Throws what it said when it fails. */
export async function measure(args: readonly string[], command?: string): Promise<Measured> {
  const started = performance.now();
  const peak = fileURLToPath(new URL('peak-memory.ts', import.meta.url));
  const env = command === undefined ? { ...process.env, NODE_OPTIONS: `--import=${peak}` } : process.env;
  const timed = ['-c', '"$0" "$@"; code=$?; times >&2; exit $code', command ?? process.execPath, ...args];
  const child = spawn('bash', timed, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${[command ?? 'node', ...args].join(' ')} ended with ${code}:\n${err}\n${out}`);
  return {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: childTimes(err),
    peakMb: Math.max(0, ...[...err.matchAll(/peak (\d+)/g)].map((m) => Number(m[1]))) / 1_048_576,
    out,
  };
}

/** The last line of bash's `times`: `0m1.234s 0m0.567s` of all children. */
function childTimes(text: string): number {
  const last = [...text.matchAll(/(\d+)m([\d.]+)s (\d+)m([\d.]+)s/g)].at(-1);
  if (!last) throw new Error('bash did not say what processor time was taken.');
  const [, m1, s1, m2, s2] = last.map(Number) as [number, number, number, number, number];
  return (m1 + m2) * 60 + s1 + s2;
}

export function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;
}
