import type { SkipReason } from './context.ts';
import type { LandContext } from './context.ts';
import type { Problem } from '../../core/errors.ts';
import type { RunCounts } from '../../core/outcome.ts';
import type { SourceRecord, Values } from '../../core/record.ts';
import type { Candidate } from '../../mapping/mapping.ts';
import type { Landing, Link } from '../../store/landing/landing.ts';
import type { Cell } from '../../store/rows.ts';
import { digestOf, prefixOf, rawOf } from './digest.ts';
import { goldenBatch, type Made } from '../golden/golden.ts';

/** A record with the key that it has in its system. */
export interface Incoming {
  record: SourceRecord;
  key: string;
  /** It was landed before and is only mapped again. */
  landed?: number;
}

/** A rejected record. */
export interface Rejected {
  record: SourceRecord;
  /** undefined when it has no key. */
  key: string | undefined;
  problems: Problem[];
}

/**
 * Lands one batch: what changed at the source becomes landed records, links, golden records and history rows, in the
 * transaction of `landing`. Counts are added to `counts`; records that a mapping rejects are returned, untouched.
 */
export async function landBatch(
  landing: Landing,
  context: LandContext,
  incoming: readonly Incoming[],
  counts: RunCounts,
): Promise<Rejected[]> {
  const { sourceId, runId } = context;
  const known = context.allNew
    ? new Map<string, Link[]>()
    : await landing.links(
        sourceId,
        incoming.map((i) => i.key),
      );
  const golden = goldenBatch(landing, context);
  const rejected: Rejected[] = [];
  const landed: Cell[][] = [];
  let nextLanded = 0;
  let lastColumns: string[] = [];
  let lastShape = -1;
  let lastPrefix = '';
  counts.read += incoming.length;
  const short = context.allNew && !context.mappings.some((m) => m.entity.identity);
  const from = { connection: context.connection, file: context.file?.name };

  for (const item of incoming) {
    const { record, key } = item;
    const before = known.get(key);
    const present = before?.some((link) => link.deletedRun === null) ?? false;
    if (record.deleted) {
      if (!present && record.mustBeKnown && !before) {
        rejected.push({ record, key, problems: [deletionUnknown(record, from)] });
        counts.rejected++;
      } else if (!present) counts.unchanged++;
      else {
        known.set(key, golden.unlinkAll(before!));
        counts.deleted++;
      }
      continue;
    }
    if (!hasColumns(record.values, lastColumns)) {
      lastColumns = Object.keys(record.values);
      lastShape = await context.shapeId(lastColumns);
      lastPrefix = prefixOf(lastColumns);
    }
    const raw = rawOf(Object.values(record.values));
    const digest = digestOf(lastPrefix, raw);
    const same = present && before![0]!.hash === digest;
    // Of what nothing was made before, it is asked again whether that is meant: nobody may have said so then.
    const nothing = same && before!.every((link) => link.golden === null);
    if (same && !nothing && !context.force) {
      record.digest = digest;
      counts.unchanged++;
      continue;
    }
    const made: Made[] = [];
    let problems: Problem[] | undefined;
    let skipped: SkipReason | undefined = context.skips?.(record, from) ? 'declared' : 'unmapped';
    for (const bound of skipped === 'declared' ? [] : context.mappings) {
      const result = bound.mapping.apply(record, from);
      if (result.taken) skipped = undefined;
      if (result.problems.length) (problems ??= []).push(...result.problems);
      else for (const candidate of result.candidates) made.push({ bound, candidate: prefixed(candidate, bound.itemPrefix) });
    }
    if (skipped === 'unmapped' && context.unmapped === 'reject') problems = [unmapped(context, record)];
    if (problems) {
      rejected.push({ record, key, problems });
      counts.rejected++;
      continue;
    }
    if (made.length === 0) {
      counts.skipped++;
      context.onSkipped?.(skipped ?? 'empty', !present);
      if (nothing) continue;
    }
    // Mapped again, it is what was landed before.
    let landedId = item.landed ?? (same ? before![0]!.landed : undefined);
    if (landedId === undefined) {
      if (nextLanded === 0) nextLanded = await landing.take('landed', incoming.length);
      landedId = nextLanded++;
      landed.push([landedId, sourceId, key, runId, context.file?.id ?? null, record.number, record.line ?? null, lastShape, raw]);
    }
    const as = { sourceId, key, landed: landedId, hash: digest };
    if (short && made.length > 0) for (const one of made) golden.addNew(as, one);
    else known.set(key, golden.link(before, as, made, record));
    if (made.length === 0) continue;
    record.digest = digest;
    if (!present) counts.created++;
    else if (!same) counts.changed++;
    else counts.unchanged++;
  }
  if (nextLanded > 0) await giveBack(landing, incoming.length, landed.length);
  await landing.insertLanded(landed);
  await golden.commit();
  return rejected;
}

/** Ids are without gaps, so a store does not depend on how its batches were cut. */
async function giveBack(landing: Landing, taken: number, used: number): Promise<void> {
  if (taken !== used) await landing.take('landed', used - taken);
}

/** Of a file that says of a record that it is deleted, and no such record was ever read: somebody must see what it means. */
function deletionUnknown(record: SourceRecord, { file, connection }: { file: string | undefined; connection: string }): Problem {
  return {
    code: 'DELETION_UNKNOWN',
    place: { ...(file === undefined ? { system: connection } : { file }), line: record.line, record: record.number },
    message: 'The system says that this record was deleted, but no record with its key was ever read, so nothing was deleted here.',
    hint: 'Ask the owner of the system which record was meant: it may be stored here under another key.',
  };
}

function unmapped({ mappings, connection, file }: LandContext, record: SourceRecord): Problem {
  const names = mappings.map(({ mapping }) => mapping.name);
  return {
    code: 'RECORD_UNMAPPED',
    place: { ...(file ? { file: file.name } : { system: connection }), line: record.line, record: record.number },
    message: `No mapping of the pipeline is meant for this record: it does not meet the condition "when" of ${names.join(', ')}.`,
    hint: 'If such records are needed, change "when" or add a mapping for them; if not, write unmapped: skip in the pipeline. Then run interlocal rejects replay.',
  };
}

function prefixed(candidate: Candidate, prefix: string): Candidate {
  return prefix === '' ? candidate : { ...candidate, itemKey: prefix + candidate.itemKey };
}

/** Are these the record's columns, in this order? Without a list of its own: this is asked for every record. */
function hasColumns(values: Values, columns: readonly string[]): boolean {
  let i = 0;
  for (const name in values) if (name !== columns[i++]) return false;
  return i === columns.length && i > 0;
}
