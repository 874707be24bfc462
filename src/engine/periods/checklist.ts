import type { Project } from '../../config/project.ts';
import { counted } from '../../core/text/counted.ts';
import { calendarDay, dayIn } from '../../core/time/time.ts';
import { EXCEPTION_TYPES, type ExceptionCode } from '../../reconciliation/exceptions/types.ts';
import { monthsOf, type Period } from '../../reconciliation/periods/fiscal.ts';
import { listExceptions, type StoredException, UNFINISHED } from '../../store/reconciliation/exceptions.ts';
import { refusedSince } from '../../store/ledger/files.ts';
import { daysOfReceipts } from '../../store/landing/golden.ts';
import { listEntries } from '../../store/outbound/entries.ts';
import { listOutbox, type OutboxRow } from '../../store/outbound/outbox.ts';
import { listPeriods } from '../../store/reconciliation/periods.ts';
import { heldLocks } from '../../store/locks.ts';
import { countOpenRejects } from '../../store/landing/rejects.ts';
import { lastRuns, type Run } from '../../store/ledger/runs.ts';
import { listSources } from '../../store/ledger/sources.ts';
import { waitingFiles } from '../../store/ledger/waiting.ts';
import { differingText, keyedDifferences } from '../reconciliation/keyed-differences.ts';
import { feedsOf } from '../reconciliation/reconciliation-basis.ts';
import { entryPipelines, missingEntries } from '../outbound/entries/open-entries.ts';
import { receiptPipelines } from '../outbound/receipt-pipelines.ts';
import { revenueFacts } from '../revenue/facts.ts';
import type { Engine } from '../run/engine.ts';

/** One line of the checklist of a period. */
export interface ChecklistItem {
  item: 'over' | 'months' | 'runs' | 'sources' | 'rejects' | 'compared' | 'exceptions' | 'postings';
  /** What has to be so, as a heading. */
  title: string;
  /** carried: nothing keeps the period from closing, but this goes on into the next. */
  state: 'done' | 'to_do' | 'carried';
  /** What is missing, each a sentence with what to do. */
  details: string[];
}

const TITLES: Record<ChecklistItem['item'], string> = {
  over: 'The period is over',
  months: 'All its months are closed',
  runs: 'All pipelines have run since it ended',
  sources: 'Every file has arrived and was taken',
  rejects: 'No rejected records',
  compared: 'Everything was compared',
  exceptions: 'Exceptions that keep it from closing are resolved',
  postings: 'Everything that was sent to the ledger was taken',
};

/** In place of the title where nothing keeps the period from closing, but this goes on into the next. */
const CARRIED: Partial<Record<ChecklistItem['item'], string>> = { exceptions: 'Exceptions that go on into the next period' };

/** The checklist of a period; `today` by the clock given, in the town's time zone. */
export async function checklistOf(engine: Engine, period: Period, now: Date): Promise<ChecklistItem[]> {
  const { project } = engine;
  const today = dayIn(project.config.town.time_zone, now);
  const money = moneyPipelines(project);
  const runs = await lastRuns(engine.knex);
  return [
    item('over', today > period.last ? [] : [`Its last day is ${period.last}. Close it when that day is over.`]),
    ...(period.kind === 'year' ? [item('months', await openMonths(engine, period))] : []),
    // Until the period is over, no run comes too late, and none is enough.
    ...(today > period.last ? [item('runs', runsMissing(project, money, runs, await heldLocks(engine.knex), period))] : []),
    item('sources', await sourcesMissing(engine, money, period)),
    item('rejects', await openRejects(engine, money)),
    item('compared', await notCompared(engine, period)),
    await exceptionsOf(engine, period),
    item('postings', [...(await openPostings(engine, period)), ...(await openEntries(engine, period, now))]),
  ];
}

function item(name: ChecklistItem['item'], details: string[], state: ChecklistItem['state'] = 'to_do'): ChecklistItem {
  const title = details.length > 0 && state === 'carried' ? (CARRIED[name] ?? TITLES[name]) : TITLES[name];
  return { item: name, title, state: details.length ? state : 'done', details };
}

