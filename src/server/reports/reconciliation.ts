import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import type { PipelineConfig } from '../../config/schema/pipeline.ts';
import { plainMoney } from '../../core/money.ts';
import type { Engine } from '../../engine/run.ts';
import { type Difference, differenceCounts, type DifferenceStatus, listDifferences } from '../../store/differences.ts';
import { listRuns } from '../../store/runs.ts';
import { reconciliationReasons } from './reconciliation-reasons.ts';

/** What the last run of a reconciliation found, in the words of its configuration. */
export interface Reconciliation {
  pipeline: string;
  description: string | undefined;
  left: string;
  right: string;
  /** Names of what both sides must agree on, outermost first. */
  keys: string[];
  currency: string;
  /** UTC; null while it has never ended well. */
  ranAt: string | null;
  /** Full keys by status. */
  counts: Record<DifferenceStatus, number>;
  /** Roll-ups and leaves, each roll-up before what is inside; the first is the total, with an empty key. */
  lines: ReconciliationLine[];
}

/** `difference`: right less left in minor units, an absent side counting as nothing; of a roll-up, over what was checked. */
export type ReconciliationLine = Difference & { difference: number };

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
  const run = (await listRuns(knex, { pipeline: id, limit: 50 })).find((r) => r.outcome === 'succeeded');
  return {
    pipeline: id,
    description: pipeline.description,
    left: left.name,
    right: right.name,
    keys: match_on.map((m) => m.name),
    currency: project.config.town.currency,
    ranAt: run?.endedAt ?? null,
    counts: await differenceCounts(knex, id, match_on.length),
    lines: withDifferences(found, match_on.length),
  };
}

async function linesOf({ knex }: Engine, id: string, leafDepth: number, all: boolean): Promise<Difference[]> {
  if (all) return listDifferences(knex, id);
  // The outermost keys are told in any case, so that what agrees is seen too; in the order of the keys.
  const outer = leafDepth > 1 ? await listDifferences(knex, id, { depth: 1 }) : [];
  const total = await listDifferences(knex, id, { depth: 0 });
  const differing = (await listDifferences(knex, id, { status: DIFFERING })).filter((line) => line.depth > (leafDepth > 1 ? 1 : 0));
  const inside = Map.groupBy(differing, (line) => line.key[0]);
  return [...total, ...(leafDepth > 1 ? outer.flatMap((line) => [line, ...(inside.get(line.key[0]) ?? [])]) : differing)];
}

/** Leaves that were not checked count in the sums of a roll-up; what they lack is no difference. */
function withDifferences(lines: readonly Difference[], leafDepth: number): ReconciliationLine[] {
  const inside = new Map<string, number>();
  for (const line of lines) {
    if (line.depth !== leafDepth || line.status === 'unchecked') continue;
    for (let depth = 0; depth < leafDepth; depth++) {
      const key = JSON.stringify(line.key.slice(0, depth));
      inside.set(key, (inside.get(key) ?? 0) + (line.right ?? 0) - (line.left ?? 0));
    }
  }
  return lines.map((line) => ({
    ...line,
    difference: line.depth === leafDepth ? (line.right ?? 0) - (line.left ?? 0) : (inside.get(JSON.stringify(line.key)) ?? 0),
  }));
}

/** How many full keys differ. */
export function differingCount(counts: Record<DifferenceStatus, number>): number {
  return DIFFERING.reduce((sum, status) => sum + counts[status], 0);
}

/** The contract of `report reconciliation --json`: amounts are decimal text, `difference` is right less left over what was checked. */
export function reconciliationJson(r: Reconciliation): Record<string, unknown> {
  const amount = (minor: number | null): string | null => (minor === null ? null : plainMoney(minor, r.currency));
  return {
    pipeline: r.pipeline,
    left: r.left,
    right: r.right,
    match_on: r.keys,
    currency: r.currency,
    ran_at: r.ranAt,
    counts: r.counts,
    reasons: reconciliationReasons(r).map(({ status, reason, keys, difference }) => ({
      status,
      reason,
      keys: keys.length,
      difference: amount(difference),
    })),
    lines: r.lines.map((line) => ({
      key: Object.fromEntries(line.key.map((part, i) => [r.keys[i]!, part])),
      depth: line.depth,
      status: line.status,
      left: amount(line.left),
      right: amount(line.right),
      difference: amount(line.difference),
      left_count: line.leftCount,
      right_count: line.rightCount,
      reason: line.reason,
    })),
  };
}

/** What a status is called. */
export function statusWord(status: DifferenceStatus, r: Pick<Reconciliation, 'left' | 'right'>): string {
  const words: Record<DifferenceStatus, string> = {
    matched: 'agrees',
    differs: 'differs',
    left_only: `${r.left} only`,
    right_only: `${r.right} only`,
    unchecked: 'not checked',
  };
  return words[status];
}
