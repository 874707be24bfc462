import type { StreamConfig } from '../../config/schema/connector.ts';
import { LOOKED_INTO } from '../../connector/stream/drift.ts';
import { keyOf } from '../../connector/stream/keys.ts';
import type { SourceRecord, Value } from '../../core/record.ts';
import { allReadAs } from '../../store/ledger/files.ts';
import { countLive, type KnownLink, linksAmong, liveHashes, liveKeys } from '../../store/landing/landed.ts';
import { keysSetAside } from '../../store/landing/rejects.ts';
import { primaryKeyOf } from '../landing/land-batch.ts';
import { digestOf, prefixOf, rawOf } from '../landing/digest.ts';
import type { InboundRun } from './inbound-run.ts';
import { type Digests, digestsFor } from './digests.ts';

/** What comparing a file with what is stored needs of a run. */
type ComparedRun = Pick<InboundRun, 'knex' | 'pipeline' | 'preview' | 'signal' | 'source' | 'stream'>;

/**
 * A file that says again what was loaded before, but for a few records: the nightly full export. It is read once, each row is compared
 * with the hash of what its record said last, and only records that differ are made and landed.
 */
export interface Changes {
  /** The records that are new or differ, and the first of the file. */
  records: SourceRecord[];
  /** How many others there are, each of them as it was. */
  unchanged: number;
  /** Keys of records that are there now and not in the file, in order. */
  absent(): Promise<string[]>;
}

/** How a file is read once, leaving out the rows for which `isUnchanged` holds. Throws as verifying it does. */
export type ReadOnce = (isUnchanged: (columns: readonly string[], values: readonly Value[]) => boolean) => AsyncIterable<SourceRecord[]>;

/** 17 bytes each, up to twice of that in the table. */
const MAX_LIVE = 5_000_000;
/** Of the first records so many must be as they were, or the file is probably not of this kind. */
const SAME_OF_SAMPLE = 0.5;
/** A file with fewer records than this part of what is there is quicker looked up. */
const MIN_PART = 0.25;
/** Some of the first records may be wrong; the layout is remembered by those that are not. */
const LET_THROUGH = 2 * LOOKED_INTO;

/**
 * What is different in this file, or undefined when it must be read and compared record by record: the first load, much that changed,
 * keys that come twice, or settings with which equal values do not mean an equal record. Nothing is written.
 */
export async function changesOf(
  run: ComparedRun,
  file: { reading: string; bytes: number },
  read: ReadOnce,
  onProgress: (done: number) => void,
): Promise<Changes | undefined> {
  const { knex, source, stream } = run;
  if (run.preview || !comparesByValues(stream) || !(await allReadAs(knex, source.id, file.reading))) return undefined;
  const live = await countLive(knex, source.id);
  if (live === 0 || live > MAX_LIVE || !(await looksFamiliar(run, file.bytes, live, read))) return undefined;
  const rejectedNow = await keysSetAside(knex, source.id);
  if (rejectedNow.length > run.pipeline.batch_size) return undefined;
  const known = await digestsOf(run, live, rejectedNow);
  if (!known) return undefined;

  let prefix = '';
  let of: readonly string[] | undefined;
  let letThrough = 0;
  let unchanged = 0;
  let twice = false;
  const isUnchanged = (columns: readonly string[], values: readonly Value[]): boolean => {
    if (letThrough < LET_THROUGH) {
      letThrough++;
      return false;
    }
    if (columns !== of) prefix = prefixOf((of = columns));
    const at = known.find(digestOf(prefix, rawOf(values)));
    if (at < 0) return false;
    if (!known.meet(at)) twice = true;
    unchanged++;
    return true;
  };
  const records: SourceRecord[] = [];
  for await (const list of read(isUnchanged)) {
    run.signal.throwIfAborted();
    records.push(...list);
    onProgress(unchanged + records.length);
    if (twice || records.length > run.pipeline.batch_size) return undefined;
  }
  // The first that are good say what is in the columns.
  if (twice || records.slice(0, LET_THROUGH).filter(({ problem }) => !problem).length < Math.min(LOOKED_INTO, records.length))
    return undefined;
  const keys = keysOnce(records, stream);
  if (!keys) return undefined;
  const before = await linksAmong(knex, source.id, [...keys]);
  if (before.some(({ hash }) => isMet(known, hash))) return undefined;
  const there = unchanged + liveIn(before);
  return { records, unchanged, absent: async () => (there === live ? [] : absentKeys(run, known, keys)) };
}

