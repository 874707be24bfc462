import { actorOf } from '../../../config/actor.ts';
import { ConfigError, type Problem } from '../../../core/errors.ts';
import { plainMoney } from '../../../core/money.ts';
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
export const RESOLUTIONS = ['corrected_at_source', 'timing', 'written_off', 'booked', 'not_an_error', 'other'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

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
 * Does one thing with several exceptions, all or none, in one transaction with its audit entry. Throws ConfigError
 * EXCEPTION_UNKNOWN for ids that are none, EXCEPTION_STATE where one is not in a state for it, WRITE_OFF_LIMIT where the person may
 * not write them off.
 */
export async function actOnExceptions(
  { project, knex }: Engine,
  ids: readonly string[],
  action: ExceptionAction,
  options: { actor?: string; now?: Date } = {},
): Promise<StoredException[]> {
  const actor = options.actor ?? actorOf();
  const now = options.now ?? new Date();
  const at = now.toISOString();
  return landing(knex, async (_, trx) => {
    const list = await knownExceptions(trx, ids);
    const wrong = list.filter(({ state }) => !MAY[action.do].includes(state));
    if (wrong.length)
      throw new ConfigError(
        wrong.map(({ id, state }) => ({
          code: 'EXCEPTION_STATE',
          place: {},
          message: `Exception ${id.slice(0, 8)} is ${state}: it cannot be ${WORDS[action.do]}.`,
          hint:
            state === 'resolved' || state === 'closed'
              ? 'Reopen it first: interlocal exceptions reopen.'
              : 'interlocal exceptions show has the details.',
        })),
      );
    if (action.do === 'resolve' && action.reason === 'written_off') {
      const problems = await writeOffProblems(trx, project, list, { actor, now });
      if (problems.length) throw new ConfigError(problems);
    }
    for (const exception of list) {
      const { columns, event, detail } = effectOf(action, exception);
      await change(trx, exception.id, columns, at, actor, event, detail);
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
    return knownExceptions(trx, ids);
  });
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
          ? 'interlocal exceptions list shows them with their ids.'
          : `Write more of the id: ${list.map((one) => one.id.slice(0, Math.max(8, id.length + 4))).join(', ')}${list.length === NAMED_LIKE_IT ? ' and others' : ''}.`,
    });
  }
  if (problems.length) throw new ConfigError(problems);
  return [...found.values()];
}

/** So many are told where several begin alike. */
const NAMED_LIKE_IT = 5;
