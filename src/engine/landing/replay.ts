import { actorOf } from '../../config/actor.ts';
import { keyOf, shortenedKey } from '../../connector/stream/keys.ts';
import { AbortedError, FatalError, InterlocalError, type Problem } from '../../core/errors.ts';
import { addCounts, noCounts, type Outcome, type RunCounts } from '../../core/outcome.ts';
import { isTable } from '../../connector/stream/field-paths.ts';
import type { SourceRecord, Values } from '../../core/record.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { storeFailure } from '../../store/failures.ts';
import { takeLock } from '../../store/locks.ts';
import { closeRejects, listRejects, type Reject } from '../../store/landing/rejects.ts';
import { finishRun, startRun } from '../../store/ledger/runs.ts';
import { shapeOf } from '../../store/ledger/sources.ts';
import { contractOf } from '../../connector/stream/contract.ts';
import { textAt } from '../../connector/stream/figures.ts';
import { takeConfiguration } from '../run/configuration.ts';
import { landBatch, type Rejected } from './land.ts';
import { primaryKeyOf, rejectedNow } from './land-batch.ts';
import { rekeyIfChanged } from './rekey.ts';
import type { Engine } from '../run/engine.ts';
import { openRun, type RunOptions } from '../run/open-run.ts';
import { requireReady } from '../run/ready.ts';
import { type InboundRun, openInboundRun } from '../inbound/inbound-run.ts';
import { landContext } from './land-context.ts';
import { stopIfAsked } from '../run/context.ts';

export interface Replayed {
  pipeline: string;
  /** Records that are in the canonical store now. */
  replayed: number;
  /** Records that the pipeline now says are skipped. */
  skipped: number;
  /** Still rejected, with the reasons as they are now. */
  rejected: number;
  /** Never read into values: only the source can fix them. */
  unreadable: number;
}

/** Maps the records of a pipeline that are rejected again, after the mapping, a lookup or the connector was fixed. */
export async function replayRejects(
  engine: Engine,
  pipeline: string,
  ids: readonly number[] | undefined,
  options: RunOptions,
): Promise<Replayed> {
  const lock = await takeLock(engine.knex, `pipeline:${pipeline}`);
  if (!('release' in lock))
    throw new FatalError({
      code: 'PIPELINE_RUNNING',
      place: { system: pipeline },
      message: 'This pipeline is running now, so no rejected record of it was tried again.',
      hint: 'Run interlocal rejects replay again when the run has ended; interlocal status shows when.',
    });
  const started = performance.now();
  const result: Replayed = { pipeline, replayed: 0, skipped: 0, rejected: 0, unreadable: 0 };
  const counts = noCounts();
  let runId: number | undefined;
  const finish = async (outcome: Outcome, problems: readonly Problem[], notes: readonly string[]): Promise<void> => {
    const durationMs = Math.round(performance.now() - started);
    if (runId !== undefined) await finishRun(engine.knex, { id: runId, counts, outcome, durationMs, problems, notes });
  };
  try {
    await takeConfiguration(engine.knex, engine.project, options.actor ?? actorOf());
    runId = await startRun(engine.knex, pipeline);
    const run = openRun(engine, { pipeline, id: runId, knex: engine.knex, locks: [lock] }, options);
    await requireReady(run);
    await replay(await openInboundRun(run), ids, result, counts);
    const outcome = result.rejected + result.unreadable > 0 ? 'partial' : 'succeeded';
    await finish(outcome, [], ['Rejected records were tried again.']);
  } catch (error) {
    const known = error instanceof InterlocalError ? error : storeFailure(error);
    // What was replayed before is committed; that the rest was not must be told, even where the store cannot note it.
    await finish(error instanceof AbortedError ? 'aborted' : 'failed', known?.problems ?? [], []).catch(() => undefined);
    throw known ?? error;
  } finally {
    await lock.release();
  }
  return result;
}

async function replay(run: InboundRun, ids: readonly number[] | undefined, result: Replayed, counts: RunCounts): Promise<void> {
  const { knex, actor, pipeline } = run;
  await rekeyIfChanged(run);
  for (let after = 0; ;) {
    stopIfAsked(run);
    const rejects = await listRejects(knex, { pipeline: pipeline.pipeline, state: 'open', ids, after, limit: 500 });
    if (rejects.length === 0) return;
    after = rejects.at(-1)!.id;
    result.unreadable += rejects.filter((r) => !r.readable).length;
    for (const [fileId, list] of Map.groupBy(
      rejects.filter((r) => r.readable),
      (r) => r.fileId,
    )) {
      const file = fileId === null ? undefined : { id: fileId, name: list[0]!.file ?? '' };
      const { more, still } = await run.commit(async (held, trx) => {
        const more = noCounts();
        const { incoming, rejected } = prepare(run.stream, list, file?.name ?? run.connection);
        const context = { ...landContext(run, (c) => shapeOf(trx, c), file), force: true };
        rejected.push(...(await landBatch(held, context, incoming, more)));
        await rejectedNow(run, trx, rejected, file);
        const bad = new Set(rejected.map((r) => r.key));
        const used = list.filter((r) => !bad.has(r.key));
        await closeRejects(
          trx,
          run.source.id,
          used.map((r) => r.key),
          'replayed',
        );
        if (used.length > 0)
          await appendAudit(trx, {
            actor,
            action: 'reject_replayed',
            subject: pipeline.pipeline,
            detail: { count: used.length, ids: used.map((r) => r.id) },
          });
        return { more, still: rejected.length };
      });
      more.rejected = still;
      addCounts(counts, more);
      result.rejected += still;
      result.skipped += more.skipped;
      result.replayed += more.created + more.changed + more.unchanged + more.deleted;
    }
  }
}

function prepare(
  stream: Parameters<typeof contractOf>[0],
  list: readonly Reject[],
  place: string,
): { incoming: { record: SourceRecord; key: string }[]; rejected: Rejected[] } {
  const contract = contractOf(stream, place);
  const { fields, number, mayBeEmpty } = primaryKeyOf(stream);
  const incoming: { record: SourceRecord; key: string }[] = [];
  const rejected: Rejected[] = [];
  for (const reject of list) {
    const values = JSON.parse(reject.raw) as Values;
    const record: SourceRecord = { values, number: reject.record, line: reject.line ?? undefined };
    // Whether their columns were there is not known anymore.
    const optional = isTable(stream)
      ? Object.keys(values).filter((name) => values[name] === null && stream.schema.fields[name]?.optional)
      : [];
    if (optional.length > 0) record.missing = optional;
    if (stream.deletes?.field && stream.deletes.values?.includes(textAt(record.values, stream.deletes.field))) {
      record.deleted = true;
      record.mustBeKnown = stream.deletes.unknown === 'reject';
    }
    contract.check(record);
    record.problem ??= shortenedKey(record, fields, stream);
    const key = keyOf(record, fields, mayBeEmpty);
    const repeat = /#\d+$/.test(reject.key) && typeof key === 'string' && reject.key.startsWith(`${key}#`);
    if (record.problem) rejected.push({ record, key: reject.key, problems: [record.problem] });
    else if (typeof key !== 'string') rejected.push({ record, key: reject.key, problems: [key] });
    else if (repeat && !number) rejected.push({ record, key: reject.key, problems: reject.problems });
    else incoming.push({ record, key: repeat ? reject.key : key });
  }
  return { incoming, rejected };
}
