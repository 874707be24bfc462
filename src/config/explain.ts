import type { z } from 'zod';
import { didYouMean } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import { isSecretAt, describedAt, keysAt, kindsAt } from './schema-at.ts';
import { textOfPath, valueAtPath, wordsForIssue } from './words.ts';
import type { Path, Position, YamlDocument } from './yaml/document.ts';

type Issue = z.core.$ZodIssue;

/** Where the value that was checked comes from; a YamlDocument, or several that were merged. */
export type Source = Pick<YamlDocument, 'at' | 'keyAt' | 'source'>;

/**
 * Every issue that zod found, as problems in plain words with their places. `path` of an issue is relative to `base`,
 * the place in the document of what was checked. The value of a secret, or of what may be one, is never in a problem.
 */
export function explainIssues(
  issues: readonly Issue[],
  schema: z.ZodType,
  value: unknown,
  source: Source,
  base: Path = [],
  mayBeSecret: (path: Path) => boolean = () => false,
): Problem[] {
  const flat = issues.flatMap((issue) => openUnion(issue, value));
  const unknownKeys = flat.filter((issue) => issue.code === 'unrecognized_keys');
  const problems = flat.flatMap((issue) => {
    const path = issue.path as Path;
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey(key, keysAt(schema, path), source, [...base, ...path]));
    const given = valueAtPath(value, path);
    const full = [...base, ...path];
    if (given === undefined && isAbsence(issue)) {
      // A misspelled key is one mistake, not an unknown key and a missing one.
      const meant = unknownKeys.some(
        (u) =>
          samePath(u.path as Path, path.slice(0, -1)) &&
          u.keys.some((k) => didYouMean(k, keysAt(schema, path.slice(0, -1))) === String(path.at(-1))),
      );
      return meant ? [] : [missingKey(describedAt(schema, path), source, full)];
    }
    if (isSecretAt(schema, path) && given !== null) return [secretLiteral(source.at(full), full)];
    if (issue.code === 'custom' && issue.params?.code === 'KEY_MISSING') {
      const names = issue.params.names as string[];
      const meant = unknownKeys.some(
        (u) => samePath(u.path as Path, path) && u.keys.some((k) => names.includes(didYouMean(k, keysAt(schema, path)) ?? '')),
      );
      return meant ? [] : [{ code: 'KEY_MISSING', place: { ...source.keyAt(full), path: textOfPath(full) }, message: `${issue.message}.` }];
    }
    const at = issue.code === 'invalid_key' ? source.keyAt(full) : source.at(full);
    const words = mayBeSecret(full)
      ? wordsForIssue(issue, withoutValue(given), undefined)
      : wordsForIssue(issue, given, source.source(full));
    return [{ ...words, place: { ...at, path: textOfPath(full) } }];
  });
  return unique(problems);
}

/** Plain numbers that lost digits when they were read, where the schema takes them for something else than a number. */
export function explainLossy(
  document: YamlDocument,
  schema: z.ZodType,
  already: readonly Problem[],
  mayBeSecret: (path: Path) => boolean,
): Problem[] {
  return document.lossy.flatMap(({ path, source, key }) => {
    const at = key ? document.keyAt(path) : document.at(path);
    if (already.some((p) => p.place.line === at.line && p.place.column === at.column)) return [];
    const kinds = key ? [] : kindsAt(schema, path);
    if (kinds.length > 0 && kinds.every((kind) => kind === 'number') && !/^[-+]?0\d/.test(source)) return [];
    const place = { ...at, path: textOfPath(path) };
    if (mayBeSecret(path))
      return [
        {
          code: 'TYPE_WRONG',
          place,
          message: 'without quotes this is read as a number, which loses digits such as leading zeros.',
          hint: 'Write it in quotes, as in "0042".',
        },
      ];
    return [
      {
        code: 'TYPE_WRONG',
        place,
        message: `${key ? 'the key ' : ''}${source} without quotes is read as the number ${String(Number(source))}.`,
        hint: `Write it in quotes: "${source}".`,
      },
    ];
  });
}

/** A key that the schema does not have there. */
export function unknownKey(key: string, known: readonly string[], source: Source, parent: Path): Problem {
  const full = [...parent, key];
  // A key such as `password:hunter2` is a value whose colon lacks its space: it may be a secret.
  const isName = /^[\p{L}\p{N}_. -]{1,60}$/u.test(key);
  const meant = didYouMean(isName ? key : (key.split(/[:=]/)[0] ?? ''), known);
  const shown = isName ? `"${key}" is not a known key here.` : 'this line does not begin with a key that is known here.';
  const list = known.length > 0 && known.length <= 16 ? `Known keys: ${known.join(', ')}.` : undefined;
  const hint = !isName && meant ? `Is the space after "${meant}:" missing?` : meant ? `Did you mean ${meant}?` : list;
  return { code: 'KEY_UNKNOWN', place: { ...source.keyAt(full), path: textOfPath(isName ? full : parent) }, message: shown, hint };
}

function missingKey(description: string | undefined, source: Source, full: Path): Problem {
  return {
    code: 'KEY_MISSING',
    place: { ...source.keyAt(full), path: textOfPath(full) },
    message: `the key "${full.at(-1)}" is missing.`,
    hint: description ? `${full.at(-1)}: ${description.replace(/\.?$/, '.')}` : undefined,
  };
}

export function secretLiteral(at: Position, full: Path): Problem {
  return {
    code: 'SECRET_LITERAL',
    place: { ...at, path: textOfPath(full) },
    message: 'a password or key must not be written in this file itself.',
    hint: 'Write ${env:NAME} here and put the secret into that environment variable, or ${file:secrets/name} and put it into that file.',
  };
}

/** A value that no branch of a union takes: the issues of the branch that was most likely meant. */
function openUnion(issue: Issue, value: unknown): Issue[] {
  // The key that says which branch is meant has none of its values.
  if (issue.code === 'invalid_union' && 'options' in issue)
    return [{ code: 'invalid_value', values: issue.options as string[], path: issue.path, message: '' } as Issue];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const here = valueAtPath(value, issue.path as Path);
  const branches = issue.errors.map((list) => list.flatMap((inner) => openUnion(inner, here)));
  const isOtherKind = (list: Issue[]): boolean =>
    list.some((i) => i.path.length === 0 && (i.code === 'invalid_type' || (i.code === 'invalid_value' && typeof here !== 'string')));
  const likely = branches.filter((list) => !isOtherKind(list)).sort((a, b) => a.length - b.length);
  const prefixed = (list: Issue[]): Issue[] => list.map((i) => ({ ...i, path: [...issue.path, ...i.path] }) as Issue);
  if (likely[0]) return prefixed(likely[0]);
  // Of another kind than every branch: one issue that names all the kinds.
  const kinds = branches.flat().filter((i) => i.path.length === 0);
  const expected = [
    ...new Set(
      kinds.flatMap((i) =>
        i.code === 'invalid_type' ? [i.expected] : i.code === 'invalid_value' ? i.values.map((v) => `value:${String(v)}`) : [],
      ),
    ),
  ];
  return [{ code: 'invalid_type', expected: expected.join('|'), path: issue.path, message: '' } as Issue];
}

/** A value in its kind only. */
function withoutValue(given: unknown): unknown {
  return typeof given === 'string' ? Symbol('a text') : typeof given === 'number' ? Symbol('a number') : given;
}

function isAbsence(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union';
}

function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((part, i) => String(part) === String(b[i]));
}

function unique(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((p) => {
    const id = JSON.stringify([p.place, p.code, p.message]);
    return seen.has(id) ? false : seen.add(id);
  });
}