/** Pipelines that give money, or what money is compared with, and the reconciliations; without those that are off. */
function moneyPipelines(project: Project): Set<string> {
  const { receipts, lines } = project.config.revenue;
  const found = new Set<string>();
  for (const { value } of project.pipelines.values()) {
    if (value.mode === 'off') continue;
    if (value.reconcile) {
      found.add(value.pipeline);
      for (const feed of feedsOf(project, value.reconcile)) found.add(feed.pipeline);
    }
    const makes = (value.mappings ?? []).map((name) => project.mappings.get(name)?.value.entity);
    if (makes.includes(receipts) || makes.includes(lines)) found.add(value.pipeline);
  }
  return found;
}

async function openMonths({ knex, project }: Engine, period: Period): Promise<string[]> {
  const closed = new Set((await listPeriods(knex, ['closed'])).map(({ id }) => id));
  return monthsOf(period, project.config.town.fiscal_year_starts)
    .filter(({ id }) => !closed.has(id))
    .map(({ id }) => `${id} is not closed: interlocal period close ${id}.`);
}

function runsMissing(
  project: Project,
  money: ReadonlySet<string>,
  runs: ReadonlyMap<string, Run>,
  locks: ReadonlySet<string>,
  period: Period,
): string[] {
  return [...money].sort().flatMap((pipeline) => {
    const run = runs.get(pipeline);
    if (!run) return [`${pipeline} has never run. Run it, or set its mode to off.`];
    if (run.outcome === null)
      return [
        locks.has(`pipeline:${pipeline}`)
          ? `${pipeline} is running now. Wait until it is done.`
          : `The last run of ${pipeline} was interrupted. Run it again.`,
      ];
    if (run.outcome === 'failed' || run.outcome === 'aborted')
      return [
        `The last run of ${pipeline} ${run.outcome === 'failed' ? 'failed' : 'was stopped'}. To see why, run interlocal status; then run it again.`,
      ];
    return dayIn(project.config.town.time_zone, new Date(run.startedAt)) > period.last
      ? []
      : [`${pipeline} has not run since ${period.last}. Run it.`];
  });
}

async function sourcesMissing({ knex }: Engine, money: ReadonlySet<string>, period: Period): Promise<string[]> {
  const found: string[] = [];
  const told = new Set<string>();
  for (const source of await listSources(knex)) {
    if (!money.has(source.pipeline)) continue;
    for (const path of await refusedSince(knex, source.id, source.pipeline)) {
      told.add(`${source.pipeline} ${path}`);
      found.push(
        `${source.pipeline}: ${path} was refused, so nothing of it was used. Have it sent again as it should be, and run ${source.pipeline}.`,
      );
    }
    for (const { path, reason } of await waitingFiles(knex, source.id))
      found.push(`${source.pipeline}: ${path} is there and was not read yet (${reason}).`);
  }
  // Each reconciliation has one of its own for the same source.
  for (const { id, type, facts } of await unresolved({ knex }, period)) {
    const name = `${String(facts.source)} ${String(facts.missing)}`;
    if (type !== 'source_missing' || told.has(name)) continue;
    told.add(name);
    found.push(`${String(facts.problem)} interlocal exceptions show ${id.slice(0, 8)}.`);
  }
  return found;
}

/** The day of a rejected record is not known until it is fixed: each of them may be in this period. */
async function openRejects({ knex }: Engine, money: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  for (const source of await listSources(knex)) {
    const n = money.has(source.pipeline) ? await countOpenRejects(knex, source.id) : 0;
    if (n > 0)
      found.push(
        `${source.pipeline}: ${counted(n, 'record')} ${n === 1 ? 'is' : 'are'} rejected: interlocal rejects list ${source.pipeline}.`,
      );
  }
  return found;
}

/** Money of the period that a reconciliation covers and that its last run did not look at, and matches that need review. */
async function notCompared(engine: Engine, period: Period): Promise<string[]> {
  const reasons = new Map<string, number>();
  for await (const { waiting } of revenueFacts(engine, { from: period.first, to: period.last }))
    for (const reason of waiting) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return [...reasons].map(([reason, n]) => `${counted(n, 'receipt')}: ${reason}.`);
}

