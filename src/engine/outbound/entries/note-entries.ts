import { plainMoney } from '../../../core/money.ts';
import type { OutboundRun } from '../outbound-run.ts';
import type { FoundEntries, WaitingMoney } from './find.ts';
import { referenceOf } from './entry-record.ts';

/** So many reasons for which money is in no entry are told in the notes of a run. */
const MOST_REASONS = 20;

/** So many periods that wait are told by themselves. */
const MOST_PERIODS = 12;

/** Money that is due and in no entry is told, sum by sum; so are the periods whose entries are not made yet. */
export function noteEntries(
  run: Pick<OutboundRun, 'config' | 'name' | 'note'>,
  { drafts, notPosted, waiting }: Pick<FoundEntries, 'drafts' | 'notPosted' | 'waiting'>,
): void {
  const { name } = run;
  if (waiting.length > 0) run.note(`${name}: ${waitingText(waiting, run.config.entries?.when === 'over' ? 'over' : 'closed')}`);
  for (const { amount, currency, account, tender, reason } of notPosted.slice(0, MOST_REASONS))
    run.note(
      `${name}: ${plainMoney(amount, currency)} ${currency} ${account === null ? '' : `of ${account} `}${tender === null ? '' : `paid by ${tender} `}is in no entry: ${reason}.`,
    );
  if (notPosted.length > MOST_REASONS) run.note(`${name}: … and ${notPosted.length - MOST_REASONS} more sums are in no entry.`);
  for (const { id, corrects, period } of drafts)
    if (corrects) run.note(`${name}: ${referenceOf(id)} of ${period.id} adjusts entry ${corrects.number} (${referenceOf(corrects.id)}).`);
}

function waitingText(waiting: readonly WaitingMoney[], until: 'closed' | 'over'): string {
  const periods = waiting
    .slice(0, MOST_PERIODS)
    .map(({ period, currency, debits }) => `${period} (${plainMoney(debits, currency)} ${currency})`);
  const more = waiting.length - periods.length;
  const all = `${periods.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `no entry is made yet of what is not ${until}: ${all}.`;
}
