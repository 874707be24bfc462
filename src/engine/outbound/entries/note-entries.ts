import { plainMoney } from '../../../core/money.ts';
import type { NotPosted } from '../../../reconciliation/journal-entries.ts';
import type { EntryDraft } from '../../../reconciliation/postings.ts';
import type { OutboundRun } from '../outbound-run.ts';
import { referenceOf } from './entry-record.ts';

/** So many reasons for which money is in no entry are told in the notes of a run. */
const MOST_REASONS = 20;

/** Money that is due and in no entry is told, sum by sum. */
export function noteEntries(
  run: Pick<OutboundRun, 'name' | 'note'>,
  entries: readonly EntryDraft[],
  notPosted: readonly NotPosted[],
): void {
  const { name } = run;
  for (const { amount, currency, account, tender, reason } of notPosted.slice(0, MOST_REASONS))
    run.note(
      `${name}: ${plainMoney(amount, currency)} ${currency} ${account === null ? '' : `of ${account} `}${tender === null ? '' : `paid by ${tender} `}is in no entry: ${reason}.`,
    );
  if (notPosted.length > MOST_REASONS) run.note(`${name}: … and ${notPosted.length - MOST_REASONS} more sums are in no entry.`);
  for (const { id, corrects, period } of entries)
    if (corrects) run.note(`${name}: ${referenceOf(id)} of ${period.id} adjusts entry ${corrects.number} (${referenceOf(corrects.id)}).`);
}
