import type { ReconciliationConfig } from '../../../config/schema/pipeline.ts';
import type { Project } from '../../../config/project.ts';
import { dateOf } from '../../../reconciliation/calendar.ts';
import type { BusinessDays, Side } from '../../../reconciliation/entry.ts';
import { nameMissingSources } from '../../../reconciliation/exceptions/missing-source.ts';
import { dueIn, type DueRules, type ExceptionCode } from '../../../reconciliation/exceptions/types.ts';
import type { SideSum } from '../../../reconciliation/match/conservation.ts';
import type { CheckedResult, FoundException, Rules } from '../../../reconciliation/match/reconcile.ts';
import { mayRunInPart } from '../../../reconciliation/match/relations.ts';
import { SIDES } from '../../../reconciliation/match/work.ts';
import type { Source } from '../../../store/ledger/sources.ts';
import type { Knex } from '../../../store/open.ts';
import type { SavedMatches } from '../../../store/reconciliation/saved-matches.ts';
import { type NewException, type SavedExceptions, saveExceptions } from '../../../store/reconciliation/exceptions.ts';
import type { GatheredKeys } from '../../../store/reconciliation/saved-keys.ts';
import { forgetKeys, saveSettledState } from '../../../store/reconciliation/settled.ts';
import { saveSums } from '../../../store/reconciliation/side-blocks.ts';
import { saveSideStates, saveUnmatched } from '../../../store/reconciliation/side-states.ts';
import { dueRules } from '../exceptions/due-rules.ts';
import { sourceStates } from '../exceptions/missing-sources.ts';
import { type KeptState, stateText } from '../kept-state.ts';
import type { StoredEntry } from '../read-entries.ts';
import type { Found } from '../run-in-part.ts';
import type { SideTotals } from '../side-totals.ts';
import { type Explanations, recordsOf } from './pass-matches.ts';

/** What was found, with its matches saved already. */
export interface ToSave {
  result: Omit<CheckedResult, 'matches' | 'clusters'>;
  explained: Explanations;
  /** Of all matches and of all records that have none. */
  keys: GatheredKeys;
  saveAlike(): Promise<void>;
  sums: readonly SideSum[];
  totals: Readonly<Record<Side, SideTotals>>;
  days: BusinessDays;
  state: KeptState;
  part?: Found['part'];
}

/** What a run has saved. */
export interface Saved {
  sums: readonly SideSum[];
  saved: { matched: Omit<SavedMatches, 'ids'>; exceptions: SavedExceptions };
  /** Records without an amount. */
  lacking: Record<Side, number>;
  /** Records that were looked at, where these are not all. */
  looked?: number;
  /** What passes did not try, one sentence each. */
  untried: readonly string[];
}

/** How a run of a reconciliation saves what it has found. */
export interface SavingContext {
  trx: Knex.Transaction;
  pipeline: string;
  rules: Rules;
  project: Project;
  config: ReconciliationConfig;
  sources: readonly Source[];
  entityIds: Readonly<Record<Side, number>>;
  today: number;
  run: { pipeline: string; id: number; at: string; basis: string };
}

/** Saves all but the matches; of what a run in part has not looked at, everything stays. */
export async function saveFound(
  { trx, pipeline, rules, project, config, sources, entityIds, today, run }: SavingContext,
  { result, explained, keys, saveAlike, sums, totals, days, state, part }: ToSave,
): Promise<SavedExceptions> {
  const kept = part?.kept ?? [];
  const missing = nameMissingSources(
    { rules, days, asOf: today, currency: project.config.town.currency },
    [...result.exceptions, ...kept.map(({ exception }) => exception)],
    await sourceStates(trx, project, config, sources, state.days, entityIds),
  );
  const renamed = kept.flatMap(({ exception, cause }) => (exception.cause === cause ? [] : [exception]));
  const found = [...result.exceptions, ...missing, ...renamed].map((e) => exceptionOf(e, entityIds, days, dueRules(project)));
  const exceptions = await saveExceptions(trx, run, found, explained.of, part?.exceptions);
  await saveUnmatched(
    trx,
    pipeline,
    [
      ...SIDES.flatMap((side) => recordsOf(result.inTransit[side], side, entityIds).map((record) => ({ ...record, rule: null }))),
      ...result.outOfScope.flatMap(({ entry, side, rule }) => recordsOf([entry], side, entityIds).map((record) => ({ ...record, rule }))),
    ],
    part?.goldens,
  );
  await saveSideStates(trx, pipeline, sums);
  if (mayRunInPart(rules)) {
    if (part) await forgetKeys(trx, pipeline, part.units);
    await keys.save(trx, pipeline, !part);
    await saveAlike();
    for (const side of SIDES) await saveSums(trx, pipeline, side, totals[side].made, part?.blocks[side]);
  }
  await saveSettledState(trx, pipeline, mayRunInPart(rules) ? stateText(state, rules, result) : undefined);
  return exceptions;
}

function exceptionOf(exception: FoundException, entityIds: SavingContext['entityIds'], days: BusinessDays, rules: DueRules): NewException {
  const { id, type, minor, currency, since } = exception;
  const facts = exception.cause === undefined ? exception.facts : { ...exception.facts, cause: exception.cause };
  const names = (side: Side): NewException['records'] =>
    (exception[side] as readonly StoredEntry[]).map((e) => ({
      side,
      entityId: entityIds[side],
      golden: e.golden,
      record: e.id,
      minor: e.minor,
    }));
  const due = since === null ? null : dueDay(since, dueIn(type as ExceptionCode, minor, rules), days);
  return {
    id,
    type,
    minor,
    currency,
    since: since === null ? null : dateOf(since),
    facts,
    dueOn: due === null ? null : dateOf(due),
    about: exception.holds ? 'money' : 'finding',
    records: [...names('left'), ...names('right')],
  };
}

/** The first day that is so many business days after another. */
function dueDay(since: number, businessDays: number, days: BusinessDays): number {
  const goal = days.index(since) + businessDays;
  let day = since;
  while (days.index(day) < goal) day++;
  return day;
}
