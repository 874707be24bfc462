import { counted } from '../../core/text/counted.ts';
import type { Reconciled, Rules } from '../../reconciliation/match/reconcile.ts';

/** What `subset` passes did not try among the records that were looked at, with what to do about it. */
export function untriedNotes({ passes }: Pick<Rules, 'passes'>, { untried }: Pick<Reconciled, 'untried'>): string[] {
  return passes.flatMap((pass) => {
    const records = untried.get(pass.name);
    if (records === undefined || pass.kind !== 'subset') return [];
    return `"${pass.name}" left ${counted(records, 'record')} untried: more than ${pass.most} candidates are near. A narrower block or within, or alike for what the records of one group have in common, lets it try them.`;
  });
}
