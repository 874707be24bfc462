import type { EntriesConfig } from '../../config/schema/pipeline.ts';
import { FatalError, type Problem } from '../../core/errors.ts';
import { saveCounts } from '../../store/ledger/runs.ts';
import { type Delivery, listDeliveries, UNFINISHED } from '../../store/outbound/deliveries.ts';
import { countOutbox, listOutbox, moveOutbox, type OutboxRow, type OutboxState } from '../../store/outbound/outbox.ts';
import { indexRelated } from '../../store/outbound/outbound.ts';
import { ledgerRules } from '../revenue/ledger-rules.ts';
import { stopIfAsked, type Unfinished } from '../run/context.ts';
import { release } from './carry/before-sending.ts';
import type { Carry } from './carry/carry.ts';
import type { LookedAtRecord } from './carry/correction.ts';
import type { HeldBack } from './carry/field.ts';
import { findClusters, findCorrections, findEmptiedTooOften } from './carry/find.ts';
import { mapCorrections, mapNewRecord } from './carry/map.ts';
import { queueCorrections, queueNewRecord, saveCorrections } from './carry/queue.ts';
import { rememberSaid } from './carry/remember.ts';
import { findEntries, isOutdated } from './entries/find.ts';
import { mapEntry } from './entries/map.ts';
import { noteEntries } from './entries/note-entries.ts';
import { queueEntries } from './entries/queue.ts';
import type { OutboundRun } from './outbound-run.ts';
import { groupsOf, prepare, waitingRows, waitsForOther } from './prepare.ts';
import { findGone, findRecords } from './records/find.ts';
import { mapRecord } from './records/map.ts';
import { queueGone, queueRecords, savePosition } from './records/queue.ts';
import { send } from './send/send.ts';
import { saveAnswers, settleAnswers } from './settle.ts';
import { notePending } from './summary.ts';
import { type Target, withTarget } from './target.ts';

/**
 * Runs an outbound pipeline. The way of a record is here, and only here, from end to end: find, map, queue; then prepare, send, settle. No
 * step knows another one (test/lint/outbound-steps.test.ts). First it is looked at what became of what was sent, and what an earlier run was
 * killed over is finished. In shadow, and in a preview, nothing is asked of the remote system. `heldBack`: gets what is held back, in the
 * order in which it was looked at.
 */
export async function outbound(run: OutboundRun, heldBack: HeldBack[] = []): Promise<Unfinished> {
  await indexRelated(run.knex, run.related);
  await alignToMode(run);
  const incomplete: Problem[] = [];
  const fill = async (): Promise<void> => void incomplete.push(...(await toOutbox(run, heldBack)));
  if (run.preview || run.pipeline.mode === 'shadow') await fill();
  else await withTarget(run, (target) => sendAll(run, target, fill));
  await notePending(run);
  return { incomplete, isOpen: () => isUndelivered(run) };
}

/**
 * All that a run does with the remote system: what earlier runs began is brought to its end, `fill` puts what is new into the outbox, and what
 * waits there is sent.
 */
export async function sendAll(run: OutboundRun, target: Target, fill: () => Promise<void>): Promise<void> {
  await settleAnswers(run, target);
  await finishUnfinished(run, target);
  await fill();
  await deliver(run, target);
}

/** Puts what is new or changed into the outbox: find, map, queue. Gives why what was found is not all that there is to send. */
async function toOutbox(run: OutboundRun, heldBack: HeldBack[]): Promise<readonly Problem[]> {
  if (run.carry) return correctionsToOutbox(run, run.carry, heldBack);
  if (run.config.entries) await entriesToOutbox(run, run.config.entries);
  else await recordsToOutbox(run);
  return [];
}

/** Golden records, a stretch in each transaction: a killed run begins again where the last look was. */
async function recordsToOutbox(run: OutboundRun): Promise<void> {
  const { position, changed } = await findRecords(run);
  if (changed) {
    const unwanted: number[] = [];
    for await (const list of changed.lists) {
      stopIfAsked(run);
      const made = list.flatMap((golden) => mapRecord(run, golden) ?? (unwanted.push(golden.id), []));
      await queueRecords(run, made);
      run.progress({ what: run.entity.entity, done: run.counts.read });
    }
    await queueGone(run, await findGone(run, changed.scan, unwanted));
  }
  await savePosition(run, position);
}

/** Golden records in one transaction. */
const CHUNK = 200;

/**
 * What was corrected, one row for each record of the target. What was seen and what is to be sent of it commit together, a stretch in each
 * transaction: a killed run resumes with what it had not looked at.
 */
