import { FIGURES } from '../../store/revenue/sums.ts';
import { newestBooked } from '../../store/reconciliation/booked.ts';
import { stateOfPeriods } from '../../store/reconciliation/periods.ts';
import { type CoverState, coverStates } from '../reconciliation/covers.ts';
import type { Engine } from '../run/engine.ts';
import { type FactsPlan, factsPlan } from './facts.ts';

/** What sums depend on besides the records: as long as it is the same, and no change is marked, they are right. */
export interface SumBasis {
  /** The town, the model and the closed periods, as one text: every sum is wrong when it changes. */
  base: string;
  /** What is asked of each reconciliation, and why its results do not count if so: as `base`. */
  reconciliations: Record<string, string>;
  /** The last run of each that compared. */
  runs: Record<string, number>;
}

/** Counts up when what is in a sum, or the words of a reason, changes: stores then make their sums again. */
const EDITION = 1;

/** What sums would be made with now, and how the reconciliations stand. undefined: the model has no receipts. */
export async function basisNow(engine: Engine): Promise<{ basis: SumBasis; states: CoverState[]; facts: FactsPlan } | undefined> {
  const plan = await factsPlan(engine);
  if (!plan) return undefined;
  const states = await coverStates(engine);
  const { town, revenue } = engine.project.config;
  const base = JSON.stringify({
    edition: EDITION,
    figures: FIGURES,
    town: [town.time_zone, town.currency, town.fiscal_year_starts],
    revenue,
    model: [plan.receipts, plan.lines ?? null, plan.voids, plan.moments],
    off: [...plan.off].sort((a, b) => a - b),
    periods: await stateOfPeriods(engine.knex),
    booked: await newestBooked(engine.knex),
    order: states.map(({ pipeline }) => pipeline),
  });
  const asked = ({ config: { left, right, match_on, passes }, outdated }: CoverState): string =>
    JSON.stringify([
      [left, right].map(({ entity, where, amount }) => [entity, where, amount]),
      match_on.length,
      passes !== undefined,
      outdated ?? null,
    ]);
  const basis = {
    base,
    reconciliations: Object.fromEntries(states.map((state) => [state.pipeline, asked(state)])),
    runs: Object.fromEntries(states.map(({ pipeline, run }) => [pipeline, run])),
  };
  return { basis, states, facts: plan };
}
