import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import type { Problem } from '../../core/errors.ts';
import { plainMoney } from '../../core/money.ts';
import { calendarDay, dayIn } from '../../core/time.ts';
import { dateOf, dayNumber } from '../../reconciliation/calendar.ts';
import type { BusinessDays, Entry, Side } from '../../reconciliation/entry.ts';
import { dueIn, type DueRules, type ExceptionCode } from '../../reconciliation/exceptions/types.ts';
import { nameMissingSources } from '../../reconciliation/exceptions/missing-source.ts';
import { conservedSums, type SideSum } from '../../reconciliation/match/conservation.ts';
import { type FoundException, type Reconciled, reconcileSides } from '../../reconciliation/match/reconcile.ts';
import { SIDES } from '../../reconciliation/match/work.ts';
import { type NewException, saveExceptions } from '../../store/reconciliation/exceptions.ts';
import type { MatchRecord } from '../../store/reconciliation/matches.ts';
import type { Knex } from '../../store/open.ts';
import { type PassMatch, savePassMatches } from '../../store/reconciliation/pass-matches.ts';
import { listDecisions } from '../../store/reconciliation/match-decisions.ts';
import { saveSideStates, saveUnmatched } from '../../store/reconciliation/side-states.ts';
import { sourceNames } from '../../store/landing/record-names.ts';
import { listSources } from '../../store/ledger/sources.ts';
import { recordsOfSide, type SideRecord } from '../../store/reconciliation/totals.ts';
import { problemsBehind } from './behind.ts';
import { contestMatches } from './contest.ts';
import { controlTotalsOf } from './control-totals.ts';
import { dueRules } from './due-rules.ts';
import { linkEchoes } from './echoes.ts';
import { sourceStates } from './missing-sources.ts';
import { fieldsOf, openRules, rulesOf, townDays } from './pass-rules.ts';
import { storedBasis } from './reconciliation-basis.ts';
import { recordNames } from './record-name.ts';
import { type ReadSide, sidesOf } from './reconcile.ts';
import { type Session, stopIfAsked } from '../run/session.ts';

/** An entry, with what the store knows it by. */
interface StoredEntry extends Entry {
  golden: number;
  version: number;
}

interface ReadEntries {
  entries: StoredEntry[];
  entityId: number;
  /** Records without an amount: nothing can be said of them. */
  withoutAmount: number;
}

/**
 * Runs a reconciliation by passes. Matches, exceptions and what is in transit are saved in one transaction with the records they
 * were made of; what people decided is kept. The run counts records: read in all, unchanged where confirmed, changed where excepted.
 */
export async function reconcileByPasses(session: Session): Promise<void> {
  const config = session.pipeline.reconcile!;
  const { pipeline } = session.pipeline;
  const { project } = session;
  const { time_zone: zone } = project.config.town;
  const now = session.now();
  const today = dayNumber(dayIn(zone, now));
  const { result, sides, sums, saved, incomplete, twice } = await session.commit(async (_, trx) => {
    const sources = await listSources(trx);
    const read = await sidesOf(session, trx, config, sources);
    const sides = {
      left: await entriesOf(session, trx, config, read.left, 'left'),
      right: await entriesOf(session, trx, config, read.right, 'right'),
    };
    const days = townDays(
      project,
      [...sides.left.entries, ...sides.right.entries].flatMap(({ day }) => (day === null ? [] : [day])),
      today,
    );
    const decisions = await listDecisions(trx, pipeline);
    const result = reconcileSides(
      { ...rulesOf(pipeline, config, project.config.town), totals: await controlTotalsOf(session, trx, sources) },
      { left: sides.left.entries, right: sides.right.entries },
      decisions,
      days,
      today,
    );
    stopIfAsked(session);
    const sums = conservedSums(pipeline, { left: sides.left.entries, right: sides.right.entries }, result);
    const run = { pipeline, id: session.runId, at: now.toISOString(), basis: JSON.stringify(storedBasis(project, config, sources)) };
    const names = nameFinder(sides);
    const matched = await savePassMatches(trx, run, passMatchesOf(result, sides), names);
    const rules = { reconciliation: pipeline, open: openRules(config) };
    const missing = nameMissingSources(
      { rules, days, asOf: today, currency: project.config.town.currency },
      result.exceptions,
      await sourceStates(trx, project, config, sources, { left: sides.left.entries, right: sides.right.entries }),
    );
    const found = [...result.exceptions, ...missing].map((exception) => exceptionOf(exception, sides, days, dueRules(project)));
    const exceptions = await saveExceptions(trx, run, found, explainer(result));
    await saveUnmatched(trx, pipeline, [
      ...SIDES.flatMap((side) => recordsOf(result.inTransit[side], side, sides).map((record) => ({ ...record, rule: null }))),
      ...result.outOfScope.flatMap(({ entry, side, rule }) => recordsOf([entry], side, sides).map((record) => ({ ...record, rule }))),
    ]);
    await saveSideStates(trx, pipeline, sums);
    await linkEchoes(trx, project);
    return {
      result,
      sides,
      sums,
      saved: { matched, exceptions },
      incomplete: await problemsBehind(session, trx, config, sources, []),
      twice: await contestMatches(trx, project, pipeline),
    };
  });
  session.problems.push(...twice);
  session.incomplete.push(...incomplete, ...unusable(pipeline, config, sides));
  for (const state of result.states.values()) {
    session.counts.read++;
    if (state === 'confirmed') session.counts.unchanged++;
    else if (state === 'excepted') session.counts.changed++;
  }
  for (const side of SIDES) session.note(sideSummary(config, side, sums));
  session.note(
    `${saved.matched.added} matches added, ${saved.matched.revoked} revoked; ${saved.exceptions.opened} exceptions opened, ${saved.exceptions.closed} closed by new data, ${saved.exceptions.reopened} reopened, ${saved.exceptions.unfinished} need attention.`,
  );
}

