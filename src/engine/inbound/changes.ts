import type { StreamConfig } from '../../config/schema/connector.ts';
import { LOOKED_INTO } from '../../connector/stream/drift.ts';
import { keyOf } from '../../connector/stream/keys.ts';
import type { SourceRecord, Value } from '../../core/record.ts';
import type { Passages } from '../../formats/format.ts';
import type { Digests } from '../../store/landing/digests.ts';
import { allReadAs } from '../../store/ledger/files.ts';
import { countLinks, type KnownLink, linksAmong, liveKeys } from '../../store/landing/landed.ts';
import { keysSetAside } from '../../store/landing/rejects.ts';
import { type Passage, passagesOf } from '../../store/landing/passages.ts';
import { primaryKeyOf } from '../landing/land-batch.ts';
import { digestOf, prefixOf, rawOf } from '../landing/digest.ts';
import type { InboundRun } from './inbound-run.ts';
import { type LiveDigests, liveDigests } from './live-digests.ts';
import { type ComparedPassages, comparedPassages, hasPassages } from './passages.ts';

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
  /** Once the records are landed: which passages are kept, and which are not in the file anymore. */
  passages(): { keep: Passage[]; drop: string[] };
  /** Keys of records that are there now and not in the file, in order. */
  absent(): Promise<string[]>;
}

/** How a file is read once, leaving out the rows for which `isUnchanged` holds, and known passages. Throws as verifying it does. */
export type ReadOnce = (
  isUnchanged: (columns: readonly string[], values: readonly Value[]) => boolean,
  passages?: Passages,
) => AsyncIterable<SourceRecord[]>;

/** 17 bytes each, up to twice of that in the table. */
const MAX_LIVE = 5_000_000;
/** So many records tell of what kind a file is. */
const SAMPLE = 1000;
/** Of these so many must be as they were, or the file is probably not of this kind. */
const SAME_OF_SAMPLE = 0.5;
/** A file with fewer records than this part of what is there is quicker looked up. */
const MIN_PART = 0.25;
/** So many rows may wait for what comes from the store. Where the two are in one order, most of them will turn out to be different. */
const MAX_WAITING = 5000;
/** Of what was found, so small a part may be behind it and not found: then the file and what comes from the store are in one order. */
const DIFFERENT_OF_FOUND = 1 / 16;
/** Progress is told of each so many rows of which no record is made. */
const TOLD_RECORDS = 1000;
/** Some of the first records may be wrong; the layout is remembered by those that are not. */
const LET_THROUGH = 2 * LOOKED_INTO;

/**
 * What a source's records said last, if a file that is read as `reading` says may be compared with it. Reading it begins here, so that it can be
 * asked for while the file is still being fetched; the caller stops it.
 */
export async function openLiveDigests(run: ComparedRun, reading: string): Promise<LiveDigests | undefined> {
  return openAmong(run, await comparable(run, reading));
}

/** Who is told of what while a file is read. */
interface Told {
  onProgress(done: number): void;
  /** Of records that probably differ, as soon as that is so, and of all that do; of each once. */
  onDifferent(records: readonly SourceRecord[]): void;
}

/**
 * What is different in this file, or undefined when it must be read and compared record by record: the first load, much that changed,
 * keys that come twice, or settings with which equal values do not mean an equal record. Nothing is written. `early`: what is being read
 * from the store already.
 */
export async function changesOf(
  run: ComparedRun,
  file: { reading: string; bytes: number; early: LiveDigests | undefined },
  read: ReadOnce,
  { onProgress, onDifferent }: Told,
): Promise<Changes | undefined> {
  const most = file.early ? file.early.known.memory.most : await comparable(run, file.reading);
  if (most === 0 || !(await looksFamiliar(run, file.bytes, most, read))) return undefined;
  const there = file.early ?? (await openAmong(run, most));
  if (!there) return undefined;
  try {
    const changes = await compared(run, there, comparedPassages(there, file.reading, true), read, { onProgress, onDifferent });
    if (changes !== 'outdated') return changes;
    there.known.forgetMet();
    const again = await compared(run, there, comparedPassages(there, file.reading, false), read, { onProgress, onDifferent });
    return again as Changes | undefined;
  } finally {
    await there.stop();
  }
}

/** How many records of the source there may be now; 0 where its files cannot be compared with them. */
async function comparable({ knex, source, stream, preview }: ComparedRun, reading: string): Promise<number> {
  if (preview || !comparesByValues(stream) || !(await allReadAs(knex, source.id, reading))) return 0;
  const most = await countLinks(knex, source.id);
  return most > MAX_LIVE ? 0 : most;
}

async function openAmong(run: ComparedRun, most: number): Promise<LiveDigests | undefined> {
  if (most === 0) return undefined;
  const without = await keysSetAside(run.knex, run.source.id);
  if (without.length > run.pipeline.batch_size) return undefined;
  const passages = hasPassages(most) ? await passagesOf(run.knex, run.source.id) : new Map<string, string>();
  return liveDigests(run, { most, without, passages });
}

