import { counted } from '../../core/text/counted.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import type { Problem } from '../../core/errors.ts';
import { plainMoney } from '../../core/money.ts';
import { dayIn } from '../../core/time/time.ts';
import { dayNumber } from '../../reconciliation/calendar.ts';
import type { BusinessDays, Side } from '../../reconciliation/entry.ts';
import { conservedSums, type SideSum } from '../../reconciliation/match/conservation.ts';
import { reconcileSides } from '../../reconciliation/match/reconcile.ts';
import { mayRunInPart } from '../../reconciliation/match/relations.ts';
import { SIDES } from '../../reconciliation/match/work.ts';
import { listDecisions } from '../../store/reconciliation/match-decisions.ts';
import { savePassMatches } from '../../store/reconciliation/saved-matches.ts';
import { listSources } from '../../store/ledger/sources.ts';
import { saveAlike } from './alike.ts';
import { problemsBehind } from './behind.ts';
import type { PartContext } from './changed-part.ts';
import { contestMatches } from './contest.ts';
import { allTotals, totalReaders } from './control/control-totals.ts';
import { basisText, type KeptState, keptState, stateAfter } from './kept-state.ts';
import { addKeys } from './match-keys.ts';
import { rulesOf, townDays } from './pass-rules.ts';
import { sideReader } from './read-entries.ts';
import { recordNames } from './record-name.ts';
import { storedBasis } from './reconciliation-basis.ts';
import { sidesOf } from './reconcile.ts';
import { type Found, runInPart } from './run-in-part.ts';
import { reconcileByPieces } from './pieces/by-pieces.ts';
import { explanations, inOrderOfRecords, passMatchesOf } from './saving/pass-matches.ts';
import { type Saved, saveFound, type SavingContext } from './saving/save-found.ts';
import { untriedNotes } from './untried.ts';
import { gatherKeys } from '../../store/reconciliation/saved-keys.ts';
import { inSmallHeap } from './small-heap.ts';
import { sideTotals, type SideTotals } from './side-totals.ts';
import type { ReconciliationRun } from './reconciliation-run.ts';
import { stopIfAsked } from '../run/context.ts';

/**
 * Runs a reconciliation by passes. Matches, exceptions and what is in transit are saved in one transaction with the records they
 * were made of; what people decided is kept. Where the last run was on the same basis, only what may have changed since is looked at,
 * with the same result. The run counts records: read in all, unchanged where confirmed, changed where excepted. Gives why the sides may be
 * incomplete.
 */
export function reconcileByPasses(run: ReconciliationRun): Promise<Problem[]> {
  return inSmallHeap(() => reconciled(run));
}

async function reconciled(run: ReconciliationRun): Promise<Problem[]> {
  const { config } = run;
  const { pipeline } = run.pipeline;
  const { sums, saved, incomplete, twice, lacking, looked, untried } = await run.commit(async (_, trx) => {
    const { project } = run;
    const sources = await listSources(trx);
    const read = await sidesOf(run, trx, config, sources);
    const basis = basisText(project, config, sources);
    const context: Context = {
      ...{ trx, pipeline, project, config, sources },
      rules: rulesOf(pipeline, config, project.config.town),
      totals: await totalReaders(run, trx, sources),
      readers: {
        left: await sideReader(run, trx, config, read.left, 'left'),
        right: await sideReader(run, trx, config, read.right, 'right'),
      },
      decisions: await listDecisions(trx, pipeline),
      today: dayNumber(dayIn(project.config.town.time_zone, run.now())),
      entityIds: { left: read.left.entityId, right: read.right.entityId },
      run: { pipeline, id: run.id, at: run.now().toISOString(), basis: JSON.stringify(storedBasis(project, config, sources)) },
    };
    const kept = mayRunInPart(context.rules) ? await keptState(trx, pipeline, basis) : undefined;
    const part = kept && (await inPart(context, kept));
    return {
      ...(part ? await saveAtOnce(run, context, basis, part) : await everything(run, context, basis)),
      incomplete: await problemsBehind(run, trx, config, sources, []),
      twice: await contestMatches(trx, project, pipeline),
    };
  });
  run.problems.push(...twice);
  for (const { state, records } of sums) {
    run.counts.read += records;
    if (state === 'confirmed') run.counts.unchanged += records;
    else if (state === 'excepted') run.counts.changed += records;
  }
  if (looked !== undefined)
    run.note(`${looked} of ${run.counts.read} records may have changed since the last run; all others stay as they are.`);
  for (const side of SIDES) run.note(sideSummary(config, side, sums));
  for (const note of untried) run.note(note);
  run.note(
    `${saved.matched.added} matches added, ${saved.matched.revoked} revoked; ${saved.exceptions.opened} exceptions opened, ${saved.exceptions.closed} closed by new data, ${saved.exceptions.reopened} reopened, ${saved.exceptions.unfinished} need attention.`,
  );
  return [...incomplete, ...unusable(pipeline, config, lacking)];
}

type Context = Omit<PartContext, 'kept' | 'names' | 'days' | 'keptFields' | 'most'> & SavingContext;

