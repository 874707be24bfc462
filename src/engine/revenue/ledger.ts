import { dayIn } from '../../core/time.ts';
import { closedPeriods } from '../../reconciliation/periods/closed.ts';
import { addSplit, noSplit, type Split, STANDINGS } from '../../reconciliation/standing.ts';
import { anythingBooked, bookedByReceipt, type BookedRow, bookedWithin, lastChanges } from '../../store/reconciliation/booked.ts';
import { listPeriods } from '../../store/reconciliation/periods.ts';
import { startOf } from '../../store/ledger/runs.ts';
import { entityIds } from '../../store/ledger/sources.ts';
import type { IdRange } from '../../store/revenue/marks.ts';
import type { Engine } from '../run/engine.ts';
import { type FactsContext, factsOf, type RevenueFact, revenueFacts } from './facts.ts';

/** A fact in the day in which it counts. */
export interface LedgerEntry extends RevenueFact {
  /** The day it counts in: its own, or of a correction the day on which it became known, or the first open day after that. */
  bookedOn: string;
  /** The closed period that it corrects; null: it corrects nothing. */
  corrects: string | null;
  /** It is in a closing; nothing changes it anymore. */
  booked: boolean;
}

interface Range {
  from?: string | undefined;
  to?: string | undefined;
}

/**
 * Revenue by the days in which it counts. What a closing booked stands for good; what differs from it since is an entry of its own, an
 * adjustment, in the first open day on or after the day on which it became known. All entries together are always the receipts as
 * they are now. `now`: for corrections of which no run tells since when they are known.
 */
export async function* revenueLedger(engine: Engine, range: Range, now = new Date()): AsyncGenerator<LedgerEntry> {
  const { knex } = engine;
  const list = await listPeriods(knex, ['closed']);
  const closed = closedPeriods(list);
  // A period in which nothing was taken is closed as well, and books nothing.
  if (list.length === 0 && !(await anythingBooked(knex))) {
    for await (const fact of revenueFacts(engine, range)) yield { ...fact, bookedOn: fact.day, corrects: null, booked: false };
    return;
  }
  const first = range.from ?? '0000-01-01';
  const last = range.to ?? '9999-12-31';
  for await (const row of bookedWithin(knex, first, last)) yield entryOf(row);
  // Only open days take anything new.
  if (closed.firstOpen(first) > last) return;
  const live = revenueFacts(engine, {});
  for await (const entry of openEntries(engine, closed, together(live, bookedByReceipt(knex)), now))
    if (entry.bookedOn >= first && entry.bookedOn <= last) yield entry;
}

/** All entries of the receipts with these ids, whatever the day: what is booked of them, and what is open. */
export async function* ledgerOfReceipts(context: FactsContext, ids: IdRange, now = new Date()): AsyncGenerator<LedgerEntry> {
  const { engine } = context;
  const closed = closedPeriods(await listPeriods(engine.knex, ['closed']));
  const booked = bookedByReceipt(engine.knex, ids);
  const all: BookedRow[] = [];
  async function* noted(): AsyncGenerator<Together> {
    for await (const pair of together(factsOf(context, {}, ids), booked)) {
      all.push(...pair.booked);
      yield pair;
    }
  }
  for await (const entry of openEntries(engine, closed, noted(), now)) yield entry;
  for (const row of all) yield entryOf(row);
}

/** What is open of receipts: as they are now where nothing of them is closed, otherwise what differs from what is booked. */
async function* openEntries(
  engine: Engine,
  closed: ReturnType<typeof closedPeriods>,
  receipts: AsyncIterable<Together>,
  now: Date,
): AsyncGenerator<LedgerEntry> {
  const knownOn = knownDays(engine, dayIn(engine.project.config.town.time_zone, now));
  for await (const { live, booked } of receipts) {
    if (booked.length === 0 && live.every((fact) => closed.of(fact.day) === undefined)) {
      for (const fact of live) yield { ...fact, bookedOn: fact.day, corrects: null, booked: false };
      continue;
    }
    for (const change of changesOf(live, booked)) {
      const period = closed.of(change.day);
      if (period && change.amount === 0 && change.count === 0) continue;
      const bookedOn = period ? closed.firstOpen(await knownOn(change)) : change.day;
      // In a period that was reopened, what was booked there is corrected there.
      const corrects = period?.id ?? (booked.some((row) => row.day === change.day) ? change.day : null);
      yield { ...change, bookedOn, corrects, booked: false };
    }
  }
}

