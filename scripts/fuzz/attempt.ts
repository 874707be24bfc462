import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { InterlocalError, type Problem, textOfProblem } from '../../src/core/errors.ts';
import type { Reading } from '../../src/authoring/certify/reading.ts';
import { Fault, type Subject, type Verdict } from './subject.ts';

export interface Attempt {
  verdict?: Verdict;
  /** What is wrong with us, with its stack. */
  fault?: string;
  /** Of processor time. */
  ms: number;
  bytes: Uint8Array;
  about: string;
}

/**
 * Case number `index` of a subject: the same seed and number give the same input, whatever was tried before. With `shrink`, an
 * input that finds a fault is made as small as can be.
 */
export async function attemptCase(subject: Subject, seed: number, index: number, shrink = false): Promise<Attempt> {
  let last: Attempt = { ms: 0, bytes: new Uint8Array(), about: '' };
  const property = fc.asyncProperty(subject.inputs, async (input) => {
    last = await attemptInput(subject, input);
    if (last.fault !== undefined) smallest = last;
    return last.fault === undefined;
  });
  let smallest: Attempt | undefined;
  const found = await fc.check(property, { ...oneCase(subject, seed, index), endOnFailure: !shrink, interruptAfterTimeLimit: 60_000 });
  if (found.failed && !smallest) throw found.errorInstance;
  return smallest ?? last;
}

/** The input alone, for one that never came back. */
export async function inputOf(subject: Subject, seed: number, index: number): Promise<{ bytes: Uint8Array; about: string }> {
  let made: unknown;
  await fc.check(
    fc.asyncProperty(subject.inputs, async (input) => void (made = input)),
    oneCase(subject, seed, index),
  );
  return { bytes: subject.bytesOf(made), about: subject.about?.(made) ?? '' };
}

function oneCase(subject: Subject, seed: number, index: number): { seed: number; numRuns: number } {
  let hash = seed | 0;
  for (const text of [subject.name, String(index)])
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) ^ (hash >>> 15);
  return { seed: hash, numRuns: 1 };
}

async function attemptInput(subject: Subject, input: unknown): Promise<Attempt> {
  const bytes = subject.bytesOf(input);
  const about = subject.about?.(input) ?? '';
  const started = cpuMs();
  try {
    const verdict = await judged(subject, input);
    return { verdict, ms: cpuMs() - started, bytes, about };
  } catch (error) {
    return {
      fault: error instanceof Error ? (error.stack ?? error.message) : String(error),
      ms: cpuMs() - started,
      bytes,
      about,
    };
  }
}

/** Processor time of this process: on a busy machine the clock says nothing. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function judged(subject: Subject, input: unknown): Promise<Verdict> {
  try {
    return await subject.attempt(input);
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return refusal(error.problems);
  }
}

export function refusal(problems: readonly Problem[]): Verdict {
  for (const problem of problems) checkProblem(problem);
  if (problems.length === 0) throw new Fault('A refusal without any problem.');
  return { state: 'refused', codes: [...new Set(problems.map((p) => p.code))] };
}

/** What a file reads as, with every problem of its records looked at. */
export function verdictOf({ refused, records }: Reading): Verdict {
  if (refused) return refusal(refused);
  for (const { problem } of records) if (problem) checkProblem(problem);
  const codes = [...new Set(records.flatMap((r) => r.problem?.code ?? []))];
  return { state: codes.length ? 'rejected' : 'read', codes };
}

const MAX_WORDS = 4000;
let explained: Set<string> | undefined;

/** A person can look it up, read it, and it does nothing to the terminal that it is shown on. */
export function checkProblem(problem: Problem): void {
  explained ??= new Set(
    readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
      .split('\n')
      .flatMap((line) => /^\| `([A-Z0-9_]+)`/.exec(line)?.[1] ?? []),
  );
  const text = textOfProblem(problem);
  if (!explained.has(problem.code)) throw new Fault(`The code ${problem.code} is not explained in docs/errors.md: ${text.slice(0, 300)}`);
  if (text.length > MAX_WORDS) throw new Fault(`The message of ${problem.code} has ${text.length} characters: ${text.slice(0, 300)}`);
  const control = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/.exec(text);
  if (control)
    throw new Fault(
      `The message of ${problem.code} has the control character ${control[0].charCodeAt(0)} in it: ${JSON.stringify(text.slice(0, 300))}`,
    );
}
