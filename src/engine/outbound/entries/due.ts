import type { DeliveryConfig, EntriesConfig } from '../../../config/schema/pipeline.ts';
import { ConfigError } from '../../../core/errors.ts';
import { dayIn } from '../../../core/time/time.ts';
import { type LedgerRules, type NotPosted, postingOf } from '../../../reconciliation/journal-entries.ts';
import { closedPeriods } from '../../../reconciliation/periods/closed.ts';
import { dayPeriod, monthOf, type Period } from '../../../reconciliation/periods/fiscal.ts';
import type { DueLine, PostedLine } from '../../../reconciliation/postings.ts';
import { type EntryOnItsWay, isSettled, listEntries, receiptLinesOf } from '../../../store/outbound/entries.ts';
import { listPeriods } from '../../../store/reconciliation/periods.ts';
import { revenueLedger } from '../../revenue/ledger.ts';
import type { Engine } from '../../run/engine.ts';

/** What the ledger should have by now. */
export interface Due {
  lines: DueLine[];
  /** Money of periods that may be posted and that is in no entry, and why. */
  notPosted: NotPosted[];
  /** Receipts of which it is not known how they stand. */
  unsure: Set<number>;
  /** May an entry of this period be made now? */
  ready(period: Period): boolean;
}

type Choice = Pick<DeliveryConfig, 'where'> & { entries: EntriesConfig };
type Wanted = (of: { day: string; department: string | null; tender: string | null }) => boolean;

/** What the ledger should have by now, from the revenue ledger: closed periods as they were closed, corrections in the open period. */
export async function dueLines(engine: Engine, { entries, where }: Choice, rules: LedgerRules, now: Date): Promise<Due> {
  const { time_zone: zone, fiscal_year_starts: starts } = engine.project.config.town;
  const wanted = wantedBy(entries, where);
  const periods = periodsBy(entries, starts);
  const closed = closedPeriods(await listPeriods(engine.knex, ['closed']));
  const today = dayIn(zone, now);
  const isClosed = (period: Period): boolean => closed.firstOpen(period.first) > period.last;
  const ready: Due['ready'] = entries.when === 'closed' ? isClosed : (period) => period.last < today || isClosed(period);
  const lines: DueLine[] = [];
  const unsure = new Set<number>();
  const left = new Map<string, NotPosted>();
  for await (const fact of revenueLedger(engine, { from: entries.since }, { now, moved: true })) {
    const { golden, source, receiptNumber, day, department, account, tender, currency, bookedOn } = fact;
    if (!wanted(fact)) continue;
    if (fact.waiting.length) unsure.add(golden);
    const period = periods(bookedOn);
    const posting = postingOf(fact, rules);
    for (const line of posting.lines) lines.push({ golden, source, receiptNumber, day, department, tender, currency, period, ...line });
    if (!ready(period)) continue;
    for (const { amount, reason } of posting.notPosted) {
      const key = JSON.stringify([account, tender, currency, reason]);
      const one = left.get(key);
      if (one) one.amount += amount;
      else left.set(key, { account, tender, currency, amount, reason });
    }
  }
  return { lines, notPosted: [...left.values()].filter(({ amount }) => amount !== 0), unsure, ready };
}

/** What settled entries of a connection have, as far as the pipeline looks at it; with the numbers of those entries. */
export async function postedLines(
  { knex, project }: Engine,
  { entries, where, connection }: Choice & { connection: string },
): Promise<{ lines: PostedLine[]; settled: number[] }> {
  const wanted = wantedBy(entries, where);
  const periods = periodsBy(entries, project.config.town.fiscal_year_starts);
  const lines: PostedLine[] = [];
  const settled: number[] = [];
  for (const entry of await listEntries(knex, { connection })) {
    if (!isSettled(entry)) continue;
    settled.push(entry.number);
    const { number, id } = entry;
    // By the periods as they are cut now: where entries were made for days before, their days are in the month.
    const period = periods(entry.last);
    const own = (await receiptLinesOf(knex, entry)).filter(wanted);
    if (own.length > 0 && entry.first < period.first) throw cutOtherwise(entry);
    for (const line of own) lines.push({ ...line, period, entry: { number, id } });
  }
  return { lines, settled };
}

function wantedBy({ since }: EntriesConfig, where: DeliveryConfig['where']): Wanted {
  const conditions = Object.entries(where) as ['department' | 'tender', string | string[]][];
  return (of) => of.day >= since && conditions.every(([field, values]) => [values].flat().includes(of[field] ?? ''));
}

/** What of a month belongs to which of its days is not in its entry. */
function cutOtherwise({ number, period }: EntryOnItsWay): ConfigError {
  return new ConfigError({
    code: 'ENTRIES_PER_CHANGED',
    place: { path: 'deliver.entries.per' },
    message: `Journal entry ${number} already covers all of ${period}, so no entries can be made for single days of it. No entry was made.`,
    hint: 'In the pipeline, below entries, write per: month again, or set since to the first day after the last period that was posted.',
  });
}

/** The period of an entry that a day belongs to. */
function periodsBy({ per }: EntriesConfig, starts: string): (day: string) => Period {
  const known = new Map<string, Period>();
  return (day) => {
    let period = known.get(day);
    if (!period) known.set(day, (period = per === 'day' ? dayPeriod(day) : monthOf(day, starts)));
    return period;
  };
}
