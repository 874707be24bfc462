import type { Problem } from '../core/errors.ts';
import type { Value, Values } from '../core/record.ts';
import { Fault } from './fault.ts';
import type { MappingSettings } from './mapping.ts';
import { compileRead, type Scope } from './source.ts';

export interface Item {
  values: Values;
  around: readonly Values[];
}

/**
 * The items of a for_each: those of the list at `path`. Lists on the way are gone through too (transactions with
 * distributions in each), and `../` then means the one around the item. A single object is a list of one, as XML without
 * a schema writes it; an absent or empty list has no items. Items that are plain text are read with from: `.`.
 */
export function compileItems(path: string): { depth: number; items(values: Values): Item[] } {
  const parts = path.split('.');
  return {
    depth: parts.length,
    items(values) {
      // A name may have a point in it.
      if (parts.length > 1 && values[path] !== undefined) return collect([{ values, around: [] }], path);
      return parts.reduce<Item[]>(collect, [{ values, around: [] }]);
    },
  };
}

function collect(outer: readonly Item[], part: string): Item[] {
  return outer.flatMap(({ values, around }) => {
    const found: Value | undefined = Object.hasOwn(values, part) ? values[part] : undefined;
    const inside = found === undefined || found === null || found === '' ? [] : Array.isArray(found) ? found.flat() : [found];
    return inside
      .filter((item) => item !== null)
      .map((item) => ({ values: typeof item === 'string' ? { '.': item } : (item as Values), around: [values, ...around] }));
  });
}

/** The key that tells an item from the others of its record: JSON text of the key fields, or its place from 1. */
export function compileItemKey(fields: readonly string[] | undefined, settings: MappingSettings): (scope: Scope, place: number) => string {
  if (!fields?.length) return (_, place) => String(place);
  const reads = fields.map((name) => compileRead(name, true, settings));
  return (scope) =>
    JSON.stringify(
      reads.map((read) => {
        const value = read(scope);
        return value instanceof Fault ? null : value;
      }),
    );
}

/** Equal keys would make two items one, and lose the first. */
export function problemOfRepeatedKey(key: string, fields: readonly string[], path: string, place: Problem['place']): Problem {
  return {
    code: 'ITEM_KEY_REPEATED',
    place: { ...place, path },
    message: `Two items of ${path} have the same ${fields.join(' and ')}, so it is not known which is which${key.includes('null') ? ' (some have none)' : ''}.`,
    hint: 'Add a field to item_key in the mapping, or leave item_key out to number them by position.',
  };
}
