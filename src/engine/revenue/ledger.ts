import { type DayRange, dayIn } from '../../core/time/time.ts';
import { closedPeriods } from '../../reconciliation/periods/closed.ts';
import { addSplit, noSplit, type Split, STANDINGS } from '../../reconciliation/standing.ts';
import {
  anythingBooked,
  bookedByReceipt,
  type BookedRow,
  bookedWithin,
  type NewBooked,
  lastChanges,
} from '../../store/reconciliation/booked.ts';
import { closingsAt, listPeriods } from '../../store/reconciliation/periods.ts';
import { NotKept } from '../../store/landing/as-of.ts';
import { startOf } from '../../store/ledger/runs.ts';
import { entityIds } from '../../store/ledger/sources.ts';
import type { IdRange } from '../../store/revenue/marks.ts';
import type { Engine } from '../run/engine.ts';
import type { BookedBefore } from '../../reconciliation/journal-entries.ts';
import { arrivalDays } from './arrival.ts';
import { type FactsContext, factsContext, factsOf, type RevenueFact, revenueFacts } from './facts.ts';

/** A fact in the day in which it counts. */
export interface LedgerEntry extends RevenueFact {
  /** The day it counts in: its own, or of a correction the day on which it became known, or the first open day after that. */
  bookedOn: string;
  /** The closed period that it corrects; null: it corrects nothing. */
  corrects: string | null;
  /** It is in a closing; nothing changes it anymore. */
  booked: boolean;
  /** Only how the money stands changed since its period was closed: it is reconciled now, or no longer. Its amount is 0. */
  moved: boolean;
  /** Of what a closing booked: what the entries of that closing have of it as revenue; null: it is in no entry. */
  posted?: number | null | undefined;
  /** Of a change: what closings booked of the same money before. */
  before?: BookedBefore | undefined;
}

interface LedgerOptions {
  /** For corrections of which no run tells since when they are known. */
  now?: Date;
  /** Also money that only moved: for the entries of the ledger, not for reports of revenue. */
  moved?: boolean;
  /** A moment in UTC: as it was then. Only days that were closed then can be told. */
  asOf?: string | undefined;
}

/**
 * Revenue by the days in which it counts. What a closing booked stands for good; what differs from it since is an entry of its own, an
 * adjustment, in the first open day on or after the day on which it became known. All entries together are always the receipts as
 * they are now. Money that was not reconciled when its period closed and is now has moved: that is an entry of its own, on the day on
 * which it arrived, and no revenue. Throws NotKept where days were asked for as of a moment at which they were open: how money stood
 * then is not kept.
 */
export async function* revenueLedger(
  engine: Engine,
  range: DayRange,
  { now = new Date(), moved: alsoMoved = false, asOf }: LedgerOptions = {},
): AsyncGenerator<LedgerEntry> {
  const { knex } = engine;
  if (asOf !== undefined) {
    const { closings, inForce } = await closingsAt(knex, asOf);
    const [from, to] = [range.from ?? '0000-01-01', range.to ?? '9999-12-31'];
    const open = closedPeriods(inForce).firstOpen(from);
    if (open <= to)
      throw new NotKept(
        `${range.from === undefined ? 'Not every day' : open} was ${range.from === undefined ? '' : 'not '}closed at that time, and how the money of an open day stood is not kept.`,
      );
    for await (const row of bookedWithin(knex, from, to)) if (closings.has(row.closing) && (alsoMoved || !row.moved)) yield entryOf(row);
    return;
  }
  const list = await listPeriods(knex, ['closed']);
  const closed = closedPeriods(list);
  // A period in which nothing was taken is closed as well, and books nothing.
  if (list.length === 0 && !(await anythingBooked(knex))) {
    for await (const fact of revenueFacts(engine, range)) yield asItIs(fact);
    return;
  }
  const first = range.from ?? '0000-01-01';
  const last = range.to ?? '9999-12-31';
  for await (const row of bookedWithin(knex, first, last)) if (alsoMoved || !row.moved) yield entryOf(row);
  // Only open days take anything new.
  if (closed.firstOpen(first) > last) return;
  const context = await factsContext(engine);
  const live = context ? factsOf(context, {}) : [];
  for await (const entries of openEntries(engine, closed, together(live, bookedByReceipt(knex)), { now, moved: alsoMoved }))
    for (const entry of entries) if (entry.bookedOn >= first && entry.bookedOn <= last) yield entry;
}

/**
 * All entries of revenue of the receipts with these ids, whatever the day, some at a time: what is booked of them, and what is open. Not
 * money that only moved.
 */
export async function* ledgerOfReceipts(context: FactsContext, ids: IdRange, now = new Date()): AsyncGenerator<LedgerEntry[]> {
  const { engine } = context;
  const closed = closedPeriods(await listPeriods(engine.knex, ['closed']));
  const booked = bookedByReceipt(engine.knex, ids);
  const all: BookedRow[] = [];
  async function* noted(): AsyncGenerator<Together[]> {
    for await (const page of together(factsOf(context, {}, ids), booked)) {
      for (const { booked: rows } of page) all.push(...rows);
      yield page;
    }
  }
  yield* openEntries(engine, closed, noted(), { now, moved: false });
  yield all.filter(({ moved }) => !moved).map(entryOf);
}

