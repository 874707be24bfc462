import type { Condition } from '../config/schema/mapping.ts';
import { Fault } from './fault.ts';
import { compilePattern } from './pattern/pattern.ts';
import { compileRead, type Scope } from './source.ts';
import type { MappingSettings } from './mapping.ts';

/** Throws ConditionUnknown where it cannot be known whether it holds; ask through asked(). */
export type Holds = (scope: Scope) => boolean;

class ConditionUnknown extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.what);
    this.fault = fault;
  }
}

/** Whether a condition holds, or why that cannot be known. */
export function asked(holds: Holds, scope: Scope): boolean | Fault {
  try {
    return holds(scope);
  } catch (error) {
    if (error instanceof ConditionUnknown) return error.fault;
    throw error;
  }
}

/**
 * A condition to a closure. Everything that it says must hold; a field that is absent, empty, or no text counts as empty.
 * `not` holds for an empty field. Whether a text that is too long for its pattern matches is not known. `complain` hears what is wrong.
 */
export function compileCondition(
  condition: Condition,
  settings: MappingSettings,
  complain: (path: string, message: string, hint?: string) => void,
): Holds {
  const parts: Holds[] = [];
  const about = ['is', 'not', 'empty', 'matches'].filter((key) => condition[key as keyof Condition] !== undefined);
  if (condition.field === undefined && about.length)
    complain(about[0]!, `The condition has ${about.join(' and ')}, but no field.`, 'Add field:.');
  if (condition.field !== undefined && about.length === 0)
    complain('field', `The condition names the field ${condition.field}, but not what it must be.`, 'Add is, not, empty or matches.');
  if (condition.field === undefined && !about.length && !condition.all && !condition.any)
    complain('', 'The condition is empty.', 'Add field: with is, not, empty or matches; or all, or any.');
  if (condition.field !== undefined) {
    const read = compileRead(condition.field, true, settings);
    const text = (scope: Scope): string | null => {
      const value = read(scope);
      return value instanceof Fault ? null : value;
    };
    if (condition.is !== undefined) {
      const values = new Set(asList(condition.is));
      parts.push((scope) => values.has(text(scope) ?? ''));
    }
    if (condition.not !== undefined) {
      const values = new Set(asList(condition.not));
      parts.push((scope) => !values.has(text(scope) ?? ''));
    }
    if (condition.empty !== undefined) {
      const wanted = condition.empty;
      parts.push((scope) => (text(scope) === null) === wanted);
    }
    if (condition.matches !== undefined) {
      const pattern = compilePattern(condition.matches, (message, hint) => complain('matches', message, hint));
      parts.push((scope) => {
        const value = text(scope);
        if (value === null || pattern === undefined) return false;
        if (value.length > pattern.longest)
          throw new ConditionUnknown(tooLong(condition.matches!, pattern.longest, value, condition.field));
        return pattern.expression.test(value);
      });
    }
  }
  if (condition.all) {
    const all = condition.all.map((c, i) => compileCondition(c, settings, (path, ...rest) => complain(joined(`all.${i}`, path), ...rest)));
    parts.push((scope) => all.every((holds) => holds(scope)));
  }
  if (condition.any) {
    const any = condition.any.map((c, i) => compileCondition(c, settings, (path, ...rest) => complain(joined(`any.${i}`, path), ...rest)));
    parts.push((scope) => any.some((holds) => holds(scope)));
  }
  if (parts.length === 1) return parts[0]!;
  return (scope) => {
    for (const holds of parts) if (!holds(scope)) return false;
    return true;
  };
}

/** The fault of a text that is longer than its pattern may be given. */
export function tooLong(pattern: string, longest: number, text: string, field?: string): Fault {
  return new Fault('PATTERN_TOO_LONG', `is too long for the pattern ${pattern}: ${text.length} characters, at most ${longest}`, {
    shown: text,
    hint: 'In the mapping, shorten the text with split:, or begin the pattern with ^ and put a character between its parts; then longer texts are allowed.',
    ...(field === undefined ? {} : { field }),
  });
}

function asList(value: string | string[]): string[] {
  return Array.isArray(value) ? value : [value];
}

function joined(path: string, rest: string): string {
  return rest ? `${path}.${rest}` : path;
}
