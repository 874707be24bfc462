import { counted } from '../../core/text/counted.ts';
import type { Reconciled, Rules } from '../../reconciliation/match/reconcile.ts';

/** What `subset` passes did not try among the records that were looked at, with what to do about it. */
export function untriedNotes({ passes }: Pick<Rules, 'passes'>, { untried }: Pick<Reconciled, 'untried'>): string[] {
  return passes.flatMap((pass) => {
    const records = untried.get(pass.name);
    if (records === undefined || pass.kind !== 'subset') return [];
    const each = records === 1 ? 'it could' : 'each of them could';
    return `The rule (pass) "${pass.name}" left out ${counted(records, 'record')}: ${each} belong with more than ${pass.most} others, too many to tell which. ${records === 1 ? 'It stays' : 'They stay'} unmatched unless another rule matches ${records === 1 ? 'it' : 'them'}. To have more of them tried, narrow block or within of this pass in the pipeline, or say in alike what records that belong together have in common.`;
  });
}
