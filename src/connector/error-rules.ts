import type { ErrorHandler } from '../config/schema/connector.ts';
import { FatalError, InterlocalError, RetriableError } from '../core/errors.ts';
import { answerFacts } from '../transports/http/status.ts';

/** The answer that a rule says to take for one without records. */
export const IGNORED = Symbol('ignored');

/**
 * Does the work and judges its errors by the connector's own rules, first that fits: by HTTP status, or by words in a SOAP
 * fault. `ignore` gives IGNORED; `login` logs in anew and does the work once more; a hint of the rule replaces ours.
 */
export async function judging<T>(work: () => Promise<T>, rules: ErrorHandler['rules'], logIn?: () => void): Promise<T | typeof IGNORED> {
  for (let again = false; ; again = true) {
    try {
      return await work();
    } catch (error) {
      const rule = error instanceof InterlocalError ? rules.find((r) => fits(r, error)) : undefined;
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

function fits(rule: ErrorHandler['rules'][number], error: InterlocalError): boolean {
  const facts = answerFacts(error);
  if (!facts || (rule.status === undefined && rule.fault === undefined)) return false;
  if (rule.status !== undefined && !rule.status.includes(facts.status)) return false;
  return rule.fault === undefined || `${facts.faultCode ?? ''} ${facts.faultText ?? ''}`.toLowerCase().includes(rule.fault.toLowerCase());
}

function judged(error: InterlocalError, rule: ErrorHandler['rules'][number]): InterlocalError {
  const problems = error.problems.map((p) => (rule.hint === undefined ? p : { ...p, hint: rule.hint }));
  const options = { cause: error.cause };
  if (rule.action === 'retry')
    return new RetriableError(problems, { ...options, waitMs: error instanceof RetriableError ? error.waitMs : undefined });
  return new FatalError(problems, options);
}
