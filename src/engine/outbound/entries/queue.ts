import { hash } from 'node:crypto';
import type { EntriesConfig } from '../../../config/schema/pipeline.ts';
import { problemsOfRecord, sinkKey } from '../../../connector/sink/sink.ts';
import { FatalError, type Place, type Problem } from '../../../core/errors.ts';
import type { RunCounts } from '../../../core/outcome.ts';
import { plainMoney } from '../../../core/money.ts';
import { type Values, valueAt } from '../../../core/record.ts';
import type { LedgerRules, NotPosted } from '../../../reconciliation/journal-entries.ts';
import { draftEntries, type EntryDraft, unbalancedFunds } from '../../../reconciliation/postings.ts';
import {
  ENTRY_ENTITY_ID,
  type EntryOnItsWay,
  entryNumber,
  insertEntry,
  isSettled,
  listEntries,
  type StoredEntry,
} from '../../../store/outbound/entries.ts';
import type { Knex } from '../../../store/open.ts';
import { saveOutbound } from '../../../store/outbound/outbound.ts';
import {
  changeOutbox,
  insertOutbox,
  latestOfGoldens,
  latestOfKeys,
  type OutboxRow,
  type OutboxState,
} from '../../../store/outbound/outbox.ts';
import { saveCounts } from '../../../store/ledger/runs.ts';
import { takeId } from '../../../store/sequence.ts';
import { ledgerRules } from '../../revenue/ledger-rules.ts';
import { stopIfAsked } from '../../run/context.ts';
import type { OutboundRun } from '../outbound-run.ts';
import { dueLines, postedLines } from './due.ts';
import { entryRecord, referenceOf } from './entry-record.ts';
import { namesRead } from '../currency-check.ts';

/** So few receipts are no sign that something is wrong as a whole. */
const FEW = 10;
/** Between looking and writing a person may have decided about an entry; then it is looked again. */
const TRIES = 5;
/** So many reasons for which money is in no entry are told in the notes of a run. */
const MOST_REASONS = 20;

/**
 * Puts the entries that are missing into the outbox, all in one transaction. What waits and is not sent yet is made again each time: an entry whose
 * content is the same stays as it is, with what a person decided about it; one that is no longer right is withdrawn. What was sent is never changed.
 */
export async function queueEntries(run: OutboundRun, config: EntriesConfig): Promise<void> {
  const rules = ledgerRules(run.project);
  for (let tries = TRIES; ; tries--) {
    stopIfAsked(run);
    const { drafts, notPosted, settled } = await draftsOf(run, config, rules);
    const counts = { ...run.counts };
    const done = await run.commit(async (_, trx) => {
      Object.assign(counts, run.counts);
      if (String(await settledNow(trx, run)) !== String(settled)) return false;
      await write(run, trx, drafts, rules, counts);
      await saveOutbound(trx, run.pipeline.pipeline, { fingerprint: run.fingerprint, position: 0 });
      await saveCounts(trx, run.id, counts);
      return true;
    });
    if (done) {
      Object.assign(run.counts, counts);
      noteEntries(run, drafts, notPosted);
      return;
    }
    if (tries > 1) continue;
    throw new FatalError({
      code: 'ENTRIES_CHANGED',
      place: { system: run.name },
      message: 'While the entries were made, people decided about entries again and again.',
      hint: 'Run the pipeline again.',
    });
  }
}

async function draftsOf(
  run: OutboundRun,
  entries: EntriesConfig,
  ledger: LedgerRules,
): Promise<{ drafts: EntryDraft[]; notPosted: NotPosted[]; settled: number[] }> {
  const { config } = run;
  const { connection, where } = config;
  const engine = { project: run.project, knex: run.knex };
  const { lines: posted, settled } = await postedLines(engine, { entries, where, connection });
  const { lines: due, notPosted, unsure, ready } = await dueLines(engine, { entries, where }, ledger, run.now());
  const { entries: drafts, reversed } = draftEntries(due, posted, { connection, by: entries.by, ready, unsure });
  refuseTooMany(run, reversed, new Set(posted.map(({ golden }) => golden)).size);
  return { drafts, notPosted, settled };
}

async function settledNow(trx: Knex, { config }: OutboundRun): Promise<number[]> {
  return (await listEntries(trx, { connection: config.connection })).filter(isSettled).map(({ number }) => number);
}

