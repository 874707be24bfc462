import { createHash } from 'node:crypto';
import { actorOf, areTwoPeople } from '../../config/actor.ts';
import { ConfigError, type Problem } from '../../core/errors.ts';
import { type Period, readPeriod, yearOf } from '../../reconciliation/periods/fiscal.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { insertBooked } from '../../store/reconciliation/booked.ts';
import { landing } from '../../store/landing/landing.ts';
import type { Knex } from '../../store/open.ts';
import {
  type Closing,
  type ClosingReport,
  closingReports,
  endClosing,
  insertClosing,
  listClosings,
  listPeriods,
  markLaterClosings,
  saveClosingReports,
  savePeriod,
  type StoredPeriod,
  storedPeriod,
} from '../../store/reconciliation/periods.ts';
import { newestRun } from '../../store/ledger/runs.ts';
import { postingOf } from '../../reconciliation/journal-entries.ts';
import { ledgerRulesOf } from '../revenue/ledger-rules.ts';
import { bookedRowOf, type LedgerEntry, revenueLedger } from '../revenue/ledger.ts';
import type { Engine } from '../run/engine.ts';
import { type ChecklistItem, checklistOf } from './checklist.ts';

export interface Acting {
  /** Who acts; default the account of this process. */
  actor?: string | undefined;
  now?: Date | undefined;
}

/** A period with all that is known of it. */
export interface PeriodStatus {
  period: Period;
  stored: StoredPeriod;
  /** Of a period that is closed, as it was then. */
  checklist: ChecklistItem[];
  closings: Closing[];
  /** What the closing in force kept, with hashes. */
  reports: Omit<ClosingReport, 'content'>[];
}

/** Makes the reports of a period; what it gives is kept as it is, for good. */
export type MakeReports = (engine: Engine, period: Period) => Promise<ClosingReport[]>;

/** The periods that somebody has begun to close, whatever their state; `closedBy` of those that are closed. */
export async function begunPeriods({ knex }: Engine): Promise<(StoredPeriod & { closedBy: string | null })[]> {
  const closings = new Map((await listClosings(knex)).map((closing) => [closing.number, closing.closedBy]));
  return (await listPeriods(knex)).map((one) => ({
    ...one,
    closedBy: one.state === 'closed' && one.closing !== null ? (closings.get(one.closing) ?? null) : null,
  }));
}

/** The period that a text names. Throws ConfigError PERIOD_UNKNOWN. */
export function knownPeriod({ project }: Pick<Engine, 'project'>, text: string): Period {
  const starts = project.config.town.fiscal_year_starts;
  const period = readPeriod(text, starts);
  if (period) return period;
  const [month, year] = starts.endsWith('-01') ? ['2026-07', yearOf('2026-07-15', starts).id] : ['2026/2027-P01', '2026/2027'];
  throw new ConfigError({
    code: 'PERIOD_UNKNOWN',
    place: { path: text },
    message: `${JSON.stringify(text.slice(0, 40))} is not a period of this town; its fiscal year begins on ${starts}.`,
    hint: `Write a day as 2026-07-15, a month as ${month}, a fiscal year as ${year}.`,
  });
}

export async function periodStatus(engine: Engine, period: Period, now = new Date()): Promise<PeriodStatus> {
  const { knex } = engine;
  const stored = (await storedPeriod(knex, period.id)) ?? newPeriod(period);
  const closings = await listClosings(knex, period.id);
  const last = stored.state === 'closed' ? closings.at(-1) : undefined;
  return {
    period,
    stored,
    checklist: last ? (last.checklist as ChecklistItem[]) : await checklistOf(engine, period, now),
    closings,
    reports: last ? await closingReports(knex, last.number) : [],
  };
}

/**
 * Closes a period in two steps by two people: the first call prepares it, the second, by another person, closes it. Closing books what
 * is in its open days for good, and keeps its reports as bytes, in one transaction with the entry in the audit log.
 *
 * Throws ConfigError PERIOD_STATE where it is closed already, PERIOD_NOT_READY with all that its checklist lacks, PERIOD_CHANGED where
 * figures changed since it was prepared (it is open again then), SECOND_PERSON where the same person would do both.
 */
