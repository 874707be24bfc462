import { hash } from 'node:crypto';
import type { Value } from '../../core/record.ts';

/** What comes before the values of every record with these columns when its hash is made. */
export function prefixOf(columns: readonly string[]): string {
  return hash('sha256', columns.join('\u001f'), 'base64').slice(0, 8);
}

/** The hash of what a source says of a record, 132 bits as 22 characters. `raw`: its values in the order of the columns, as JSON. */
export function digestOf(prefix: string, raw: string): string {
  return hash('sha256', prefix + raw, 'base64').slice(0, 22);
}

/** Values as a landed record keeps them. */
export function rawOf(values: readonly Value[]): string {
  return JSON.stringify(values);
}