async function entriesOf(session: Session, trx: Knex, config: ReconciliationConfig, side: ReadSide, which: Side): Promise<ReadEntries> {
  const fields = fieldsOf(config, which);
  const { date } = config[which];
  const columns = [...new Set([...fields, ...(date === undefined ? [] : [date])])];
  const at = new Map(columns.map((column, i) => [column, i]));
  const names = await recordNames(trx);
  const valuesOf = sharedTexts(fields.map((field) => at.get(field)!));
  const { time_zone: zone } = session.project.config.town;
  const read: ReadEntries = { entries: [], entityId: side.entityId, withoutAmount: 0 };
  // A year has few days and many records.
  const days = new Map<string, number>();
  const dayOf = (text: string): number => {
    let day = days.get(text);
    if (day === undefined) days.set(text, (day = dayNumber(calendarDay(text, zone))));
    return day;
  };
  for await (const page of recordsOfSide(trx, side, columns, PAGE)) {
    stopIfAsked(session);
    const sources = await sourceNames(trx, side.entityId, { from: page[0]!.id, to: page.at(-1)!.id });
    for (const record of page) {
      if (record.minor === null || record.currency === null) {
        read.withoutAmount++;
        continue;
      }
      const day = date === undefined ? null : record.values[at.get(date)!];
      read.entries.push({
        id: names.nameOf(sources.get(record.id), record.id),
        minor: record.minor,
        currency: record.currency,
        day: day === null || day === undefined ? null : dayOf(String(day)),
        values: valuesOf(fields, record.values),
        golden: record.id,
        version: record.version,
      });
    }
  }
  return read;
}

/** Records that are read at once. */
const PAGE = 5000;

/**
 * The values of these columns as text, by field. Places, days and accounts come again and again: each text of a column is kept once,
 * as long as there are not too many of them.
 */
function sharedTexts(columns: readonly number[]): (fields: readonly string[], row: SideRecord['values']) => Entry['values'] {
  const known = columns.map(() => new Map<string, string>());
  return (fields, row) => {
    const values: Record<string, string | null> = {};
    for (let i = 0; i < fields.length; i++) {
      const value = row[columns[i]!];
      if (value === null || value === undefined) {
        values[fields[i]!] = null;
        continue;
      }
      const text = String(value);
      const texts = known[i]!;
      const same = texts.get(text);
      if (same === undefined && texts.size < MOST_SHARED) texts.set(text, text);
      values[fields[i]!] = same ?? text;
    }
    return values;
  };
}

/** Texts of a column that are kept once. */
const MOST_SHARED = 20_000;

/** One after the other, so that they are not all in memory twice. */
function* passMatchesOf({ matches }: Reconciled, sides: Record<Side, ReadEntries>): Generator<PassMatch> {
  for (const match of matches) yield passMatchOf(match, sides);
}

function passMatchOf(match: Reconciled['matches'][number], sides: Record<Side, ReadEntries>): PassMatch {
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
function explainer(result: Reconciled): (records: readonly string[]) => Record<string, unknown> {
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
function nameFinder(sides: Record<Side, ReadEntries>): (golden: number, side: Side) => string {
  let names: Record<Side, Map<number, string>> | undefined;
  return (golden, side) => {
    names ??= {
      left: new Map(sides.left.entries.map((e) => [e.golden, e.id])),
      right: new Map(sides.right.entries.map((e) => [e.golden, e.id])),
    };
    return names[side].get(golden) ?? String(golden);
  };
}

function unusable(pipeline: string, config: ReconciliationConfig, sides: Record<Side, ReadEntries>): Problem[] {
  return (['left', 'right'] as const).flatMap((side) =>
    sides[side].withoutAmount === 0
      ? []
      : [
          {
            code: 'SIDE_INCOMPLETE',
            place: { system: pipeline },
            message: `${sides[side].withoutAmount} records of ${config[side].name} have no amount and are left out of both sides.`,
            hint: 'Fix the mapping or the source, or leave them out with where.',
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
