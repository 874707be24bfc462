import type { StreamConfig } from '../../config/schema/connector.ts';
import type { CompareAhead } from '../identity/changed/found-ahead.ts';
import type { SkipReason } from './context.ts';
import { hash } from 'node:crypto';
import { keyOf, type RepeatFinder, shortenedKey } from '../../connector/stream/keys.ts';
import { FatalError, type Problem } from '../../core/errors.ts';
import type { SourceRecord } from '../../core/record.ts';
import type { Landing } from '../../store/landing/landing.ts';
import type { Knex } from '../../store/open.ts';
import { closeRejects, type NewReject, putRejects } from '../../store/landing/rejects.ts';
import { saveCounts } from '../../store/ledger/runs.ts';
import { shapeOf } from '../../store/ledger/sources.ts';
import { type Incoming, landBatch, type Rejected } from './land.ts';
import { landContext, type LandingRun } from './land-context.ts';

/** A batch that is being landed: one transaction, however many times records are added to it. */
export interface OpenBatch {
  /** Where there is one, whatever else asks the store while the batch is open asks through it. */
  trx: Knex.Transaction | undefined;
  /** Its rows are made: the next batch may be opened while this one commits. */
  ahead?: boolean;
  add(records: readonly SourceRecord[]): Promise<void>;
  /** Counts records that are known to be what they were. */
  countUnchanged(records: number): void;
  /**
   * Commits the records, their rejects, the run's counts and what `checkpoint` saves, all or nothing. It is told how many
   * of the batch's records are new: neither landed nor rejected before. It may be called more than once: see InboundRun.commit.
   */
  commit(checkpoint?: Checkpoint): Promise<void>;
  rollback(): Promise<void>;
}

export type Checkpoint = (trx: Knex.Transaction, created: number) => Promise<void>;

/** Opens a batch. The run's counts move only when it has committed. `ahead`: its first members were compared already. */
export async function openBatch(run: LandingRun, file?: { id: number; name: string }, ahead?: CompareAhead): Promise<OpenBatch> {
  return run.begin ? landedAtOnce(run, run.begin, file, ahead) : landedAtTheEnd(run, file);
}

/** Of a store with one writer at a time: what was landed need not be kept in memory. */
async function landedAtOnce(
  run: LandingRun,
  begin: NonNullable<LandingRun['begin']>,
  file?: { id: number; name: string },
  ahead?: CompareAhead,
): Promise<OpenBatch> {
  const { landing, trx, commit, rollback } = await begin();
  const attempt = attemptOf(run, landing, trx, file, ahead);
  let over = false;
  return {
    trx,
    async add(records) {
      await ahead?.begin(trx);
      const compares = !run.landed.allNew && run.bound.some(({ entityId }) => run.matching.has(entityId));
      await inStretches(records, (some) => attempt.land(some), compares ? COMPARED_STRETCH : STRETCH);
    },
    countUnchanged: (records) => attempt.countUnchanged(records),
    async commit(checkpoint) {
      await attempt.save(checkpoint);
      await commit();
      over = true;
      attempt.done();
      refuseTooManyRejects(run);
    },
    async rollback() {
      if (over) return;
      attempt.undone();
      await rollback();
    },
  };
}

/** Of a store with many writers: the transaction is short, and done again when another came in between. */
function landedAtTheEnd(run: LandingRun, file?: { id: number; name: string }): OpenBatch {
  const lists: (readonly SourceRecord[])[] = [];
  let unchanged = 0;
  return {
    trx: undefined,
    countUnchanged: (records) => void (unchanged += records),
    add: async (records) => void lists.push(records),
    async commit(checkpoint) {
      const attempts: Attempt[] = [];
      try {
        await run.commit(async (landing, trx) => {
          attempts.pop()?.undone();
          const attempt = attemptOf(run, landing, trx, file);
          attempts.push(attempt);
          await attempt.land(lists.length === 1 ? lists[0]! : lists.flat());
          attempt.countUnchanged(unchanged);
          await attempt.save(checkpoint);
        });
      } catch (error) {
        attempts.pop()?.undone();
        throw error;
      }
      attempts.pop()!.done();
      refuseTooManyRejects(run);
    },
    rollback: async () => {},
  };
}

type Attempt = ReturnType<typeof attemptOf>;

