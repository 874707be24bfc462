import { asSentence } from './text/sentence.ts';
import { visible, visibleLine } from './text/visible.ts';

/** Where a problem is. At least one of the parts is given; `textOfPlace` writes it as a person reads it. */
export interface Place {
  /** A file of the town's folder or of a source, as the person knows it. */
  file?: string;
  /** 1-based line in that file. */
  line?: number;
  /** 1-based column in that line. */
  column?: number;
  /** 1-based number of the record in the file, page or query result. */
  record?: number;
  /** The connection, for what has no file. */
  system?: string;
  /** The record's key in that system. */
  key?: string;
  /** The path inside a YAML document (`streams.payments.decoder`) or the field of a record. */
  path?: string;
}

/** One thing that is wrong, in plain words. Several are reported together. */
export interface Problem {
  /** Stable, upper case, searchable in docs/errors.md: `FILE_TRUNCATED`. */
  code: string;
  place: Place;
  /** What is wrong, one sentence, with the offending value where it is not secret or personal. */
  message: string;
  /** What to do about it, one sentence. */
  hint?: string;
}

/** `payments.csv:24787:1` · `gl.xml, record 12` · `finance (SQL Server), key 0042` */
export function textOfPlace(place: Place): string {
  let text = place.file ?? place.system ?? '';
  if (place.line !== undefined) text += `:${place.line}` + (place.column !== undefined ? `:${place.column}` : '');
  else if (place.record !== undefined) text += `${text ? ', ' : ''}record ${place.record}`;
  if (place.key !== undefined) text += `${text ? ', ' : ''}key ${place.key}`;
  if (place.path) text += `${text ? ' ' : ''}${place.path}`;
  return text;
}

/** `file:line:col path: problem. What to do. [CODE]`, with nothing in it that a terminal would obey. */
export function textOfProblem(problem: Problem): string {
  // A message that begins with the path's name need not have it in front once more.
  const { path, ...where } = problem.place;
  const doubled = path !== undefined && problem.message.startsWith(`${path} `);
  const place = visibleLine(textOfPlace(doubled ? where : problem.place));
  // A stack of ours has several lines; whatever else is told has one, whatever the value in it.
  const message = problem.code === 'INTERNAL' ? visible(problem.message) : visibleLine(problem.message);
  const said = problem.hint ? `${asSentence(message)} ${visibleLine(problem.hint)}` : message;
  return `${place ? `${place}: ` : ''}${said} [${problem.code}]`;
}

/** What the engine can act on. Whatever is thrown that is not one of these is our own bug and keeps its stack. */
export class InterlocalError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: Problem | readonly Problem[], options?: ErrorOptions) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(list.map(textOfProblem).join('\n'), options);
    this.name = new.target.name;
    this.problems = list;
  }
  get code(): string {
    return this.problems[0]?.code ?? 'UNKNOWN';
  }
}

/** The configuration is wrong: refuse to start. */
export class ConfigError extends InterlocalError {}

/** The remote system is busy or away: wait and try again. */
export class RetriableError extends InterlocalError {
  /** What the remote system asked us to wait (Retry-After), in milliseconds. */
  readonly waitMs: number | undefined;
  /** It often passes without anybody's doing: the hint says only what to do if it continues. */
  readonly passes: boolean;
  constructor(problems: Problem | readonly Problem[], options?: ErrorOptions & { waitMs?: number | undefined; passes?: boolean }) {
    super(problems, options);
    this.waitMs = options?.waitMs;
    this.passes = options?.passes ?? false;
  }
  /** The same error in other words. */
  worded(problems: readonly Problem[]): RetriableError {
    return new RetriableError(problems, { cause: this.cause, waitMs: this.waitMs, passes: this.passes });
  }
}

/** This record cannot be used: reject it with its reason, and continue with the others. */
export class RecordError extends InterlocalError {}

/** Stop the run. */
export class FatalError extends InterlocalError {}

/** Refuse this file whole, before anything of it commits; other files go on and the run ends as failed. */
export class FileError extends FatalError {}

/** A person or a signal stopped the run; it resumes where it was. */
export class AbortedError extends InterlocalError {}

/** The closest of the known names, when it is close enough to be what was meant. */
export function didYouMean(given: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const name of known) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** Optimal string alignment distance (a swap of neighbors counts one); gives up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min(row[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, before[j - 2]! + 1);
      row.push(d);
    }
    [before, previous] = [previous, row];
  }
  return previous[b.length]!;
}
