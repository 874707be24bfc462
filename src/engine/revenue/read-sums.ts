import { dayAfter } from '../../reconciliation/periods/fiscal.ts';
import { fiscalPart, nextPart } from '../../reconciliation/periods/fiscal-part.ts';
import { anythingBooked } from '../../store/reconciliation/booked.ts';
import { listPeriods } from '../../store/reconciliation/periods.ts';
import { atOneMoment } from '../../store/revenue/transaction.ts';
import { addSum, readSums, type StoredSum, sumsOfBlocks } from '../../store/revenue/sums.ts';
import type { Engine } from '../run/engine.ts';
import { sumsNow } from './keep-sums.ts';
import { type LedgerEntry, revenueLedger } from './ledger.ts';
import { sumPlan } from './sum-plan.ts';

export type { StoredSum as RevenueSum };

/** Which sums are read; days are both included. */
export interface SumQuery {
  /** Whether there is a sum of each day, or only of the parts of months that every longer period is made of. */
  by: 'day' | 'month';
  from?: string | undefined;
  to?: string | undefined;
  department?: string | undefined;
}

/** Of so many blocks that changed since the sums were stored, the receipts are added up by whoever reads. */
const MAX_BLOCKS = 128;

/**
 * What the entries of the revenue ledger add up to, from sums that are kept up to date: the same figures as adding up each entry. What
 * changed since they were stored is added up again meanwhile. undefined: too much changed, and the receipts have to be read themselves.
 * Sums of a month have its first day, or that of the part of it that is asked for.
 */
export function revenueSums(engine: Engine, query: SumQuery): Promise<StoredSum[] | undefined> {
  return atOneMoment(engine.knex, async (trx) => {
    const now = { ...engine, knex: trx };
    const plan = await sumPlan(now, MAX_BLOCKS);
    if (!plan) return [];
    if (plan === 'too many') return undefined;
    const changed = plan === 'up to date' ? [] : plan.blocks;
    const ranges = rangesOf(query, engine.project.config.town.fiscal_year_starts, await isUndatedCounted(now, query));
    const stored = new Map<string, StoredSum>();
    for (const { kind, from, before } of ranges)
      for (const sum of await readSums(trx, kind, { from, before }, query.department)) addSum(stored, sum, 1);
    if (plan !== 'up to date') {
      for (const sums of (await sumsOfBlocks(trx, changed)).values()) for (const sum of sums.values()) overlay(sum, -1);
      for (const sums of (await sumsNow(plan, changed)).values()) for (const sum of sums.values()) overlay(sum, 1);
    }
    return [...stored.values()].filter(({ facts }) => facts !== 0);

    function overlay(sum: StoredSum, sign: 1 | -1): void {
      if (query.department !== undefined && sum.department !== query.department) return;
      const range = ranges.find(
        ({ kind, from, before }) => from <= (kind === 'day' ? sum.day : sum.from_day) && (kind === 'day' ? sum.day : sum.from_day) < before,
      );
      if (range) addSum(stored, range.kind === 'day' ? sum : { ...sum, id: sum.month, day: sum.from_day }, sign);
    }
  });
}

/** Revenue of some days, of one entry or of several that differ in nothing that is told here. */
export type RevenuePart = Pick<LedgerEntry, 'department' | 'account' | 'tender' | 'currency' | 'count' | 'amount' | 'split'>;

/** All revenue of these days, from the sums where they can be used, otherwise entry by entry. */
export async function* revenueParts(engine: Engine, range: Pick<SumQuery, 'from' | 'to'>): AsyncGenerator<RevenuePart> {
  const sums = await revenueSums(engine, { by: 'month', ...range });
  if (!sums) yield* revenueLedger(engine, range);
  else
    for (const { department, account, tender, currency, count, amount, reconciled, in_transit, exception, not_covered } of sums)
      yield { department, account, tender, currency, count, amount, split: { reconciled, in_transit, exception, not_covered } };
}

interface SumRange {
  kind: 'day' | 'month';
  from: string;
  before: string;
}

/** The days before the first whole month, the whole months, and the days after the last. */
function rangesOf({ by, from, to }: SumQuery, starts: string, undated: boolean): SumRange[] {
  const first = from ?? (undated ? '' : '0');
  const before = to === undefined ? ':' : dayAfter(to);
  if (by === 'day') return [{ kind: 'day', from: first, before }];
  const part = from === undefined ? first : fiscalPart(from, starts);
  const whole = part === first ? first : nextPart(part, starts);
  const end = to === undefined ? before : fiscalPart(before, starts);
  if (whole >= end) return [{ kind: 'day', from: first, before }];
  const ranges: SumRange[] = [
    { kind: 'day', from: first, before: whole },
    { kind: 'month', from: whole, before: end },
    { kind: 'day', from: end, before },
  ];
  return ranges.filter((range) => range.from < range.before);
}

/** Receipts without a day are in the report of all days, as long as no period was closed. */
async function isUndatedCounted({ knex }: Engine, { from, to }: SumQuery): Promise<boolean> {
  if (from !== undefined || to !== undefined) return false;
  return (await listPeriods(knex, ['closed'])).length === 0 && !(await anythingBooked(knex));
}
