import type { Engine, UnrecordedRun } from './engine.ts';
import type { Lock } from '../../store/lock-holder.ts';
import type { SkipReason } from '../landing/context.ts';
import { join } from 'node:path';
import { actorOf } from '../../config/actor.ts';
import { AbortedError, FatalError, InterlocalError, type Problem } from '../../core/errors.ts';
import { noCounts, type Outcome } from '../../core/outcome.ts';
import { visibleLine } from '../../core/text/visible.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { beginLanding, landing, landsWhileReading } from '../../store/landing/landing.ts';
import { takeLock } from '../../store/locks.ts';
import type { Knex } from '../../store/open.ts';
import { countOpenRejects } from '../../store/landing/rejects.ts';
import { storeFailure } from '../../store/failures.ts';
import { countOutbox } from '../../store/outbound/outbox.ts';
import { closeLostRuns, finishRun, noteProgress, startRun } from '../../store/ledger/runs.ts';
import { entityIds, findSource, type Source, sourceOf } from '../../store/ledger/sources.ts';
import type { FileTransport, Transport } from '../../transports/transport.ts';
import { auditConfiguration } from './audit-configuration.ts';
import { bindMappings } from './bind.ts';
import { takeConfiguration } from './configuration.ts';
import { openConnection } from './connection.ts';
import { inOrder } from '../inbound/file-order.ts';
import { referencesOf } from '../identity/references.ts';
import { identityModels } from '../identity/models.ts';
import { resolveNew } from '../identity/resolve-new.ts';
import { loadFile } from '../inbound/load-file.ts';
import { loadPages } from '../inbound/load-pages.ts';
import { requirePassingTests } from './mapping-tests.ts';
import { outbound } from '../outbound/outbound.ts';
import { connectionsInLine } from './renames.ts';
import { removeOrphanMarkers } from '../inbound/orphan-markers.ts';
import { readyFiles } from '../inbound/ready-files.ts';
import { keepSumsAfter } from './keep-sums-after.ts';
import { reconcile } from '../reconciliation/reconcile.ts';
import { reconcileByPasses } from '../reconciliation/reconcile-by-passes.ts';
import { rekeyIfChanged } from '../landing/rekey.ts';
import { remapIfChanged } from '../landing/remap.ts';
import type { Progress, RunResult, Session } from './session.ts';
import { filledFiles } from '../inbound/source-target.ts';
import { emptySpool } from '../inbound/spool.ts';
import { leave, noteNeverFound, settleWaiting } from '../inbound/waiting-files.ts';
import { IGNORED, judgedFiles, judging } from '../../connector/error-rules.ts';
import { retrying } from '../../connector/source/retry.ts';
import { optionVariables } from '../../connector/template.ts';

export type { Engine, UnrecordedRun };