async function correctionsToOutbox(run: OutboundRun, carry: Carry, heldBack: HeldBack[]): Promise<readonly Problem[]> {
  const { position, begun, scan, goldens, parted } = await findCorrections(run, carry);
  heldBack.push(...parted.heldBack);
  const tooOften = await findEmptiedTooOften(run, carry, goldens);
  const options = { begun, newRecord: mapNewRecord.bind(undefined, run, carry) };
  for (let i = 0; i < goldens.length; i += CHUNK) {
    stopIfAsked(run);
    const done = await run.commit(async (landing, trx) => {
      const counts = { ...run.counts };
      const held: HeldBack[] = [];
      const looked: LookedAtRecord[] = [];
      const clusters = await findClusters(run, carry, { scan, goldens: goldens.slice(i, i + CHUNK) }, { landing, trx });
      for (const cluster of clusters) {
        counts.read++;
        const records = mapCorrections(run, carry, cluster, tooOften);
        for (const counted of await queueCorrections(run, trx, cluster, records)) counts[counted]++;
        looked.push(...records);
        held.push(...records.flatMap(({ kept }) => kept));
        const made = await queueNewRecord(run, carry, { landing, trx }, cluster, options);
        if (made) counts[made === 'absent' ? 'unchanged' : made]++;
        if (made === 'absent') held.push({ record: cluster.golden, key: null, field: null, why: 'no_record', value: null, theirs: null });
      }
      await rememberSaid(run, carry, landing, clusters, looked, parted);
      await saveCounts(trx, run.id, counts);
      return { counts, held };
    });
    Object.assign(run.counts, done.counts);
    heldBack.push(...done.held);
    run.progress({ what: run.entity.entity, done: run.counts.read, total: goldens.length });
  }
  await saveCorrections(run, position);
  return parted.problem ? [parted.problem] : [];
}

/** Between looking and writing a person may have decided about an entry; then it is looked again. */
const TRIES = 5;

/** Journal entries, all in one transaction. */
async function entriesToOutbox(run: OutboundRun, config: EntriesConfig): Promise<void> {
  const rules = ledgerRules(run.project);
  for (let tries = TRIES; tries > 0; tries--) {
    stopIfAsked(run);
    const found = await findEntries(run, config, rules);
    const counts = await run.commit(async (_, trx) =>
      (await isOutdated(trx, run, found))
        ? undefined
        : queueEntries(run, trx, found.drafts, (entry, corrected) => mapEntry(run, entry, rules, corrected)),
    );
    if (!counts) continue;
    Object.assign(run.counts, counts);
    noteEntries(run, found);
    return;
  }
  throw new FatalError({
    code: 'ENTRIES_CHANGED',
    place: { system: run.name },
    message: 'No journal entries were made: each time they were being made, somebody approved or dismissed entries in the meantime.',
    hint: 'Run the pipeline again when nobody is approving or dismissing its entries.',
  });
}

/**
 * Sends what waits: prepare, send, settle. What is sent together, its sequence number and its records are in the store before anything is in
 * the remote system, so a run that is killed anywhere knows what it was about.
 */
async function deliver(run: OutboundRun, target: Target): Promise<void> {
  /** Their golden record changed since they were queued: the next look decides. */
  const left = new Set<number>();
  for (;;) {
    const rows = await waitingRows(run, left);
    if (rows.length === 0) return;
    for (const group of groupsOf(run, rows)) {
      stopIfAsked(run);
      if (await waitsForOther(run)) return;
      const { delivery, taken } = await prepare(run, target, group);
      for (const row of group) if (!taken.includes(row)) left.add(row.id);
      if (!delivery) continue;
      await sendAndSettle(run, target, delivery, taken);
      run.progress({ what: run.name, done: group.length });
    }
  }
}

/** Resumes where an earlier run was killed or could not reach the remote system. */
async function finishUnfinished(run: OutboundRun, target: Target): Promise<void> {
  for (const delivery of await listDeliveries(run.knex, { pipeline: run.pipeline.pipeline, states: UNFINISHED })) {
    stopIfAsked(run);
    const rows = await listOutbox(run.knex, { delivery: delivery.id });
    // Nothing of it is there yet, and people may have been merged or taken apart since: the next look decides again.
    if (run.carry && delivery.state === 'prepared') await release(run, delivery, rows);
    else await sendAndSettle(run, target, delivery, rows);
  }
}

async function sendAndSettle(run: OutboundRun, target: Target, delivery: Delivery, rows: readonly OutboxRow[]): Promise<void> {
  const answered = await send(run, target, delivery, rows);
  if (answered) await saveAnswers(run, delivery, answered);
}

/** What is waiting, waits as the mode of the pipeline says now: a promotion to live lets go what shadow only showed. */
async function alignToMode(run: Pick<OutboundRun, 'commit' | 'pipeline'>): Promise<void> {
  const { pipeline, mode } = run.pipeline;
  const moves: Record<string, [from: OutboxState[], to: OutboxState]> = {
    live: [['shadow', 'review'], 'queued'],
    // What is queued was approved.
    review: [['shadow'], 'review'],
    shadow: [['review', 'queued'], 'shadow'],
  };
  const [from, to] = moves[mode]!;
  await run.commit(async (_, trx) => moveOutbox(trx, pipeline, from, to));
}

/** States in which a record should have been delivered and was not, or this is not known. */
const NOT_DELIVERED = ['refused', 'rejected', 'unknown', 'held'] as const;

async function isUndelivered({ knex, pipeline }: Pick<OutboundRun, 'knex' | 'pipeline'>): Promise<boolean> {
  const waiting = (await countOutbox(knex)).get(pipeline.pipeline) ?? {};
  return NOT_DELIVERED.some((state) => (waiting[state] ?? 0) > 0);
}
