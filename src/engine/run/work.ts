import { inbound } from '../inbound/inbound.ts';
import { openInboundRun } from '../inbound/inbound-run.ts';
import { outbound } from '../outbound/outbound.ts';
import { openOutboundRun } from '../outbound/outbound-run.ts';
import { reconcile } from '../reconciliation/reconcile.ts';
import { reconcileByPasses } from '../reconciliation/reconcile-by-passes.ts';
import { openReconciliationRun } from '../reconciliation/reconciliation-run.ts';
import type { Run, Unfinished } from './context.ts';
import { requireReady } from './ready.ts';

/** Does what the pipeline of a run says, by its kind. Throws what is the reason that it cannot be done, before anything is. */
export async function work(run: Run): Promise<Unfinished> {
  await requireReady(run);
  const { reconcile: reconciliation, deliver } = run.pipeline;
  if (reconciliation) {
    const compare = reconciliation.passes ? reconcileByPasses : reconcile;
    return { incomplete: await compare(openReconciliationRun(run)), isOpen: async () => false };
  }
  return deliver ? outbound(await openOutboundRun(run)) : inbound(await openInboundRun(run));
}