/** What is open of receipts: as they are now where nothing of them is closed, otherwise what differs from what is booked. */
async function* openEntries(
  engine: Engine,
  closed: ReturnType<typeof closedPeriods>,
  receipts: AsyncIterable<Together[]>,
  { now, moved: alsoMoved }: Required<Omit<LedgerOptions, 'asOf'>>,
): AsyncGenerator<LedgerEntry[]> {
  const today = dayIn(engine.project.config.town.time_zone, now);
  const knownOn = knownDays(engine, today);
  const arrivedOn = arrivalDays(engine, today);
  for await (const page of receipts) {
    const entries: LedgerEntry[] = [];
    for (const { live, booked } of page) {
      if (booked.length === 0 && live.every((fact) => closed.of(fact.day) === undefined)) {
        for (const fact of live) entries.push(asItIs(fact));
        continue;
      }
      for (const change of changesOf(live, booked)) {
        const period = closed.of(change.day);
        const moved = period !== undefined && change.amount === 0 && change.count === 0;
        // From in transit to an exception nothing moves.
        if (moved && (!alsoMoved || change.split.reconciled === 0)) continue;
        const bookedOn = period ? closed.firstOpen(await (moved ? arrivedOn : knownOn)(change)) : change.day;
        // In a period that was reopened, what was booked there is corrected there.
        const corrects = period?.id ?? (booked.some((row) => row.day === change.day) ? change.day : null);
        entries.push({ ...change, bookedOn, corrects, booked: false, moved });
      }
    }
    yield entries;
  }
}

function asItIs(fact: RevenueFact): LedgerEntry {
  return { ...fact, bookedOn: fact.day, corrects: null, booked: false, moved: false };
}

interface Together {
  live: RevenueFact[];
  booked: BookedRow[];
}

/** Receipts as they are now, each next to what is booked of it, some at a time; both come in the order of the receipts' ids. */
async function* together(
  facts: AsyncIterable<RevenueFact[][]> | Iterable<RevenueFact[][]>,
  booked: AsyncGenerator<{ golden: number; rows: BookedRow[] }>,
): AsyncGenerator<Together[]> {
  let next = await booked.next();
  for await (const page of facts) {
    const pairs: Together[] = [];
    for (const live of page) {
      const at = live[0]!.golden;
      for (; !next.done && next.value.golden < at; next = await booked.next()) pairs.push({ live: [], booked: next.value.rows });
      const isBooked = !next.done && next.value.golden === at;
      pairs.push({ live, booked: isBooked ? (next.value as { rows: BookedRow[] }).rows : [] });
      if (isBooked) next = await booked.next();
    }
    yield pairs;
  }
  for (; !next.done; next = await booked.next()) yield [{ live: [], booked: next.value.rows }];
}

type Value = Pick<RevenueFact, 'count' | 'amount' | 'split'> & Pick<LedgerEntry, 'before'>;

/** What is now less what is booked, by all that a report tells apart. What is equal is not there. */
function changesOf(live: readonly RevenueFact[], booked: readonly BookedRow[]): (RevenueFact & Pick<LedgerEntry, 'before'>)[] {
  const sums = new Map<string, { fact: RevenueFact; value: Value }>();
  const add = (fact: RevenueFact, sign: 1 | -1): Value => {
    const key = JSON.stringify([fact.day, fact.department, fact.account, fact.tender, fact.currency, fact.part === 'rest']);
    let sum = sums.get(key);
    if (!sum) sums.set(key, (sum = { fact, value: { count: 0, amount: 0, split: noSplit() } }));
    sum.value.count += sign * fact.count;
    sum.value.amount += sign * fact.amount;
    addSplit(sum.value.split, signed(fact.split, sign));
    return sum.value;
  };
  for (const fact of live) add(fact, 1);
  for (const row of booked) {
    const value = add(entryOf(row), -1);
    const { amount, reconciled, posted } = value.before ?? { amount: 0, reconciled: 0, posted: 0 };
    value.before = {
      amount: amount + row.amount,
      reconciled: reconciled + row.reconciled,
      posted: posted === null || row.posted === null ? null : posted + row.posted,
    };
  }
  return [...sums.values()]
    .filter(({ value }) => value.count !== 0 || value.amount !== 0 || STANDINGS.some((standing) => value.split[standing] !== 0))
    .map(({ fact, value }) => ({
      ...fact,
      ...value,
      posted: undefined,
      reasons: value.split.reconciled === value.amount ? [] : [...fact.reasons],
    }));
}

function signed(split: Split, sign: 1 | -1): Split {
  return Object.fromEntries(STANDINGS.map((standing) => [standing, sign * split[standing]])) as Split;
}

function entryOf(row: BookedRow): LedgerEntry {
  const { reconciled, inTransit, exception, notCovered, closing: _closing, ...fact } = row;
  return { ...fact, split: { reconciled, in_transit: inTransit, exception, not_covered: notCovered }, waiting: [], booked: true };
}

/** As it is stored. `posted`: what the entries of its closing have of it as revenue. */
export function bookedRowOf(entry: LedgerEntry, posted: number | null): NewBooked {
  const { split, booked: _, waiting: _waiting, before: _before, posted: _posted, ...rest } = entry;
  const fact = { ...rest, posted };
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
