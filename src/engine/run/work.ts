import type { Run, Unfinished } from './context.ts';
import { requireReady } from './ready.ts';

/**
 * Does what the pipeline of a run says, by its kind. Throws what is the reason that it cannot be done, before anything is. Each kind is
 * loaded when the first such run begins: a nightly run of a few pipelines does not wait for the code of all others.
 */
export async function work(run: Run): Promise<Unfinished> {
  await requireReady(run);
  const { reconcile: reconciliation, deliver } = run.pipeline;
  if (reconciliation) return { incomplete: await reconciled(run, reconciliation.passes !== undefined), isOpen: async () => false };
  if (deliver) {
    const { openOutboundRun } = await import('../outbound/outbound-run.ts');
    const { outbound } = await import('../outbound/outbound.ts');
    return outbound(await openOutboundRun(run));
  }
  const { openInboundRun } = await import('../inbound/inbound-run.ts');
  const { inbound } = await import('../inbound/inbound.ts');
  return inbound(await openInboundRun(run));
}

/** Gives why the sides may be incomplete. */
async function reconciled(run: Run, byPasses: boolean): Promise<Unfinished['incomplete']> {
  const { openReconciliationRun } = await import('../reconciliation/reconciliation-run.ts');
  if (byPasses) {
    const { reconcileByPasses } = await import('../reconciliation/reconcile-by-passes.ts');
    return reconcileByPasses(openReconciliationRun(run));
  }
  const { reconcile } = await import('../reconciliation/reconcile.ts');
  return reconcile(openReconciliationRun(run));
}
