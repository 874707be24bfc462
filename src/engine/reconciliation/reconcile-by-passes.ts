import { counted } from '../../core/text/counted.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import type { Problem } from '../../core/errors.ts';
import { plainMoney } from '../../core/money.ts';
import { dayIn } from '../../core/time/time.ts';
import { dateOf, dayNumber } from '../../reconciliation/calendar.ts';
import type { BusinessDays, Entry, Side } from '../../reconciliation/entry.ts';
import { dueIn, type DueRules, type ExceptionCode } from '../../reconciliation/exceptions/types.ts';
import { nameMissingSources } from '../../reconciliation/exceptions/missing-source.ts';
import { conservedSums, type SideSum } from '../../reconciliation/match/conservation.ts';
import { type CheckedResult, type FoundException, reconcileSides, type Rules } from '../../reconciliation/match/reconcile.ts';
import { mayRunInPart } from '../../reconciliation/match/relations.ts';
import { SIDES } from '../../reconciliation/match/work.ts';
import { type NewException, type SavedExceptions, saveExceptions } from '../../store/reconciliation/exceptions.ts';
import { listDecisions } from '../../store/reconciliation/match-decisions.ts';
import type { MatchRecord } from '../../store/reconciliation/matches.ts';
import { type PassMatch, type SavedMatches, savePassMatches } from '../../store/reconciliation/pass-matches.ts';
import { forgetKeys, saveKeys, saveSettledState } from '../../store/reconciliation/settled.ts';
import { saveSums } from '../../store/reconciliation/side-blocks.ts';
import { saveSideStates, saveUnmatched } from '../../store/reconciliation/side-states.ts';
import { listSources, type Source } from '../../store/ledger/sources.ts';
import { saveAlike } from './alike.ts';
import { problemsBehind } from './behind.ts';
import type { PartContext } from './changed-part.ts';
import { contestMatches } from './contest.ts';
import { controlTotalsOf } from './control-totals.ts';
import { dueRules } from './exceptions/due-rules.ts';
import { basisText, type KeptState, keptState, stateAfter, stateText } from './kept-state.ts';
import { keysOf } from './match-keys.ts';
import { sourceStates } from './exceptions/missing-sources.ts';
import { rulesOf, townDays } from './pass-rules.ts';
import { type ReadEntries, sideReader, type StoredEntry } from './read-entries.ts';
import { recordNames } from './record-name.ts';
import { storedBasis } from './reconciliation-basis.ts';
import { sidesOf } from './reconcile.ts';
import { type Found, runInPart } from './run-in-part.ts';
import { inSmallHeap } from './small-heap.ts';
import { sideTotals, type SideTotals } from './side-totals.ts';
import type { ReconciliationRun } from './reconciliation-run.ts';
import { type Run, stopIfAsked } from '../run/context.ts';

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
  const { sums, saved, incomplete, twice, lacking, looked } = await run.commit(async (_, trx) => {
    const { project } = run;
    const sources = await listSources(trx);
    const read = await sidesOf(run, trx, config, sources);
    const basis = basisText(project, config, sources);
    const rules: Rules = { ...rulesOf(pipeline, config, project.config.town), totals: await controlTotalsOf(run, trx, sources) };
    const context: Context = {
      trx,
      pipeline,
      rules,
      readers: {
        left: await sideReader(run, trx, config, read.left, 'left'),
        right: await sideReader(run, trx, config, read.right, 'right'),
      },
      decisions: await listDecisions(trx, pipeline),
      today: dayNumber(dayIn(project.config.town.time_zone, run.now())),
    };
    const kept = mayRunInPart(rules) ? await keptState(trx, pipeline, basis) : undefined;
    const found = (kept && (await inPart(run, context, kept))) ?? (await whole(run, context));
    stopIfAsked(run);
    const state = await stateAfter(trx, basis, rules, found.entries, context.decisions, found.part?.before);
    const saved = await save(run, context, sources, found, state);
    return {
      sums: found.sums,
      saved,
      looked: found.part && found.entries.left.length + found.entries.right.length,
      lacking: { left: found.totals.left.lacking, right: found.totals.right.lacking },
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
  run.note(
    `${saved.matched.added} matches added, ${saved.matched.revoked} revoked; ${saved.exceptions.opened} exceptions opened, ${saved.exceptions.closed} closed by new data, ${saved.exceptions.reopened} reopened, ${saved.exceptions.unfinished} need attention.`,
  );
  return [...incomplete, ...unusable(pipeline, config, lacking)];
}

type Context = Omit<PartContext, 'kept' | 'names' | 'days' | 'keptFields' | 'most'>;

async function inPart(
  run: Pick<ReconciliationRun, 'config' | 'project'>,
  context: Context,
  kept: KeptState,
): Promise<(Found & { days: BusinessDays }) | undefined> {
  const { config } = run;
  const { gaps, expected } = context.rules.exceptions;
  const fieldsOfDays = (side: Side): string[] => [
    ...(config[side].date === undefined ? [] : [config[side].date]),
    ...gaps.flatMap((rule) => (rule.side === side ? [rule.number, ...rule.series] : [])),
    ...expected.flatMap((rule) => (rule.side === side ? rule.by : [])),
  ];
  const days = townDays(
    run.project,
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

async function whole(
  { project }: Pick<Run, 'project'>,
  { trx, pipeline, rules, readers, decisions, today }: Context,
): Promise<Found & { days: BusinessDays }> {
  const entries = { left: await readers.left.all(), right: await readers.right.all() };
  const days = townDays(
    project,
    [...entries.left, ...entries.right].flatMap(({ day }) => (day === null ? [] : [day])),
    today,
  );
  const { states, ...result } = reconcileSides(rules, entries, decisions, days, today);
  const totalsOf = (side: Side): Promise<SideTotals> => sideTotals(trx, pipeline, side, readers[side].side);
  return {
    entries,
    result,
    sums: conservedSums(pipeline, entries, { ...result, states }),
    totals: { left: await totalsOf('left'), right: await totalsOf('right') },
    days,
  };
}

/** Saves what was found; of what a run in part has not looked at, everything stays. */
async function save(
  run: Pick<ReconciliationRun, 'config' | 'id' | 'now' | 'project'>,
  { trx, pipeline, rules, readers, today }: Context,
  sources: readonly Source[],
  { entries, result, sums, totals, part, days }: Found & { days: BusinessDays },
  state: KeptState,
): Promise<{ matched: SavedMatches; exceptions: SavedExceptions }> {
  const { project, config } = run;
  const sides = {
    left: { entries: entries.left, entityId: readers.left.side.entityId },
    right: { entries: entries.right, entityId: readers.right.side.entityId },
  };
  const asSaved = {
    pipeline,
    id: run.id,
    at: run.now().toISOString(),
    basis: JSON.stringify(storedBasis(project, config, sources)),
  };
  const matched = await savePassMatches(trx, asSaved, passMatchesOf(result, sides), nameFinder(sides), part?.matches);
  const kept = part?.kept ?? [];
  const missing = nameMissingSources(
    { rules, days, asOf: today, currency: project.config.town.currency },
    [...result.exceptions, ...kept.map(({ exception }) => exception)],
    await sourceStates(trx, project, config, sources, state.days, { left: sides.left.entityId, right: sides.right.entityId }),
  );
  const renamed = kept.flatMap(({ exception, cause }) => (exception.cause === cause ? [] : [exception]));
  const found = [...result.exceptions, ...missing, ...renamed].map((e) => exceptionOf(e, sides, days, dueRules(project)));
  const exceptions = await saveExceptions(trx, asSaved, found, explainer(result), part?.exceptions);
  await saveUnmatched(
    trx,
    pipeline,
    [
      ...SIDES.flatMap((side) => recordsOf(result.inTransit[side], side, sides).map((record) => ({ ...record, rule: null }))),
      ...result.outOfScope.flatMap(({ entry, side, rule }) => recordsOf([entry], side, sides).map((record) => ({ ...record, rule }))),
    ],
    part?.goldens,
  );
  await saveSideStates(trx, pipeline, sums);
  if (mayRunInPart(rules)) {
    await forgetKeys(trx, pipeline, part?.units);
    await saveKeys(trx, pipeline, keysOf(rules, result, matched.ids));
    await saveAlike(trx, pipeline, rules, entries, part?.changed);
    for (const side of SIDES) await saveSums(trx, pipeline, side, totals[side].made, part?.blocks[side]);
  }
  await saveSettledState(trx, pipeline, mayRunInPart(rules) ? stateText(state, rules, result) : undefined);
  return { matched, exceptions };
}

/** One after the other, so that they are not all in memory twice. */
function* passMatchesOf({ matches }: CheckedResult, sides: Record<Side, ReadEntries>): Generator<PassMatch> {
  for (const match of matches) yield passMatchOf(match, sides);
}

function passMatchOf(match: CheckedResult['matches'][number], sides: Record<Side, ReadEntries>): PassMatch {
  const sum = (entries: readonly Entry[]): number => entries.reduce((total, { minor }) => total + minor, 0);
  return {
    contentId: match.id,
    rule: match.pass,
    state: match.state,
    madeBy: match.by,
    currency: (match.left[0] ?? match.right[0])!.currency,
    left: sum(match.left),
    right: sum(match.right),
    evidence: { ...match.evidence },
    records: [...recordsOf(match.left, 'left', sides), ...recordsOf(match.right, 'right', sides)],
    names: [...match.left, ...match.right].map(({ id }) => id),
  };
}

function recordsOf(entries: readonly Entry[], side: Side, sides: Record<Side, ReadEntries>): Omit<MatchRecord, 'match'>[] {
  const { entityId } = sides[side];
  return (entries as readonly StoredEntry[]).map(({ golden, version, minor }) => ({ side, entityId, golden, version, minor }));
}

function exceptionOf(exception: FoundException, sides: Record<Side, ReadEntries>, days: BusinessDays, rules: DueRules): NewException {
  const { id, type, minor, currency, since } = exception;
  const facts = exception.cause === undefined ? exception.facts : { ...exception.facts, cause: exception.cause };
  const names = (side: Side): NewException['records'] =>
    (exception[side] as readonly StoredEntry[]).map((e) => ({
      side,
      entityId: sides[side].entityId,
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

/** What took the records of an exception that is gone: the match that has its first record. */
function explainer(result: CheckedResult): (records: readonly string[]) => Record<string, unknown> {
  let byRecord: Map<string, { match: string; pass: string }> | undefined;
  return (records) => {
    if (!byRecord) {
      byRecord = new Map();
      for (const match of result.matches)
        for (const entry of [...match.left, ...match.right]) byRecord.set(entry.id, { match: match.id, pass: match.pass });
    }
    const known = byRecord;
    const by = records.map((record) => known.get(record)).find((found) => found !== undefined);
    return by ? { match: by.match, rule: by.pass } : { cause: 'its records changed or are gone' };
  };
}

/** Names are asked for when a match is revoked only. */
function nameFinder(sides: Readonly<Record<Side, ReadEntries>>): (golden: number, side: Side) => string {
  let names: Record<Side, Map<number, string>> | undefined;
  return (golden, side) => {
    names ??= {
      left: new Map(sides.left.entries.map((e) => [e.golden, e.id])),
      right: new Map(sides.right.entries.map((e) => [e.golden, e.id])),
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
            message: `In ${config[side].name}, ${counted(lacking[side], 'record has', 'records have')} no amount, so they are not compared.`,
            hint: 'Fix the mapping or the source. If they are not money, leave them out with where in the reconciliation.',
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
