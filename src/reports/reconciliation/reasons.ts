import type { Reconciliation } from './lines.ts';

/** What several keys of a reconciliation have in common: why they differ, or could not be checked. */
export interface ReconciliationReason {
  status: Reconciliation['lines'][number]['status'];
  reason: string;
  currency: string;
  /** Full keys, in their order. */
  keys: string[][];
  /** Right less left over all of them, minor units of the currency; nothing is netted within a key. */
  difference: number;
}

/** Why keys differ or could not be checked, those with the most keys first. What matched has no reason. */
export function reconciliationReasons({ lines, keys }: Pick<Reconciliation, 'lines' | 'keys'>): ReconciliationReason[] {
  const open = lines.filter((line) => line.depth === keys.length && line.status !== 'matched' && line.reason);
  return [...Map.groupBy(open, (line) => `${line.status} ${line.currency} ${line.reason}`).values()]
    .map((list) => ({
      status: list[0]!.status,
      reason: list[0]!.reason!,
      currency: list[0]!.currency,
      keys: list.map((line) => line.key),
      difference: list.reduce((sum, line) => sum + line.difference, 0),
    }))
    .sort((a, b) => b.keys.length - a.keys.length || (a.reason < b.reason ? -1 : 1));
}
