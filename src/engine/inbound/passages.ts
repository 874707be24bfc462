import type { SourceRecord } from '../../core/record.ts';
import type { Passages } from '../../formats/format.ts';
import { LENGTH_OF_DIGEST } from '../../store/landing/digests.ts';
import type { Passage } from '../../store/landing/passages.ts';
import { digestOf, prefixOf } from '../landing/digest.ts';
import type { LiveDigests } from './live-digests.ts';

/** Sources with more records have no passages kept: they take 25 MB of memory for a million. */
const MAX_RECORDS = 2_000_000;

export function hasPassages(records: number): boolean {
  return records <= MAX_RECORDS;
}

/** A text is the same passage only where it is read the same way. */
function namesOf(reading: string): Passages['nameOf'] {
  let of: readonly string[] | undefined;
  let prefix = '';
  return (columns, text) => {
    if (columns !== of) prefix = prefixOf([reading, ...(of = columns)]);
    return digestOf(prefix, text);
  };
}

/** Passages of a file that is loaded for the first time. */
export interface NewPassages {
  /** For its decoder. */
  passages: Passages;
  /** These records are landed: the next of the file. */
  landed(records: readonly SourceRecord[]): void;
  /** Those whose records were all landed, since the last time. */
  take(): Passage[];
}

export function newPassages(reading: string): NewPassages {
  /** Read, in their order, but not all of their records are landed. */
  let open: { name: string; from: number; count: number }[] = [];
  /** Of records that may belong to them, from this number on; none where nothing was landed. */
  let digests: (string | undefined)[] = [];
  let from = 1;
  let done: Passage[] = [];
  const names = new Set<string>();
  return {
    passages: { nameOf: namesOf(reading), leaveOut: () => 0, read: (name, first, count) => void open.push({ name, from: first, count }) },
    landed(records) {
      for (const { number, digest } of records) digests[number - from] = digest;
      const whole = open.filter((passage) => passage.from + passage.count <= from + digests.length);
      if (whole.length === 0) return;
      for (const passage of whole) {
        const rows = digests.slice(passage.from - from, passage.from - from + passage.count);
        if (rows.includes(undefined) || names.has(passage.name)) continue;
        names.add(passage.name);
        done.push({ name: passage.name, digests: rows.join('') });
      }
      open = open.slice(whole.length);
      const end = whole.at(-1)!;
      digests = digests.slice(end.from + end.count - from);
      from = end.from + end.count;
    },
    take() {
      const taken = done;
      done = [];
      return taken;
    },
  };
}

/** Passages of a file that is compared with what is there. */
export interface ComparedPassages {
  /** For its decoder; undefined where the source has no passages. */
  passages: Passages | undefined;
  /** A row says this. Told of each that is not left out. */
  row(digest: string): void;
  /** How many rows were left out. Of the first of a file none is, until this is told. */
  leftOut(): number;
  start(): void;
  /**
   * Meets what was left out, as far as it has come from the store. 'twice': one of them was met before. false: not all of it has come.
   */
  settle(): 'twice' | boolean;
  /** What becomes of passages, when all was read. `isMet`: of a digest, whether its record was there. */
  result(isMet: (digest: string) => boolean): PassagesAfter;
}

/** What becomes of passages after a file was compared. */
export interface PassagesAfter {
  /** They are not in the file anymore. */
  drop: string[];
  /** What is kept from now on. `isLanded`: of the digest of a record that was not there, whether it was landed. */
  keep(isLanded: (digest: string) => boolean): Passage[];
}

/** `leaves`: false reads everything, and makes all passages again. */
export function comparedPassages(there: LiveDigests, reading: string, leaves: boolean): ComparedPassages {
  const known = there.passages;
  const names = namesOf(reading);
  const met = new Set<string>();
  const fresh = new Map<string, string>();
  const left: string[] = [];
  const places: number[] = [];
  let settled = 0;
  let rows: string[] = [];
  let leftRows = 0;
  let started = false;

  /** Where its rows are among what is there. */
  function isThere(digests: string): boolean {
    places.length = 0;
    for (let at = 0; at < digests.length; at += LENGTH_OF_DIGEST) {
      const place = there.find(digests, at);
      if (place < 0) return false;
      places.push(place);
    }
    return true;
  }

  const some = hasPassages(there.known.memory.most);
  return {
    passages: some
      ? {
          nameOf(columns, text) {
            rows = [];
            return names(columns, text);
          },
          leaveOut(name) {
            const digests = leaves ? known.get(name) : undefined;
            if (digests === undefined) return 0;
            met.add(name);
            if (!started) return 0;
            left.push(digests);
            const count = digests.length / LENGTH_OF_DIGEST;
            leftRows += count;
            return count;
          },
          read(name, _, count) {
            if (rows.length === count && !(leaves && known.has(name))) fresh.set(name, rows.join(''));
          },
        }
      : undefined,
    row(digest) {
      if (some) rows.push(digest);
    },
    leftOut: () => leftRows,
    start: () => void (started = true),
    settle() {
      for (; settled < left.length; settled++) {
        if (!isThere(left[settled]!)) return false;
        for (const place of places) if (!there.known.meet(place)) return 'twice';
      }
      return true;
    },
    result(isMet) {
      const read = [...fresh].map(([name, digests]) => {
        const others: string[] = [];
        for (let at = 0; at < digests.length; at += LENGTH_OF_DIGEST) {
          const digest = digests.slice(at, at + LENGTH_OF_DIGEST);
          if (!isMet(digest)) others.push(digest);
        }
        return { name, digests, others };
      });
      return {
        drop: [...known.keys()].filter((name) => !met.has(name)),
        keep: (isLanded) => read.flatMap(({ name, digests, others }) => (others.every(isLanded) ? { name, digests } : [])),
      };
    },
  };
}
