import { startOfDay } from '../../core/time/time.ts';
import type { GoldenScan } from '../../store/outbound/outbound.ts';
import { columnNames, type OutboundRun } from './outbound-run.ts';

/** What choosing records needs of a run. */
type ScanningRun = Pick<OutboundRun, 'config' | 'entity' | 'project' | 'related'>;

/** Which golden records a run looks at: those that its pipeline's conditions take, changed since `fromRun` (0: all). */
export function goldenScan(run: ScanningRun, fromRun: number): GoldenScan {
  return {
    entity: run.entity.entity,
    columns: columnNames(run.entity),
    where: run.config.where,
    since: run.config.since && sinceOf(run, run.config.since),
    fromRun,
    related: run.related,
  };
}

/** The town's day begins at another moment than the day of UTC, by which moments are stored. */
function sinceOf(run: ScanningRun, { field, day }: { field: string; day: string }): GoldenScan['since'] {
  const { entity } = run;
  if (entity.fields[field]?.type !== 'datetime') return { field, from: day };
  return { field, from: startOfDay(day, run.project.config.town.time_zone) };
}