/** 'outdated': a passage was left out of which not all records are there anymore. The file must be read again, with all its rows. */
async function compared(
  run: ComparedRun,
  there: LiveDigests,
  passages: ComparedPassages,
  read: ReadOnce,
  { onProgress, onDifferent }: Told,
): Promise<Changes | undefined | 'outdated'> {
  const { knex, source, stream, pipeline } = run;
  const { known } = there;
  let prefix = '';
  let of: readonly string[] | undefined;
  let letThrough = 0;
  let unchanged = 0;
  let twice = false;
  const isThere = (digest: string): boolean => {
    const at = there.find(digest);
    if (at < 0) return false;
    if (!known.meet(at)) twice = true;
    unchanged++;
    if (unchanged % TOLD_RECORDS === 0) tell();
    return true;
  };
  const rowsSeen = (): number => unchanged + passages.leftOut() + records.length + waiting.length;
  const tell = (): void => onProgress(rowsSeen());
  const isUnchanged = (columns: readonly string[], values: readonly Value[]): boolean => {
    if (columns !== of) prefix = prefixOf((of = columns));
    const digest = digestOf(prefix, rawOf(values));
    passages.row(digest);
    if (letThrough < LET_THROUGH) {
      if (++letThrough === LET_THROUGH) passages.start();
      return false;
    }
    const found = isThere(digest);
    if (found) furthest = Math.max(furthest, rowsSeen());
    return found;
  };
  const records: SourceRecord[] = [];
  /** Those that were not found when they were read: what they said may come later. */
  let waiting: Waiting[] = [];
  /** Up to this row the store has come, if it is in the order of the file. */
  let furthest = 0;
  /** How many had come from the store when it was last looked at. */
  let looked = 0;
  /** One of which was told that it differs did not: the two are in different orders. */
  let mistaken = false;
  const tellOf = (some: readonly Waiting[]): void => {
    const others = some.filter(({ told }) => !told);
    for (const one of others) one.told = true;
    if (others.length > 0) onDifferent(others.map(({ record }) => record));
  };
  const lookAgain = (): void => {
    if (passages.settle() === 'twice') twice = true;
    looked = there.live();
    const left: Waiting[] = [];
    for (const one of waiting)
      if (one.digest === undefined || !isThere(one.digest)) left.push(one);
      else {
        furthest = Math.max(furthest, one.record.number);
        if (one.told) mistaken = true;
      }
    waiting = left;
    if (!there.complete()) {
      const behind = left.filter(({ record }) => record.number < furthest);
      if (!mistaken && behind.length <= DIFFERENT_OF_FOUND * unchanged) tellOf(behind);
      return;
    }
    tellOf(left);
    records.push(...left.splice(0).map(({ record }) => record));
  };
  /** Goes on when at most so many wait. */
  const settle = async (atMost: number): Promise<void> => {
    if (there.complete() || there.live() > looked) lookAgain();
    while (waiting.length > atMost && (await there.more())) lookAgain();
  };
  for await (const list of read(isUnchanged, passages.passages)) {
    run.signal.throwIfAborted();
    for (const record of list)
      if (records.length < LET_THROUGH) records.push(record);
      else waiting.push({ record, digest: digestOfRecord(record), told: false });
    tell();
    await settle(MAX_WAITING);
    if (twice || there.unfit() || records.length > pipeline.batch_size) return undefined;
  }
  while (await there.more()) passages.settle();
  lookAgain();
  if (!twice && !there.unfit() && !passages.settle()) return 'outdated';
  unchanged += passages.leftOut();
  if (twice || there.unfit() || records.length > pipeline.batch_size) return undefined;
  // The first that are good say what is in the columns.
  if (records.slice(0, LET_THROUGH).filter(({ problem }) => !problem).length < Math.min(LOOKED_INTO, records.length)) return undefined;
  const keys = keysOnce(records, stream);
  if (!keys) return undefined;
  const before = await linksAmong(knex, source.id, [...keys]);
  if (before.some(({ hash }) => isMet(known, hash))) return undefined;
  const met = unchanged + liveIn(before);
  return {
    records,
    unchanged,
    passages() {
      const landed = new Set(records.flatMap(({ digest }) => digest ?? []));
      return passages.result((digest) => landed.has(digest) || isMet(known, digest));
    },
    absent: async () => (met === there.live() ? [] : absentKeys(run, known, keys)),
  };
}

/** A record that was not found among what is there; `told`: somebody knows already that it may differ. */
interface Waiting {
  record: SourceRecord;
  digest: string | undefined;
  told: boolean;
}

/** As its row is compared; undefined of one that is looked up in any case. */
function digestOfRecord({ values, problem, missing }: SourceRecord): string | undefined {
  return problem || missing ? undefined : digestOf(prefixOf(Object.keys(values)), rawOf(Object.values(values)));
}

/** Equal values mean an equal record with an equal key: nothing but the values of a row says what it is. */
export function comparesByValues(stream: StreamConfig): boolean {
  const { record_selector: selector, control, deletes, schema, decoder } = stream;
  if (!decoder?.csv || selector || control || deletes?.field || primaryKeyOf(stream).number) return false;
  return Object.values(schema.fields).every(({ separators }) => !separators);
}

/** Are most of the first records as they were, and is the file as large as what is there, at `most` so many records? */
async function looksFamiliar(run: ComparedRun, bytes: number, most: number, read: ReadOnce): Promise<boolean> {
  let rows = 0;
  let characters = 0;
  const digests: string[] = [];
  let prefix = '';
  let of: readonly string[] | undefined;
  const sample: SourceRecord[] = [];
  for await (const list of read((columns, values) => {
    if (columns !== of) prefix = prefixOf((of = columns));
    const raw = rawOf(values);
    digests.push(digestOf(prefix, raw));
    rows++;
    characters += raw.length;
    return false;
  })) {
    sample.push(...list);
    if (sample.length >= SAMPLE) break;
  }
  if (sample.length === 0) return false;
  const keys = sample.flatMap((record) => keyTextOf(record, run.stream) ?? []);
  const hashes = new Set((await linksAmong(run.knex, run.source.id, keys)).map(({ hash }) => hash));
  const same = digests.filter((digest) => hashes.has(digest)).length;
  const about = bytes / Math.max(1, characters / Math.max(1, rows));
  return same >= SAME_OF_SAMPLE * sample.length && about >= MIN_PART * most;
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
