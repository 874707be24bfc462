import type { DeliveryConfig, EntriesConfig } from '../../../config/schema/pipeline.ts';
import { ConfigError } from '../../../core/errors.ts';
import { dayIn } from '../../../core/time.ts';
import { closedPeriods } from '../../../reconciliation/periods/closed.ts';
import { dayPeriod, monthOf, type Period } from '../../../reconciliation/periods/fiscal.ts';
import type { DuePart, EntryPart, PostedPart } from '../../../reconciliation/postings.ts';
import { type EntryOnItsWay, isSettled, listEntries, partsOf } from '../../../store/outbound/entries.ts';
import { anythingBooked } from '../../../store/reconciliation/booked.ts';
import { listPeriods } from '../../../store/reconciliation/periods.ts';
import { type RevenueFact, revenueFacts } from '../../revenue/facts.ts';
import { revenueLedger } from '../../revenue/ledger.ts';
import type { Engine } from '../../run/run.ts';

/** Reconciled money by the period in which it counts, and receipts of which it is not known how they stand. */
export interface Due {
  parts: DuePart[];
  unsure: Set<number>;
  /** May an entry of this period be made now? */
  ready(period: Period): boolean;
}

type Wanted = (part: Pick<EntryPart, 'day' | 'department' | 'account' | 'tender'>) => boolean;

/**
 * What the ledger should have by now, from the revenue ledger: closed periods as they were closed, corrections in the open period. Money of a closed
 * period that was reconciled after its closing counts in the first open day from today on.
 */
export async function dueParts(
  engine: Engine,
  { entries, where }: { entries: EntriesConfig; where: DeliveryConfig['where'] },
  now: Date,
): Promise<Due> {
  const { knex, project } = engine;
  const { time_zone: zone, fiscal_year_starts: starts } = project.config.town;
  const wanted = wantedBy(entries, where);
  const periods = periodsBy(entries, starts);
  const today = dayIn(zone, now);
  const list = await listPeriods(knex, ['closed']);
  const closed = closedPeriods(list);
  const sums = new Map<string, DuePart>();
  const reconciled = new Map<string, { fact: RevenueFact; amount: number }>();
  const unsure = new Set<number>();
  const known = (fact: RevenueFact, sign: 1 | -1): void => {
    const key = partKey(fact);
    const one = reconciled.get(key);
    if (one) one.amount += sign * fact.split.reconciled;
    else reconciled.set(key, { fact, amount: sign * fact.split.reconciled });
  };
  const add = (fact: RevenueFact, day: string, amount: number): void => {
    if (amount === 0) return;
    const period = periods(day);
    const key = `${partKey(fact)} ${period.id}`;
    const one = sums.get(key);
    if (one) one.amount += amount;
    else sums.set(key, { ...partOf(fact), amount, period });
  };
  const anyClosed = list.length > 0 || (await anythingBooked(knex));
  for await (const entry of revenueLedger(engine, { from: entries.since }, now)) {
    if (!wanted(entry)) continue;
    if (entry.waiting.length) unsure.add(entry.golden);
    add(entry, entry.bookedOn, entry.split.reconciled);
    if (anyClosed) known(entry, -1);
  }
  if (anyClosed) {
    for await (const fact of revenueFacts(engine, { from: entries.since })) {
      if (!wanted(fact)) continue;
      if (fact.waiting.length) unsure.add(fact.golden);
      known(fact, 1);
    }
    const first = closed.firstOpen(today);
    for (const { fact, amount } of reconciled.values()) add(fact, first, amount);
  }
  const isClosed = (period: Period): boolean => closed.firstOpen(period.first) > period.last;
  return {
    parts: [...sums.values()],
    unsure,
    ready: entries.when === 'closed' ? isClosed : (period) => period.last < today || isClosed(period),
  };
}

/** What settled entries of a connection have, as far as the pipeline looks at it; with the numbers of those entries. */
export async function postedParts(
  { knex, project }: Engine,
  { entries, where, connection }: { entries: EntriesConfig; where: DeliveryConfig['where']; connection: string },
): Promise<{ parts: PostedPart[]; settled: number[] }> {
  const wanted = wantedBy(entries, where);
  const periods = periodsBy(entries, project.config.town.fiscal_year_starts);
  const parts: PostedPart[] = [];
  const settled: number[] = [];
  for (const entry of await listEntries(knex, { connection })) {
    if (!isSettled(entry)) continue;
    settled.push(entry.number);
    const { number, id } = entry;
    // By the periods as they are cut now: where entries were made for days before, their days are in the month.
    const period = periods(entry.last);
    const own = (await partsOf(knex, entry)).filter(wanted);
    if (own.length > 0 && entry.first < period.first) throw cutOtherwise(entry);
    for (const part of own) parts.push({ ...part, period, entry: { number, id } });
  }
  return { parts, settled };
}

function wantedBy({ since }: EntriesConfig, where: DeliveryConfig['where']): Wanted {
  const conditions = Object.entries(where) as [keyof Parameters<Wanted>[0], string | string[]][];
  return (part) => part.day >= since && conditions.every(([field, values]) => [values].flat().includes(part[field] ?? ''));
}

/** What of a month belongs to which of its days is not in its entry. */
function cutOtherwise({ number, period }: EntryOnItsWay): ConfigError {
  return new ConfigError({
    code: 'ENTRIES_PER_CHANGED',
    place: { path: 'deliver.entries.per' },
    message: `Entry ${number} is for all of ${period}, so entries of its days cannot be made.`,
    hint: 'Write per: month again; or give since the first day after the last period that was posted.',
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

function partKey({ golden, currency, account, tender, department }: RevenueFact): string {
  return JSON.stringify([golden, currency, account, tender, department]);
}

function partOf({ golden, source, receiptNumber, day, department, account, tender, currency }: RevenueFact): Omit<EntryPart, 'amount'> {
  return { golden, source, receiptNumber, day, department, account, tender, currency };
}