/** Where a source is gone, or a setting is wrong, all of it would be taken back. */
function refuseTooMany({ config, name }: OutboundRun, reversed: number, posted: number): void {
  if (reversed <= FEW || reversed * 100 <= config.max_deleted_percent * posted) return;
  throw new FatalError({
    code: 'ENTRIES_TAKE_BACK_TOO_MUCH',
    place: { system: name },
    message: `Entries would take back money of ${reversed} of ${posted} receipts that were posted, more than ${config.max_deleted_percent} percent; none was made.`,
    hint: 'Look at interlocal report reconciled, and whether a source or a reconciliation was turned off. If it is right, raise max_deleted_percent for one run.',
  });
}

async function write(
  run: OutboundRun,
  trx: Knex.Transaction,
  drafts: readonly EntryDraft[],
  rules: LedgerRules,
  counts: RunCounts,
): Promise<void> {
  const { pipeline } = run.pipeline;
  const known = new Map((await listEntries(trx, { connection: run.config.connection })).map((entry) => [entry.number, entry]));
  const wanted = new Set<number>();
  for (const draft of drafts) {
    const stored = await storedEntry(run, trx, draft);
    wanted.add(stored.number);
    counts.read++;
    counts[await enqueue(run, trx, stored, rules, known.get(stored.corrects ?? -1))]++;
  }
  for (const entry of known.values()) {
    if (entry.pipeline !== pipeline || wanted.has(entry.number) || isSettled(entry) || entry.state === 'withdrawn') continue;
    await changeOutbox(trx, [entry.row], { state: 'withdrawn', problems: [] });
    counts.deleted++;
  }
}

/** The entry with a number; the same content that was there before, such as before a change that was taken back, keeps the number it had. */
async function storedEntry(run: OutboundRun, trx: Knex.Transaction, draft: EntryDraft): Promise<StoredEntry> {
  const { config } = run;
  const { pipeline } = run.pipeline;
  const { id, period, department, tender, currency, corrects, receiptLines, lines } = draft;
  const before = await entryNumber(trx, pipeline, id);
  const entry: StoredEntry = {
    number: before ?? (await takeId(trx, 'entry')),
    id,
    pipeline,
    connection: config.connection,
    period: period.id,
    first: period.first,
    last: period.last,
    department,
    tender,
    currency,
    corrects: corrects?.number ?? null,
    receipts: new Set(receiptLines.map(({ golden }) => golden)).size,
    total: lines.reduce((sum, line) => sum + line.debit, 0),
    lines,
    run: run.id,
    madeAt: run.now().toISOString(),
  };
  if (before === undefined) await insertEntry(trx, entry, receiptLines);
  return entry;
}

interface Made {
  key: string;
  values: Values;
  hash: string;
  problems: Problem[];
}

function madeOf(run: OutboundRun, entry: StoredEntry, rules: LedgerRules, corrected: EntryOnItsWay | undefined): Made {
  const { config } = run.project;
  const separator = config.ledger!.fund.separator;
  const record = entryRecord(entry, { starts: config.town.fiscal_year_starts, separator, corrected });
  const at: Place = { system: run.name };
  const unbalanced = unbalancedFunds(entry.lines, rules).map((fund) => notBalanced(at, fund));
  const { values, problems } = run.mapping.apply(record, at);
  const noKey = JSON.stringify({ golden: entry.number });
  // `when` of the mapping leaves an entry out: that its money is in the ledger would be wrong to think.
  if (!problems.length && !values)
    problems.push({
      code: 'ENTRY_NOT_WANTED',
      place: at,
      message: `The mapping ${run.mapping.name} leaves this journal entry out, but its money has to be posted.`,
      hint: 'Change the condition "when" in the mapping. To leave receipts out, use "where" in the pipeline.',
    });
  if (!values || problems.length) return { key: noKey, values: {}, hash: hashOf({}), problems: [...unbalanced, ...problems] };
  const keyless = run.sink.idempotency_key.every((field) => (valueAt(values, field) ?? '') === '');
  const key = keyless ? noKey : sinkKey(run.sink, values);
  const named = keyless ? at : { ...at, key };
  const found = [...unbalanced, ...problemsOfRecord(run.sink, values, named), ...currencyLost(run, entry, named)];
  return { key, values, hash: hashOf(values), problems: found };
}

/** An entry whose debits and credits differ in a fund is refused whole, with the lines of that fund. */
function notBalanced(place: Place, { currency, fund, lines }: ReturnType<typeof unbalancedFunds>[number]): Problem {
  const shown = lines.map(
    ({ account, debit, credit }) =>
      `${account} ${debit > 0 ? `debit ${plainMoney(debit, currency)}` : `credit ${plainMoney(credit, currency)}`}`,
  );
  return {
    code: 'ENTRY_UNBALANCED',
    place,
    message: `It does not balance in fund ${fund}: ${shown.join(', ')}.`,
    hint: 'Correct ledger in config/interlocal.yaml: due_from and due_to have to be accounts of the fund itself, such as "{fund}-1310".',
  };
}

