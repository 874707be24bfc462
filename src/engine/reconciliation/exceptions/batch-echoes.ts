import type { Project } from '../../../config/project.ts';
import { dayNumber } from '../../../reconciliation/calendar.ts';
import type { Knex } from '../../../store/open.ts';
import type { ExceptionRecord, StoredException } from '../../../store/reconciliation/exceptions.ts';
import { fieldValues } from '../../../store/reconciliation/totals.ts';

/** An exception and how another one is known to it. */
export interface NewTag {
  id: string;
  name: string;
  role: 'cause' | 'echo';
}

/** What belongs to a batch, such as a payout, may be dated so many days after it. */
const NEAR_DAYS = 10;

/**
 * The receipts of a place and day that did not come are missing in each reconciliation in which their money is another record: in that of
 * their payments, the slip has no payments. What is open there on its right and has in its fields all values by which the batch is told, a
 * day and a place at least, is an echo. The fields may be named as they like: `branch` of a receipt is `place` of a slip.
 */
export async function batchEchoes(
  trx: Knex,
  project: Project,
  exceptions: readonly StoredException[],
  records: ReadonlyMap<string, readonly ExceptionRecord[]>,
): Promise<NewTag[]> {
  const batches = exceptions.flatMap((batch) => {
    const wanted = valuesOf(project, batch);
    return wanted ? [{ batch, wanted }] : [];
  });
  if (batches.length === 0) return [];
  const open = exceptions.filter((e) => isOpenRight(project, e, records));
  const tags: NewTag[] = [];
  for (const { batch, wanted } of batches) {
    const name = `batch ${batch.id}`;
    for (const e of open.filter((one) => isNear(one, batch)))
      if (await haveAll(trx, project, e, records.get(e.id)!, wanted)) tags.push({ id: e.id, name, role: 'echo' });
    if (tags.at(-1)?.name === name) tags.push({ id: batch.id, name, role: 'cause' });
  }
  return tags;
}

/** By what a batch that did not come on the left is told; undefined where it is not told by a day and something else. */
function valuesOf(project: Project, { pipeline, type, facts }: StoredException): string[] | undefined {
  if (type !== 'missing_batch' || facts.side !== 'left' || typeof facts.of !== 'string') return undefined;
  const passes = project.pipelines.get(pipeline)?.value.reconcile?.passes ?? [];
  const values = facts.of.split(', ');
  const isTold = passes.some(({ control, on }) => control !== undefined && on?.length === values.length);
  return isTold && values.some(isDate) && !values.every(isDate) && !values.includes('') ? values : undefined;
}

function isDate(value: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(value);
}

function isOpenRight(
  project: Project,
  { id, pipeline, type, about }: StoredException,
  records: ReadonlyMap<string, readonly ExceptionRecord[]>,
): boolean {
  const own = records.get(id) ?? [];
  if (about !== 'money' || !own.length || own.some(({ side }) => side !== 'right')) return false;
  return type === (project.pipelines.get(pipeline)?.value.reconcile?.open?.right?.type ?? 'only_right');
}

function isNear({ since }: StoredException, batch: StoredException): boolean {
  return since !== null && batch.since !== null && Math.abs(dayNumber(since) - dayNumber(batch.since)) <= NEAR_DAYS;
}

async function haveAll(
  trx: Knex,
  project: Project,
  { pipeline }: StoredException,
  records: readonly ExceptionRecord[],
  wanted: readonly string[],
): Promise<boolean> {
  const entity = project.pipelines.get(pipeline)?.value.reconcile?.right.entity;
  const fields = Object.entries(project.entities.get(entity ?? '')?.value.fields ?? {});
  const goldens = records.map(({ golden }) => golden);
  const lacking = new Map(goldens.map((golden) => [golden, new Set(wanted)]));
  for (const [field, { type }] of fields) {
    if (type === undefined || !TELLING.has(type)) continue;
    for (const [golden, value] of await fieldValues(trx, entity!, field, goldens)) if (value !== null) lacking.get(golden)?.delete(value);
  }
  return [...lacking.values()].every((left) => left.size === 0);
}

/** Types of fields that a batch is told by. */
const TELLING: ReadonlySet<string> = new Set(['text', 'code', 'date']);
