import { fiscalPart } from '../../reconciliation/periods/fiscal-part.ts';
import { transaction } from '../../store/revenue/transaction.ts';
import { BLOCK, rangesOf, replaceMarks } from '../../store/revenue/marks.ts';
import { saveSince, saveStale } from '../../store/revenue/since.ts';
import { addSum, dayId, type Figures, monthId, replaceSums, saveBasis, type StoredSum, type SumKey } from '../../store/revenue/sums.ts';
import type { Engine } from '../run/engine.ts';
import { ledgerOfReceipts, type LedgerEntry } from './ledger.ts';
import { type SumPlan, sumPlan } from './sum-plan.ts';

/** Blocks that are made again in one transaction: others who write wait for about a second at most. */
export const BLOCKS_AT_ONCE = 96;

/**
 * Brings the sums of the revenue report up to date with the records, the reconciliations and the configuration. Costs as much as there are
 * blocks of receipts in which something changed. Gives how many blocks it made again: `most` at most. May be stopped between any two
 * transactions; the next call goes on with what is left.
 */
export async function keepSums(engine: Engine, { signal, most = Infinity }: { signal?: AbortSignal; most?: number } = {}): Promise<number> {
  for (let made = 0; ;) {
    if (signal?.aborted || made >= most) return made;
    const step = await transaction(engine.knex, async (trx) => {
      const plan = await sumPlan({ ...engine, knex: trx });
      if (!plan || plan === 'up to date') return { made: 0, left: 0 };
      const now = Math.min(BLOCKS_AT_ONCE, most - made);
      const blocks = plan.blocks.slice(0, now);
      const left = plan.blocks.slice(now);
      await replaceSums(trx, await sumsNow(plan, blocks));
      await saveSince(trx, plan.since);
      await saveStale(trx, plan.stale);
      await saveBasis(trx, JSON.stringify(plan.basis));
      await replaceMarks(trx, plan.context.receipts.id, left);
      return { made: blocks.length, left: left.length };
    });
    made += step.made;
    if (step.left === 0) return made;
  }
}

/** What the receipts of these blocks add up to now. */
export async function sumsNow(
  { context }: Pick<SumPlan, 'context'>,
  blocks: readonly number[],
): Promise<Map<number, Map<string, StoredSum>>> {
  const made = new Map(blocks.map((block) => [block, new Map<string, StoredSum>()]));
  const sumOf = summing(context.engine.project.config.town.fiscal_year_starts);
  for (const range of rangesOf(blocks))
    for await (const entries of ledgerOfReceipts(context, range))
      for (const entry of entries) addSum(made.get(Math.floor(entry.golden / BLOCK))!, sumOf(entry), 1);
  return made;
}

/** Gives the sum that an entry alone would be. Hundreds of receipts are in one sum: what it is kept apart by is made once. */
function summing(starts: string): (entry: LedgerEntry) => StoredSum {
  const known = new Map<string, Omit<StoredSum, keyof Figures>>();
  return (entry) => {
    const { bookedOn: day, corrects, department, account, tender, currency, reasons, count, amount, split } = entry;
    const [rest, receipt] = entry.part === 'rest' ? [entry.golden, entry.receiptNumber] : [0, null];
    const sign = account === null ? Math.sign(amount) : 0;
    const text = JSON.stringify([day, corrects, department, account, tender, currency, rest, receipt, sign, reasons]);
    let kept = known.get(text);
    if (!kept) {
      const from_day = fiscalPart(day, starts);
      const key: SumKey = {
        from_day,
        corrects,
        department,
        account,
        tender,
        currency,
        rest,
        receipt,
        sign,
        reasons: JSON.stringify(reasons),
      };
      const month = monthId(key);
      kept = { ...key, id: dayId(month, day), month, day };
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(text, kept);
    }
    return { ...kept, facts: 1, count, amount, ...split };
  };
}

const MOST_KNOWN = 20_000;
