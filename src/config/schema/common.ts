import { z } from 'zod';
import { parseDuration } from '../../core/time/time.ts';

/** Ids of connectors, connections, streams, pipelines: they become file names and table keys. */
export const id = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/, 'must be lower-case words joined by - or _, such as dog-licenses')
  .max(60);

/** Names of canonical entities and their fields: they become tables and columns. */
export const columnName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'must be lower-case letters, digits and _, such as received_on')
  .max(50);

export const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'must be a length of time such as 30s, 5m, 2h or 7d')
  .describe('A length of time: 500ms, 30s, 5m, 2h, 7d.');

export const monthDay = z
  .string()
  .regex(/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'must be a month and day such as 07-01')
  .describe('Month and day, MM-DD.');

/** Marks an option as a secret: it takes `${env:NAME}` or `${file:path}` only, and is never printed. */
export const SECRET = 'x-secret';
export const secret = z
  .string()
  .regex(/^\$\{(env|file):[^}]+\}$/, 'is a secret and must be a reference such as ${env:CLERK_PASSWORD} or ${file:secrets/clerk}')
  .meta({ [SECRET]: true });

/** Exactly one of the named keys must be given. */
export function exactlyOne<T extends z.ZodObject>(shape: T, names: readonly string[]): T {
  const checked = shape.superRefine(
    (value, context) => {
      if (typeof value !== 'object' || value === null) return;
      const given = names.filter((name) => (value as Record<string, unknown>)[name] !== undefined);
      if (given.length === 0)
        context.addIssue({ code: 'custom', message: `needs one of ${names.join(', ')}`, params: { code: 'KEY_MISSING', names } });
      else if (given.length > 1)
        context.addIssue({
          code: 'custom',
          message: `has ${given[0]} next to it, but only one of ${names.join(', ')} may be given`,
          path: [given[1]!],
        });
    },
    // Also when something else is wrong in the group: all problems are reported at once.
    { when: () => true },
  );
  // The same for editors, in the JSON Schema.
  return checked.meta({ oneOf: names.map((name) => ({ required: [name] })) }) as T;
}

/** How files are put at a remote system: moved from a temporary name, or written under their own where the server allows no rename. */
export const upload = z.enum(['rename', 'direct', 'taken']);
export type Upload = z.output<typeof upload>;
