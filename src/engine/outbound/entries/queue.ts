import type { Problem } from '../../../core/errors.ts';
import type { RunCounts } from '../../../core/outcome.ts';
import type { EntryDraft } from '../../../reconciliation/postings.ts';
import { saveCounts } from '../../../store/ledger/runs.ts';
import type { Knex } from '../../../store/open.ts';
import {
  ENTRY_ENTITY_ID,
  entryNumber,
  type EntryOnItsWay,
  insertEntry,
  isSettled,
  listEntries,
  type StoredEntry,
} from '../../../store/outbound/entries.ts';
import { saveOutbound } from '../../../store/outbound/outbound.ts';
import {
  changeOutbox,
  insertOutbox,
  latestOfGoldens,
  latestOfKeys,
  type OutboxRow,
  type OutboxState,
} from '../../../store/outbound/outbox.ts';
import { takeId } from '../../../store/sequence.ts';
import { type Counted, keyOfGolden, type Made, waitingState } from '../made.ts';
import type { OutboundRun } from '../outbound-run.ts';

/** What queueing entries needs of a run. */
type QueueingRun = Pick<OutboundRun, 'config' | 'counts' | 'fingerprint' | 'id' | 'name' | 'now' | 'pipeline' | 'sink'>;

/**
 * Puts the entries that are missing into the outbox, all in one transaction. What waits and is not sent yet is made again each time: an entry whose
 * content is the same stays as it is, with what a person decided about it; one that is no longer right is withdrawn. What was sent is never changed.
 * Gives the run's counts as they are once it has committed. `map`: what is sent of an entry, and the entry that it corrects.
 */
export async function queueEntries(
  run: QueueingRun,
  trx: Knex.Transaction,
  drafts: readonly EntryDraft[],
  map: (entry: StoredEntry, corrected: EntryOnItsWay | undefined) => Made,
): Promise<RunCounts> {
  const { pipeline } = run.pipeline;
  const counts = { ...run.counts };
  const known = new Map((await listEntries(trx, { connection: run.config.connection })).map((entry) => [entry.number, entry]));
  const wanted = new Set<number>();
  for (const draft of drafts) {
    const stored = await storedEntry(run, trx, draft);
    wanted.add(stored.number);
    counts.read++;
    counts[await enqueue(run, trx, stored, map(stored, known.get(stored.corrects ?? -1)))]++;
  }
  for (const entry of known.values()) {
    if (entry.pipeline !== pipeline || wanted.has(entry.number) || isSettled(entry) || entry.state === 'withdrawn') continue;
    await changeOutbox(trx, [entry.row], { state: 'withdrawn', problems: [] });
    counts.deleted++;
  }
  await saveOutbound(trx, pipeline, { fingerprint: run.fingerprint, position: 0 });
  await saveCounts(trx, run.id, counts);
  return counts;
}

/** The entry with a number; the same content that was there before, such as before a change that was taken back, keeps the number it had. */
async function storedEntry(run: QueueingRun, trx: Knex.Transaction, draft: EntryDraft): Promise<StoredEntry> {
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

async function enqueue(run: QueueingRun, trx: Knex.Transaction, entry: StoredEntry, mapped: Made): Promise<Counted> {
  const { pipeline } = run.pipeline;
  const mine = (await latestOfGoldens(trx, pipeline, [entry.number])).filter((row) => row.entityId === ENTRY_ENTITY_ID);
  const other = (await latestOfKeys(trx, pipeline, [mapped.key])).get(mapped.key);
  const made = other && !mine.some(({ id }) => id === other.id) ? keyTwice(run, mapped, other) : mapped;
  const current = mine.find((row) => row.key === made.key);
  for (const row of mine)
    if (row !== current && row.state !== 'withdrawn') await changeOutbox(trx, [row.id], { state: 'withdrawn', problems: [] });
  const waiting = waitingState(run.pipeline);
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

function keyTwice(run: QueueingRun, made: Made, other: OutboxRow): Made {
  const problem: Problem = {
    code: 'KEY_REPEATED',
    place: { system: run.name, key: made.key },
    message: `This journal entry has the same ${run.sink.idempotency_key.join(', ')} as entry ${other.golden}, so the ledger would take both as one. It was not sent.`,
    hint: 'In the mapping, fill a field of idempotency_key with the reference or number of the entry, which no two entries share.',
  };
  return { ...made, key: keyOfGolden(made.golden), problems: [problem, ...made.problems] };
}
