/**
 * What a source said. Scalars are always text exactly as exchanged (leading zeros, decimals and dates are
 * data; types come with the mapping); null is an absent value; lists and objects come from XML and JSON.
 */
export type Value = string | null | Value[] | Values;
export interface Values {
  [name: string]: Value;
}

/** One record as a source gave it, with the place it came from. */
export interface SourceRecord {
  values: Values;
  /** 1-based number in its file, or in its query or request result. */
  number: number;
  /** 1-based line in its file where it starts, for text formats. */
  line?: number;
  /** Fields that have no value because their column is not there: of them nothing is known. Of rows with columns only. */
  missing?: readonly string[];
  /** The record type, for formats that have several (`H`, `D`, `16`). */
  type?: string;
  /** Why it could not be read; such a record is rejected, with `raw`. */
  problem?: import('./errors.ts').Problem;
  /** The raw text, given when it could not be read into values. */
  raw?: string;
  /** The key in its system, once it is known: its key fields, with `#2` … where equal keys are different records. */
  key?: string;
  /** The hash of what it says, once it is landed. */
  digest?: string;
  /** What a record without a key is identified by among the rejects: equal ones are numbered. */
  rejectKey?: string;
  /** The source says that this record was deleted there. */
  deleted?: boolean;
  /** With deleted: it must have been read before. */
  mustBeKnown?: boolean;
}

/**
 * Reads one value: `name` itself when the record has it, otherwise a dotted path (`H.receipt`, `Payments.0.Amount`).
 * undefined: no such field in this record.
 */
export function valueAt(values: Values, path: string): Value | undefined {
  const direct = values[path];
  // A record may have a field called constructor; one that has not must not seem to.
  if (direct !== undefined && Object.hasOwn(values, path)) return direct;
  if (!path.includes('.')) return undefined;
  let at: Value | undefined = values;
  const parts = path.split('.');
  for (const [i, part] of parts.entries()) {
    if (at === null || at === undefined) return undefined;
    // An XML element with attributes has its text under `text`; one without them is its text.
    if (typeof at === 'string') return i === parts.length - 1 && i > 0 && part === 'text' ? at : undefined;
    at = Array.isArray(at) ? at[Number(part)] : Object.hasOwn(at, part) ? at[part] : undefined;
  }
  return at;
}

/** Has it no value at all, such as a row of delimiters alone? */
export function hasNoValue(values: Values): boolean {
  for (const name in values) if (values[name] !== null && values[name] !== undefined && values[name] !== '') return false;
  return true;
}

/** What to do about such records; Excel writes them below tables. */
export const EMPTY_ROWS_HINT =
  'Nothing in this record has a value. If the system writes rows that contain only delimiters, set empty_rows: skip in the decoder (csv) of the connector.';

/** The groups of a record in which the last part of a dotted path stands, or would stand. */
export interface Places {
  /** Of `lines.amount` every line; of `H.number` the parent H; of a plain name the record itself. */
  groups: Values[];
  /** The last part of the path. */
  name: string;
  /** Something on the way is not there: no `dog` for `dog.name`. A list without items is there. */
  absent: boolean;
}

/** Goes a dotted path through groups and each item of lists. A field that is itself called so is taken first, as valueAt does. */
export function placesAt(values: Values, path: string): Places {
  if (!path.includes('.') || Object.hasOwn(values, path)) return { groups: [values], name: path, absent: false };
  const parts = path.split('.');
  const name = parts.pop()!;
  let absent = false;
  let groups: Values[] = [values];
  for (const part of parts)
    groups = groups.flatMap((group) => {
      const inside = Object.hasOwn(group, part) ? group[part]! : null;
      return (Array.isArray(inside) ? inside.flat() : [inside]).filter((item): item is Values => {
        const isGroup = typeof item === 'object' && item !== null && !Array.isArray(item);
        absent ||= !isGroup;
        return isGroup;
      });
    });
  return { groups, name, absent };
}

/** Is there something at a path, in any of the groups that it leads through? An empty value is something. */
export function hasAt(values: Values, path: string): boolean {
  const { groups, name } = placesAt(values, path);
  return groups.some((group) => group[name] !== undefined);
}
