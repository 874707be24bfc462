import type { Problem } from '../../core/errors.ts';
import type { Draft, Part } from '../draft.ts';
import { problemAt } from '../draft.ts';
import type { GroupKey, PipelineConfig, ReconciliationConfig } from '../schema/pipeline.ts';

type Side = 'left' | 'right';
type Reconciliation = Part<PipelineConfig> & { value: { reconcile: ReconciliationConfig } };

/**
 * Two reconciliations that hold the same money of one side against different money of the other: a deposit of 100.00 would settle two
 * receipts of 100.00. A voided receipt is not money, and is in the ledger twice on purpose. Only what the configuration alone shows is said here; what depends on the records, a run finds.
 */
export function checkSharedMoney(draft: Draft): Problem[] {
  const receipts = draft.config?.value.revenue.receipts ?? '';
  const all = [...draft.pipelines.values()]
    .filter((part): part is Reconciliation => part?.value.reconcile !== undefined && part.value.mode !== 'off')
    .sort((a, b) => (a.value.pipeline < b.value.pipeline ? -1 : 1));
  return all.flatMap((one, i) => all.slice(i + 1).flatMap((two) => overlaps(one, two, receipts)));
}

function overlaps(one: Reconciliation, two: Reconciliation, receipts: string): Problem[] {
  for (const [oneLeft, oneRight] of [
    ['left', 'right'],
    ['right', 'left'],
  ] as const) {
    const [a, b] = [one.value.reconcile, two.value.reconcile];
    if (a.left.entity !== b[oneLeft].entity || a.right.entity !== b[oneRight].entity) continue;
    for (const [shared, other] of [
      ['left', 'right'],
      ['right', 'left'],
    ] as const) {
      const inTwo = (side: Side): Side => (oneLeft === 'left' ? side : side === 'left' ? 'right' : 'left');
      const [sharedOfTwo, otherOfTwo] = [inTwo(shared), inTwo(other)];
      if (a[shared].amount !== b[sharedOfTwo].amount) continue;
      const [whereOne, whereTwo] = [restricted(a, shared), restricted(b, sharedOfTwo)];
      if (a[shared].entity === receipts && [whereOne, whereTwo].some(onlyVoided)) continue;
      if (!includes(whereOne, whereTwo) && !includes(whereTwo, whereOne)) continue;
      if (!disjoint(restricted(a, other), restricted(b, otherOfTwo))) continue;
      return [
        problemAt(
          two,
          ['reconcile', sharedOfTwo],
          'MONEY_USED_TWICE',
          `The reconciliations ${one.value.pipeline} and ${two.value.pipeline} both use the same ${b[sharedOfTwo].entity} records ("${b[sharedOfTwo].name}"), but compare them with different ${b[otherOfTwo].entity} records: the same money would be reconciled twice.`,
          `Add a where to "${b[sharedOfTwo].name}" in both reconciliations, so that each record is in only one of them, for example one department each. Or remove one of the two reconciliations.`,
        ),
      ];
    }
  }
  return [];
}

type Where = Readonly<Record<string, readonly string[]>>;

/** A side's conditions, with those of the other side that match_on carries over: receipts of one department agree with its deposits only. */
function restricted(config: ReconciliationConfig, side: Side): Where {
  const other = side === 'left' ? 'right' : 'left';
  const where: Record<string, readonly string[]> = listed(config[side].where);
  for (const key of config.match_on) {
    const [here, there] = [plainField(key[side]), plainField(key[other])];
    const carried = there === undefined ? undefined : listed(config[other].where)[there];
    if (here !== undefined && carried) where[here] = where[here] ? where[here].filter((value) => carried.includes(value)) : carried;
  }
  return where;
}

function listed(where: ReconciliationConfig['left']['where']): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(where).map(([field, value]) => [field, [value].flat()]));
}

function plainField(key: GroupKey): string | undefined {
  return typeof key === 'string' ? key : key.field;
}

/** Receipts that were taken back. */
function onlyVoided({ status }: Where): boolean {
  return status !== undefined && status.every((value) => value === 'voided');
}

/** Is every record of `inner` one of `outer`? */
function includes(outer: Where, inner: Where): boolean {
  return Object.entries(outer).every(([field, values]) => inner[field]?.every((value) => values.includes(value)) ?? false);
}

/** Can no record be in both? */
function disjoint(a: Where, b: Where): boolean {
  return Object.entries(a).some(([field, values]) => b[field] && !b[field].some((value) => values.includes(value)));
}
