import { z } from 'zod';

/** Parameter values of a request: text with {{ }} in it, nested as the request body is. */
export const template: z.ZodType<Template> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(template), z.record(z.string(), template)]),
);
export type Template = string | number | boolean | null | Template[] | { [name: string]: Template };
