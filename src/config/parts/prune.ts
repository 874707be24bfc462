import type { z } from 'zod';
import type { Problem } from '../../core/errors.ts';
import type { Path } from '../yaml/document.ts';

/** Taking one wrong thing out may show another; more turns than this mean that little is right. */
const MAX_TURNS = 5;

/**
 * What is right in a document: the same without what the schema finds wrong. So that what the rest of it says can be checked too, and all
 * mistakes are told at once. undefined where nothing sensible is left. `removed`: what was taken out, for leaving out problems that come of it.
 */
export function withoutWrong<S extends z.ZodType>(
  schema: S,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
): { value: z.output<S>; removed: Path[] } | undefined {
  const copy: unknown = structuredClone(value);
  const removed: Path[] = [];
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const wrong = pathsOf(issues);
    if (wrong.some((path) => path.length === 0)) return undefined;
    // From the back, so places in lists stay what they are.
    for (const path of [...wrong].sort(lastFirst)) remove(copy, path);
    removed.push(...wrong);
    const parsed = schema.safeParse(copy);
    if (parsed.success) return { value: parsed.data, removed };
    const before = issues;
    issues = parsed.error.issues;
    // What is missing now was wrong before: the group around it is of no use without it.
    if (JSON.stringify(issues) === JSON.stringify(before) || issues.some((issue) => isMissing(copy, issue)))
      issues = issues.map((issue) => (isMissing(copy, issue) ? { ...issue, path: issue.path.slice(0, -1) } : issue));
  }
  return undefined;
}

/**
 * Is what a problem is about at, above or below something that was taken out, or does it name it? Then it may be the same mistake once
 * more.
 */
export function touches({ place: { path = '' }, message }: Problem, removed: readonly Path[]): boolean {
  if (removed.some((gone) => gone.slice(1).some((part) => message.includes(`"${part}"`)))) return true;
  const parts = path === '' ? [] : path.split(/[.[\]]+/).filter((part) => part !== '');
  return removed.some((gone) => {
    const shorter = Math.min(gone.length, parts.length);
    return parts.slice(0, shorter).every((part, i) => part === String(gone[i]));
  });
}

function pathsOf(issues: readonly z.core.$ZodIssue[]): (string | number)[][] {
  const paths = issues.flatMap((issue) => {
    const path = issue.path as (string | number)[];
    return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
  });
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}

function lastFirst(a: Path, b: Path): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x !== y) return typeof x === 'number' && typeof y === 'number' ? y - x : String(y) < String(x) ? -1 : 1;
  }
  return b.length - a.length;
}

function remove(value: unknown, path: Path): void {
  const parent = path.slice(0, -1).reduce<unknown>((at, part) => (isGroup(at) ? (at as Record<string, unknown>)[part] : undefined), value);
  const last = path.at(-1)!;
  if (Array.isArray(parent)) {
    if (Number(last) < parent.length) parent.splice(Number(last), 1);
  } else if (isGroup(parent)) delete (parent as Record<string, unknown>)[last];
}

function isMissing(value: unknown, issue: z.core.$ZodIssue): boolean {
  const path = issue.path as Path;
  const parent = path.slice(0, -1).reduce<unknown>((at, part) => (isGroup(at) ? (at as Record<string, unknown>)[part] : undefined), value);
  return path.length > 0 && issue.code !== 'unrecognized_keys' && (!isGroup(parent) || !((path.at(-1)! as string) in (parent as object)));
}

function isGroup(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