export async function closePeriod(engine: Engine, period: Period, makeReports: MakeReports, acting: Acting = {}): Promise<PeriodStatus> {
  const actor = acting.actor ?? actorOf();
  const now = acting.now ?? new Date();
  const at = now.toISOString();
  const changedSince = await landing(engine.knex, async (_, trx) => {
    const within: Engine = { ...engine, knex: trx };
    const stored = (await storedPeriod(trx, period.id)) ?? newPeriod(period);
    if (stored.state === 'closed')
      throw wrongState(
        period,
        'is closed already',
        `To see who closed it, run interlocal period status ${period.id}. To open it again: interlocal period reopen ${period.id}.`,
      );
    const covering = await closedAround(trx, period);
    if (covering) throw wrongState(period, `is in ${covering.id}, which is closed`, `Reopen ${covering.id} first.`);
    const checklist = await checklistOf(within, period, now);
    const open = checklist.filter(({ state }) => state === 'to_do');
    if (open.length) throw new ConfigError(open.flatMap((one) => problemsOf(period, one)));
    const { hash, entries } = await figuresOf(within, period, now);
    if (stored.state !== 'prepared') {
      await savePeriod(trx, { ...stored, state: 'prepared', preparedBy: actor, preparedAt: at, figures: hash });
      await appendAudit(trx, { actor, action: 'period_prepared', subject: period.id, detail: { figures: hash } });
      return undefined;
    }
    if (hash !== stored.figures) {
      await savePeriod(trx, {
        ...stored,
        state: stored.closing === null ? 'open' : 'reopened',
        preparedBy: null,
        preparedAt: null,
        figures: null,
      });
      await appendAudit(trx, {
        actor,
        action: 'period_unprepared',
        subject: period.id,
        detail: { figures: hash, prepared: stored.figures },
      });
      return `${stored.preparedBy!} prepared it on ${stored.preparedAt!.slice(0, 10)}`;
    }
    if (!areTwoPeople(actor, stored.preparedBy!)) throw secondPerson(period, stored.preparedBy!, 'prepared', 'close');
    const number = await insertClosing(trx, {
      period: period.id,
      preparedBy: stored.preparedBy!,
      preparedAt: stored.preparedAt!,
      closedBy: actor,
      closedAt: at,
      runId: await newestRun(trx),
      checklist,
    });
    const rules = ledgerRulesOf(engine.project);
    const posted = (entry: LedgerEntry): number | null => (rules ? postingOf(entry, rules).revenue : null);
    await insertBooked(
      trx,
      number,
      entries.filter((entry) => !entry.booked).map((entry) => bookedRowOf(entry, posted(entry))),
    );
    await savePeriod(trx, { ...stored, state: 'closed', closing: number, reopenBy: null, reopenAt: null, reopenReason: null });
    const reports = await makeReports(within, period);
    await saveClosingReports(trx, number, reports);
    await appendAudit(trx, {
      actor,
      action: 'period_closed',
      subject: period.id,
      detail: {
        closing: number,
        prepared_by: stored.preparedBy!,
        figures: hash,
        reports: Object.fromEntries(reports.map(({ name, format, sha256 }) => [`${name}.${format}`, sha256])),
      },
    });
    return undefined;
  });
  if (changedSince !== undefined)
    throw new ConfigError({
      code: 'PERIOD_CHANGED',
      place: { path: period.id },
      message: `${period.id} was not closed: its figures changed since ${changedSince}. It has to be prepared again.`,
      hint: `Look at its reports again. Then one person prepares it and another person closes it, both with: interlocal period close ${period.id}.`,
    });
  return periodStatus(engine, period, now);
}

/**
 * Opens a closed period again in two steps by two people: the first call asks for it, the second, by another person, does it. What was
 * booked stays booked, also corrections in later periods; from then on it is corrected in its own days. Later closings are marked.
 * Throws ConfigError PERIOD_STATE where it is not closed, or a closed period around it is; SECOND_PERSON.
 */
