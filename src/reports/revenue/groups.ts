import { REVENUE_GROUPS, type RevenueGroup } from '../../config/revenue-groups.ts';
import type { Project } from '../../config/project.ts';
import { ConfigError } from '../../core/errors.ts';
import type { LedgerEntry } from '../../engine/revenue/ledger.ts';
import { fundFinder } from '../../engine/revenue/ledger-rules.ts';

export { REVENUE_GROUPS };
export type { RevenueGroup };

/** What the groups are read from. */
export type Grouped = Pick<LedgerEntry, 'department' | 'account' | 'tender'> &
  Partial<Pick<LedgerEntry, 'program' | 'channel' | 'place' | 'batch' | 'cashier' | 'source'>>;

/** What people read above a column. */
export const GROUP_TITLES: Record<RevenueGroup, string> = {
  department: 'Department',
  fund: 'Fund',
  account: 'Account',
  program: 'Program',
  tender: 'Paid by',
  channel: 'Channel',
  place: 'Place',
  batch: 'Batch',
  cashier: 'Cashier',
  system: 'System',
};

/**
 * Gives what an entry counts under: `(no channel)` and the like where it is not known. Throws ConfigError KEY_MISSING where the fund is
 * asked for and nothing says which part of an account it is.
 */
export function revenueGroups(project: Pick<Project, 'config'>, groups: readonly RevenueGroup[]): (entry: Grouped) => string[] {
  const fundOf = fundFinder(project);
  if (groups.includes('fund') && !fundOf)
    throw new ConfigError({
      code: 'KEY_MISSING',
      place: { file: 'config/interlocal.yaml', path: 'revenue.parts.fund' },
      message: 'A report by fund cannot be made, because nothing says which part of an account is the fund.',
      hint: 'In config/interlocal.yaml write, for instance, revenue: { parts: { fund: 1 } } if the fund is the first part; docs/finance.md has an example.',
    });
  const value = (entry: Grouped, group: RevenueGroup): string | null => {
    if (group === 'fund') return entry.account === null ? null : (fundOf!(entry.account) ?? null);
    return group === 'system' ? entry.source || null : (entry[group] ?? null);
  };
  return (entry) => groups.map((group) => value(entry, group) ?? `(no ${group})`);
}