/** Lands records in one transaction, which may still fail: what the run knows changes with `done`. */
function attemptOf(
  run: LandingRun,
  landing: Landing,
  trx: Knex.Transaction,
  file: { id: number; name: string } | undefined,
  ahead?: CompareAhead,
) {
  const counts = { ...run.counts };
  const knownShapes = new Map(run.landed.shapes);
  const context = landContext(run, (columns) => shapeOf(trx, columns), file);
  if (ahead) context.comparedAhead = (entityId) => ahead.found(entityId);
  const skipped = new Map<SkipReason, number>();
  let skippedNew = 0;
  context.onSkipped = (reason, fresh) => {
    skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    if (fresh) skippedNew++;
  };
  let rejectedNowAny = false;
  let fixed = 0;
  return {
    async land(records: readonly SourceRecord[]): Promise<void> {
      const { incoming, rejected } = withKeys(run, records);
      counts.read += rejected.length;
      counts.rejected += rejected.length;
      rejected.push(...(await landBatch(landing, context, incoming, counts)));
      await rejectedNow(run, trx, rejected, file);
      if (run.landed.openRejects) {
        const bad = new Set(rejected.map((r) => r.key));
        fixed += await closeRejects(
          trx,
          run.source.id,
          incoming.map((item) => item.key).filter((key) => !bad.has(key)),
          'superseded',
        );
      }
      if (rejected.length) rejectedNowAny = true;
    },
    countUnchanged(records: number): void {
      counts.read += records;
      counts.unchanged += records;
    },
    async save(checkpoint?: Checkpoint): Promise<void> {
      await checkpoint?.(trx, Math.max(0, counts.created - run.counts.created + skippedNew - fixed));
      await saveCounts(trx, run.id, counts);
    },
    done(): void {
      Object.assign(run.counts, counts);
      run.landed.skippedNew += skippedNew;
      for (const [reason, n] of skipped) run.landed.skippedBecause.set(reason, (run.landed.skippedBecause.get(reason) ?? 0) + n);
      if (rejectedNowAny) run.landed.openRejects = true;
    },
    undone(): void {
      run.landed.shapes.clear();
      for (const [name, id] of knownShapes) run.landed.shapes.set(name, id);
    },
  };
}

// Short enough to die young: 250 took a quarter less time and memory than 1000.
const STRETCH = 250;
/** Where records are compared with those that are there, what many of them look up is looked up once. */
const COMPARED_STRETCH = 5000;

/** Lands records in stretches of about `size`: what a stretch needs in memory is gone before the next. None is a small rest. */
export async function inStretches(
  records: readonly SourceRecord[],
  land: (some: readonly SourceRecord[]) => Promise<void>,
  size = STRETCH,
): Promise<void> {
  const each = Math.ceil(records.length / Math.max(1, Math.round(records.length / size)));
  for (let i = 0; i < records.length; i += each) await land(records.length <= each ? records : records.slice(i, i + each));
}

/** Lands records in one transaction together with what `checkpoint` saves. */
export async function commitBatch(
  run: LandingRun,
  records: readonly SourceRecord[],
  options: { file?: { id: number; name: string }; checkpoint?: (trx: Knex.Transaction) => Promise<void> },
): Promise<void> {
  const batch = await openBatch(run, options.file);
  try {
    await batch.add(records);
    await batch.commit(options.checkpoint);
  } catch (error) {
    await batch.rollback();
    throw error;
  }
}

/** Throws FatalError when more was rejected in this run than the pipeline allows. */
export function refuseTooManyRejects(run: Pick<LandingRun, 'counts' | 'pipeline'>): void {
  const limit = run.pipeline.max_rejects;
  if (limit !== undefined && run.counts.rejected > limit)
    throw new FatalError({
      code: 'REJECTS_TOO_MANY',
      place: { system: run.pipeline.pipeline },
      message: `The run stopped because ${run.counts.rejected} records were rejected, more than the ${limit} that max_rejects of the pipeline allows.`,
      hint: `To see why they were rejected, run interlocal rejects list ${run.pipeline.pipeline}. Fix the mapping or the source, then run the pipeline again.`,
    });
}

/** Those that have no key, or that a decoder or the contract refused, are rejected. */
export function withKeys(
  { stream }: Pick<LandingRun, 'stream'>,
  records: readonly SourceRecord[],
): { incoming: Incoming[]; rejected: Rejected[] } {
  const incoming: Incoming[] = [];
  const rejected: Rejected[] = [];
  for (const record of records) {
    if (record.key === undefined && record.raw === undefined) assignKey(record, stream);
    if (record.problem) rejected.push({ record, key: record.key, problems: [record.problem] });
    else incoming.push({ record, key: record.key! });
  }
  return { incoming, rejected };
}

