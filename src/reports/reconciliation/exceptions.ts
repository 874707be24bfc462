import { closedDays } from '../../config/calendar.ts';
import type { Project } from '../../config/project.ts';
import { ConfigError, didYouMean, type Problem } from '../../core/errors.ts';
import { plainMoney } from '../../core/money.ts';
import { dayIn, startOfDay } from '../../core/time/time.ts';
import { businessDays, dayNumber } from '../../reconciliation/calendar.ts';
import { ageBucket, EXCEPTION_TYPES, type ExceptionCode } from '../../reconciliation/exceptions/types.ts';
import {
  type ExceptionRecord,
  type ExceptionState,
  listExceptions,
  recordsOfExceptions,
  type StoredException,
  UNFINISHED,
} from '../../store/reconciliation/exceptions.ts';
import { decisionBehind } from '../../engine/reconciliation/decided-matches.ts';
import { notAmongExceptions } from '../../engine/reconciliation/keyed-differences.ts';
import { type RecordNames, recordNames } from '../../engine/reconciliation/record-name.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { exceptionsOpenBefore, hadRunBefore } from '../../store/reconciliation/exception-history.ts';
import { assertDatedInOrder, NotKept, workingAt } from '../../store/landing/as-of.ts';
import { originsOf } from '../revenue/origins.ts';
import type { Drill } from '../output/drill.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';
import type { ShapeOf } from '../shapes/shapes.ts';

export type { StoredException };

/** One exception as `exceptions list --json` gives it. */
export type ExceptionLine = ShapeOf<'exceptions list'>['exceptions'][number];

export interface ExceptionFilter {
  pipeline?: string | undefined;
  states?: readonly ExceptionState[] | undefined;
  type?: string | undefined;
  owner?: string | undefined;
  /** Only those whose due day has passed. */
  overdue?: boolean | undefined;
  /** Only those of at most so many minor units, without their sign. */
  atMost?: number | undefined;
  /** Only those of this day or before, and those without a day, which may be of any. */
  to?: string | undefined;
  /** Only those that are older than so many business days. */
  olderThan?: number | undefined;
  limit?: number | undefined;
}

/** The oldest first, echoes behind their cause. Without `states`, those that need somebody. `today`: the town's calendar date. */
export async function exceptionLines(engine: Engine, filter: ExceptionFilter, today: string): Promise<ExceptionLine[]> {
  return linesOfExceptions(engine, echoesBehind(await selectExceptions(engine, filter, today)), today);
}

/** The exceptions that a filter names, the oldest first. */
export async function selectExceptions(engine: Engine, filter: ExceptionFilter, today: string): Promise<StoredException[]> {
  const { overdue, atMost, olderThan, to, limit } = filter;
  // The store knows neither today nor business days: what they say is looked at here, and the limit counts what is left.
  const list = (await listed(engine, { ...filter, limit: undefined })).filter(
    ({ dueOn, minor, since }) =>
      (!overdue || (dueOn !== null && dueOn < today)) &&
      (to === undefined || since === null || since <= to) &&
      (atMost === undefined || Math.abs(minor) <= atMost) &&
      (olderThan === undefined || (since !== null && ageInBusinessDays(engine.project, since, today) > olderThan)),
  );
  return limit === undefined ? list : list.slice(0, limit);
}

function listed({ knex }: Engine, filter: ExceptionFilter): Promise<StoredException[]> {
  return listExceptions(knex, {
    ...(filter.pipeline === undefined ? {} : { pipeline: filter.pipeline }),
    ...(filter.type === undefined ? {} : { type: filter.type }),
    ...(filter.owner === undefined ? {} : { owner: filter.owner }),
    ...(filter.limit === undefined ? {} : { limit: filter.limit }),
    states: filter.states ?? UNFINISHED,
  });
}

/** The lines of these exceptions, with their records. */
export async function linesOfExceptions(engine: Engine, list: readonly StoredException[], today: string): Promise<ExceptionLine[]> {
  const records = await recordsOfExceptions(
    engine.knex,
    list.map(({ id }) => id),
  );
  const names = await recordNames(engine.knex);
  return list.map((exception) => exceptionLine(engine.project, exception, today, records.get(exception.id) ?? [], names));
}

