import { closedDays } from '../config/calendar.ts';
import type { Project } from '../config/project.ts';
import { ConfigError, didYouMean, type Problem } from '../core/errors.ts';
import { plainMoney } from '../core/money.ts';
import { dayIn } from '../core/time.ts';
import { businessDays, dayNumber } from '../reconciliation/calendar.ts';
import { ageBucket, EXCEPTION_TYPES, type ExceptionCode } from '../reconciliation/exceptions/types.ts';
import { type ExceptionRecord, type ExceptionState, listExceptions, type StoredException, UNFINISHED } from '../store/exceptions.ts';
import { recordNames } from '../engine/reconciliation/record-name.ts';
import type { Engine } from '../engine/run/run.ts';

/** One exception as `exceptions list --json` gives it, docs/json.md. */
export interface ExceptionLine {
  id: string;
  pipeline: string;
  type: string;
  title: string;
  /** What happened, and what to do next, each a sentence. */
  sentence: string;
  next: string;
  records: number;
  /** Decimal text in its currency: "-12.50". */
  amount: string;
  currency: string;
  since: string | null;
  /** Business days since then; null without a day. */
  age: number | null;
  bucket: string | null;
  due_on: string | null;
  overdue: boolean;
  state: ExceptionState;
  owner: string | null;
  reason: string | null;
  cause: string | null;
}

export interface ExceptionFilter {
  pipeline?: string | undefined;
  states?: readonly ExceptionState[] | undefined;
  type?: string | undefined;
  owner?: string | undefined;
  limit?: number | undefined;
}

/** The oldest first. Without `states`, those that need somebody. `today`: the town's calendar date. */
export async function exceptionLines({ project, knex }: Engine, filter: ExceptionFilter, today: string): Promise<ExceptionLine[]> {
  const list = await listExceptions(knex, {
    ...(filter.pipeline === undefined ? {} : { pipeline: filter.pipeline }),
    ...(filter.type === undefined ? {} : { type: filter.type }),
    ...(filter.owner === undefined ? {} : { owner: filter.owner }),
    ...(filter.limit === undefined ? {} : { limit: filter.limit }),
    states: filter.states ?? UNFINISHED,
  });
  return list.map((exception) => exceptionLine(project, exception, today));
}

export function exceptionLine(project: Project, exception: StoredException, today: string): ExceptionLine {
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
    records: exception.leftCount + exception.rightCount,
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
    cause: typeof facts.cause === 'string' ? facts.cause : null,
  };
}

/** One record of an exception, for JSON and people. */
export interface NamedRecord {
  side: 'left' | 'right';
  side_name: string;
  entity: string;
  connection: string;
  key: string;
  /** Minor units. */
  minor: number;
}

export async function namedRecords(
  { project, knex }: Engine,
  exception: StoredException,
  records: readonly ExceptionRecord[],
): Promise<NamedRecord[]> {
  const { partsOf } = await recordNames(knex);
  const sides = project.pipelines.get(exception.pipeline)?.value.reconcile;
  return records.map(({ side, record, minor }) => ({
    side,
    side_name: sides?.[side].name ?? side,
    entity: sides?.[side].entity ?? '',
    ...partsOf(record),
    minor,
  }));
}

/** Throws ConfigError PIPELINE_UNKNOWN for what is no reconciliation of the town. */
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

function check(given: string | undefined, known: readonly string[], code: string, what: string, problems: Problem[]): void {
  if (given === undefined || known.includes(given)) return;
  const meant = didYouMean(given, known);
  problems.push({
    code,
    place: {},
    message: `There is no ${what} "${given}".`,
    hint: meant === undefined ? `Known: ${known.join(', ')}.` : `Did you mean ${meant}?`,
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