export interface RunOptions {
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Something that is worth a line in the log while it happens. */
  onNote?: (pipeline: string, text: string) => void;
  now?: () => Date;
  /** Who runs it, for the audit log. Default: the operating system's account. */
  actor?: string;
  /** Whoever runs it runs others too, and calls keepSumsAfter when all of them are over. */
  othersFollow?: boolean;
  /** A person says that the configuration of this folder is the right one, although another replaced it. */
  adoptConfiguration?: boolean;
  /** In place of the clock, for pauses while a report is prepared. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * Runs one pipeline. Never throws for what a source, a file or a record is to blame for: that is in the result. Throws
 * FatalError PIPELINE_RUNNING when another process runs it now.
 */
export async function runPipeline(engine: Engine, id: string, options: RunOptions): Promise<RunResult> {
  const pipeline = engine.project.pipelines.get(id)!.value;
  if (pipeline.mode === 'off') options.onNote?.(id, 'This pipeline is off.');
  if (pipeline.mode === 'off')
    return { pipeline: id, outcome: 'succeeded', counts: noCounts(), durationMs: 0, problems: [], notes: ['This pipeline is off.'] };
  const lock = await takeLock(engine.knex, `pipeline:${id}`).catch((error: unknown) => notRecorded(engine, id, error));
  if (!('release' in lock))
    throw new FatalError({
      code: 'PIPELINE_RUNNING',
      place: { system: id },
      message: `It is already running, on ${lock.host} in process ${lock.pid}, last active at ${zonedTime(lock.heartbeat_at, engine.project.config.town.time_zone)}.`,
      hint: 'Wait until it has finished; interlocal status shows it.',
    });
  return underLock(engine, id, lock, options);
}

async function underLock(engine: Engine, id: string, lock: Lock, options: RunOptions): Promise<RunResult> {
  const started = performance.now();
  const { knex } = engine;
  const actor = options.actor ?? actorOf();
  try {
    const refused = await refusedConfiguration(engine, actor, options.adoptConfiguration).catch((error: unknown) =>
      notRecorded(engine, id, error),
    );
    if (refused) return await refusedRun(knex, id, refused).catch((error: unknown) => notRecorded(engine, id, error));
    const session = await begin(engine, id, lock, actor, options).catch((error: unknown) => notRecorded(engine, id, error));
    noteProgressOf(session, knex);
    const outcome = await outcomeOf(session, async () => {
      await work(session);
    });
    const result = { pipeline: id, outcome, counts: session.counts, durationMs: Math.round(performance.now() - started) };
    const { problems, notes } = session;
    try {
      await finishRun(knex, { id: session.runId, ...result, problems, notes });
      for (const { code, place, message } of problems)
        if (code === 'HOST_KEY_CHANGED')
          await appendAudit(knex, { actor, action: 'host_key_refused', subject: place.system ?? session.connection, detail: { message } });
    } catch (error) {
      const failure = storeFailure(error);
      if (!failure) throw error;
      if (!problems.some(({ code }) => code === failure.code)) problems.push(...failure.problems);
      unrecorded(engine, id, problems);
      return { ...result, outcome: 'failed', problems, notes };
    }
    engine.unrecorded?.delete(id);
    if (!options.othersFollow) await keepSumsAfter(engine, [result], options);
    return { ...result, problems, notes };
  } finally {
    await lock.release();
  }
}

const PROGRESS_EVERY_MS = 10_000;

/** Lets others see that the run gets on: what it counts moves, or it has something to say. */
function noteProgressOf(session: Session, knex: Knex): void {
  let last = performance.now();
  let [before, said] = ['', session.notes.length];
  const { onProgress } = session;
  session.onProgress = (progress) => {
    onProgress(progress);
    const now = `${progress.what} ${progress.done}`;
    if (now === before && said === session.notes.length) return;
    [before, said] = [now, session.notes.length];
    if (performance.now() - last < PROGRESS_EVERY_MS) return;
    last = performance.now();
    // The store is busy or closing: the next step tells it.
    noteProgress(knex, session.runId, new Date()).catch(() => {});
  };
}

async function refusedConfiguration({ project, knex }: Engine, actor: string, adopt?: boolean): Promise<FatalError | undefined> {
  try {
    await takeConfiguration(knex, project, actor, adopt);
    return undefined;
  } catch (error) {
    if (error instanceof FatalError && /^CONFIG_/.test(error.code)) return error;
    throw error;
  }
}

/** A run that did not begin, on record like one that failed: pages, status and /health show it. */
async function refusedRun(knex: Knex, id: string, { problems }: FatalError): Promise<RunResult> {
  await closeLostRuns(knex, id);
  const result: RunResult = { pipeline: id, outcome: 'failed', counts: noCounts(), durationMs: 0, problems: [...problems], notes: [] };
  await finishRun(knex, { ...result, id: await startRun(knex, id) });
  return result;
}

/** Everything of a run that is in the store before its work begins. */
async function begin(engine: Engine, id: string, lock: Lock, actor: string, options: RunOptions): Promise<Session> {
  const { knex } = engine;
  await closeLostRuns(knex, id);
  await auditConfiguration(knex, engine.project, id, actor);
  return sessionOf(engine, id, await startRun(knex, id), knex, options, [lock]);
}

/** The run could not even begin in the store: FatalError in place of what the database says. */
function notRecorded(engine: Engine, id: string, error: unknown): never {
  const failure = storeFailure(error);
  if (!failure) throw error;
  unrecorded(engine, id, failure.problems);
  throw failure;
}

function unrecorded(engine: Engine, id: string, problems: readonly Problem[]): void {
  (engine.unrecorded ??= new Map()).set(id, { at: new Date(), problems });
}

export async function sessionOf(
  engine: Engine,
  id: string,
  runId: number,
  knex: Knex,
  options: RunOptions,
  locks: Lock[] = [],
): Promise<Session> {
  const { project } = engine;
  const pipeline = project.pipelines.get(id)!.value;
  const connection = pipeline.source?.connection ?? '';
  const streamName = pipeline.source?.stream ?? '';
  const connector = project.connectors.get(project.connections[connection]?.connector ?? '')?.value;
  const { renamed, refusal } = await connectionsInLine(knex, project, id, options.actor ?? actorOf());
  // A pipeline that is refused leaves what the store has of its source as it is.
  const known = refusal && (await findSource(knex, id));
  const { renamedFrom = undefined, ...source }: Source & { renamedFrom?: string } =
    known ?? (await sourceOf(knex, { pipeline: id, connection, stream: streamName }, project.pipelines.keys()));
  const ids = await entityIds(knex);
  const { bound, skips, fingerprint } = bindMappings(project, pipeline, ids);
  const matching = new Map([...identityModels(project)].map(([name, model]) => [ids.get(name)!, model]));
  // Where the mappings changed, records may leave entities that the pipeline does not make anymore.
  const comparing =
    pipeline.source !== undefined &&
    matching.size > 0 &&
    (source.fingerprint !== fingerprint || bound.some((b) => matching.has(b.entityId) || referencesOf(b.entity).length > 0));
  const notes: string[] = [];
  const session: Session = {
    project,
    pipeline,
    connection,
    stream: connector?.streams[streamName] as Session['stream'],
    streamName,
    streams: connector?.streams ?? {},
    options: {},
    knex,
    commit: (work) => landing(knex, work, { locks, comparing }),
    begin: landsWhileReading(knex) ? () => beginLanding(knex, locks) : undefined,
    locks,
    preview: false,
    source,
    runId,
    actor: options.actor ?? actorOf(),
    bound,
    skips,
    skippedNew: 0,
    skippedBecause: new Map(),
    entities: new Map([...project.entities.values()].map(({ value }) => [ids.get(value.entity)!, value])),
    matching,
    fingerprint,
    counts: noCounts(),
    notes,
    note(text) {
      // Notes go to terminals and logs, a line each, and names of files are in them.
      const line = visibleLine(text);
      notes.push(line);
      options.onNote?.(id, line);
    },
    problems: [],
    left: new Map(),
    incomplete: [],
    refusal,
    openRejects: (await countOpenRejects(knex, source.id)) > 0,
    allNew: false,
    signal: options.signal,
    now: options.now ?? (() => new Date()),
    sleep: options.sleep,
    onProgress: options.onProgress ?? (() => {}),
    shapes: new Map(),
  };
  for (const text of renamed) session.note(text);
  if (renamedFrom !== undefined) session.note(`It reads what the pipeline ${renamedFrom} used to read and continues with its records.`);
  return session;
}

/** Does the work and says how it ended. What is our own fault keeps its stack, in the run's problems. */
export async function outcomeOf(session: Session, work: () => Promise<void>): Promise<Outcome> {
  try {
    await work();
  } catch (error) {
    if (error instanceof AbortedError || (session.signal.aborted && isAbort(error))) {
      session.note('Stopped on request; run it again and it resumes there.');
      return 'aborted';
    }
    const known = error instanceof InterlocalError ? error : storeFailure(error);
    if (known) session.problems.push(...known.problems);
    else
      session.problems.push({
        code: 'INTERNAL',
        place: { system: session.pipeline.pipeline },
        message: `A bug in Interlocal, not in your configuration: ${(error as Error)?.stack ?? String(error)}`,
        hint: 'Please report it with these lines.',
      });
    return 'failed';
  }
  const failed = session.problems.length > 0;
  session.problems.push(...session.incomplete);
  if (failed) return 'failed';
  return session.counts.rejected > 0 || session.incomplete.length > 0 || (await leftOpen(session)) ? 'partial' : 'succeeded';
}

/** Is something of an earlier run still waiting for someone's decision? Then this run has not brought everything in, or out, either. */
async function leftOpen(session: Session): Promise<boolean> {
  const { knex, source, pipeline, counts } = session;
  if (pipeline.deliver) {
    const waiting = (await countOutbox(knex)).get(pipeline.pipeline) ?? {};
    return NOT_DELIVERED.some((state) => (waiting[state] ?? 0) > 0);
  }
  if (!pipeline.source) return false;
  const open = await countOpenRejects(knex, source.id);
  if (open > counts.rejected)
    session.note(
      `${open} ${open === 1 ? 'record is' : 'records are'} rejected and still open, including those from earlier runs: interlocal rejects list ${pipeline.pipeline}.`,
    );
  return open > 0;
}

/** States of the outbox in which a record should have been delivered and was not, or this is not known. */
const NOT_DELIVERED = ['refused', 'rejected', 'unknown', 'held'] as const;

export async function work(session: Session): Promise<void> {
  requirePassingTests(session.project, session.pipeline);
  if (session.refusal) throw session.refusal;
  if (session.pipeline.reconcile?.passes) await reconcileByPasses(session);
  else if (session.pipeline.reconcile) await reconcile(session);
  else if (session.pipeline.deliver) await outbound(session);
  else await inbound(session);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || (error as { code?: string }).code === 'ABORT_ERR');
}