/** Each echo behind its cause, where that is in the list. */
function echoesBehind(list: readonly StoredException[]): StoredException[] {
  const ids = new Set(list.map(({ id }) => id));
  const isEcho = ({ causeId }: StoredException): boolean => causeId !== null && ids.has(causeId);
  const echoes = Map.groupBy(list.filter(isEcho), ({ causeId }) => causeId!);
  return list.filter((exception) => !isEcho(exception)).flatMap((exception) => [exception, ...(echoes.get(exception.id) ?? [])]);
}

function exceptionLine(
  project: Project,
  exception: StoredException,
  today: string,
  records: readonly ExceptionRecord[],
  names: RecordNames,
): ExceptionLine {
  const { since, minor, currency, facts } = exception;
  const type = EXCEPTION_TYPES[exception.type as ExceptionCode];
  const sides = project.pipelines.get(exception.pipeline)?.value.reconcile;
  const age = since === null ? null : ageInBusinessDays(project, since, today);
  return {
    id: exception.id,
    pipeline: exception.pipeline,
    type: exception.type,
    title: type.title,
    sentence: type.sentence({
      leftName: sides?.left.name ?? 'the left side',
      rightName: sides?.right.name ?? 'the right side',
      leftCount: exception.leftCount,
      rightCount: exception.rightCount,
      minor,
      currency,
      since,
      facts,
    }),
    next: type.next,
    records: records.map(({ side, record, minor: cents }) => ({
      side,
      side_name: sides?.[side].name ?? side,
      entity: sides?.[side].entity ?? '',
      ...names.partsOf(record),
      amount: plainMoney(cents, currency),
    })),
    amount: plainMoney(minor, currency),
    currency,
    since,
    age,
    bucket: age === null ? null : ageBucket(age),
    due_on: exception.dueOn,
    overdue: exception.dueOn !== null && exception.dueOn < today && UNFINISHED.includes(exception.state),
    state: exception.state,
    owner: exception.owner,
    reason: exception.reason,
    facts,
    about: exception.about,
    cause: exception.causeId,
  };
}

/** The line of one exception, its records with the file and line of each, and the command that explains it. */
export async function exceptionInFull(
  engine: Engine,
  exception: StoredException,
  today: string,
): Promise<Omit<ShapeOf<'exceptions show'>, 'files' | 'events'>> {
  const [line] = await linesOfExceptions(engine, [exception], today);
  const stored = (await recordsOfExceptions(engine.knex, [exception.id])).get(exception.id) ?? [];
  const records = [];
  for (const [i, record] of line!.records.entries()) {
    const { golden } = stored[i]!;
    const origin = engine.project.entities.has(record.entity) ? (await originsOf(engine, record.entity, [golden])).get(golden) : undefined;
    const drill = origin ? ['explain', record.entity, `#${golden}`] : null;
    records.push({ ...record, file: origin?.file ?? null, line: origin?.line ?? null, drill });
  }
  return { ...line!, records, match: (await decisionBehind(engine.knex, exception))?.decision.contentId ?? null };
}

/** Throws ConfigError PIPELINE_UNKNOWN for what is not a reconciliation of the town. */
export function checkReconciliationName(project: Project, pipeline: string | undefined): void {
  checkExceptionFilter(project, { pipeline, type: undefined });
}

/** Throws ConfigError for a pipeline or a type that there is not: an empty list would look like "nothing to do". */
export function checkExceptionFilter(project: Project, filter: { pipeline: string | undefined; type: string | undefined }): void {
  const problems: Problem[] = [];
  const reconciliations = [...project.pipelines.values()].filter(({ value }) => value.reconcile).map(({ value }) => value.pipeline);
  check(filter.pipeline, reconciliations, 'PIPELINE_UNKNOWN', 'reconciliation', problems);
  check(filter.type, Object.keys(EXCEPTION_TYPES), 'USAGE', 'type of exception', problems);
  if (problems.length) throw new ConfigError(problems);
}

/** That somebody of this name owns or owned an exception. For lists that are empty. Throws ConfigError USAGE. */
export async function checkOwner({ knex }: Pick<Engine, 'knex'>, owner: string | undefined): Promise<void> {
  if (owner === undefined) return;
  const owners = [...new Set((await listExceptions(knex, {})).flatMap((one) => one.owner ?? []))].sort();
  const problems: Problem[] = [];
  check(owner, owners, 'USAGE', 'owner of exceptions', problems);
  if (problems.length) throw new ConfigError(problems);
}

function check(given: string | undefined, known: readonly string[], code: string, what: string, problems: Problem[]): void {
  if (given === undefined || known.includes(given)) return;
  const meant = didYouMean(given, known);
  problems.push({
    code,
    place: {},
    message: `There is no ${what} "${given}".`,
    hint: meant === undefined ? `Known: ${known.join(', ') || 'none yet'}.` : `Did you mean ${meant}?`,
  });
}

