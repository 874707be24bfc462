import { unions } from '../unions.ts';

/** A record that a match uses, on one of the two sides that two reconciliations have in common. */
export interface UsedRecord {
  match: number;
  /** Two reconciliations may call the same side left and right. */
  side: 'a' | 'b';
  golden: number;
  /** Minor units. */
  minor: number;
}

/** Matches of two reconciliations that hang together, and do not stand for the same money on both sides. */
export interface UsedTwice {
  matches: number[];
  /** A record that is in several of them. */
  shared: UsedRecord;
  /** Each record once, in minor units. */
  a: number;
  b: number;
}

/**
 * Where the matches of two reconciliations over the same two kinds of records use money twice. Matches that share a record hang
 * together; all records of such a group, each taken once, must come to the same sum on both sides. So a day that is held against the bank
 * as a whole and again by department is fine, and one deposit of 100.00 that settles two receipts of 100.00 is not.
 */
export function moneyUsedTwice(shared: readonly { a: number; b: number }[], records: readonly UsedRecord[]): UsedTwice[] {
  // Each group is named by its smallest match.
  const tied = unions<number>();
  for (const { a, b } of shared) {
    const [x, y] = [tied.rootOf(a), tied.rootOf(b)];
    tied.join(Math.min(x, y), Math.max(x, y));
  }
  const groups = Map.groupBy(
    records.filter(({ match }) => tied.has(match)),
    ({ match }) => tied.rootOf(match),
  );
  const found: UsedTwice[] = [];
  for (const [, list] of [...groups].sort(([x], [y]) => x - y)) {
    const once = { a: new Map<number, UsedRecord>(), b: new Map<number, UsedRecord>() };
    let twice: UsedRecord | undefined;
    for (const record of list) {
      const before = once[record.side].get(record.golden);
      if (before && before.match !== record.match) twice ??= record;
      once[record.side].set(record.golden, record);
    }
    const sum = (side: 'a' | 'b'): number => [...once[side].values()].reduce((total, { minor }) => total + minor, 0);
    const [a, b] = [sum('a'), sum('b')];
    if (a !== b && twice) found.push({ matches: [...new Set(list.map(({ match }) => match))].sort((x, y) => x - y), shared: twice, a, b });
  }
  return found;
}