async function inbound(session: Session): Promise<void> {
  await rekeyIfChanged(session);
  await resolveNew(session);
  await remapIfChanged(session);
  const { transport, options } = await openConnection(session.project, session.connection, session.signal);
  session.options = options;
  try {
    await load(session, transport);
  } finally {
    await transport.close();
    noteSkipped(session);
    // Also after a failure: what was landed before it is there. A person who stops the run has it done by the next.
    if (!session.signal.aborted) await resolveNew(session);
  }
}

function noteSkipped(session: Session): void {
  if (session.counts.skipped === 0) return;
  const of = (reason: SkipReason): number => session.skippedBecause.get(reason) ?? 0;
  const whole = session.bound.length === 0 ? 'because the pipeline has no mapping' : 'that no mapping applies to (unmapped: skip)';
  const parts = [
    [of('declared'), 'by skip: of the pipeline'],
    [of('unmapped'), whole],
    [of('empty'), 'whose list has no items'],
  ].flatMap(([n, words]) => (n ? [`${n} ${words}`] : []));
  session.note(`${session.counts.skipped} ${session.counts.skipped === 1 ? 'record was' : 'records were'} skipped: ${parts.join(', ')}.`);
}

/**
 * Takes the stream; where the remote system is busy or away for a moment, tries again from what is committed. Services are
 * asked again request by request instead.
 */
