/** A report that was ordered, as it is remembered between runs. */
export interface OrderedReport extends Span {
  id: string;
  /** Of the order, without secrets: another order is another report. */
  order: string;
  /** When it was ordered, UTC. */
  at: string;
}

/** Where a stream without files was read to: texts exactly as the source wrote them. */
export interface StreamState {
  cursor?: string;
  tie?: string;
  /** The version of Change Tracking that was read to. */
  version?: string;
  /** Which database, and which restore of it, `version` or a row version is of. */
  database?: string;
  /** A transaction holds the row versions back at this one; since when (UTC), as far as was seen. */
  held?: { version: string; at: string };
  /** How many records there were before a snapshot that was refused because it lacked too many of them. */
  before?: number;
  /** A report that the service prepares and that was not fetched yet. */
  report?: OrderedReport;
  /** Of each partition; one that is not there any more keeps its own, and goes on from it should it come back. */
  partitions?: Record<string, StreamState>;
}

/** A stretch of time that is asked for at once; both ends as they are saved. */
export interface Span {
  from?: string;
  to?: string;
}
