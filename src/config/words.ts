import type { z } from 'zod';
import { didYouMean } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import type { Path } from './yaml/document.ts';

type Words = Omit<Problem, 'place'>;

/** What one zod issue says about the value that was given, in plain words. `source`: the value as written. */
export function wordsForIssue(issue: z.core.$ZodIssue, given: unknown, source: string | undefined): Words {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, given, source);
    case 'invalid_value':
      return notOneOf(issue.values.map(String), given, source);
    case 'too_small':
    case 'too_big':
      return { code: 'VALUE_INVALID', message: `${size(issue)}, but is ${textOfValue(given, source)}.` };
    case 'invalid_key':
      return {
        code: 'VALUE_INVALID',
        message: `the key "${String(issue.path.at(-1))}" ${(issue.issues[0]?.message ?? 'is not a name that can be used here').replace(/\.$/, '')}.`,
      };
    default:
      return custom(issue.message, given, source);
  }
}

/** `streams.payments.tests[0].record` */
export function textOfPath(path: Path): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i ? `.${part}` : part)).join('');
}

/** A value as people read it: the text "abc", the number 5, a list. Long texts are cut, passwords in addresses taken out. */
function textOfValue(value: unknown, source?: string): string {
  if (value === undefined) return 'missing';
  // Stands for a value that must not be shown.
  if (typeof value === 'symbol') return value.description ?? 'a value';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of keys';
  if (typeof value === 'number') return `the number ${source ?? String(value)}`;
  if (typeof value === 'boolean') return String(value);
  return quoted(String(value));
}

/** A text in quotes, at most 60 characters of it. */
export function quoted(text: string): string {
  const safe = text.replace(/:\/\/[^@/\s]*@/g, '://…@');
  return JSON.stringify(safe.length > 60 ? `${safe.slice(0, 59)}…` : safe);
}

/** What is at a path of a value. */
export function valueAtPath(value: unknown, path: Path): unknown {
  let at = value;
  for (const part of path) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string | number, unknown>)[part];
  }
  return at;
}

/** `none of a, b, c` with what was probably meant. */
export function notOneOf(allowed: readonly string[], given: unknown, source?: string): Words {
  const near = typeof given === 'string' ? didYouMean(given, allowed) : undefined;
  const meant = near !== undefined && isOtherNumber(given as string, near) ? undefined : near;
  const must = allowed.length === 1 ? `must be ${allowed[0]}` : `must be one of ${allowed.join(', ')}`;
  const written = source ?? String(given);
  const unquoted = (typeof given === 'number' || typeof given === 'boolean') && allowed.includes(written);
  return {
    code: 'VALUE_INVALID',
    message: `${must}, but is ${textOfValue(given, source)}.`,
    hint: unquoted ? `Write it in quotes: "${written}".` : meant && `Did you mean ${meant}?`,
  };
}

/** Settings that differ in their numbers alone are two things, cp037 and cp437 or tls1.3 and tls1.0, unless digits only changed places. */
function isOtherNumber(a: string, b: string): boolean {
  const digits = (text: string): string => [...text.replace(/\D/g, '')].sort().join('');
  const letters = (text: string): string => text.replace(/\d/g, '').toLowerCase();
  return letters(a) === letters(b) && /\d/.test(a) && digits(a) !== digits(b);
}

const KINDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of keys',
  record: 'a group of keys',
  null: 'null',
};

function wrongType(expected: string, given: unknown, source: string | undefined): Words {
  const kinds = [...new Set(expected.split('|').map((kind) => (kind.startsWith('value:') ? kind.slice(6) : (KINDS[kind] ?? kind))))];
  const must = `must be ${kinds.length > 1 ? `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}` : kinds[0]}`;
  const scalar = typeof given === 'number' || typeof given === 'boolean' || typeof given === 'string';
  if (kinds.includes('text') && (typeof given === 'number' || typeof given === 'boolean')) {
    const written = source ?? String(given);
    const became = written !== String(given) ? `${written} without quotes is read as ${textOfValue(given)}` : `is ${textOfValue(given)}`;
    return { code: 'TYPE_WRONG', message: `${must}, but ${became}.`, hint: `Write it in quotes: "${written}".` };
  }
  return { code: 'TYPE_WRONG', message: `${must}, but is ${textOfValue(given, source)}.`, hint: hintForType(kinds, given, scalar) };
}

function hintForType(kinds: string[], given: unknown, scalar: boolean): string | undefined {
  if (given === null) return 'Write a value after the colon, or remove the key.';
  if (kinds.includes('a list') && scalar)
    return `Write it as a list: [${String(given).length <= 40 && !/[:#,[\]{}]/.test(String(given)) ? String(given) : '…'}].`;
  if (kinds.includes('true or false') && typeof given === 'string' && /^(yes|no|on|off|y|n|true|false)$/i.test(given))
    return `Write ${/^(yes|on|y|true)$/i.test(given) ? 'true' : 'false'}.`;
  if (kinds.some((kind) => kind.endsWith('number')) && typeof given === 'string' && /^-?\d+(\.\d+)?$/.test(given))
    return `Write it without quotes: ${given}.`;
  if (kinds.includes('a group of keys') && scalar) return 'Write keys on the lines below it, indented: key: value.';
  return undefined;
}

function size(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const small = issue.code === 'too_small';
  const limit = Number(small ? issue.minimum : issue.maximum);
  const exclusive = issue.inclusive === false;
  if (issue.origin === 'string') {
    if (issue.exact) return `must have exactly ${count(limit, 'character')}`;
    return small
      ? limit === 1
        ? 'must not be empty'
        : `must have at least ${count(limit, 'character')}`
      : `must have at most ${count(limit, 'character')}`;
  }
  if (issue.origin === 'array') return `must have ${small ? 'at least' : 'at most'} ${count(limit, 'entry')}`;
  return `must be ${exclusive ? (small ? `more than ${limit}` : `less than ${limit}`) : small ? `${limit} or more` : `${limit} or less`}`;
}

function count(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun.replace(/y$/, 'ie')}s`;
}

/** Messages of our own schemas are predicates: "must be …", "is not …", "has …". */
function custom(text: string, given: unknown, source: string | undefined): Words {
  const plain = text.replace(/\.$/, '');
  const own = /^(must|is|has|needs) /.test(plain);
  const predicate = own ? plain : 'does not have the form that is needed here';
  const single = typeof given === 'string' || typeof given === 'number';
  if (!single || /^(has|needs) /.test(plain)) return { code: 'VALUE_INVALID', message: `${predicate}.` };
  return {
    code: 'VALUE_INVALID',
    message: predicate.startsWith('must')
      ? `${predicate}, but is ${textOfValue(given, source)}.`
      : `${quoted(String(given))} ${predicate}.`,
  };
}
