import type { SourceRecord, Value, Values } from '../core/record.ts';
import { Fault } from './fault.ts';
import type { MappingContext, MappingSettings } from './mapping.ts';

/** What the rules of one candidate see: the record, or an item of a list in it with what is around it. */
export interface Scope {
  values: Values;
  /** The objects around an item, the nearest first; empty for a record itself. */
  around: readonly Values[];
  record: SourceRecord;
  context: MappingContext;
}

/** Text (never empty), null for no value, or why there is none. */
export type Read = (scope: Scope) => string | null | Fault;

/**
 * Reads one source field as text. `../name` looks in the object around the item; `@file`, `@record`, `@connection` and
 * `@currency` say where the record came from. Text of spaces only is not a value. A name that the record does not have
 * is a fault; a part of a dotted path that is missing below a first part that is there is no value, since XML and
 * JSON leave out what is empty. Of a plain text `text` is the text itself, and any other field of it is a fault.
 */
export function compileRead(name: string, trim: boolean, settings: MappingSettings): Read {
  const special = compileSpecial(name, settings);
  if (special) return special;
  const find = compileFind(name);
  return (scope) => {
    const value = find(scope);
    if (typeof value === 'string') {
      const text = trim ? trimmed(value) : value;
      return text === '' ? null : text;
    }
    if (value === null) return null;
    if (value === undefined)
      return new Fault('FIELD_ABSENT', 'is not in the record', {
        field: name,
        hint: 'If the system renamed or dropped the field, correct it in the mapping and in the schema of the connector, then run interlocal rejects replay.',
      });
    return notText(value, name);
  };
}

/** Reads a value of any shape; undefined when the record has no such field. */
export function compileFind(name: string): (scope: Scope) => Value | undefined {
  let levels = 0;
  while (name.startsWith('../', levels * 3)) levels++;
  const path = name.slice(levels * 3);
  const find = compilePath(path);
  if (levels === 0) return (scope) => find(scope.values);
  return (scope) => {
    const values = scope.around[levels - 1];
    return values === undefined ? undefined : find(values);
  };
}

/** How many objects around itself a field name reaches for: `../a` 1. */
export function levelsOf(name: string): number {
  return /^(?:\.\.\/)*/.exec(name)![0].length / 3;
}

function compileSpecial(name: string, settings: MappingSettings): Read | undefined {
  if (name === '@file') return (scope) => scope.context.file ?? null;
  if (name === '@record') return (scope) => String(scope.record.number);
  if (name === '@connection') return (scope) => scope.context.connection;
  if (name === '@currency') return () => settings.currency;
  return undefined;
}

function compilePath(path: string): (values: Values) => Value | undefined {
  // An object has names of its own (constructor, toString) that a source field may have too.
  const own =
    path in Object.prototype
      ? (values: Values) => (Object.hasOwn(values, path) ? values[path] : undefined)
      : (values: Values) => values[path];
  if (!path.includes('.')) return own;
  const parts = path.split('.');
  return (values) => {
    const direct = own(values);
    if (direct !== undefined) return direct;
    let at: Value | undefined = step(values, parts[0]!);
    if (at === undefined) return undefined;
    for (let i = 1; i < parts.length; i++) {
      if (at === null || at === undefined) return null;
      // An element with attributes has its text under `text`, and one without them is that text; no other field can be in it.
      if (typeof at === 'string') return i === parts.length - 1 && parts[i] === 'text' ? at : undefined;
      at = step(at, parts[i]!);
    }
    return at ?? null;
  };
}

function step(at: Value[] | Values, part: string): Value | undefined {
  if (Array.isArray(at)) return at[Number(part)];
  return Object.hasOwn(at, part) ? at[part] : undefined;
}

/** Spaces at the ends are rare, and trim() makes a call that looking at two characters does not. */
function trimmed(text: string): string {
  const length = text.length;
  if (length === 0) return text;
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(length - 1);
  return first > 32 && first < 128 && last > 32 && last < 128 ? text : text.trim();
}

function notText(value: Value[] | Values, name: string): Fault {
  const what = Array.isArray(value) ? `is a list of ${value.length}, not one value` : 'contains fields, not one value';
  const inside = Array.isArray(value) ? `${name}.0` : `${name}.${Object.keys(value)[0] ?? 'name'}`;
  return new Fault('FIELD_NOT_TEXT', what, {
    field: name,
    hint: `In the mapping name the one you mean, such as ${inside}, or use for_each.`,
  });
}
