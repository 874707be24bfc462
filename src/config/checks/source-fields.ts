import type { DecoderConfig, StreamConfig } from '../schema/connector.ts';
import { columnNamesOfField, type EntityConfig } from '../schema/model.ts';

/** What can be said of the fields of a stream before it was ever read. */
export interface SourceFields {
  /** Every name that can be asked for directly; empty when the stream lists none. */
  names: string[];
  /** Is this a field, or a path into a list, a group or a parent record? True if that is not known. */
  has(name: string): boolean;
}

export function fieldsOf(stream: StreamConfig): SourceFields {
  const { fields } = stream.schema;
  const types = recordTypesOf(stream.decoder);
  const parents = stream.record_selector?.parents ?? [];
  const tableField = stream.retriever.query?.table_field;
  const names = [...Object.keys(fields), ...(tableField ? [tableField] : [])];
  return {
    names,
    has(name) {
      if (Object.keys(fields).length === 0 || names.includes(name)) return true;
      // `Payments.0.Amount` is a field of the items of Payments.
      const path = name
        .split('.')
        .filter((part) => !/^\d+$/.test(part) || parents.includes(part))
        .join('.');
      if (names.includes(path) || names.some((other) => other.startsWith(`${path}.`))) return true;
      const [head = '', ...rest] = path.split('.');
      if (rest.length === 0) return parents.includes(path);
      const known = parents.includes(head) ? types?.get(head) : undefined;
      if (known) return known.includes(rest.join('.'));
      const group = path.slice(0, path.lastIndexOf('.'));
      // Where fields of a group are declared, all of them are.
      if (names.some((other) => other.startsWith(`${group}.`))) return false;
      if (Object.hasOwn(fields, group)) return fields[group]!.type === 'list' || fields[group]!.type === 'object';
      return this.has(group);
    },
  };
}

/**
 * Is a name of the schema that of a field inside another one: `H.number` of a parent, `dog.name`, `lines.amount` of each line? Where
 * records are flat (CSV, tables), a point is a part of the column's name.
 */
export function isNested(name: string, stream: StreamConfig): boolean {
  const at = name.indexOf('.');
  if (at <= 0) return false;
  const head = name.slice(0, at);
  const { fields } = stream.schema;
  if ((stream.record_selector?.parents ?? []).includes(head)) return true;
  if (Object.hasOwn(fields, head) && (fields[head]!.type === 'list' || fields[head]!.type === 'object')) return true;
  const { decoder, retriever } = stream;
  return decoder ? decoder.json !== undefined || decoder.xml !== undefined : retriever.request !== undefined;
}

/** The record types that a decoder tells apart, with the fields of each; undefined when the manifest does not list them. */
export function recordTypesOf(decoder: DecoderConfig | undefined): Map<string, string[]> | undefined {
  if (decoder?.csv?.record_types) return new Map(Object.entries(decoder.csv.record_types));
  if (decoder?.fixed_width)
    return new Map(
      Object.entries(decoder.fixed_width.record_types).map(([type, { fields, segments }]) => [
        type,
        [...Object.keys(fields), ...(segments?.number_field ? [segments.number_field] : []), ...Object.keys(segments?.fields ?? {})],
      ]),
    );
  return undefined;
}

/** What a mapping to a sink can ask of a canonical record; `lists` are the records that belong to it. */
export function fieldsOfEntity(entity: EntityConfig, lists: readonly string[] = []): SourceFields {
  const own = Object.entries(entity.fields).flatMap(([name, { type }]) => columnNamesOfField(name, type));
  const names = [...own, ...lists];
  return { names, has: (name) => names.includes(name) || lists.includes(name.split('.')[0]!) };
}
