import type { EntriesConfig } from '../../../config/schema/pipeline.ts';
import { FatalError } from '../../../core/errors.ts';
import type { LedgerRules, NotPosted } from '../../../reconciliation/journal-entries.ts';
import { draftEntries, type EntryDraft } from '../../../reconciliation/postings.ts';
import { isSettled, listEntries } from '../../../store/outbound/entries.ts';
import type { Knex } from '../../../store/open.ts';
import type { OutboundRun } from '../outbound-run.ts';
import { dueLines, postedLines } from './due.ts';

/** So few receipts are not a sign that something is wrong as a whole. */
const FEW = 10;

/** What the ledger should have and does not have. */
export interface FoundEntries {
  drafts: EntryDraft[];
  /** Money that is due and in no entry, and why. */
  notPosted: NotPosted[];
  /** Money of periods that may not be posted yet. */
  waiting: WaitingMoney[];
  /** The numbers of the entries that were settled then. */
  settled: number[];
}

/** What a period that is not closed, or not over, will be posted with as it stands now. */
export interface WaitingMoney {
  period: string;
  currency: string;
  /** Minor units: the debits of its entries. */
  debits: number;
}

/** What finding entries needs of a run. */
type FindingRun = Pick<OutboundRun, 'config' | 'knex' | 'name' | 'now' | 'project'>;

/** Finds the entries that are missing. Throws FatalError ENTRIES_TAKE_BACK_TOO_MUCH where they take back much of what was posted. */
export async function findEntries(run: FindingRun, entries: EntriesConfig, ledger: LedgerRules): Promise<FoundEntries> {
  const { config } = run;
  const { connection, where } = config;
  const engine = { project: run.project, knex: run.knex };
  const { lines: posted, settled } = await postedLines(engine, { entries, where, connection });
  const { lines: due, notPosted, unsure, ready } = await dueLines(engine, { entries, where }, ledger, run.now());
  const { entries: drafts, reversed } = draftEntries(due, posted, { connection, by: entries.by, ready, unsure });
  refuseTooMany(run, reversed, new Set(posted.map(({ golden }) => golden)).size);
  const later = due.filter(({ period }) => !ready(period));
  const open = draftEntries(later, posted, { connection, by: entries.by, ready: (period) => !ready(period), unsure }).entries;
  return { drafts, notPosted, waiting: waitingMoney(open), settled };
}

function waitingMoney(drafts: readonly EntryDraft[]): WaitingMoney[] {
  const sums = new Map<string, WaitingMoney>();
  for (const { period, currency, lines } of drafts) {
    const key = `${period.id} ${currency}`;
    const one = sums.get(key) ?? { period: period.id, currency, debits: 0 };
    sums.set(key, { ...one, debits: one.debits + lines.reduce((sum, { debit }) => sum + debit, 0) });
  }
  return [...sums.values()];
}

/** Was an entry settled since? Then what is missing is to be found again. */
export async function isOutdated(trx: Knex, { config }: Pick<OutboundRun, 'config'>, { settled }: FoundEntries): Promise<boolean> {
  const now = (await listEntries(trx, { connection: config.connection })).filter(isSettled).map(({ number }) => number);
  return String(now) !== String(settled);
}

/** Where a source is gone, or a setting is wrong, all of it would be taken back. */
function refuseTooMany({ config, name }: FindingRun, reversed: number, posted: number): void {
  if (reversed <= FEW || reversed * 100 <= config.max_deleted_percent * posted) return;
  throw new FatalError({
    code: 'ENTRIES_TAKE_BACK_TOO_MUCH',
    place: { system: name },
    message: `New journal entries would reverse ${reversed} of the ${posted} receipts that were posted, more than the ${config.max_deleted_percent} percent that are allowed. No entry was made.`,
    hint: 'Check with interlocal report reconciled whether receipts are suddenly missing or not reconciled, and whether a pipeline was turned off. If the reversals are right, raise max_deleted_percent in the pipeline for one run.',
  });
}
