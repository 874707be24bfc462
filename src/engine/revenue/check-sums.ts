import { allBlocks } from '../../store/revenue/marks.ts';
import { atOneMoment, transaction } from '../../store/revenue/transaction.ts';
import { addSum, FIGURES, forgetSums, readSums, type StoredSum, sumsOfBlocks } from '../../store/revenue/sums.ts';
import type { Engine } from '../run/engine.ts';
import { factsContext } from './facts.ts';
import { BLOCKS_AT_ONCE, keepSums, sumsNow } from './keep-sums.ts';
import { sumPlan } from './sum-plan.ts';

/** What holding every stored sum against the receipts found. */
export interface SumCheck {
  /** Sums that were looked at; what is about to be made again was not. */
  sums: number;
  /** Sums that are wrong, with what is stored and what the receipts say. */
  wrong: { what: 'block' | 'day' | 'month'; stored: StoredSum | undefined; right: StoredSum | undefined }[];
}

/**
 * Adds up all receipts, and compares that with the sums as they are stored, at one moment. Sums that are known to be of before a change are
 * not looked at: reports do not use them, and the next run makes them again.
 */
export function checkSums(engine: Engine): Promise<SumCheck> {
  return atOneMoment(engine.knex, async (trx) => {
    const now = { ...engine, knex: trx };
    const found: SumCheck = { sums: 0, wrong: [] };
    const plan = await sumPlan(now);
    if (!plan) return found;
    // Made without what the sums know of changes: everything is looked at.
    const context = (await factsContext(now))!;
    const behind = new Set(plan === 'up to date' ? [] : plan.blocks);
    const days = new Map<string, StoredSum>();
    const blocks = await allBlocks(trx, context.receipts.entity);
    for (let i = 0; i < blocks.length; i += BLOCKS_AT_ONCE) {
      const some = blocks.slice(i, i + BLOCKS_AT_ONCE);
      const stored = await sumsOfBlocks(trx, some);
      for (const sums of stored.values()) for (const sum of sums.values()) addSum(days, sum, 1);
      const right = await sumsNow(
        { context },
        some.filter((block) => !behind.has(block)),
      );
      for (const [block, sums] of right) compare('block', stored.get(block)!, sums, found);
    }
    const all = { from: '', before: ':' };
    compare('day', byId(await readSums(trx, 'day', all)), days, found);
    const months = new Map<string, StoredSum>();
    for (const sum of days.values()) addSum(months, { ...sum, id: sum.month, day: sum.from_day }, 1);
    compare('month', byId(await readSums(trx, 'month', all)), months, found);
    return found;
  });
}

/** Forgets all sums and makes them again from the receipts. */
export async function remakeSums(engine: Engine): Promise<void> {
  await transaction(engine.knex, forgetSums);
  await keepSums(engine);
}

function byId(sums: readonly StoredSum[]): Map<string, StoredSum> {
  return new Map(sums.map((sum) => [sum.id, sum]));
}

function compare(
  what: SumCheck['wrong'][number]['what'],
  stored: ReadonlyMap<string, StoredSum>,
  right: ReadonlyMap<string, StoredSum>,
  found: SumCheck,
): void {
  for (const id of new Set([...stored.keys(), ...right.keys()])) {
    const [a, b] = [stored.get(id), right.get(id)];
    found.sums++;
    if (FIGURES.some((figure) => (a?.[figure] ?? 0) !== (b?.[figure] ?? 0))) found.wrong.push({ what, stored: a, right: b });
  }
}
