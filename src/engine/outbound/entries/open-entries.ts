import type { PipelineConfig } from '../../../config/schema/pipeline.ts';
import type { Project } from '../../../config/project.ts';
import { draftEntries, type EntryDraft } from '../../../reconciliation/postings.ts';
import { type EntryOnItsWay, listEntries, revenueInEntries } from '../../../store/outbound/entries.ts';
import { ledgerRules } from '../../revenue/ledger-rules.ts';
import type { Engine } from '../../run/engine.ts';
import { dueLines, postedLines } from './due.ts';
import { referenceOf } from './entry-record.ts';

/** Pipelines that post entries and are not off. */
export function entryPipelines(project: Pick<Project, 'pipelines'>): PipelineConfig[] {
  return [...project.pipelines.values()]
    .map(({ value }) => value)
    .filter(({ deliver, mode }) => deliver?.entries !== undefined && mode !== 'off');
}

/** An entry that the next run of its pipeline would make, or that waits for its period to be closed or over. */
export interface MissingEntry {
  draft: EntryDraft;
  /** The period may be posted now. */
  ready: boolean;
}

/** Money up to a day that is due in the ledger and in no entry at all, whatever its state, as entries of their periods. */
export async function missingEntries(
  engine: Engine,
  { pipeline, deliver }: PipelineConfig,
  upTo: string,
  now: Date,
): Promise<MissingEntry[]> {
  const { entries, where, connection } = deliver!;
  const choice = { entries: entries!, where, connection };
  const { lines: posted } = await postedLines(engine, choice);
  const { lines: due, unsure, ready } = await dueLines(engine, choice, ledgerRules(engine.project), now);
  const known = new Set((await listEntries(engine.knex, { pipeline })).filter(({ state }) => state !== 'withdrawn').map(({ id }) => id));
  const rules = { connection, by: entries!.by, ready: ({ first }: { first: string }) => first <= upTo, unsure };
  return draftEntries(due, posted, rules)
    .entries.filter(({ id }) => !known.has(id))
    .map((draft) => ({ draft, ready: ready(draft.period) }));
}

/** In which entry a receipt is, and what became of it. */
export interface PostedIn {
  entry: number;
  reference: string;
  pipeline: string;
  connection: string;
  period: string;
  day: string;
  /** Minor units: the receipt's revenue in it; negative takes back. 0 where only its money moved. */
  amount: number;
  currency: string;
  state: string;
  corrects: number | null;
  /** The number that the ledger gave the entry; null where it said none. */
  ledger_number: string | null;
  delivery: number | null;
}

/** The entries that have money of a receipt, in the order in which they were made; without those that were withdrawn before they were sent. */
export async function entriesWith(engine: Engine, golden: number): Promise<PostedIn[]> {
  const found: PostedIn[] = [];
  for (const { entry, revenue } of await listEntriesOf(engine, golden)) {
    if (entry.state === 'withdrawn') continue;
    const { number, id, pipeline, connection, period, last: day, currency, state, corrects, theirNumber, delivery } = entry;
    found.push({
      entry: number,
      reference: referenceOf(id),
      pipeline,
      connection,
      period,
      day,
      amount: revenue,
      currency,
      state,
      corrects,
      ledger_number: theirNumber,
      delivery,
    });
  }
  return found;
}

async function listEntriesOf({ knex }: Engine, golden: number): Promise<{ entry: EntryOnItsWay; revenue: number }[]> {
  const entries = await listEntries(knex, { golden });
  const revenue = await revenueInEntries(knex, golden);
  return entries.map((entry) => ({ entry, revenue: revenue.get(entry.number) ?? 0 }));
}
