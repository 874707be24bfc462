/**
 * The mark that each write of ours leaves in Change Tracking (SYS_CHANGE_CONTEXT), by which its echo is known when changes are read:
 * the same for every process and release, another for each connection. A binary literal: at most 128 bytes, and only hexadecimal
 * digits, so that it may stand in a statement.
 */
export function trackingContext(connection: string): string {
  return `0x${Buffer.from(`Interlocal:${connection}`, 'utf8').subarray(0, 128).toString('hex').toUpperCase()}`;
}
