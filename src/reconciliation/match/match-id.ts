import { hash } from 'node:crypto';
import type { Entry } from '../entry.ts';

/** A match's lasting id, made of its reconciliation and the ids of its records: found again, it is the same match. */
export function matchId(reconciliation: string, left: readonly Pick<Entry, 'id'>[], right: readonly Pick<Entry, 'id'>[]): string {
  return contentId(['match', reconciliation, ids(left), ids(right)]);
}

/**
 * An exception's lasting id: the same cause about the same records is the same exception in every run. `subject`: what it is about
 * in place of its records.
 */
export function exceptionId(
  reconciliation: string,
  type: string,
  left: readonly Pick<Entry, 'id'>[],
  right: readonly Pick<Entry, 'id'>[],
  subject?: string,
): string {
  if (subject !== undefined) return contentId(['exception', reconciliation, type, subject]);
  return contentId(['exception', reconciliation, type, ids(left), ids(right)]);
}

function ids(entries: readonly Pick<Entry, 'id'>[]): string[] {
  return entries.map(({ id }) => id).sort();
}

function contentId(parts: unknown[]): string {
  return beginning(hash('sha256', JSON.stringify(parts), 'hex'));
}

const ID_LENGTH = 24;
const bytes = Buffer.alloc(ID_LENGTH);

/** A text of its own: a slice keeps the whole hash in memory, and there are as many ids as matches. */
function beginning(hex: string): string {
  bytes.write(hex, 'latin1');
  return bytes.toString('latin1');
}
