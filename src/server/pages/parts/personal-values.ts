import type { SinkConfig } from '../../../config/schema/connector.ts';
import type { Values, Value } from '../../../core/record.ts';

/** Stands for a value that the page does not show, because it is of a person. */
export const HIDDEN = '···';

/** Shorter texts are in many words, and are left where they are. */
const SHORTEST = 3;

/** Is the field at this path (`Payments.Payer`) of a person, by the sink's schema? Whatever the schema does not name is taken for it. */
export function isPersonal(sink: SinkConfig, path: string): boolean {
  return (sink.schema.fields[path]?.class ?? 'personal') === 'personal';
}

/** What the remote system, or a problem, says of records, without the values of persons in them. */
export function withoutPersonal(text: string, sink: SinkConfig, records: readonly Values[]): string {
  const found = new Set<string>();
  for (const values of records) collect(values, '', sink, false, found);
  // Longer ones first: a last name may be a part of a full name.
  const texts = [...found].filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
  if (texts.length === 0) return text;
  return text.replace(new RegExp(texts.map((value) => value.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|'), 'gi'), HIDDEN);
}

/** The key of a record, part by part; of one that has no key yet, nothing. */
export function keyParts(sink: SinkConfig, key: string): string[] {
  const parts: unknown = JSON.parse(key);
  if (!Array.isArray(parts)) return [];
  return parts.map((part, i) => {
    const field = sink.idempotency_key[i];
    return field === undefined || isPersonal(sink, field) ? HIDDEN : String(part ?? '');
  });
}

function collect(value: Value | undefined, path: string, sink: SinkConfig, personal: boolean, found: Set<string>): void {
  if (typeof value === 'string') {
    if (personal) found.add(value.trim());
  } else if (Array.isArray(value)) for (const item of value) collect(item, path, sink, personal, found);
  else if (value !== null && value !== undefined)
    for (const [name, inside] of Object.entries(value)) {
      const at = path ? `${path}.${name}` : name;
      collect(inside, at, sink, personal || isPersonal(sink, at), found);
    }
}
