import type { SourceRecord } from '../../core/record.ts';
import { digestOf, prefixOf, rawOf } from '../landing/digest.ts';

/** Rows of a file that were not found among what had come from the store: what they said may come later. */
export interface WaitingRows {
  add(record: SourceRecord): void;
  count(): number;
  /** A row about so far down in the file was found: if the store is in the order of the file, all before it have come. */
  found(row: number): void;
  /** Looks for them again. Of those that probably differ `onDifferent` is told. `found`: how many were, of all rows. */
  lookAgain(found: () => number): void;
  /** No more will come: those that are left differ. `onDifferent` is told of those of which it was not. */
  take(): SourceRecord[];
}

/** Of what was found, so small a part may be behind it and not found: then the file and what comes from the store are in one order. */
const DIFFERENT_OF_FOUND = 1 / 16;

interface Waiting {
  record: SourceRecord;
  digest: string | undefined;
  told: boolean;
}

/** `isThere`: has what has this digest come, and is it met with that? */
export function waitingRows(isThere: (digest: string) => boolean, onDifferent: (records: readonly SourceRecord[]) => void): WaitingRows {
  let waiting: Waiting[] = [];
  /** Up to this row the store has come, if it is in the order of the file. */
  let furthest = 0;
  /** One of which was told that it differs did not: the two are in different orders. */
  let mistaken = false;

  function tell(some: readonly Waiting[]): void {
    const others = some.filter(({ told }) => !told);
    for (const one of others) one.told = true;
    if (others.length > 0) onDifferent(others.map(({ record }) => record));
  }

  return {
    add: (record) => void waiting.push({ record, digest: digestOfRecord(record), told: false }),
    count: () => waiting.length,
    found: (row) => void (furthest = Math.max(furthest, row)),
    lookAgain(found) {
      waiting = waiting.filter(({ record, digest, told }) => {
        if (digest === undefined || !isThere(digest)) return true;
        furthest = Math.max(furthest, record.number);
        if (told) mistaken = true;
        return false;
      });
      const behind = waiting.filter(({ record }) => record.number < furthest);
      if (!mistaken && behind.length <= DIFFERENT_OF_FOUND * found()) tell(behind);
    },
    take() {
      tell(waiting);
      return waiting.splice(0).map(({ record }) => record);
    },
  };
}

/** As its row is compared; undefined of one that is looked up in any case. */
function digestOfRecord({ values, problem, missing }: SourceRecord): string | undefined {
  return problem || missing ? undefined : digestOf(prefixOf(Object.keys(values)), rawOf(Object.values(values)));
}