async function inPart(context: Context, kept: KeptState): Promise<(Found & { days: BusinessDays }) | undefined> {
  const { config } = context;
  const { gaps, expected } = context.rules.exceptions;
  const fieldsOfDays = (side: Side): string[] => [
    ...(config[side].date === undefined ? [] : [config[side].date]),
    ...gaps.flatMap((rule) => (rule.side === side ? [rule.number, ...rule.series] : [])),
    ...expected.flatMap((rule) => (rule.side === side ? rule.by : [])),
  ];
  const days = townDays(
    context.project,
    SIDES.flatMap((side) => [...kept.days[side].values()].flatMap((list) => [...list])),
    context.today,
  );
  const names = await recordNames(context.trx);
  const found = await runInPart({
    ...context,
    kept,
    days,
    names,
    keptFields: { left: fieldsOfDays('left'), right: fieldsOfDays('right') },
  });
  return found && { ...found, days };
}

/** Looks at all records: at once, or piece by piece where they are many. */
async function everything(run: ReconciliationRun, given: Context, basis: string): Promise<Saved> {
  const rules = { ...given.rules, totals: await allTotals(given.totals) };
  const context = { ...given, rules };
  const { trx, pipeline, readers, decisions, today } = context;
  const totals = {
    left: await sideTotals(trx, pipeline, 'left', readers.left.side),
    right: await sideTotals(trx, pipeline, 'right', readers.right.side),
  };
  if (recordsIn(totals) > (run.recordsAtOnce ?? MOST_AT_ONCE)) return reconcileByPieces(run, context, basis, totals);
  const entries = { left: await readers.left.all(), right: await readers.right.all() };
  const days = townDays(
    context.project,
    [...entries.left, ...entries.right].flatMap(({ day }) => (day === null ? [] : [day])),
    today,
  );
  const { states, ...result } = reconcileSides(rules, entries, decisions, days, today);
  return saveAtOnce(run, context, basis, {
    ...{ entries, rules, result, totals, days },
    sums: conservedSums(pipeline, entries, { ...result, states }),
  });
}

/**
 * Of more records, those that may be tied to each other are looked at together, and the others after them. A year of 250,000 receipts and its
 * ledger is looked at at once. With as many tenders it takes hardly longer in pieces, and 450 MB instead of 560.
 */
const MOST_AT_ONCE = 450_000;

function recordsIn(totals: Readonly<Record<Side, SideTotals>>): number {
  return SIDES.reduce((sum, side) => [...totals[side].totals.values()].reduce((all, { records }) => all + records, sum), 0);
}

async function saveAtOnce(
  run: ReconciliationRun,
  context: Context,
  basis: string,
  { entries, rules, result, sums, totals, part, days }: Found & { days: BusinessDays },
): Promise<Saved> {
  stopIfAsked(run);
  const { trx, pipeline, decisions, entityIds } = context;
  const state = await stateAfter(trx, basis, rules, entries, decisions, part?.before);
  const explained = explanations();
  inOrderOfRecords(result.matches);
  explained.add(result.matches);
  const { ids, ...matched } = await savePassMatches(trx, context.run, passMatchesOf(result.matches, entityIds), nameFinder(entries), {
    among: part?.matches,
    expected: result.matches.length,
  });
  const keys = gatherKeys();
  if (mayRunInPart(rules)) addKeys(rules, result, ids, keys.add);
  const exceptions = await saveFound(
    { ...context, rules },
    {
      ...{ result, explained, keys, sums, totals, days, state },
      saveAlike: () => saveAlike(trx, pipeline, rules, entries, part?.changed),
      ...(part ? { part } : {}),
    },
  );
  return {
    sums,
    saved: { matched, exceptions },
    untried: untriedNotes(rules, result),
    lacking: { left: totals.left.lacking, right: totals.right.lacking },
    ...(part ? { looked: entries.left.length + entries.right.length } : {}),
  };
}

/** Names are asked for when a match is revoked only. */
function nameFinder(entries: Found['entries']): (golden: number, side: Side) => string {
  let names: Record<Side, Map<number, string>> | undefined;
  return (golden, side) => {
    names ??= {
      left: new Map(entries.left.map((e) => [e.golden, e.id])),
      right: new Map(entries.right.map((e) => [e.golden, e.id])),
    };
    return names[side].get(golden) ?? String(golden);
  };
}

function unusable(pipeline: string, config: ReconciliationConfig, lacking: Readonly<Record<Side, number>>): Problem[] {
  return SIDES.flatMap((side) =>
    lacking[side] === 0
      ? []
      : [
          {
            code: 'SIDE_INCOMPLETE',
            place: { system: pipeline },
            message: `In ${config[side].name}, ${counted(lacking[side], 'record has', 'records have')} no amount, so ${lacking[side] === 1 ? 'it is' : 'they are'} not compared.`,
            hint: 'Fix the mapping, or the records in the system that they come from. If such records are not money, leave them out with where in the reconciliation.',
          },
        ],
  );
}

/** One side's records by state: every record is in exactly one, and the sums are the side's total. */
function sideSummary(config: ReconciliationConfig, side: Side, sums: readonly SideSum[]): string {
  const own = sums.filter((sum) => sum.side === side);
  const parts = [...Map.groupBy(own, ({ currency }) => currency)].map(([currency, list]) => {
    const told = STATES.flatMap(([state, label]) => {
      const sum = list.find((s) => s.state === state);
      return sum ? [`${plainMoney(sum.minor, currency)} ${label} (${sum.records})`] : [];
    });
    return `${currency} ${told.join(', ')}`;
  });
  return `${config[side].name}: ${parts.join('; ') || 'no records'}.`;
}

const STATES = [
  ['confirmed', 'matched'],
  ['proposed', 'proposed'],
  ['in_transit', 'in transit'],
  ['excepted', 'in exceptions'],
  ['out_of_scope', 'out of scope'],
] as const;
