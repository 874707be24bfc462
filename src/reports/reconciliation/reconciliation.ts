import type { Reconciliation, ReconciliationLine } from './lines.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import type { PipelineConfig } from '../../config/schema/pipeline.ts';
import { plainMoney } from '../../core/money.ts';
import type { Engine } from '../../engine/run/engine.ts';
import {
  type Difference,
  comparedIn,
  differenceCounts,
  type DifferenceStatus,
  listDifferences,
} from '../../store/reconciliation/differences.ts';
import { sideStates } from '../../store/reconciliation/side-states.ts';
import { type Match, matchesOf } from '../../store/reconciliation/matches.ts';
import { reconciliationReasons } from './reasons.ts';
import { drillOf } from '../output/drill.ts';
import { keyDrill, keyParts, STATE_DRILL } from './tables.ts';
import type { ShapeOf } from '../shapes/shapes.ts';

/** Every reconciliation that is not off, by name. */
export function reconciliationIds({ project }: Engine): string[] {
  return [...project.pipelines]
    .filter(([, { value }]) => value.reconcile && value.mode !== 'off')
    .map(([id]) => id)
    .sort();
}

const DIFFERING = ['differs', 'left_only', 'right_only'] as const satisfies readonly DifferenceStatus[];

/**
 * Reads a reconciliation. Without `all`, of what is inside the outermost keys only what differs; with it also what
 * matched and what could not be checked. `lines: false`: the counts and the total alone.
 */
export async function readReconciliation(
  engine: Engine,
  id: string,
  options: { all?: boolean; lines?: boolean } = {},
): Promise<Reconciliation> {
  const { knex, project } = engine;
  const pipeline = project.pipelines.get(id)!.value as PipelineConfig & { reconcile: ReconciliationConfig };
  const { left, right, match_on } = pipeline.reconcile;
  const found =
    options.lines === false
      ? await listDifferences(knex, id, { depth: 0 })
      : await linesOf(engine, id, match_on.length, options.all === true);
  const town = project.config.town.currency;
  const counts = await differenceCounts(knex, id, match_on.length);
  const contested = (await matchesOf(knex, id)).filter((match) => match.state === 'contested');
  counts.matched -= contested.length;
  counts.unchecked += contested.length;
  const run = await comparedIn(knex, id);
  return {
    pipeline: id,
    description: pipeline.description,
    left: left.name,
    right: right.name,
    keys: match_on.map((m) => m.name),
    currency: town,
    ranAt: run?.endedAt ?? null,
    problems: run?.problems ?? [],
    counts,
    states: pipeline.reconcile.passes ? await sideStates(knex, id) : [],
    lines: withDifferences(contest(found, contested), match_on.length, town),
  };
}

async function linesOf({ knex }: Engine, id: string, leafDepth: number, all: boolean): Promise<Difference[]> {
  if (all) return listDifferences(knex, id);
  // The outermost keys are told in any case, so what agrees is seen too; in the order of the keys.
  const outer = leafDepth > 1 ? await listDifferences(knex, id, { depth: 1 }) : [];
  const total = await listDifferences(knex, id, { depth: 0 });
  const differing = (await listDifferences(knex, id, { status: DIFFERING })).filter((line) => line.depth > (leafDepth > 1 ? 1 : 0));
  const at = (line: Difference): string => JSON.stringify([line.currency, line.key[0]]);
  const inside = Map.groupBy(differing, at);
  return [...total, ...(leafDepth > 1 ? outer.flatMap((line) => [line, ...(inside.get(at(line)) ?? [])]) : differing)];
}

/** What agreed with money that another reconciliation uses too is not shown as agreed, nor is what is around it. */
function contest(lines: readonly Difference[], contested: readonly Match[]): Difference[] {
  if (contested.length === 0) return [...lines];
  const inside = new Map<string, string>();
  for (const { currency, key, reason } of contested)
    for (let depth = 0; depth <= key.length; depth++) inside.set(JSON.stringify([currency, key.slice(0, depth)]), reason ?? '');
  return lines.map((line) => {
    const reason = inside.get(JSON.stringify([line.currency, line.key]));
    return reason === undefined || line.status !== 'matched' ? line : { ...line, status: 'unchecked', reason };
  });
}

/** Leaves that were not checked count in the sums of a roll-up; what they lack is not a difference. */
function withDifferences(lines: readonly Difference[], leafDepth: number, town: string): ReconciliationLine[] {
  const inside = new Map<string, number>();
  for (const line of lines) {
    if (line.depth !== leafDepth || line.status === 'unchecked') continue;
    for (let depth = 0; depth < leafDepth; depth++) {
      const key = JSON.stringify([line.currency, line.key.slice(0, depth)]);
      inside.set(key, (inside.get(key) ?? 0) + (line.right ?? 0) - (line.left ?? 0));
    }
  }
  return lines.map((line) => ({
    ...line,
    currency: line.currency ?? town,
    difference:
      line.depth === leafDepth ? (line.right ?? 0) - (line.left ?? 0) : (inside.get(JSON.stringify([line.currency, line.key])) ?? 0),
  }));
}

/** How many full keys differ. */
export function differingCount(counts: Record<DifferenceStatus, number>): number {
  return DIFFERING.reduce((sum, status) => sum + counts[status], 0);
}

/** `3 matched, 2 left to explain, 1 not checked`: how many full keys are in each state. */
export function keysText(counts: Record<DifferenceStatus, number>): string {
  return [
    `${counts.matched.toLocaleString('en-US')} matched`,
    `${differingCount(counts).toLocaleString('en-US')} left to explain`,
    ...(counts.unchecked ? [`${counts.unchecked.toLocaleString('en-US')} not checked`] : []),
  ].join(', ');
}

/** One reconciliation, as `report reconciliation --json` gives it: amounts are decimal text, `difference` is right less left over what was checked. */
export function reconciliationJson(r: Reconciliation): ShapeOf<'report reconciliation'>['reconciliations'][number] {
  const amount = (minor: number | null, currency: string): string | null => (minor === null ? null : plainMoney(minor, currency));
  return {
    pipeline: r.pipeline,
    left: r.left,
    right: r.right,
    match_on: r.keys,
    currency: r.currency,
    ran_at: r.ranAt,
    problems: r.problems,
    counts: r.counts,
    states: r.states.map(({ minor, ...state }) => ({
      ...state,
      amount: plainMoney(minor, state.currency),
      drill: drillOf(STATE_DRILL, { reconciliation: r.pipeline, ...state }),
    })),
    reasons: reconciliationReasons(r).map(({ status, reason, currency, keys, difference }) => ({
      status,
      reason,
      currency,
      keys: keys.length,
      difference: amount(difference, currency),
    })),
    lines: r.lines.map((line) => ({
      key: Object.fromEntries(line.key.map((part, i) => [r.keys[i]!, part])),
      depth: line.depth,
      status: line.status,
      currency: line.currency,
      left: amount(line.left, line.currency),
      right: amount(line.right, line.currency),
      difference: amount(line.difference, line.currency),
      left_count: line.leftCount,
      right_count: line.rightCount,
      reason: line.reason,
      drill: drillOf(keyDrill(r.keys.length), keyParts(r.pipeline, line.key)),
    })),
  };
}

/** What a status is called. */
export function statusWord(status: DifferenceStatus, r: Pick<Reconciliation, 'left' | 'right'>): string {
  const words: Record<DifferenceStatus, string> = {
    matched: 'matched',
    differs: 'left to explain',
    left_only: `only in ${r.left}`,
    right_only: `only in ${r.right}`,
    unchecked: 'not checked',
  };
  return words[status];
}
