import type { SideSum } from '../../reconciliation/match/conservation.ts';
import type { Knex } from '../../store/open.ts';
import type { Side } from '../../store/reconciliation/totals.ts';
import type { MatchSide } from '../../store/reconciliation/matches.ts';
import { storedSums, sumsByBlock, type SumsByBlock } from '../../store/reconciliation/side-blocks.ts';

/** What all records of a side add up to now. */
export interface SideTotals {
  /** Records with an amount, and their sum in minor units, by currency. */
  totals: Map<string, { records: number; minor: number }>;
  /** Records without an amount: nothing can be said of them. */
  lacking: number;
  /** What was added up for this: all blocks, or those that changed. */
  made: SumsByBlock;
}

/** Adds up a side. `changed`: blocks in which records changed since the sums that the last run kept; only these are read. */
export async function sideTotals(
  knex: Knex,
  pipeline: string,
  which: MatchSide,
  side: Side,
  changed?: ReadonlySet<number>,
): Promise<SideTotals> {
  const made = await sumsByBlock(knex, side, changed);
  const found: SideTotals = { totals: new Map(), lacking: 0, made };
  const add = (sums: SumsByBlock): void => {
    for (const list of sums.values())
      for (const { currency, records, minor } of list) {
        if (currency === null) {
          found.lacking += records;
          continue;
        }
        const total = found.totals.get(currency);
        if (!total) found.totals.set(currency, { records, minor });
        else {
          total.records += records;
          total.minor += minor;
        }
      }
  };
  add(made);
  if (changed) {
    const stored = await storedSums(knex, pipeline, which);
    for (const block of changed) stored.delete(block);
    add(stored);
  }
  return found;
}

/** Whether all states of a side together are all of its records, by number and by sum. */
export function agree({ totals }: SideTotals, sums: readonly SideSum[]): boolean {
  const left = new Map([...totals].map(([currency, total]) => [currency, { ...total }]));
  for (const { currency, records, minor } of sums) {
    const total = left.get(currency);
    if (!total || records < 0) return false;
    total.records -= records;
    total.minor -= minor;
  }
  return [...left.values()].every(({ records, minor }) => records === 0 && minor === 0);
}