/**
 * First pass over a file, before assignKey. Rejected records count too: numbers of equal keys must not shift
 * once they are fixed.
 */
export function lookForRepeats(records: readonly SourceRecord[], stream: StreamConfig, repeats: RepeatFinder): void {
  const { fields, mayBeEmpty } = primaryKeyOf(stream);
  for (const record of records) {
    if (record.raw !== undefined) continue;
    const key = keyOf(record, fields, mayBeEmpty);
    if (typeof key === 'string') repeats.look(key);
  }
}

/**
 * Names records that have no key, so each is a reject of its own: by what they say, by the file, and by their number among those that
 * say the same, counted from the start of the file or of the answers. Read again from the start they get the same names.
 */
export function keylessNames(file = ''): (records: readonly SourceRecord[]) => void {
  const seen = new Map<string, number>();
  return (records) => {
    for (const record of records) {
      if (record.key !== undefined) continue;
      const digest = hash('sha256', JSON.stringify([file, rawOf(record)]), 'hex').slice(0, 32);
      const n = (seen.get(digest) ?? 0) + 1;
      seen.set(digest, n);
      record.rejectKey = n === 1 ? `raw:${digest}` : `raw:${digest}#${n}`;
    }
  };
}

function rawOf(record: SourceRecord): string {
  return record.raw ?? JSON.stringify(record.values);
}

/** Gives a record its key, or the problem why it has none. `repeats` counts equal keys of one file. */
export function assignKey(record: SourceRecord, stream: StreamConfig, repeats?: RepeatFinder): void {
  if (record.raw !== undefined) return;
  const { fields, number, mayBeEmpty } = primaryKeyOf(stream);
  const key = keyOf(record, fields, mayBeEmpty);
  if (typeof key !== 'string') {
    record.problem ??= key;
    return;
  }
  record.problem ??= shortenedKey(record, fields, stream);
  const before = repeats?.count(key) ?? 0;
  record.key = before > 0 ? `${key}#${before + 1}` : key;
  if (before > 0 && !number) record.problem ??= repeatedKey(record, fields, stream, repeats?.isLongest(key) === true ? key.length : 0);
}

/** What identifies the records of a stream. The store remembers it as JSON: what is not set must not be in it. */
export interface KeyDefinition {
  fields: readonly string[];
  number: boolean;
  mayBeEmpty?: readonly string[];
}

export function primaryKeyOf(stream: StreamConfig): KeyDefinition {
  const key = stream.primary_key;
  if (Array.isArray(key)) return { fields: key, number: false };
  return { fields: key.fields, number: key.repeats === 'number', ...(key.may_be_empty ? { mayBeEmpty: key.may_be_empty } : {}) };
}

/** Shorter numbers repeat for other reasons than that they do not fit. */
const CUT_FROM = 8;

/** `longest`: the length of the key, where no key of the file is longer; otherwise 0. */
function repeatedKey(record: SourceRecord, fields: readonly string[], { retriever }: StreamConfig, longest: number): Problem {
  const whole = retriever.files ? 'this file' : retriever.query ? 'this table or view' : 'these answers';
  return {
    code: 'KEY_REPEATED',
    place: { line: record.line, record: record.number },
    message: `Another record of ${whole} has the same key (${fields.join(', ')}).`,
    hint: `Only the first was used. If both are real, set repeats: number below primary_key of the stream in the connector; otherwise have the sender send the record only once.${
      longest >= CUT_FROM && fields.length === 1
        ? ` No key of the file has more than its ${longest} characters: if the source cuts keys off there, have it send them whole.`
        : ''
    }`,
  };
}

/** Keeps records with the reason why they cannot be used and with what the source said. */
export async function rejectedNow(
  run: Pick<LandingRun, 'connection' | 'id' | 'source'>,
  trx: Knex.Transaction,
  rejected: readonly Rejected[],
  file: { id: number; name: string } | undefined,
): Promise<void> {
  const rows = rejected.map(({ record, key, problems }): NewReject => {
    const raw = rawOf(record);
    return {
      sourceId: run.source.id,
      key: key ?? record.rejectKey ?? `raw:${hash('sha256', raw, 'hex').slice(0, 32)}`,
      runId: run.id,
      fileId: file?.id ?? null,
      record: record.number,
      line: record.line ?? null,
      raw,
      readable: record.raw === undefined,
      problems: problems.map((p) => ({ ...p, place: { ...p.place, ...(file ? { file: file.name } : { system: run.connection }) } })),
    };
  });
  await putRejects(trx, rows);
}
