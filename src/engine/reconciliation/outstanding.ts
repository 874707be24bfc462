import { calendarDay } from '../../core/time/time.ts';
import { type MatchedGolden, confirmedRecords, exceptionsOfGolden } from '../../store/reconciliation/evidence.ts';
import { type MatchSide } from '../../store/reconciliation/matches.ts';
import { sourceNames } from '../../store/landing/record-names.ts';
import { listSources } from '../../store/ledger/sources.ts';
import { recordsOfSide } from '../../store/reconciliation/totals.ts';
import { dateFieldOf } from '../revenue/legs.ts';
import type { Engine } from '../run/engine.ts';
import { sidesOf } from './reconcile.ts';

/** A record of one side that nothing of the remote system stands against by a day. Minor units. */
export interface OutstandingItem {
  side: MatchSide;
  golden: number;
  connection: string;
  key: string;
  day: string;
  currency: string;
  amount: number;
  /** The latest day of what it was matched with later; null: it has not cleared yet. */
  clearedOn: string | null;
  /** The exception it is in, of those that did not clear. */
  exception: string | null;
}

/** Both sides of a reconciliation up to a day: left − left outstanding + right outstanding + accepted differences = right. */
export interface SidesByDay {
  currency: string;
  left: number;
  leftOutstanding: number;
  rightOutstanding: number;
  /** What matches that have both sides differ by, because a person accepted it; right less left. */
  differences: number;
  right: number;
}

/** What came in and went out on each side in the days asked for; going out is negative. Minor units. */
export interface Movement {
  currency: string;
  leftIn: number;
  leftOut: number;
  rightIn: number;
  rightOut: number;
}

export interface Outstanding {
  leftName: string;
  rightName: string;
  /** The entity of each side. */
  entities: Record<MatchSide, string>;
  totals: SidesByDay[];
  items: OutstandingItem[];
  /** Records without a date or an amount, which are on neither side. */
  withoutDay: Record<MatchSide, number>;
  /** From `since` up to the day. */
  movements: Movement[];
}

interface Held {
  side: MatchSide;
  golden: number;
  day: string;
  currency: string;
  minor: number;
  /** The confirmed match that has its present version. */
  match: number | undefined;
}

/**
 * What a reconciliation has on both sides up to a day, and what is outstanding then: what has no confirmed match, or a match with
 * something that came after the day. Next month's lines are never drawn into this month.
 */
export async function outstandingOn(engine: Engine, pipeline: string, day: string, since = day): Promise<Outstanding> {
  const { project, knex } = engine;
  const config = project.pipelines.get(pipeline)!.value.reconcile!;
  const sides = await sidesOf(engine, knex, config, await listSources(knex));
  const zone = project.config.town.time_zone;
  const held: Held[] = [];
  const withoutDay = { left: 0, right: 0 };
  for (const side of ['left', 'right'] as const) {
    const date = dateFieldOf(project, config, side);
    const matches = new Map((await confirmedRecords(knex, pipeline, side)).map((m: MatchedGolden) => [m.golden, m]));
    for await (const page of recordsOfSide(knex, sides[side], date === null ? [] : [date], PAGE))
      for (const { id, version, currency, minor, values } of page) {
        const value = values[0] ?? null;
        if (value === null || minor === null || currency === null) {
          withoutDay[side]++;
          continue;
        }
        const match = matches.get(id);
        const known = match?.version === version ? match.match : undefined;
        held.push({ side, golden: id, day: calendarDay(String(value), zone), currency, minor, match: known });
      }
  }
  return {
    leftName: config.left.name,
    rightName: config.right.name,
    entities: { left: config.left.entity, right: config.right.entity },
    withoutDay,
    movements: movementsOf(held, since, day),
    ...(await split(engine, sides, held, day)),
  };
}

const PAGE = 5000;

function movementsOf(held: readonly Held[], since: string, day: string): Movement[] {
  const sums = new Map<string, Movement>();
  for (const { currency, side, minor, day: on } of held) {
    if (on < since || on > day) continue;
    let sum = sums.get(currency);
    if (!sum) sums.set(currency, (sum = { currency, leftIn: 0, leftOut: 0, rightIn: 0, rightOut: 0 }));
    sum[`${side}${minor < 0 ? 'Out' : 'In'}`] += minor;
  }
  return [...sums.values()];
}

async function split(
  { knex }: Engine,
  sides: Awaited<ReturnType<typeof sidesOf>>,
  held: readonly Held[],
  day: string,
): Promise<Pick<Outstanding, 'totals' | 'items'>> {
  const groups = Map.groupBy(held, ({ match }) => match);
  // A match of which a record changed, or that has one side alone now, proves nothing.
  const last = new Map<number, string>();
  for (const [match, records] of groups)
    if (match !== undefined && new Set(records.map(({ side }) => side)).size === 2)
      last.set(
        match,
        records.map((record) => record.day).reduce((a, b) => (a > b ? a : b)),
      );
  const totals = new Map<string, SidesByDay>();
  const open: Held[] = [];
  for (const record of held) {
    if (record.day > day) continue;
    let total = totals.get(record.currency);
    if (!total)
      totals.set(
        record.currency,
        (total = { currency: record.currency, left: 0, leftOutstanding: 0, rightOutstanding: 0, differences: 0, right: 0 }),
      );
    total[record.side] += record.minor;
    const clears = record.match === undefined ? undefined : last.get(record.match);
    if (clears !== undefined && clears <= day) total.differences += record.side === 'right' ? record.minor : -record.minor;
    else {
      total[record.side === 'left' ? 'leftOutstanding' : 'rightOutstanding'] += record.minor;
      open.push(record);
    }
  }
  const names = { left: await sourceNames(knex, sides.left.entityId), right: await sourceNames(knex, sides.right.entityId) };
  const items: OutstandingItem[] = [];
  for (const record of open) {
    const { side, golden, currency, minor, match } = record;
    const name = names[side].get(golden);
    const clearedOn = match === undefined ? null : (last.get(match) ?? null);
    const exception = clearedOn === null ? (await exceptionsOfGolden(knex, sides[side].entityId, golden))[0] : undefined;
    items.push({
      side,
      golden,
      connection: name?.connection ?? '',
      key: name?.key ?? `#${golden}`,
      day: record.day,
      currency,
      amount: minor,
      clearedOn,
      exception: exception ? `${exception.id.slice(0, 8)} ${exception.type}` : null,
    });
  }
  const key = (item: OutstandingItem): string => `${item.day}\u0000${item.side}\u0000${item.key}`;
  return {
    totals: [...totals.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1)),
    items: items.sort((a, b) => (key(a) < key(b) ? -1 : 1)),
  };
}