async function unresolved({ knex }: Pick<Engine, 'knex'>, period: Period): Promise<StoredException[]> {
  // One without a day may be of any period.
  return (await listExceptions(knex, { states: UNFINISHED })).filter(({ since }) => since === null || since <= period.last);
}

async function exceptionsOf(engine: Engine, period: Period): Promise<ChecklistItem> {
  const blocking = new Set(engine.project.config.periods.blocking_exceptions);
  const open = (await unresolved(engine, period)).filter(({ type }) => type !== 'source_missing');
  const named = (list: StoredException[]): string[] =>
    [...Map.groupBy(list, ({ pipeline, type }) => `${pipeline} ${type}`).values()].map((some) => {
      const { pipeline, type } = some[0]!;
      return `${pipeline}: ${EXCEPTION_TYPES[type as ExceptionCode].title}, ${some.length} unresolved: interlocal exceptions list ${pipeline} --type ${type} --to ${period.last}.`;
    });
  const keeping = named(open.filter(({ type }) => blocking.has(type)));
  if (keeping.length) return item('exceptions', keeping);
  // The day of a key is not known: each may be of this period.
  const differ = (await keyedDifferences(engine)).filter(({ differing }) => differing > 0).map((one) => `${differingText(one)}.`);
  return item('exceptions', [...named(open), ...differ], 'carried');
}

/** States of a record on its way to the ledger in which it is not known, or someone has to decide, what becomes of a record that was to be sent. */
export const UNSETTLED: readonly OutboxRow['state'][] = ['review', 'queued', 'sending', 'unknown', 'sent', 'held', 'refused', 'rejected'];

/** How what is on its way stands, behind its count. */
const OPEN_WORDS: Partial<Record<OutboxRow['state'], string>> = {
  review: 'to approve',
  queued: 'waiting to be sent',
  sending: 'being sent',
  unknown: 'that may not have arrived',
  sent: 'sent and not taken yet',
  held: 'on hold',
  refused: 'refused here',
  rejected: 'not taken by the ledger',
};

function openText(pipeline: string, some: string, state: OutboxRow['state']): string {
  return `${pipeline}: ${some} ${OPEN_WORDS[state] ?? state}: interlocal deliver list ${pipeline} --state ${state}.`;
}

async function openPostings({ knex, project }: Engine, period: Period): Promise<string[]> {
  const { receipts } = project.config.revenue;
  const found: string[] = [];
  for (const { pipeline, mode } of receiptPipelines(project)) {
    if (mode === 'shadow') continue;
    const rows = await listOutbox(knex, { pipeline, states: UNSETTLED, latest: true });
    const days = await daysOfReceipts(
      knex,
      receipts,
      rows.map((row) => row.golden),
    );
    // The day of a deleted receipt is not known.
    const own = rows.filter((row) => calendarDay(days.get(row.golden) ?? '', project.config.town.time_zone) <= period.last);
    for (const [state, some] of Map.groupBy(own, (row) => row.state))
      found.push(openText(pipeline, counted(some.length, 'receipt'), state));
  }
  return found;
}

/** Journal entries up to the period that the ledger has not taken, and money that could be posted and is in no entry. */
async function openEntries(engine: Engine, period: Period, now: Date): Promise<string[]> {
  const found: string[] = [];
  for (const config of entryPipelines(engine.project)) {
    const { pipeline, mode } = config;
    if (mode === 'shadow') continue;
    const open = (await listEntries(engine.knex, { pipeline })).filter(
      ({ first, state }) => first <= period.last && UNSETTLED.includes(state),
    );
    for (const [state, some] of Map.groupBy(open, (entry) => entry.state))
      found.push(openText(pipeline, counted(some.length, 'journal entry', 'journal entries'), state));
    const missing = (await missingEntries(engine, config, period.last, now)).filter(({ ready }) => ready);
    for (const id of new Set(missing.map(({ draft }) => draft.period.id)))
      found.push(`${pipeline}: ${id} is not posted yet: interlocal run ${pipeline}.`);
  }
  return found;
}
