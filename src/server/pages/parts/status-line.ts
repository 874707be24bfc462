import { counted } from '../../../core/text/counted.ts';
import { forAPerson, type OutboundStatus } from '../../../reports/outbound/deliveries.ts';
import { type PipelineStatus, wentWrong } from '../../../reports/status.ts';
import type { RevenueTotal } from '../../../reports/revenue/totals.ts';
import type { Mark } from './status-mark.ts';
import { capitalized, countText, moneyText } from './words.ts';

/** How the town's data is, in one sentence: "All 5 pipelines succeeded; 7 records are rejected; revenue of … is reconciled except for …." */
export function statusLine(pipelines: readonly PipelineStatus[], revenue: readonly RevenueTotal[]): { mark: Mark; text: string } {
  const live = pipelines.filter((p) => p.mode !== 'off');
  const aside = pipelines.reduce((sum, p) => sum + p.open_rejects, 0);
  const open = revenue.some((total) => total.unreconciledReceipts > 0 || total.reconciled !== total.amount);
  const outcomes = live.map((p) => p.last_run?.outcome);
  const stalled = live.filter((p) => p.stalled_since !== null).map((p) => p.pipeline);
  const parts = [
    pipelinesText(live),
    ...(stalled.length ? [told(stalled, 'is stalled', 'are stalled')] : []),
    asideText(aside),
    ...outboundTexts(live),
    ...revenue.map(revenueText),
  ];
  const mark = live.some((p) => p.last_run?.outcome !== 'aborted' && wentWrong(p))
    ? 'bad'
    : aside > 0 || open || stalled.length > 0 || outboundTexts(live).length > 0 || outcomes.some((o) => o === 'partial' || o === 'aborted')
      ? 'note'
      : outcomes.includes('succeeded')
        ? 'good'
        : 'idle';
  return { mark, text: capitalized(`${parts.join('; ')}.`) };
}

function pipelinesText(live: readonly PipelineStatus[]): string {
  if (live.length === 0) return 'there are no pipelines yet';
  const of = (want: (p: PipelineStatus) => boolean): string[] => live.filter(want).map((p) => p.pipeline);
  const never = of((p) => p.last_run === null);
  const groups = [
    told(
      of((p) => p.last_run?.outcome === 'failed'),
      'failed',
      'failed',
    ),
    told(
      of((p) => p.last_run?.outcome === 'aborted'),
      'was stopped',
      'were stopped',
    ),
    told(
      of((p) => p.last_run?.outcome === 'partial'),
      'finished, but not with all records',
      'finished, but not with all records',
    ),
    told(
      of((p) => p.unrecorded !== null),
      'ran but could not be recorded in the store',
      'ran but could not be recorded in the store',
    ),
    told(
      of((p) => p.unrecorded === null && p.last_run?.outcome === null && !p.running),
      'ended without a result',
      'ended without a result',
    ),
    told(
      of((p) => p.last_run?.outcome === null && p.running),
      'is running',
      'are running',
    ),
    never.length === live.length ? 'no pipeline has run yet' : told(never, 'has not run yet', 'have not run yet'),
  ].filter((text) => text !== '');
  const good = of((p) => p.last_run?.outcome === 'succeeded' && p.unrecorded === null).length;
  if (good === live.length) return good === 1 ? `the pipeline ${live[0]!.pipeline} succeeded` : `all ${good} pipelines succeeded`;
  if (good > 0) groups.push(good === 1 ? 'the other pipeline succeeded' : `the other ${good} pipelines succeeded`);
  return groups.join('; ');
}

/** `the pipeline bank failed`, `the pipelines bank and clerk failed`, `the pipelines bank, clerk and 3 more failed` */
function told(ids: readonly string[], one: string, several: string): string {
  if (ids.length === 0) return '';
  if (ids.length === 1) return `the pipeline ${ids[0]!} ${one}`;
  const named = ids.length <= 3 ? [ids.slice(0, -1).join(', '), ids.at(-1)!] : [ids.slice(0, 2).join(', '), `${ids.length - 2} more`];
  return `the pipelines ${named.join(' and ')} ${several}`;
}

function asideText(aside: number): string {
  if (aside === 0) return 'nothing is rejected';
  return aside === 1 ? '1 record is rejected' : `${counted(aside, 'record')} are rejected`;
}

/** What goes to other systems, as far as somebody has to see to it. */
function outboundTexts(live: readonly PipelineStatus[]): string[] {
  const sum = (of: (o: OutboundStatus) => number): number => live.reduce((n, { outbound }) => n + (outbound ? of(outbound) : 0), 0);
  const settle = sum((o) => o.to_settle);
  const records = sum(forAPerson) - settle;
  const overdue = sum((o) => o.overdue);
  const several = (n: number): string => (n === 1 ? '1 delivery is' : `${countText(n)} deliveries are`);
  return [
    ...(records ? [`${counted(records, 'record')} to other systems ${records === 1 ? 'needs' : 'need'} review`] : []),
    ...(settle ? [`${settle === 1 ? '1 delivery needs' : `${countText(settle)} deliveries need`} an answer`] : []),
    ...(overdue ? [`${several(overdue)} late`] : []),
  ];
}

function revenueText({ amount, unreconciled, unreconciledReceipts, reconciled, currency }: RevenueTotal): string {
  const all = `revenue of ${moneyText(amount, currency)}`;
  if (unreconciledReceipts === 0 && reconciled === amount) return `${all} is reconciled to the cent`;
  if (reconciled === 0) return `${all} is not reconciled`;
  // A refund may take the sum of what is open to nothing.
  if (unreconciled === 0) return `${all} is reconciled except for ${counted(unreconciledReceipts, 'receipt')}`;
  return `${all} is reconciled except for ${moneyText(unreconciled, currency)}`;
}