function currencyLost(run: OutboundRun, { currency }: StoredEntry, place: Place): Problem[] {
  const { config } = run;
  const { town } = run.project.config;
  const mapping = run.project.sinkMappings.get(config.mapping)!.value;
  if (currency === town.currency || namesRead(mapping).has('currency')) return [];
  return [
    {
      code: 'CURRENCY_LOST',
      place,
      message: `It is in ${currency}, but the mapping sends no currency: the system would take it as ${town.currency}.`,
      hint: 'Map currency to a field of the sink.',
    },
  ];
}

type Counted = 'created' | 'changed' | 'unchanged' | 'rejected';

async function enqueue(
  run: OutboundRun,
  trx: Knex.Transaction,
  entry: StoredEntry,
  rules: LedgerRules,
  corrected: EntryOnItsWay | undefined,
): Promise<Counted> {
  const { pipeline } = run.pipeline;
  let made = madeOf(run, entry, rules, corrected);
  const mine = (await latestOfGoldens(trx, pipeline, [entry.number])).filter((row) => row.entityId === ENTRY_ENTITY_ID);
  const other = (await latestOfKeys(trx, pipeline, [made.key])).get(made.key);
  if (other && !mine.some(({ id }) => id === other.id)) made = keyTwice(run, entry, made, other);
  const current = mine.find((row) => row.key === made.key);
  for (const row of mine)
    if (row !== current && row.state !== 'withdrawn') await changeOutbox(trx, [row.id], { state: 'withdrawn', problems: [] });
  const waiting = waitingState(run);
  const state: OutboxState = made.problems.length ? 'refused' : waiting;
  const counted = (how: Counted): Counted => (state === 'refused' ? 'rejected' : how);
  const same = current?.hash === made.hash;
  // Rejected by the ledger: it goes again with other values, or when a person says so.
  if (current?.state === 'rejected' && same && state !== 'refused') return 'unchanged';
  if (!current || current.state === 'withdrawn' || current.state === 'rejected') {
    await insertOutbox(trx, {
      pipeline,
      key: made.key,
      entityId: ENTRY_ENTITY_ID,
      golden: entry.number,
      operation: 'write',
      state,
      hash: made.hash,
      values: made.values,
      problems: made.problems,
      run: run.id,
    });
    return counted('created');
  }
  // What was approved was approved as it was.
  const stays = same && state !== 'refused' && (current.state === 'queued' || current.state === waiting);
  if (stays) return 'unchanged';
  await changeOutbox(trx, [current.id], { state, hash: made.hash, values: made.values, problems: made.problems, run: run.id });
  return counted('changed');
}

function keyTwice(run: OutboundRun, entry: StoredEntry, made: Made, other: OutboxRow): Made {
  const problem: Problem = {
    code: 'KEY_REPEATED',
    place: { system: run.name, key: made.key },
    message: `It has the same ${run.sink.idempotency_key.join(', ')} as entry ${other.golden}, so the system would take both as the same entry.`,
    hint: 'Map reference or number of the entry to a field of idempotency_key.',
  };
  return { ...made, key: JSON.stringify({ golden: entry.number }), problems: [problem, ...made.problems] };
}

/** How what may be sent waits in the pipeline's mode. */
function waitingState(run: OutboundRun): OutboxState {
  const { mode } = run.pipeline;
  return mode === 'live' ? 'queued' : mode === 'review' ? 'review' : 'shadow';
}

function hashOf(values: Values): string {
  return hash('sha256', JSON.stringify(values)).slice(0, 24);
}

/** Money that is due and in no entry is told, sum by sum. */
function noteEntries(run: OutboundRun, entries: readonly EntryDraft[], notPosted: readonly NotPosted[]): void {
  const { name } = run;
  for (const { amount, currency, account, tender, reason } of notPosted.slice(0, MOST_REASONS))
    run.note(
      `${name}: ${plainMoney(amount, currency)} ${currency} ${account === null ? '' : `of ${account} `}${tender === null ? '' : `paid by ${tender} `}is in no entry: ${reason}.`,
    );
  if (notPosted.length > MOST_REASONS) run.note(`${name}: … and ${notPosted.length - MOST_REASONS} more sums are in no entry.`);
  for (const { id, corrects, period } of entries)
    if (corrects) run.note(`${name}: ${referenceOf(id)} of ${period.id} adjusts entry ${corrects.number} (${referenceOf(corrects.id)}).`);
}
