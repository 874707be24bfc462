import { withoutTrailing } from '../../core/text/trailing.ts';
import type { SinkField } from '../../config/schema/connector.ts';

type Type = SinkField['type'];

/**
 * Is what another system has the value that was written? As texts; numbers and times also with other zeros: 12.5 and 12.50000, 2026-03-02 and
 * 2026-03-02T00:00:00. In a text a zero is data.
 */
export function sameValue(there: string | null, written: string | null, type: Type): boolean {
  if (there === written || (there ?? '') === (written ?? '')) return true;
  if (there === null || written === null) return false;
  return plainValue(there, type) === plainValue(written, type);
}

/** One form of a value for all that are the same so. */
export function plainValue(text: string, type: Type): string {
  if ((type === 'integer' || type === 'decimal') && /^-?\d+(?:\.\d+)?$/.test(text))
    return withoutZeros(text.replace(/^(-?)0+(?=\d)/, '$1')).replace(/^-0$/, '0');
  const time = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?$/.exec(text);
  if (time && (type === 'date' || type === 'datetime')) return `${time[1]} ${withoutZeros((time[2] ?? '00:00').padEnd(8, ':00'))}`;
  if (type === 'boolean') return text === '1' ? 'true' : text === '0' ? 'false' : text;
  return text.trimEnd();
}

function withoutZeros(text: string): string {
  return /\.\d*$/.test(text) ? withoutTrailing(withoutTrailing(text, '0'), '.') : text;
}