/** Equal values mean an equal record with an equal key: nothing but the values of a row says what it is. */
function comparesByValues(stream: StreamConfig): boolean {
  const { record_selector: selector, control, deletes, schema, decoder } = stream;
  if (!decoder?.csv || selector || control || deletes?.field || primaryKeyOf(stream).number) return false;
  return Object.values(schema.fields).every(({ separators }) => !separators);
}

/** Are most of the first records as they were, and is the file as large as what is there? */
async function looksFamiliar(run: ComparedRun, bytes: number, live: number, read: ReadOnce): Promise<boolean> {
  let rows = 0;
  let characters = 0;
  const digests: string[] = [];
  let prefix = '';
  let of: readonly string[] | undefined;
  for await (const list of read((columns, values) => {
    if (columns !== of) prefix = prefixOf((of = columns));
    const raw = rawOf(values);
    digests.push(digestOf(prefix, raw));
    rows++;
    characters += raw.length;
    return false;
  })) {
    const keys = list.flatMap((record) => keyTextOf(record, run.stream) ?? []);
    const hashes = new Set((await linksAmong(run.knex, run.source.id, keys)).map(({ hash }) => hash));
    const same = digests.filter((digest) => hashes.has(digest)).length;
    const about = bytes / Math.max(1, characters / Math.max(1, rows));
    return same >= SAME_OF_SAMPLE * list.length && about >= MIN_PART * live;
  }
  return false;
}

/** What the source's records said last, but for these keys; undefined where it is not `live` of them. */
async function digestsOf(run: ComparedRun, live: number, without: readonly string[]): Promise<Digests | undefined> {
  const { knex, source } = run;
  const known = digestsFor(live);
  let seen = 0;
  for await (const { count, hashes } of liveHashes(knex, source.id)) {
    run.signal.throwIfAborted();
    if ((seen += count) > live) return undefined;
    for (const hash of hashes) if (!known.add(hash)) return undefined;
  }
  if (seen !== live) return undefined;
  for (const { hash } of await linksAmong(knex, source.id, without)) {
    const at = hash === '' ? -1 : known.find(hash);
    if (at >= 0) known.forget(at);
  }
  return known;
}

function keyTextOf(record: SourceRecord, stream: StreamConfig): string | undefined {
  if (record.raw !== undefined) return undefined;
  const { fields, mayBeEmpty } = primaryKeyOf(stream);
  const key = keyOf(record, fields, mayBeEmpty);
  return typeof key === 'string' ? key : undefined;
}

/** The keys of these records; undefined when one of them comes twice. */
function keysOnce(records: readonly SourceRecord[], stream: StreamConfig): Set<string> | undefined {
  const keys = new Set<string>();
  for (const record of records) {
    const key = keyTextOf(record, stream);
    if (key === undefined) continue;
    if (keys.has(key)) return undefined;
    keys.add(key);
  }
  return keys;
}

/** Was a row met that says this? */
function isMet(known: Digests, hash: string): boolean {
  const at = hash === '' ? -1 : known.find(hash);
  return at >= 0 && known.met(at);
}

/** How many records these are that were there. */
function liveIn(links: readonly KnownLink[]): number {
  return new Set(links.filter(({ live }) => live).map(({ key }) => key)).size;
}

async function absentKeys(run: ComparedRun, known: Digests, inFile: ReadonlySet<string>): Promise<string[]> {
  const absent: string[] = [];
  for await (const page of liveKeys(run.knex, run.source.id))
    for (const { key, hash } of page) if (!inFile.has(key) && !isMet(known, hash)) absent.push(key);
  return absent;
}
