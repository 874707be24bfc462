import type { z } from 'zod';
import type { Path } from './yaml/document.ts';
import { SECRET } from './schema/common.ts';

/** What zod keeps of a schema; only the parts that describe where keys lead. */
interface Def {
  type: string;
  shape?: Record<string, z.ZodType>;
  valueType?: z.ZodType;
  element?: z.ZodType;
  items?: z.ZodType[];
  options?: readonly z.ZodType[];
  innerType?: z.ZodType;
  getter?: () => z.ZodType;
  in?: z.ZodType;
  catchall?: z.ZodType;
}

function defOf(schema: z.ZodType): Def {
  return schema._zod.def as unknown as Def;
}

/** The plain schemas that may be at a path, with wrappers (optional, default, lazy) and unions opened. */
function schemasAt(schema: z.ZodType, path: Path): z.ZodType[] {
  let here = unwrap(schema);
  for (const part of path) here = here.flatMap((s) => step(s, part)).flatMap(unwrap);
  return here;
}

/** Keys that a group at this path may have; empty when any may. */
export function keysAt(schema: z.ZodType, path: Path): string[] {
  return [...new Set(schemasAt(schema, path).flatMap((s) => Object.keys(defOf(s).shape ?? {})))];
}

/** Is what is at this path, or around it, marked as a secret? */
export function isSecretAt(schema: z.ZodType, path: Path): boolean {
  let here = [schema];
  for (const part of path) {
    if (here.some(isMarkedSecret)) return true;
    here = here.flatMap(unwrap).flatMap((s) => step(s, part));
  }
  return here.some(isMarkedSecret);
}

function isMarkedSecret(schema: z.ZodType): boolean {
  if (schema.meta()?.[SECRET] === true) return true;
  const def = defOf(schema);
  const inner = def.innerType ?? def.in;
  return inner ? isMarkedSecret(inner) : (def.options ?? []).some(isMarkedSecret);
}

/** What the schema says about a path, for hints. */
export function describedAt(schema: z.ZodType, path: Path): string | undefined {
  if (path.length === 0) return schema.description;
  const key = path.at(-1)!;
  for (const parent of schemasAt(schema, path.slice(0, -1)))
    for (const child of step(parent, key)) {
      const text = child.description ?? unwrap(child).find((s) => s.description)?.description;
      if (text) return text;
    }
  return undefined;
}

/** The kinds of single values that are right at a path: string, number, boolean, enum. */
export function kindsAt(schema: z.ZodType, path: Path): string[] {
  return schemasAt(schema, path).map((s) => defOf(s).type);
}

function unwrap(schema: z.ZodType): z.ZodType[] {
  const def = defOf(schema);
  if (def.type === 'union') return (def.options ?? []).flatMap(unwrap);
  if (def.type === 'lazy' && def.getter) return unwrap(def.getter());
  if (def.type === 'pipe' && def.in) return unwrap(def.in);
  return def.innerType ? unwrap(def.innerType) : [schema];
}

function step(schema: z.ZodType, part: string | number): z.ZodType[] {
  const def = defOf(schema);
  const next = def.shape
    ? Object.hasOwn(def.shape, String(part))
      ? def.shape[part]
      : def.catchall
    : (def.valueType ?? def.element ?? def.items?.[Number(part)]);
  return next ? [next] : [];
}
