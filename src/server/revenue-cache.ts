import type { PeriodKind, RevenueRow } from '../reports/revenue/revenue.ts';
import { revenueReport } from '../reports/revenue/revenue.ts';
import type { Engine } from '../engine/run/engine.ts';
import { reportsVersion } from '../reports/runs.ts';

export interface RevenueCache {
  /** The report over all departments; the same list until a run has begun or ended, or a period was closed or reopened. Not to be changed. */
  rows(query: { period: PeriodKind; from?: string | undefined; to?: string | undefined }): Promise<readonly RevenueRow[]>;
}

/** So many reports are kept; the one not asked for the longest goes first. */
const KEPT = 12;

/** A report over a town's years takes a second, and only a run changes it: it is kept until one did. */
export function revenueCache(engine: Engine): RevenueCache {
  const kept = new Map<string, Promise<readonly RevenueRow[]>>();
  let state = '';
  return {
    async rows({ period, from, to }) {
      const now = await reportsVersion(engine);
      if (now !== state) {
        kept.clear();
        state = now;
      }
      const key = `${period} ${from ?? ''} ${to ?? ''}`;
      const found = kept.get(key);
      kept.delete(key);
      const rows = found ?? revenueReport(engine, { period, from, to });
      kept.set(key, rows);
      // A failure is not cached; the caller gets it.
      if (!found) rows.catch(() => kept.get(key) === rows && kept.delete(key));
      if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
      return rows;
    },
  };
}
