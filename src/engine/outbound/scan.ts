import { startOfDay } from '../../core/time/time.ts';
import type { GoldenScan } from '../../store/outbound/outbound.ts';
import { columnNames, type Outbound } from './context.ts';

/** Which golden records a run looks at: those that its pipeline's conditions take, changed since `fromRun` (0: all). */
export function goldenScan(out: Outbound, fromRun: number): GoldenScan {
  return {
    entity: out.entity.entity,
    columns: columnNames(out.entity),
    where: out.config.where,
    since: out.config.since && sinceOf(out, out.config.since),
    fromRun,
    related: out.related,
  };
}

/** The town's day begins at another moment than the day of UTC, by which moments are stored. */
function sinceOf({ entity, session }: Outbound, { field, day }: { field: string; day: string }): GoldenScan['since'] {
  if (entity.fields[field]?.type !== 'datetime') return { field, from: day };
  return { field, from: startOfDay(day, session.project.config.town.time_zone) };
}