async function load(session: Session, transport: Transport): Promise<void> {
  if (transport.kind === 'request') return loadPages(session, transport);
  const rules = session.stream.error_handler?.rules ?? [];
  const attempt = async (): Promise<void> => {
    if (transport.kind === 'files')
      return loadFiles(
        session,
        judgedFiles(transport, rules, (text) => session.note(text)),
      );
    if ((await judging(() => loadPages(session, transport), rules)) === IGNORED)
      session.note(`${session.streamName}: an error that the connector says to ignore was treated as the end of the rows.`);
  };
  await retrying(attempt, {
    maxRetries: session.stream.error_handler?.max_retries ?? RETRIES,
    baseMs: 1000,
    signal: session.signal,
    onRetry: (error, waitMs) => {
      session.note(`${error.message} Trying again in ${(waitMs / 1000).toFixed(1)} s.`);
      // Files that were refused are looked at again, and refused again.
      session.problems.length = 0;
      session.left.clear();
    },
  });
}

/** After the first attempt; with waits of 1, 2 and 4 seconds. What stays away is for the next scheduled run. */
const RETRIES = 3;

async function loadFiles(session: Session, transport: FileTransport): Promise<void> {
  const files = filledFiles(session.stream.retriever.files!, optionVariables(session.options));
  session.stream = { ...session.stream, retriever: { ...session.stream.retriever, files } };
  const spoolFolder = join(
    session.project.dataFolder,
    'spool',
    session.pipeline.pipeline,
    session.preview ? `preview-${process.pid}` : 'run',
  );
  await emptySpool(spoolFolder);
  const found = await readyFiles(transport, files, session.connection, session.now, session.signal, (text) => session.note(text));
  session.problems.push(...found.problems);
  for (const { file, reason } of found.waiting) leave(session, file, reason);
  for (const file of inOrder(found.files, files.order)) await loadFile(session, transport, file, spoolFolder);
  await settleWaiting(session);
  if (found.files.length + found.waiting.length + found.problems.length === 0) await noteNeverFound(session);
  if (!session.preview) await removeOrphanMarkers(session, transport, files);
}
