import type { OutboundRun } from './outbound-run.ts';
import { totalsByCurrency } from './currencies.ts';
import { countOutbox, listOutbox, type OutboxState } from '../../store/outbound/outbox.ts';

/** `12 records, Amount 1222.50` */
export function withTotals(count: number, totals: Readonly<Record<string, string>>): string {
  const sums = Object.entries(totals).map(([field, sum]) => `, ${field} ${sum}`);
  return `${count} ${count === 1 ? 'record' : 'records'}${sums.join('')}`;
}

const WORDS: Partial<Record<OutboxState, string>> = {
  shadow: 'would be sent',
  review: 'wait for approval (interlocal deliver list; interlocal deliver approve)',
  queued: 'wait to be sent',
  held: 'are held until a person decides (interlocal deliver list --state held)',
  unknown: 'may or may not have arrived (interlocal deliver list --state unknown)',
  rejected: 'were rejected by the remote system (interlocal deliver list --state rejected)',
  refused: 'are not sent, because a value does not fit what the system needs (interlocal deliver list --state refused)',
};

/** Sums of more records than this are not in the notes. */
const MAX_ADDED_UP = 50_000;

/** One line for each state in which something waits, in the run's notes. */
export async function notePending(
  run: Pick<OutboundRun, 'currencyFields' | 'knex' | 'name' | 'note' | 'pipeline' | 'sink'>,
): Promise<void> {
  const { sink, name, currencyFields } = run;
  const { pipeline } = run.pipeline;
  const counts = (await countOutbox(run.knex)).get(pipeline) ?? {};
  for (const [state, words] of Object.entries(WORDS) as [OutboxState, string][]) {
    if (!counts[state]) continue;
    const adds = state !== 'refused' && sink.totals.length > 0 && counts[state] <= MAX_ADDED_UP;
    const rows = adds ? await listOutbox(run.knex, { pipeline, states: [state], latest: true }) : [];
    const totals = totalsByCurrency(adds ? sink : { ...sink, totals: [] }, currencyFields, rows);
    run.note(`${name}: ${withTotals(counts[state], totals)} ${counts[state] === 1 ? singular(words) : words}.`);
  }
}

function singular(words: string): string {
  return words.replace(/^(wait|are) /, (_, verb: string) => (verb === 'wait' ? 'waits ' : 'is ')).replace('write them', 'write it');
}
