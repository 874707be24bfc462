import { actorOf } from '../../../config/actor.ts';
import { ConfigError, type Problem } from '../../../core/errors.ts';
import { plainMoney } from '../../../core/money.ts';
import { zonedTime } from '../../../core/time/zoned-time.ts';
import { appendAudit } from '../../../store/ledger/audit.ts';
import {
  change,
  type ExceptionEvent,
  exceptionEvents,
  type ExceptionRecord,
  exceptionRecords,
  type ExceptionState,
  listExceptions,
  type StoredException,
  UNFINISHED,
} from '../../../store/reconciliation/exceptions.ts';
import { landing } from '../../../store/landing/landing.ts';
import type { Knex } from '../../../store/open.ts';
import { type ExceptionFile, exceptionFiles } from '../../../store/reconciliation/exception-files.ts';
import type { Engine } from '../../run/engine.ts';
import { writeOffProblems } from './write-off.ts';

export type { StoredException };

/** Why a person may close an exception; the words are in reports. */
export type Resolution = 'corrected_at_source' | 'timing' | 'written_off' | 'booked' | 'not_an_error' | 'other';

/** What a person does with exceptions. */
export type ExceptionAction =
  | { do: 'assign'; owner: string }
  | { do: 'wait'; on: string }
  | { do: 'note'; text: string }
  | { do: 'due'; on: string }
  | { do: 'resolve'; reason: Resolution; text: string }
  | { do: 'reopen'; text: string };

export interface ExceptionDetail {
  exception: StoredException;
  records: ExceptionRecord[];
  events: ExceptionEvent[];
  files: ExceptionFile[];
}

/** Show one exception with its records and its history. Throws ConfigError EXCEPTION_UNKNOWN. */
export async function showException(knex: Knex, id: string): Promise<ExceptionDetail> {
  const [exception] = await knownExceptions(knex, [id]);
  return {
    exception: exception!,
    records: await exceptionRecords(knex, exception!.id),
    events: await exceptionEvents(knex, exception!.id),
    files: await exceptionFiles(knex, exception!.id),
  };
}

/**
 * Does one thing with several exceptions, all or none, in one transaction with its audit entry. What takes the place of another
 * person's owner, due day or note of waiting says so: `replaced` has what was there, by the exception's id. Throws ConfigError
 * EXCEPTION_UNKNOWN for ids that are none, EXCEPTION_STATE where one is not in a state for it, WRITE_OFF_LIMIT where the person may
 * not write them off.
 */
export async function actOnExceptions(
  { project, knex }: Engine,
  ids: readonly string[],
  action: ExceptionAction,
  options: { actor?: string; now?: Date } = {},
): Promise<{ exceptions: StoredException[]; replaced: Map<string, Replaced> }> {
  const actor = options.actor ?? actorOf();
  const now = options.now ?? new Date();
  const at = now.toISOString();
  return landing(knex, async (_, trx) => {
    const list = await knownExceptions(trx, ids);
    const wrong = list.filter(({ state }) => !MAY[action.do].includes(state));
    if (wrong.length) {
      const zone = project.config.town.time_zone;
      const problems: Problem[] = [];
      for (const exception of wrong) problems.push(await stateProblem(trx, exception, action, zone));
      throw new ConfigError(problems);
    }
    if (action.do === 'resolve' && action.reason === 'written_off') {
      const problems = await writeOffProblems(trx, project, list, { actor, now });
      if (problems.length) throw new ConfigError(problems);
    }
    const replaced = new Map<string, Replaced>();
    for (const exception of list) {
      const before = await replacedBy(trx, exception, action);
      if (before) replaced.set(exception.id, before);
      const { columns, event, detail } = effectOf(action, exception);
      await change(trx, exception.id, columns, at, actor, event, { ...detail, ...(before ? { before: before.was } : {}) });
    }
    for (const [pipeline, some] of Map.groupBy(list, (e) => e.pipeline))
      await appendAudit(trx, {
        actor,
        action: `exception_${PAST[action.do]}`,
        subject: pipeline,
        detail: {
          exceptions: some.map(({ id }) => id).slice(0, MAX_NAMED),
          count: some.length,
          amounts: sumsOf(some),
          ...auditDetail(action),
        },
      });
    return { exceptions: await knownExceptions(trx, ids), replaced };
  });
}

/** What a person had said of an exception before, and who: it is in its history, and no longer in force. */
export interface Replaced {
  was: string;
  by: string;
  /** UTC. */
  at: string;
}

const EVENT: Partial<Record<ExceptionAction['do'], { event: ExceptionEvent['action']; key: string }>> = {
  assign: { event: 'assigned', key: 'owner' },
  wait: { event: 'waiting', key: 'on' },
  due: { event: 'due_set', key: 'due_on' },
};

/** What this takes the place of; undefined where nobody had said anything else that is still in force. */
async function replacedBy(trx: Knex, exception: StoredException, action: ExceptionAction): Promise<Replaced | undefined> {
  const kind = EVENT[action.do];
  if (!kind) return undefined;
  const inForce = { assign: exception.owner !== null, wait: exception.state === 'waiting', due: exception.dueByPerson };
  if (!inForce[action.do as keyof typeof inForce]) return undefined;
  const said = (await exceptionEvents(trx, exception.id)).findLast(({ action: done }) => done === kind.event);
  const was = String(said?.detail[kind.key] ?? '');
  const now = String(effectOf(action, exception).detail[kind.key]);
  return said === undefined || was === now ? undefined : { was, by: said.actor, at: said.at };
}

