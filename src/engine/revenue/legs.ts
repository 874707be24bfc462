import type { Project } from '../../config/project.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import { calendarDay } from '../../core/time/time.ts';
import { keyColumns } from '../../reconciliation/periods/period.ts';
import { addSplit, noSplit, type Split, splitOfLeg, wholly } from '../../reconciliation/standing.ts';
import { type GoldenRow, receiptsAfter } from '../../store/landing/golden.ts';
import { entityIds, listSources } from '../../store/ledger/sources.ts';
import { coversOf } from '../reconciliation/covers.ts';
import type { Engine } from '../run/engine.ts';
import { offSources } from './facts.ts';

/** What one side of a reconciliation has in a period, and how it stands. Amounts are minor units. */
export interface LegTotal {
  pipeline: string;
  side: 'left' | 'right';
  /** What people call the side. */
  name: string;
  entity: string;
  /** The field that says in which period a record is; null: the side has none, and all its records count. */
  dateField: string | null;
  currency: string;
  records: number;
  amount: number;
  split: Split;
  /** Records with an empty date: they are in no period, and not in the figures above. */
  undated: number;
  undatedAmount: number;
}

const PAGE = 5000;

/**
 * How the money of each side of each reconciliation stands. A record counts in the period of its date, with the side's own money field;
 * `from` and `to` are days, both included. The four figures of a split add up to the amount.
 */
export async function legTotals(engine: Engine, range: { from?: string | undefined; to?: string | undefined }): Promise<LegTotal[]> {
  const { project, knex } = engine;
  const ids = await entityIds(knex);
  const off = offSources(project, await listSources(knex));
  const { time_zone: zone, currency: town } = project.config.town;
  const totals = new Map<string, LegTotal>();
  const sides = sidesInUse(project);
  for (const { pipeline, side, config } of sides) totalOf(totals, project, pipeline, side, config, town);
  for (const entity of new Set(sides.map(({ side, config }) => config[side].entity))) {
    const covers = await coversOf(engine, entity);
    for (let after = 0; ;) {
      const page: GoldenRow[] = await receiptsAfter(knex, { entity, entityId: ids.get(entity)!, off }, after, {
        limit: PAGE,
        notVoided: false,
      });
      if (page.length === 0) break;
      after = page.at(-1)!._id as number;
      const legs = await covers.legsFor(page);
      for (const [i, record] of page.entries())
        for (const leg of legs[i]!) {
          const config = project.pipelines.get(leg.pipeline)!.value.reconcile!;
          const currency = String(record[`${config[leg.side].amount}_currency`] ?? town);
          const total = totalOf(totals, project, leg.pipeline, leg.side, config, currency);
          const value = total.dateField === null ? null : record[total.dateField];
          const day = value === null || value === undefined ? null : calendarDay(String(value), zone);
          if (total.dateField !== null && day === null) {
            total.undated++;
            total.undatedAmount += leg.amount;
            continue;
          }
          if (day !== null && ((range.from && day < range.from) || (range.to && day > range.to))) continue;
          total.records++;
          total.amount += leg.amount;
          addSplit(total.split, (record[config[leg.side].amount] ?? null) === null ? wholly('exception', 0) : splitOfLeg(leg));
        }
    }
  }
  return [...totals.values()].filter((total) => total.records > 0 || total.undated > 0 || total.currency === town).sort(inOrder);
}

/** How the money of each record of one side of a reconciliation stands, by its golden record. Minor units. */
export async function splitsOfSide(engine: Engine, pipeline: string, side: 'left' | 'right'): Promise<Map<number, Split>> {
  const { project, knex } = engine;
  const config = project.pipelines.get(pipeline)!.value.reconcile!;
  const { entity, amount } = config[side];
  const off = offSources(project, await listSources(knex));
  const entityId = (await entityIds(knex)).get(entity)!;
  const covers = await coversOf(engine, entity);
  const found = new Map<number, Split>();
  for (let after = 0; ;) {
    const page: GoldenRow[] = await receiptsAfter(knex, { entity, entityId, off }, after, { limit: PAGE, notVoided: false });
    if (page.length === 0) return found;
    after = page.at(-1)!._id as number;
    const legs = await covers.legsFor(page);
    for (const [i, record] of page.entries())
      for (const leg of legs[i]!)
        if (leg.pipeline === pipeline && leg.side === side)
          found.set(Number(record._id), (record[amount] ?? null) === null ? wholly('exception', 0) : splitOfLeg(leg));
  }
}

interface SideInUse {
  pipeline: string;
  side: 'left' | 'right';
  config: ReconciliationConfig;
}

function sidesInUse(project: Project): SideInUse[] {
  return [...project.pipelines.values()].flatMap(({ value: { pipeline, reconcile: config, mode } }) =>
    config && mode !== 'off' ? (['left', 'right'] as const).map((side) => ({ pipeline, side, config })) : [],
  );
}

function totalOf(
  totals: Map<string, LegTotal>,
  project: Project,
  pipeline: string,
  side: 'left' | 'right',
  config: ReconciliationConfig,
  currency: string,
): LegTotal {
  const id = JSON.stringify([pipeline, side, currency]);
  let total = totals.get(id);
  if (!total) {
    const { name, entity } = config[side];
    const nothing = { records: 0, amount: 0, split: noSplit(), undated: 0, undatedAmount: 0 };
    totals.set(id, (total = { pipeline, side, name, entity, dateField: dateFieldOf(project, config, side), currency, ...nothing }));
  }
  return total;
}

/** The day of a side's records: as the reconciliation says it, otherwise a date that it matches on, otherwise the first one that every record has. */
export function dateFieldOf(project: Project, config: ReconciliationConfig, side: 'left' | 'right'): string | null {
  const given = config[side].date;
  if (given !== undefined) return given;
  const fields = project.entities.get(config[side].entity)?.value.fields ?? {};
  const isDate = (name: string): boolean => fields[name]?.type === 'date' || fields[name]?.type === 'datetime';
  return (
    config.match_on.flatMap((key) => keyColumns(key[side])).find(isDate) ??
    Object.keys(fields).find((name) => isDate(name) && fields[name]!.required) ??
    null
  );
}

function inOrder(a: LegTotal, b: LegTotal): number {
  const key = (t: LegTotal): string => `${t.pipeline}\u0000${t.side}\u0000${t.currency}`;
  return key(a) < key(b) ? -1 : 1;
}
