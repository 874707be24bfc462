import type { Compared } from '../../reconciliation/keyed/compared.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import type { Problem } from '../../core/errors.ts';
import { plainMoney } from '../../core/money.ts';
import { type Comparison, type OpenComparison, startComparison } from '../../reconciliation/keyed/compare.ts';
import { explainLeaf } from '../../reconciliation/keyed/explain-leaf.ts';
import { type Calendar, keyColumns, keyPart } from '../../reconciliation/periods/period.ts';
import { type Difference, saveDifferences } from '../../store/reconciliation/differences.ts';
import { beginMatches, type MatchRecord, type MatchSide, saveMatches, saveMatchRecords } from '../../store/reconciliation/matches.ts';
import type { Knex } from '../../store/open.ts';
import { entityIds, listSources, type Source } from '../../store/ledger/sources.ts';
import { heldRecords, recordsOfSide, type Side, totals } from '../../store/reconciliation/totals.ts';
import { problemsBehind } from './behind.ts';
import { contestMatches } from './contest.ts';
import { storedBasis } from './reconciliation-basis.ts';
import { type Interruption, type Run, stopIfAsked } from '../run/context.ts';
import type { ReconciliationRun } from './reconciliation-run.ts';

/**
 * Runs a reconciliation: sums both sides by the keys of `match_on`, compares them, and replaces what the last run found
 * in one transaction: the differences, and as evidence which records in which version agreed with which. The run counts keys: read in
 * all, unchanged where both sides agree, changed where they differ. Gives why a side is known to be incomplete; the run fails when money
 * is used twice.
 */
export async function reconcile(run: ReconciliationRun): Promise<Problem[]> {
  const { config } = run;
  const { pipeline } = run.pipeline;
  const { project } = run;
  const { currency } = project.config.town;
  // Both sides in one transaction: what another pipeline lands between the two would look like a difference.
  const { result, incomplete, twice } = await run.commit(async (_, trx) => {
    const sources = await listSources(trx);
    const sides = await sidesOf(run, trx, config, sources);
    const comparison = startComparison(config, currency);
    for (const side of ['left', 'right'] as const) {
      stopIfAsked(run);
      await addSide(trx, sides[side], currency, comparison, side);
    }
    const found = comparison.finish();
    await saveDifferences(trx, pipeline, run.id, differencesOf(found, config, currency));
    await beginMatches(trx, pipeline, run.id, JSON.stringify(storedBasis(project, config, sources)));
    await saveEvidence(run, trx, sides, found.leaves);
    return {
      result: found,
      incomplete: await problemsBehind(run, trx, config, sources, found.leaves),
      twice: await contestMatches(trx, project, pipeline),
    };
  });
  run.problems.push(...twice);
  for (const leaf of result.leaves) {
    run.counts.read++;
    if (leaf.status === 'matched') run.counts.unchanged++;
    else if (leaf.status !== 'unchecked') run.counts.changed++;
  }
  for (const total of result.totals) run.note(summary(total, result, config, currency));
  const outer = result.lines.filter((line) => line.depth === 1);
  if (config.match_on.length > 1 && outer.length <= OUTER_SHOWN)
    for (const line of outer)
      run.note(
        `${config.match_on[0]!.name} ${line.key[0]}: ${line.status === 'matched' ? `both say ${plainMoney(line.left ?? 0, line.currency)}` : explainLeaf(line, config, line.currency)}`,
      );
  return incomplete;
}

/** So many outer keys are told one by one in the run's notes; more are for the report. */
const OUTER_SHOWN = 12;

/** Records that are read at once; what is matched of them is then written. */
const PAGE = 5000;

/** One side as the store knows it, with what its records count as. */
export interface ReadSide extends Side {
  columns: string[];
  keyOf(values: readonly (string | number | null)[]): string[];
  /** What people call it. */
  name: string;
}

