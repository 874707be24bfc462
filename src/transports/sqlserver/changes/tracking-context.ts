/**
 * The mark that each write of ours leaves in Change Tracking (SYS_CHANGE_CONTEXT), by which its echo is known when changes are read:
 * `Interlocal:` and the connection's id, then eight bytes, the version of the last change of that row by somebody else. Change
 * Tracking keeps only the last change of a row; without those bytes a correction that a clerk made just before our write would be
 * taken for our own echo and never be read.
 */
export interface TrackingMark {
  /** `0x496E…`: of this connection, the same for every process and release. Hexadecimal digits only, so it may be in a statement. */
  prefix: string;
  /** Bytes of the prefix. */
  length: number;
}

export function trackingMark(connection: string): TrackingMark {
  // SQL Server takes 128 bytes.
  const bytes = Buffer.from(`Interlocal:${connection}`, 'utf8').subarray(0, 120);
  return { prefix: `0x${bytes.toString('hex').toUpperCase()}`, length: bytes.length };
}

/** The eight bytes for a row that nobody had changed before, and for one of which that is not known: never taken for an echo. */
export const UNCHANGED_BEFORE = '0000000000000000';
export const UNKNOWN_BEFORE = '7FFFFFFFFFFFFFFF';

/** Is this change ours, with nothing of anybody else hidden behind it since the version that was read to? `context`: `0x…` or null. */
export function isEcho(mark: TrackingMark, context: string | null, since: string): boolean {
  if (context === null || context.length !== mark.prefix.length + 16 || !context.toUpperCase().startsWith(mark.prefix.toUpperCase()))
    return false;
  return BigInt(`0x${context.slice(mark.prefix.length)}`) <= BigInt(since);
}
