import type { ReconciliationConfig } from '../config/schema/pipeline.ts';
import { plainMoney } from '../core/money.ts';
import { type Comparison, startComparison } from '../revenue/compare.ts';
import { explainLeaf } from '../revenue/explain-leaf.ts';
import { keyColumns, keyPart } from '../revenue/period.ts';
import { type Difference, saveDifferences } from '../store/differences.ts';
import type { Knex } from '../store/open.ts';
import { totals } from '../store/totals.ts';
import { type Session, stopIfAsked } from './session.ts';

/**
 * Runs a reconciliation: sums both sides by the keys of `match_on`, compares them, and replaces what the last run found
 * in one transaction. The run counts keys: read in all, unchanged where both sides agree, changed where they differ.
 */
export async function reconcile(session: Session): Promise<void> {
  const config = session.pipeline.reconcile!;
  const { town } = session.project.config;
  // Both sides in one transaction: what another pipeline lands between the two would look like a difference.
  const result = await session.commit(async (_, trx) => {
    const comparison = startComparison(config);
    for (const side of ['left', 'right'] as const) {
      stopIfAsked(session);
      await addSide(session, trx, config, side, comparison.add);
    }
    const found = comparison.finish();
    await saveDifferences(trx, session.pipeline.pipeline, session.runId, differencesOf(found, config, town.currency));
    return found;
  });
  for (const leaf of result.leaves) {
    session.counts.read++;
    if (leaf.status === 'matched') session.counts.unchanged++;
    else if (leaf.status !== 'unchecked') session.counts.changed++;
  }
  session.note(summary(result, config, town.currency));
  const outer = result.lines.filter((line) => line.depth === 1);
  if (config.match_on.length > 1 && outer.length <= OUTER_SHOWN)
    for (const line of outer)
      session.note(
        `${config.match_on[0]!.name} ${line.key[0]}: ${line.status === 'matched' ? `both say ${plainMoney(line.left ?? 0, town.currency)}` : explainLeaf(line, config, town.currency)}`,
      );
}

/** So many outer keys are told one by one in the run's notes; more are for the report. */
const OUTER_SHOWN = 12;

async function addSide(
  session: Session,
  trx: Knex,
  config: ReconciliationConfig,
  side: 'left' | 'right',
  add: (side: 'left' | 'right', total: { key: string[]; minor: number; count: number }) => void,
): Promise<void> {
  const { entity, where, amount } = config[side];
  const starts = session.project.config.town.fiscal_year_starts;
  const keys = config.match_on.map((m) => m[side]);
  const columns = [...new Set(keys.flatMap(keyColumns))];
  for await (const total of totals(trx, { entity, columns, amount, where })) {
    const row = Object.fromEntries(columns.map((column, i) => [column, total.values[i] ?? null]));
    add(side, { key: keys.map((key) => keyPart(key, row, starts)), minor: total.minor, count: total.count });
  }
}

function differencesOf(result: Comparison, config: ReconciliationConfig, currency: string): Difference[] {
  return [result.total, ...result.lines].map((line) => ({
    key: [...line.key],
    depth: line.key.length,
    status: line.status,
    left: line.left,
    right: line.right,
    leftCount: line.leftCount,
    rightCount: line.rightCount,
    reason: line.status === 'matched' ? null : explainLeaf(line, config, currency),
  }));
}

function summary(result: Comparison, config: ReconciliationConfig, currency: string): string {
  const count = (status: string): number => result.leaves.filter((leaf) => leaf.status === status).length;
  const differing = count('differs') + count('left_only') + count('right_only');
  const unchecked = count('unchecked');
  return `${config.left.name} ${plainMoney(result.total.left ?? 0, currency)} against ${config.right.name} ${plainMoney(result.total.right ?? 0, currency)}: ${count('matched')} agree, ${differing} differ${unchecked ? `, ${unchecked} have nothing to be checked against` : ''}.`;
}