interface Together {
  live: RevenueFact[];
  booked: BookedRow[];
}

/** Receipts as they are now, each next to what is booked of it; both come in the order of the receipts' ids. */
async function* together(
  facts: AsyncIterable<RevenueFact>,
  booked: AsyncGenerator<{ golden: number; rows: BookedRow[] }>,
): AsyncGenerator<Together> {
  const receipts = grouped(facts);
  let left = await receipts.next();
  let right = await booked.next();
  while (!left.done || !right.done) {
    const at = Math.min(left.done ? Infinity : left.value[0]!.golden, right.done ? Infinity : right.value.golden);
    const live = !left.done && left.value[0]!.golden === at ? left.value : [];
    const rows = !right.done && right.value.golden === at ? right.value.rows : [];
    yield { live, booked: rows };
    if (live.length) left = await receipts.next();
    if (rows.length) right = await booked.next();
  }
}

async function* grouped(facts: AsyncIterable<RevenueFact>): AsyncGenerator<RevenueFact[]> {
  let group: RevenueFact[] = [];
  for await (const fact of facts) {
    if (group.length && group[0]!.golden !== fact.golden) {
      yield group;
      group = [];
    }
    group.push(fact);
  }
  if (group.length) yield group;
}

type Value = Pick<RevenueFact, 'count' | 'amount' | 'split'>;

/** What is now less what is booked, by all that a report tells apart. What is equal is not there. */
function changesOf(live: readonly RevenueFact[], booked: readonly BookedRow[]): RevenueFact[] {
  const sums = new Map<string, { fact: RevenueFact; value: Value }>();
  const add = (fact: RevenueFact, sign: 1 | -1): void => {
    const key = JSON.stringify([fact.day, fact.department, fact.account, fact.tender, fact.currency, fact.part === 'rest']);
    let sum = sums.get(key);
    if (!sum) sums.set(key, (sum = { fact, value: { count: 0, amount: 0, split: noSplit() } }));
    sum.value.count += sign * fact.count;
    sum.value.amount += sign * fact.amount;
    addSplit(sum.value.split, signed(fact.split, sign));
  };
  for (const fact of live) add(fact, 1);
  for (const row of booked) add(entryOf(row), -1);
  return [...sums.values()]
    .filter(({ value }) => value.count !== 0 || value.amount !== 0 || STANDINGS.some((standing) => value.split[standing] !== 0))
    .map(({ fact, value }) => ({ ...fact, ...value, reasons: value.split.reconciled === value.amount ? [] : [...fact.reasons] }));
}

function signed(split: Split, sign: 1 | -1): Split {
  return Object.fromEntries(STANDINGS.map((standing) => [standing, sign * split[standing]])) as Split;
}

function entryOf(row: BookedRow): LedgerEntry {
  const { reconciled, inTransit, exception, notCovered, ...fact } = row;
  return { ...fact, split: { reconciled, in_transit: inTransit, exception, not_covered: notCovered }, waiting: [], booked: true };
}

/** As it is stored. */
export function bookedRowOf(entry: LedgerEntry): BookedRow {
  const { split, booked: _, waiting: _waiting, ...fact } = entry;
  return { ...fact, reconciled: split.reconciled, inTransit: split.in_transit, exception: split.exception, notCovered: split.not_covered };
}

/** The town's day on which the last change of a receipt became known. */
function knownDays(engine: Engine, today: string): (fact: RevenueFact) => Promise<string> {
  const { knex, project } = engine;
  const { time_zone: zone } = project.config.town;
  const entity = project.config.revenue.receipts;
  const days = new Map<number, string>();
  let entityId: number | undefined;
  return async (fact) => {
    entityId ??= (await entityIds(knex)).get(entity)!;
    const changes = await lastChanges(knex, entity, entityId, [fact.golden]);
    const run = Math.max(changes.get(fact.golden) ?? 0, fact.changed);
    let day = days.get(run);
    if (day === undefined) {
      const started = await startOf(knex, run);
      days.set(run, (day = started === undefined ? today : dayIn(zone, new Date(started))));
    }
    return day;
  };
}
