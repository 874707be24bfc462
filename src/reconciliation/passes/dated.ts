import type { Entry, Side } from '../entry.ts';

/** A record with its business day. */
export interface Dated {
  entry: Entry;
  index: number;
}

/** Records of one amount, the earliest first. */
export type Dates = Readonly<Record<Side, readonly Dated[]>>;

/** For each record of a side, where its partners begin on the other side and where they end. */
export interface Reaches {
  from: Int32Array;
  to: Int32Array;
}