export async function reopenPeriod(engine: Engine, period: Period, reason: string, acting: Acting = {}): Promise<PeriodStatus> {
  const actor = acting.actor ?? actorOf();
  const now = acting.now ?? new Date();
  const at = now.toISOString();
  await landing(engine.knex, async (_, trx) => {
    const stored = await storedPeriod(trx, period.id);
    if (!stored || stored.state !== 'closed' || stored.closing === null)
      throw wrongState(period, 'is not closed', `To see its state, run interlocal period status ${period.id}.`);
    const covering = await closedAround(trx, period);
    if (covering) throw wrongState(period, `is in ${covering.id}, which is closed`, `Reopen ${covering.id} first.`);
    if (stored.reopenBy === null) {
      await savePeriod(trx, { ...stored, reopenBy: actor, reopenAt: at, reopenReason: reason });
      await appendAudit(trx, { actor, action: 'period_reopen_asked', subject: period.id, detail: { closing: stored.closing, reason } });
      return;
    }
    if (!areTwoPeople(actor, stored.reopenBy)) throw secondPerson(period, stored.reopenBy, 'asked to reopen', 'reopen');
    await endClosing(trx, stored.closing, `${stored.reopenBy}, ${actor}`, at);
    const marked = await markLaterClosings(trx, { id: period.id, last: period.last, closing: stored.closing });
    const none = { preparedBy: null, preparedAt: null, figures: null, reopenBy: null, reopenAt: null, reopenReason: null };
    await savePeriod(trx, { ...stored, ...none, state: 'reopened' });
    await appendAudit(trx, {
      actor,
      action: 'period_reopened',
      subject: period.id,
      detail: { closing: stored.closing, asked_by: stored.reopenBy, reason: stored.reopenReason, later_closings: marked },
    });
  });
  return periodStatus(engine, period, now);
}

function newPeriod({ id, kind, first, last }: Period): StoredPeriod {
  const nobody = { preparedBy: null, preparedAt: null, figures: null, closing: null, reopenBy: null, reopenAt: null, reopenReason: null };
  return { id, kind, first, last, state: 'open', ...nobody };
}

/** A closed period that is longer and has all of this one. */
async function closedAround(knex: Knex, period: Period): Promise<StoredPeriod | undefined> {
  return (await listPeriods(knex, ['closed'])).find(
    ({ id, first, last }) => id !== period.id && first <= period.first && period.last <= last,
  );
}

/** What a period's figures are, and what they are made of. The reasons for what is not reconciled name runs, and are not figures. */
async function figuresOf(engine: Engine, period: Period, now: Date): Promise<{ hash: string; entries: LedgerEntry[] }> {
  const entries: LedgerEntry[] = [];
  const hash = createHash('sha256');
  for await (const entry of revenueLedger(engine, { from: period.first, to: period.last }, { now, moved: true })) {
    const { golden, part, bookedOn, corrects, day, department, account, tender, currency, count, amount, split } = entry;
    hash.update(JSON.stringify([golden, part, bookedOn, corrects, day, department, account, tender, currency, count, amount, split]));
    entries.push(entry);
  }
  return { hash: hash.digest('hex'), entries };
}

/** Each thing that is still to do, with what to do about it. */
function problemsOf(period: Period, { details }: ChecklistItem): Problem[] {
  return details.map((detail) => ({
    code: 'PERIOD_NOT_READY',
    place: { path: period.id },
    message: `${period.id} cannot be closed yet. ${detail}`,
    hint: `To see everything that is still open, run interlocal period status ${period.id}.`,
  }));
}

function wrongState(period: Period, what: string, hint: string): ConfigError {
  return new ConfigError({ code: 'PERIOD_STATE', place: { path: period.id }, message: `${period.id} ${what}.`, hint });
}

function secondPerson(period: Period, who: string, did: string, todo: string): ConfigError {
  return new ConfigError({
    code: 'SECOND_PERSON',
    place: { path: period.id },
    message: `${who} ${did} ${period.id}, so another person has to ${todo} it. Nothing was changed.`,
    hint: 'Ask a second person to run the same command, signed in under an account of their own.',
  });
}
