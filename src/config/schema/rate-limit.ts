import { z } from 'zod';
import { duration } from './common.ts';

/** How often a service may be asked. */
export const rateLimit = z.strictObject({
  requests: z.int().positive().max(100_000).describe('This many requests …'),
  per: duration.describe('… in any stretch of this length: 1s, 1m, 1h.'),
});
export type RateLimit = z.output<typeof rateLimit>;