/** Why this cannot be done to an exception in its state: who brought it there, and when. */
async function stateProblem(trx: Knex, { id, state }: StoredException, action: ExceptionAction, zone: string): Promise<Problem> {
  const short = id.slice(0, 8);
  const last = (await exceptionEvents(trx, id)).findLast(({ action: done }) => done === state);
  const who =
    last === undefined ? `it is ${state}` : `${last.actor === 'run' ? 'a run' : last.actor} ${state} it at ${zonedTime(last.at, zone)}`;
  return {
    code: 'EXCEPTION_STATE',
    place: {},
    message:
      action.do === 'reopen'
        ? `Exception ${short} is ${state}, so there is nothing to reopen.`
        : `Exception ${short} cannot be ${WORDS[action.do]}: ${who}.`,
    hint:
      action.do === 'reopen'
        ? `To see its history, run interlocal exceptions show ${short}.`
        : `To see the reason, run interlocal exceptions show ${short}. To open it again: interlocal exceptions reopen ${short} --text TEXT.`,
  };
}

/** What exceptions come to by currency, as decimal text; amounts count without their sign. */
export function sumsOf(list: readonly StoredException[]): string[] {
  return [...Map.groupBy(list, ({ currency }) => currency)]
    .map(
      ([currency, some]) =>
        `${plainMoney(
          some.reduce((sum, { minor }) => sum + Math.abs(minor), 0),
          currency,
        )} ${currency}`,
    )
    .sort();
}

/** So many ids are in one audit entry. */
const MAX_NAMED = 50;

const MAY: Record<ExceptionAction['do'], readonly ExceptionState[]> = {
  assign: UNFINISHED,
  wait: UNFINISHED,
  note: [...UNFINISHED, 'resolved', 'closed'],
  due: UNFINISHED,
  resolve: UNFINISHED,
  reopen: ['resolved', 'closed'],
};

const PAST: Record<ExceptionAction['do'], string> = {
  assign: 'assigned',
  wait: 'waiting',
  note: 'noted',
  due: 'due_set',
  resolve: 'resolved',
  reopen: 'reopened',
};

/** As messages say it. */
const WORDS: Record<ExceptionAction['do'], string> = { ...PAST, wait: 'set to wait', due: 'given a due day' };

/** States in which an exception can have this done to it. */
export function statesFor(action: ExceptionAction['do']): readonly ExceptionState[] {
  return MAY[action];
}

function effectOf(
  action: ExceptionAction,
  exception: StoredException,
): { columns: Record<string, unknown>; event: ExceptionEvent['action']; detail: Record<string, unknown> } {
  switch (action.do) {
    case 'assign':
      return { columns: { state: 'assigned', owner: action.owner }, event: 'assigned', detail: { owner: action.owner } };
    case 'wait':
      return { columns: { state: 'waiting' }, event: 'waiting', detail: { on: action.on } };
    case 'note':
      return { columns: {}, event: 'noted', detail: { text: action.text } };
    case 'due':
      return { columns: { due_on: action.on, due_by_person: 1 }, event: 'due_set', detail: { due_on: action.on } };
    case 'resolve':
      return {
        columns: { state: 'resolved', reason: action.reason },
        event: 'resolved',
        detail: { reason: action.reason, text: action.text },
      };
    case 'reopen':
      return {
        columns: { state: exception.owner === null ? 'open' : 'assigned', reason: null },
        event: 'reopened',
        detail: { text: action.text },
      };
  }
}

/** Notes may hold names of residents: they stay with the exception, and out of the audit log. */
function auditDetail(action: ExceptionAction): Record<string, unknown> {
  if (action.do === 'assign') return { owner: action.owner };
  if (action.do === 'resolve') return { reason: action.reason };
  if (action.do === 'due') return { due_on: action.on };
  return {};
}

/** By full ids or by beginnings that only one exception has; one that is named twice is there once. Throws ConfigError EXCEPTION_UNKNOWN. */
export async function knownExceptions(knex: Knex, ids: readonly string[]): Promise<StoredException[]> {
  const found = new Map<string, StoredException>();
  const problems: Problem[] = [];
  for (const id of ids) {
    const list = await listExceptions(knex, { startsWith: id.toLowerCase(), limit: NAMED_LIKE_IT });
    if (list.length === 1) {
      found.set(list[0]!.id, list[0]!);
      continue;
    }
    const shown = JSON.stringify(id.slice(0, 60));
    problems.push({
      code: 'EXCEPTION_UNKNOWN',
      place: {},
      message: list.length === 0 ? `There is no exception ${shown}.` : `Several exceptions begin with ${shown}.`,
      hint:
        list.length === 0
          ? 'To list the exceptions with their ids, run interlocal exceptions list.'
          : `Write more of the id: ${list.map((one) => one.id.slice(0, Math.max(8, id.length + 4))).join(', ')}${list.length === NAMED_LIKE_IT ? ' and others' : ''}.`,
    });
  }
  if (problems.length) throw new ConfigError(problems);
  return [...found.values()];
}

/** So many are told where several begin alike. */
const NAMED_LIKE_IT = 5;
