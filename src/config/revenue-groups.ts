/** What revenue can be split up by, in the order in which the columns stand. Without zod: the command line starts with it. */
export const REVENUE_GROUPS = [
  'department',
  'fund',
  'account',
  'program',
  'tender',
  'channel',
  'place',
  'batch',
  'cashier',
  'system',
] as const;
export type RevenueGroup = (typeof REVENUE_GROUPS)[number];