/** The town's calendar date of now. */
export function todayIn(project: Project, now = new Date()): string {
  return dayIn(project.config.town.time_zone, now);
}

/** Business days of the town from one calendar date to another; 0 on the same day, never negative. */
export function ageInBusinessDays(project: Project, since: string, today: string): number {
  if (since >= today) return 0;
  const { weekend, holidays } = closedDays(project.config.town.calendar, since, today);
  const days = businessDays(weekend, holidays.map(dayNumber));
  return Math.max(0, days.index(dayNumber(today)) - days.index(dayNumber(since)));
}

/** After all that is dated. */
const EVER = '9999-12-31T00:00:00.000Z';

/**
 * Exceptions that were unresolved at the end of a day of the town, or at a moment of it (UTC), as they stood then; the oldest first. Throws
 * NotKept where a reconciliation was running at that moment, where none had run by then, and where a due day of then is not kept.
 */
export async function exceptionsOpenOn(
  { project, knex }: Engine,
  day: string,
  moment?: string,
  now = new Date(),
): Promise<StoredException[]> {
  const end = startOfDay(day, project.config.town.time_zone, 1);
  // At the end of a day that is not over all counts that happened, also what a clock that was ahead dated later.
  const isOver = end <= now.toISOString();
  const instant = moment !== undefined && moment < end ? moment : isOver ? end : EVER;
  if (moment !== undefined || isOver) await assertDatedInOrder(knex, instant);
  if (moment !== undefined)
    for (const { pipeline } of await workingAt(knex, moment))
      if (project.pipelines.get(pipeline)?.value.reconcile)
        throw new NotKept(`A run of ${pipeline} was working at that moment. Give a time before or after it.`);
  const byPasses = [...project.pipelines.values()].filter(({ value }) => value.reconcile?.passes).map(({ value }) => value.pipeline);
  if (byPasses.length > 0 && !(await hadRunBefore(knex, byPasses, instant)))
    throw new NotKept('No reconciliation had run by then, so it is not known what did not reconcile. Give a later time.');
  // In the order of then, whatever changed since.
  const order = ({ since, id }: StoredException): string => `${since ?? ''} ${id}`;
  return (await exceptionsOpenBefore(knex, instant)).sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** What happened, a sentence for each of these exceptions that is there. */
export async function exceptionSentences(engine: Engine, ids: readonly string[]): Promise<Map<string, string>> {
  const wanted = new Set(ids);
  if (wanted.size === 0) return new Map();
  const list = (await listExceptions(engine.knex, {})).filter(({ id }) => wanted.has(id));
  return new Map((await linesOfExceptions(engine, list, todayIn(engine.project))).map(({ id, sentence }) => [id, sentence]));
}

/** Where an exception leads: to its records, each with file and line, and its history. */
export const SHOW_EXCEPTION: Drill = {
  as: 'drill',
  what: 'Records of an exception, each with its file and line',
  command: ['exceptions', 'show'],
  args: ['id'],
};

/** `report exceptions`: what is unresolved now of what began on or before a day, with its age on that day. */
export async function openExceptionsReport(engine: Engine, asOf: string): Promise<Report> {
  const open = (await listed(engine, {})).filter(({ since }) => since === null || since <= asOf);
  return {
    title: 'Unresolved exceptions',
    definition: { report: 'exceptions', as_of: asOf },
    notes: [`Ages are business days up to ${asOf}.`, ...notAmongExceptions(engine.project)],
    tables: [
      {
        name: 'exceptions',
        title: 'Exceptions',
        drills: [SHOW_EXCEPTION],
        columns: columnsFrom(
          'id:Id',
          'pipeline:Reconciliation',
          'type:Type',
          'since:Since',
          'age:Age:count',
          'due_on:Due',
          'owner:Owner',
          'state:State',
          'currency:Currency',
          'amount:Amount:money',
          'sentence:What happened',
          'next:What to do',
        ),
        rows: (await linesOfExceptions(engine, open, asOf)).map((line, i): ReportRow => {
          const { id, pipeline, type, since, age, due_on, owner, state, currency, sentence, next } = line;
          return { id, pipeline, type, since, age, due_on, owner, state, currency, amount: open[i]!.minor, sentence, next };
        }),
      },
    ],
  };
}