/** Both sides of a reconciliation. Records that only pipelines gave that are off do not count. */
export async function sidesOf(
  { project }: Pick<Run, 'project'>,
  knex: Knex,
  config: ReconciliationConfig,
  sources: readonly Source[],
): Promise<Record<MatchSide, ReadSide>> {
  const ids = await entityIds(knex);
  const { fiscal_year_starts: starts, time_zone: zone } = project.config.town;
  const calendar: Calendar = { zone, starts };
  const off = sources.filter((s) => project.pipelines.get(s.pipeline)?.value.mode === 'off').map((s) => s.id);
  const sideOf = (side: MatchSide): ReadSide => {
    const { entity, where, amount, name } = config[side];
    const keys = config.match_on.map((m) => m[side]);
    const columns = [...new Set(keys.flatMap(keyColumns))];
    return {
      entity,
      entityId: ids.get(entity)!,
      where,
      amount,
      off,
      name,
      columns,
      keyOf(values) {
        const row = Object.fromEntries(columns.map((column, i) => [column, values[i] ?? null]));
        return keys.map((key) => keyPart(key, row, calendar));
      },
    };
  };
  return { left: sideOf('left'), right: sideOf('right') };
}

async function addSide(trx: Knex, side: ReadSide, town: string, comparison: OpenComparison, name: MatchSide): Promise<void> {
  for await (const { values, currency, minor, count } of totals(trx, side, side.columns)) {
    const key = side.keyOf(values);
    comparison.add(name, { key, currency: currency ?? town, minor, count });
    if (currency === null)
      comparison.hold(key, `${count === 1 ? 'a record' : `${count} records`} of ${side.name} ${count === 1 ? 'has' : 'have'} no amount`);
  }
  for (const record of await heldRecords(trx, side, side.columns))
    comparison.hold(side.keyOf(record.values), `the newest version of a record of ${side.name} was rejected`);
}

/** Which records agreed, in which version: the only thing that makes a receipt reconciled. */
async function saveEvidence(
  run: Interruption & Pick<Run, 'id'>,
  trx: Knex.Transaction,
  sides: Record<MatchSide, ReadSide>,
  leaves: readonly Compared[],
): Promise<void> {
  const matched = leaves.filter((leaf) => leaf.status === 'matched');
  const ids = await saveMatches(
    trx,
    matched.map(({ key, currency, left, right }) => ({
      pipeline: run.pipeline.pipeline,
      runId: run.id,
      key,
      currency,
      left: left!,
      right: right!,
    })),
  );
  const byKey = new Map(matched.map(({ key, currency }, i) => [JSON.stringify([currency, key]), ids[i]!]));
  if (byKey.size === 0) return;
  for (const name of ['left', 'right'] as const) {
    const side = sides[name];
    for await (const list of recordsOfSide(trx, side, side.columns, PAGE)) {
      stopIfAsked(run);
      const records = list.flatMap(({ id, version, currency, minor, values }): MatchRecord[] => {
        const match = byKey.get(JSON.stringify([currency, side.keyOf(values)]));
        return match === undefined || minor === null ? [] : [{ match, side: name, entityId: side.entityId, golden: id, version, minor }];
      });
      await saveMatchRecords(trx, records);
    }
  }
}

function differencesOf(result: Comparison, config: ReconciliationConfig, town: string): Difference[] {
  return result.totals.flatMap((total) =>
    [total, ...result.lines.filter((line) => line.currency === total.currency)].map((line) => ({
      key: [...line.key],
      depth: line.key.length,
      status: line.status,
      currency: line.currency || town,
      left: line.left,
      right: line.right,
      leftCount: line.leftCount,
      rightCount: line.rightCount,
      reason: line.status === 'matched' ? null : explainLeaf(line, config, line.currency || town),
    })),
  );
}

function summary(total: Compared, result: Comparison, config: ReconciliationConfig, town: string): string {
  const own = result.leaves.filter((leaf) => leaf.currency === total.currency);
  const count = (status: string): number => own.filter((leaf) => leaf.status === status).length;
  const differing = count('differs') + count('left_only') + count('right_only');
  const unchecked = count('unchecked');
  const money = (minor: number | null): string =>
    `${plainMoney(minor ?? 0, total.currency)}${total.currency === town ? '' : ` ${total.currency}`}`;
  return `${config.left.name} ${money(total.left)} against ${config.right.name} ${money(total.right)}: ${count('matched')} agree, ${differing} differ${unchecked ? `, ${unchecked} could not be checked` : ''}.`;
}
