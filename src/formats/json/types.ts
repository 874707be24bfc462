import type { Value } from '../../core/record.ts';

/** What a text is in JSON, by its path in a record: Payments.Amount for each item of a list. undefined: a text. */
export type JsonTypes = (path: string) => 'number' | 'boolean' | undefined;

/** A value with its types, ready for JSON.stringify. */
export function typed(value: Value, path: string, types: JsonTypes): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => typed(item, path, types));
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, typed(inner, path ? `${path}.${name}` : name, types)]));
  const type = types(path);
  if (type === 'number' && /^-?\d+(?:\.\d+)?$/.test(value)) return exactNumber(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

/** JSON has no leading zeros; every other digit stays, which a float would not promise. */
function exactNumber(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text.replace(/^(-?)0+(?=\d)/, '$1'));
}
