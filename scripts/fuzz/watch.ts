import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inputOf } from './attempt.ts';
import type { Report } from './child.ts';
import type { Subject } from './subject.ts';

/** One subject's figures. */
export interface Figures {
  cases: number;
  read: number;
  aside: number;
  refused: number;
  codes: Map<string, number>;
  slowestMs: number;
  /** Of inputs of at least 100 kB: seconds for a megabyte. */
  slowestPerMb: number;
  peakMb: number;
  faults: Found[];
}
export interface Found {
  subject: string;
  index: number;
  fault: string;
  about: string;
  bytes: Uint8Array;
}

/**
 * Processor time: small inputs have this long, since the first of a process loads libraries; larger ones a second for each megabyte
 * more. Who uses none and does not end either waits for something that never comes.
 */
const FLOOR_MS = 3000;
const MS_PER_MB = 1000;
const WAITING_MS = 120_000;
const LARGE = 100_000;
/**
 * All that a child may hold; what would grow with its input without end dies of it. It keeps every record of an input, up to 600,000, as
 * no run does: with 400 MB it was the collection of garbage that was timed.
 */
const HEAP_MB = 700;
/** Shrinking a fault takes its time. */
const SHRINKING_MS = 120_000;

export interface WatchOptions {
  /** What runs the cases; default child.ts. */
  script?: string;
  /** Processor time that any case may take, in milliseconds. */
  floorMs?: number;
  seed: number;
  from: number;
  to: number;
  folder: string;
  signal: AbortSignal;
  onCase(): void;
  onFault(found: Found): void;
}

/** Runs cases in a child that may hang, crash or eat all memory, and goes on behind the one that did. */
export async function watch(subject: Subject, options: WatchOptions): Promise<Figures> {
  const figures: Figures = {
    cases: 0,
    read: 0,
    aside: 0,
    refused: 0,
    codes: new Map(),
    slowestMs: 0,
    slowestPerMb: 0,
    peakMb: 0,
    faults: [],
  };
  const statusFile = join(options.folder, `${process.pid}-${subject.name.replaceAll(' ', '-')}.status`);
  const found = (one: Omit<Found, 'subject'>): void => {
    figures.faults.push({ subject: subject.name, ...one });
    options.onFault(figures.faults.at(-1)!);
  };
  let next = options.from;
  let died = -1;
  while (next < options.to && !options.signal.aborted) {
    const end = await child(subject, statusFile, { ...options, from: next }, (report) => {
      if (report.kind === 'end') figures.peakMb = Math.max(figures.peakMb, report.peakMb);
      else {
        next = report.index + 1;
        figures.cases++;
        options.onCase();
        if (report.kind === 'fault') found({ ...report, bytes: Buffer.from(report.bytes, 'base64') });
        else count(figures, report);
      }
    });
    if (end === undefined || options.signal.aborted) break;
    // Who dies of a case dies of it again; a machine without memory may have ended the child for any other reason.
    if (end.died && died !== next) {
      died = next;
      continue;
    }
    const { bytes, about } = await inputOf(subject, options.seed, next);
    found({ index: next, fault: end.words, about, bytes });
    figures.cases++;
    options.onCase();
    next++;
  }
  rmSync(statusFile, { force: true });
  return figures;
}

function count(figures: Figures, { state, codes, ms, size }: Extract<Report, { kind: 'case' }>): void {
  if (state === 'read') figures.read++;
  else if (state === 'refused') figures.refused++;
  else figures.aside++;
  for (const code of codes) figures.codes.set(code, (figures.codes.get(code) ?? 0) + 1);
  figures.slowestMs = Math.max(figures.slowestMs, ms);
  if (size >= LARGE) figures.slowestPerMb = Math.max(figures.slowestPerMb, ms / 1000 / (size / 1e6));
}

/** Why the child ended before its time, in words; undefined: it did all its cases. */
async function child(
  subject: Subject,
  statusFile: string,
  { seed, from, to, signal, script = fileURLToPath(new URL('child.ts', import.meta.url)), floorMs = FLOOR_MS }: WatchOptions,
  onReport: (report: Report) => void,
): Promise<{ words: string; died: boolean } | undefined> {
  const args = [subject.name, String(seed), String(from), String(to), statusFile];
  rmSync(statusFile, { force: true });
  const made: ChildProcess = fork(script, args, {
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  let done = false;
  let over = false;
  made.stderr!.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  made.on('message', (report: Report) => {
    if (report.kind === 'end') done = true;
    onReport(report);
  });
  let how = '';
  const ended = new Promise<void>((resolve) =>
    made.once('close', (code, signal) => {
      over = true;
      how = signal ?? `exit code ${code}`;
      resolve();
    }),
  );
  const stop = (): void => void made.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  let hung: string | undefined;
  while (!over) {
    await Promise.race([ended, sleep(250)]);
    const at = over ? undefined : beginning(statusFile, made.pid!);
    if (!at || !takesLong(at, floorMs)) continue;
    const size = at.index < 0 ? 0 : (await inputOf(subject, seed, at.index)).bytes.length;
    // To make the input again takes time, in which the child may have gone on.
    const still = over ? undefined : beginning(statusFile, made.pid!);
    if (still?.index !== at.index || !takesLong(still, floorMs + (size / 1e6) * MS_PER_MB)) continue;
    hung = `It hangs: ${still.cpu.toFixed(0)} ms of processor time, ${still.ms} ms by the clock for ${size} bytes, and no end.`;
    made.kill('SIGKILL');
    await ended;
  }
  signal.removeEventListener('abort', stop);
  if (hung !== undefined) return { words: hung, died: false };
  return done ? undefined : { words: `The process died of it (${how}): ${said || 'nothing was said'}`, died: true };
}

function takesLong({ index, ms, cpu }: At, mostMs: number): boolean {
  if (index < 0) return ms > SHRINKING_MS;
  return cpu > mostMs || ms > WAITING_MS;
}

interface At {
  /** -1: a fault is being made small. */
  index: number;
  ms: number;
  cpu: number;
}

/** The case that the child is at, and what it has taken for it so far. */
function beginning(statusFile: string, pid: number): At | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(statusFile);
  } catch {
    return undefined; // it has not begun
  }
  if (bytes.length < 24) return undefined;
  const ms = Date.now() - bytes.readDoubleLE(8);
  return { index: bytes.readDoubleLE(0), ms, cpu: (cpuOf(pid) ?? ms + bytes.readDoubleLE(16)) - bytes.readDoubleLE(16) };
}

/** Processor time of another process, in milliseconds, where the system tells it as a file; its clock ticks are a hundredth of a second. */
function cpuOf(pid: number): number | undefined {
  try {
    const [, , , , , , , , , , , user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(user) + Number(system)) * 10;
  } catch {
    return undefined;
  }
}
