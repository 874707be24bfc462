import { z } from 'zod';
import { INSTANT } from '../../core/time/zoned-time.ts';
import { OUTCOMES } from '../../core/outcome.ts';

/**
 * Parts of the JSON shapes. Each takes the text that docs/json.md has about the key. Objects are strict: what is not declared is not
 * given. In schemas a `title` is what the table of docs/json.md calls the type.
 */
export const object = z.strictObject;

export const text = (description: string) => z.string().describe(description);
export const textOrNull = (description: string) => z.string().nullable().describe(description);
export const texts = (description: string) => z.array(z.string()).describe(description);
export const flag = (description: string) => z.boolean().describe(description);
export const count = (description: string) => z.int().min(0).describe(description);
export const whole = (description: string) => z.int().describe(description);
export const wholeOrNull = (description: string) => z.int().nullable().describe(description);
export const decimal = (description: string) => z.number().describe(description);
export const decimalOrNull = (description: string) => z.number().nullable().describe(description);

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T, description: string) =>
  z.enum(values).describe(description);
export const oneOfOrNull = <const T extends readonly [string, ...string[]]>(values: T, description: string) =>
  z.enum(values).nullable().describe(description);

const DAY = /^\d{4}-\d\d-\d\d$/;
const AMOUNT = /^-?\d+(?:\.\d+)?$/;

/** YYYY-MM-DD. */
export const day = (description: string) => z.string().regex(DAY).meta({ title: 'date', description });
export const dayOrNull = (description: string) => z.string().regex(DAY).nullable().meta({ title: 'date or null', description });
/** UTC, with Z. */
export const instant = (description: string) => z.string().regex(INSTANT).meta({ title: 'UTC time', description });
export const instantOrNull = (description: string) => z.string().regex(INSTANT).nullable().meta({ title: 'UTC time or null', description });
/** Decimal text in the currency next to it: `"-12.50"`. */
export const amount = (description: string) => z.string().regex(AMOUNT).meta({ title: 'amount', description });
export const amountOrNull = (description: string) => z.string().regex(AMOUNT).nullable().meta({ title: 'amount or null', description });
export const currency = z.string().describe('ISO 4217 code of the amounts next to it');

/** What is in it is named by the data: columns, fields of a source. */
export const named = (description: string) => z.record(z.string(), z.unknown()).meta({ title: 'object', description });
/** Exact sums by name or currency, as decimal text. */
export const sums = (description: string) => z.record(z.string(), z.string()).meta({ title: 'object of amounts', description });
/** Any JSON value. */
export const anything = (description: string) => z.unknown().meta({ title: 'any value', description });

export const list = <T extends z.ZodType>(item: T, description: string) => z.array(item).describe(description);

const place = object({
  file: z.string().optional().describe('a file of the folder or of a source'),
  line: z.int().optional().describe('line in the file, from 1'),
  column: z.int().optional().describe('column in the line, from 1'),
  record: z.int().optional().describe('number of the record in the file, page or result, from 1'),
  system: z.string().optional().describe('the connection, for what has no file'),
  key: z.string().optional().describe("the record's key in that system"),
  path: z.string().optional().describe('path in a YAML file, a field of a record, or an option of the command'),
});

/** One thing that is wrong. */
export const problem = object({
  code: text('stable code, explained in [errors.md](errors.md)'),
  place: place.describe('where it is; only what is known is there'),
  message: text('what is wrong'),
  hint: z.string().optional().describe('what to do about it'),
}).meta({ id: 'problem' });

export const problems = (description: string) => z.array(problem).describe(description);

/** What every command gives that cannot begin, and every address of the API that refuses. */
export const errorShape = object({
  error: object({
    code: text('code of the first problem; `USAGE` and `INTERNAL` may have none'),
    problems: problems('everything that is wrong'),
    request: z.string().optional().describe('of the API: number of the request in the log'),
  }).describe('why there is no answer'),
});

/** What a run did, counted in records. */
export const counts = {
  read: count('records that were read; of a pipeline that sends, that it looked at'),
  created: count('new records; of a pipeline that sends, new in its outbox'),
  changed: count('changed records; of a reconciliation, keys that differ'),
  unchanged: count('read and equal to what is stored; of a reconciliation, keys that agree'),
  skipped: count('read, and nothing was made of them, because the pipeline says so'),
  rejected: count('records that could not be used; of a pipeline that sends, refused or rejected'),
  deleted: count('deleted because the source says so, or because its snapshot lacks them'),
};

export const outcome = oneOf(
  OUTCOMES,
  'how it ended: `succeeded`; `partial`, some records are rejected; `aborted`, a person stopped it, run it again to go on; `failed`',
);
