import type { ErrorHandler } from '../config/schema/connector.ts';
import { FatalError, FileError, InterlocalError, RetriableError } from '../core/errors.ts';
import { type AnswerFacts, answerFacts } from '../transports/answer-facts.ts';
import { retryAfter } from '../transports/web/status.ts';
import type { FileTransport, RequestAnswer } from '../transports/transport.ts';

/** The answer that a rule says to take for one without records. */
export const IGNORED = Symbol('ignored');

type Rules = ErrorHandler['rules'];

/** A file that a rule says to leave where it is: the next run tries it again. */
export class IgnoredFile extends InterlocalError {}

/**
 * Does the work and judges its errors by the connector's own rules, first that fits: by status (of HTTP, SQL Server or SFTP), or by
 * words of a fault. `ignore` gives IGNORED; `login` logs in again and does the work once more; a hint of the rule replaces ours.
 */
export async function judging<T>(work: () => Promise<T>, rules: Rules, logIn?: () => void): Promise<T | typeof IGNORED> {
  for (let again = false; ; again = true) {
    try {
      return await work();
    } catch (error) {
      const rule = ruleFor(error, rules);
      if (!rule) throw error;
      if (rule.action === 'ignore') return IGNORED;
      if (rule.action === 'login' && logIn && !again) {
        logIn();
        continue;
      }
      throw judged(error as InterlocalError, rule);
    }
  }
}

/**
 * The same files, each request of them judged by the rules. `ignore` takes a folder for empty and leaves a file where it is
 * (IgnoredFile); of writing, moving and removing it says nothing. `note` is told what was ignored.
 */
export function judgedFiles(transport: FileTransport, rules: Rules, note: (text: string) => void): FileTransport {
  if (rules.length === 0) return transport;
  const changing = rules.filter((rule) => rule.action !== 'ignore');
  const judge = async <T>(work: () => Promise<T>): Promise<T> => (await judging(work, changing)) as T;
  return {
    ...transport,
    async list(folder, pattern, onUnreadable) {
      const files = await judging(() => transport.list(folder, pattern, onUnreadable), rules);
      if (files !== IGNORED) return files;
      note(`${folder}: an error that the connector says to ignore was treated as a folder without files.`);
      return [];
    },
    stat: (path) => judge(() => transport.stat(path)),
    async *read(path) {
      try {
        yield* transport.read(path);
      } catch (error) {
        const rule = ruleFor(error, rules);
        if (!rule) throw error;
        throw rule.action === 'ignore' ? new IgnoredFile((error as InterlocalError).problems) : judged(error as InterlocalError, rule);
      }
    },
    write: (path, bytes, options) => judge(() => transport.write(path, bytes, options)),
    rename: (from, to) => judge(() => transport.rename(from, to)),
    remove: (path) => judge(() => transport.remove(path)),
  };
}

/**
 * An answer that came with a status of success, as it is; where a rule names its status, an error for that rule to judge: 204, 206 and
 * the like.
 */
export async function unlessRuled(answer: RequestAnswer, rules: Rules, system: string): Promise<RequestAnswer> {
  const { status, headers, bytes } = answer;
  if (status >= 300 || !rules.some((rule) => rule.fault === undefined && rule.status?.includes(status))) return answer;
  for await (const _ of bytes ?? []);
  const waitMs = retryAfter(headers['retry-after']);
  throw new FatalError(
    {
      code: `HTTP_${status}`,
      place: { system },
      message: `The system answered with status ${status}, which a rule of the connector counts as a failure.`,
      hint: 'If this answer is normal for this system, correct error_handler.rules in its connector; otherwise ask the owner of the system.',
    },
    { cause: { status, waitMs } satisfies AnswerFacts },
  );
}

function ruleFor(error: unknown, rules: Rules): Rules[number] | undefined {
  return error instanceof InterlocalError ? rules.find((rule) => fits(rule, error)) : undefined;
}

function fits(rule: Rules[number], error: InterlocalError): boolean {
  const facts = answerFacts(error);
  if (!facts || (rule.status === undefined && rule.fault === undefined)) return false;
  if (rule.status !== undefined && !rule.status.includes(facts.status)) return false;
  return rule.fault === undefined || `${facts.faultCode ?? ''} ${facts.faultText ?? ''}`.toLowerCase().includes(rule.fault.toLowerCase());
}

function judged(error: InterlocalError, rule: Rules[number]): InterlocalError {
  const problems = error.problems.map((p) => (rule.hint === undefined ? p : { ...p, hint: rule.hint }));
  const options = { cause: error.cause };
  if (rule.action === 'retry')
    return new RetriableError(problems, {
      ...options,
      waitMs: error instanceof RetriableError ? error.waitMs : answerFacts(error)?.waitMs,
    });
  // A file that is refused is refused alone; the others go on.
  return error instanceof FileError ? new FileError(problems, options) : new FatalError(problems, options);
}
