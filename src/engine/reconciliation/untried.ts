import { counted } from '../../core/text/counted.ts';
import type { Reconciled, Rules } from '../../reconciliation/match/reconcile.ts';

/** What `subset` passes did not try among the records that were looked at, with what to do about it. */
export function untriedNotes({ passes }: Pick<Rules, 'passes'>, { untried }: Pick<Reconciled, 'untried'>): string[] {
  return passes.flatMap((pass) => {
    const records = untried.get(pass.name);
    if (records === undefined || pass.kind !== 'subset') return [];
    const each = records === 1 ? 'it has' : 'each of them has';
    return `The pass "${pass.name}" did not try ${counted(records, 'record')}: ${each} more records near it that could belong to it than it can distinguish, which is ${pass.most} at most. ${records === 1 ? 'It stays' : 'They stay'} unmatched unless another pass matches ${records === 1 ? 'it' : 'them'}. Whoever writes the configuration can have more of them tried: narrow block or within of this pass, or say in alike what the records of one group have in common.`;
  });
}
