import type { Project } from '../../../config/project.ts';
import type { ReconciliationConfig } from '../../../config/schema/pipeline.ts';
import type { Entry, Side } from '../../../reconciliation/entry.ts';
import type { SourceState } from '../../../reconciliation/exceptions/missing-source.ts';
import { givenDays } from '../../../store/landing/given-days.ts';
import { firstNames } from '../../../store/ledger/connections.ts';
import { refusedSince } from '../../../store/ledger/files.ts';
import type { Knex } from '../../../store/open.ts';
import { lastRuns } from '../../../store/ledger/runs.ts';
import { entityIds, type Source } from '../../../store/ledger/sources.ts';
import { dayReader } from '../read-entries.ts';
import { feedsOf } from '../reconciliation-basis.ts';

/**
 * Every pipeline that gives records to a side, with the files of it that were refused and the runs that failed. Of one that lacks
 * something, the days of all its records count, also of those that the side leaves out: its file of that day has come.
 */
export async function sourceStates(
  knex: Knex,
  project: Project,
  config: ReconciliationConfig,
  sources: readonly Source[],
  seen: SeenDays,
  ids: Readonly<Record<Side, number>>,
): Promise<SourceState[]> {
  const bySource = new Map(sources.map((source) => [source.pipeline, source]));
  const runs = await lastRuns(knex);
  const first = await firstNames(knex);
  const states: SourceState[] = [];
  const feeds = feedsOf(project, config);
  const connectionOf = (pipeline: string): string => project.pipelines.get(pipeline)!.value.source?.connection ?? '';
  for (const { pipeline, side } of feeds) {
    const connection = connectionOf(pipeline);
    // Of two processors whose reports are in one folder, each has its own days.
    const isShared = feeds.some((one) => one.side === side && one.pipeline !== pipeline && connectionOf(one.pipeline) === connection);
    let days: ReadonlySet<number> = seen[side].get(first.get(connection) ?? connection) ?? new Set<number>();
    const source = bySource.get(pipeline);
    const run = runs.get(pipeline);
    const { name, entity, date } = config[side];
    const missing: { subject: string; text: string }[] = [];
    if (!source || !run) missing.push({ subject: 'never ran', text: `${pipeline} has not run yet, so ${name} lacks all that it gives.` });
    else {
      for (const path of await refusedSince(knex, source.id, pipeline))
        missing.push({ subject: path, text: `${path} was refused by ${pipeline}, so ${name} lacks what is in it.` });
      if (missing.length === 0 && (run.outcome === 'failed' || run.outcome === 'aborted'))
        missing.push({ subject: 'failed', text: `The last run of ${pipeline} failed, so ${name} may lack what it should have read.` });
    }
    if ((missing.length || isShared) && source && date !== undefined) {
      const given = await givenDays(knex, source.id, { id: ids[side], name: entity }, date);
      const others = missing.length ? await daysOfStream(knex, project, pipeline, bySource) : [];
      days = new Set([...(isShared ? [] : days), ...[...given, ...others].map(dayReader(project.config.town.time_zone))]);
    }
    states.push({ pipeline, side, seen: days, missing });
  }
  return states;
}

/**
 * The days of what other pipelines make of the same stream: the debits of fees are a few lines of the bank's files, and the file of a day
 * without one has come anyway.
 */
async function daysOfStream(knex: Knex, project: Project, pipeline: string, bySource: ReadonlyMap<string, Source>): Promise<string[]> {
  const own = project.pipelines.get(pipeline)!.value.source;
  const ids = await entityIds(knex);
  const days: string[] = [];
  const asked = new Set<string>();
  for (const { value } of project.pipelines.values()) {
    if (!value.reconcile) continue;
    for (const { pipeline: other, side } of feedsOf(project, value.reconcile)) {
      const { entity, date } = value.reconcile[side];
      const [from, source, id] = [project.pipelines.get(other)!.value.source, bySource.get(other), ids.get(entity)];
      if (other === pipeline || from?.connection !== own?.connection || from?.stream !== own?.stream) continue;
      if (!source || id === undefined || date === undefined || asked.has(`${other} ${entity} ${date}`)) continue;
      asked.add(`${other} ${entity} ${date}`);
      days.push(...(await givenDays(knex, source.id, { id, name: entity }, date)));
    }
  }
  return days;
}

/** Of each side, the days on which a connection has any record. */
export type SeenDays = Readonly<Record<Side, ReadonlyMap<string, ReadonlySet<number>>>>;

/** The days of these records added to those that are known. */
export function withDays(known: ReadonlyMap<string, ReadonlySet<number>>, entries: Iterable<Entry>): Map<string, Set<number>> {
  const found = new Map([...known].map(([connection, days]) => [connection, new Set(days)]));
  for (const { id, day } of entries) {
    // Lasting names begin with the connection.
    const connection = id.slice(2, id.indexOf('"', 2));
    let days = found.get(connection);
    if (!days) found.set(connection, (days = new Set()));
    if (day !== null) days.add(day);
  }
  return found;
}
