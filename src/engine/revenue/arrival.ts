import { calendarDay } from '../../core/time/time.ts';
import { matchesOfGolden } from '../../store/reconciliation/evidence.ts';
import { recordsOfMatches } from '../../store/reconciliation/matches.ts';
import { fieldValues } from '../../store/reconciliation/totals.ts';
import { entityIds } from '../../store/ledger/sources.ts';
import type { Engine } from '../run/engine.ts';
import type { RevenueFact } from './facts.ts';
import { dateFieldOf } from './legs.ts';

/**
 * The day on which money arrived: the latest day of any record that its confirmed matches tie it to, and never before its own. `today`:
 * where its matches have no day, or it is not reconciled anymore.
 */
export function arrivalDays(engine: Engine, today: string): (fact: RevenueFact) => Promise<string> {
  const { knex, project } = engine;
  const zone = project.config.town.time_zone;
  const days = new Map<number, string | null>();
  let entityId: number | undefined;
  return async (fact) => {
    if (fact.split.reconciled === 0) return today;
    entityId ??= (await entityIds(knex)).get(project.config.revenue.receipts)!;
    const matches = (await matchesOfGolden(knex, entityId, fact.golden)).filter(({ state }) => state === 'confirmed');
    let latest: string | null = null;
    for (const { match, pipeline, side } of matches) {
      if (!days.has(match)) days.set(match, await dayOfMatch(match, pipeline, side === 'left' ? 'right' : 'left'));
      const day = days.get(match)!;
      if (day !== null && (latest === null || day > latest)) latest = day;
    }
    return latest === null ? today : latest < fact.day ? fact.day : latest;
  };

  async function dayOfMatch(match: number, pipeline: string, side: 'left' | 'right'): Promise<string | null> {
    const config = project.pipelines.get(pipeline)?.value.reconcile;
    const field = config ? dateFieldOf(project, config, side) : null;
    if (!config || field === null) return null;
    const goldens = (await recordsOfMatches(knex, [match])).filter((r) => r.side === side).map(({ golden }) => golden);
    const values = [...(await fieldValues(knex, config[side].entity, field, goldens)).values()];
    return values.reduce<string | null>((last, value) => {
      const day = value === null ? null : calendarDay(value, zone);
      return day !== null && (last === null || day > last) ? day : last;
    }, null);
  }
}
