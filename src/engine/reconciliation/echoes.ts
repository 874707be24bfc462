import type { Project } from '../../config/project.ts';
import { causesOf, type Echoing } from '../../reconciliation/exceptions/echoes.ts';
import { saveCauses, unfinishedWithRecords } from '../../store/reconciliation/exceptions.ts';
import type { Knex } from '../../store/open.ts';

/** Puts exceptions with one cause under it, over all reconciliations. The order in which these run decides nothing. */
export async function linkEchoes(trx: Knex, project: Project): Promise<void> {
  const { exceptions, records } = await unfinishedWithRecords(trx);
  const found = exceptions.map(({ id, pipeline, type, about, since, facts }): Echoing => ({
    id,
    pipeline,
    type,
    holds: about === 'money',
    since,
    records: (records.get(id) ?? []).map(({ entityId, golden }) => `${entityId} ${golden}`),
    tags: [],
    ...(typeof facts.cause === 'string' ? { named: facts.cause } : {}),
  }));
  const causes = causesOf(found, chainOrder(project));
  await saveCauses(trx, new Map(exceptions.filter((e) => causes.get(e.id) !== e.causeId).map((e) => [e.id, causes.get(e.id) ?? null])));
}

/** Each pipeline after those that it runs after; the rest by name. */
function chainOrder(project: Project): Map<string, number> {
  const order = new Map<string, number>();
  const visit = (pipeline: string, path: ReadonlySet<string>): void => {
    const value = project.pipelines.get(pipeline)?.value;
    if (!value || order.has(pipeline) || path.has(pipeline)) return;
    for (const before of [...value.after].sort()) visit(before, new Set([...path, pipeline]));
    order.set(pipeline, order.size);
  };
  for (const pipeline of [...project.pipelines.keys()].sort()) visit(pipeline, new Set());
  return order;
}
