import type { DecoderConfig, StreamConfig } from '../schema/connector.ts';
import type { EntityConfig } from '../schema/model.ts';

/** What can be said of the fields of a stream before it was ever read. */
export interface SourceFields {
  /** Every name that can be asked for directly; empty when the stream lists none. */
  names: string[];
  /** Is this a field, or a path into a list, a group or a parent record? True whenever nobody can know. */
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
      const [head = '', ...rest] = name.split('.');
      if (rest.length === 0) return parents.includes(name);
      if (parents.includes(head)) return types?.get(head)?.includes(rest.join('.')) ?? true;
      const type = Object.hasOwn(fields, head) ? fields[head]!.type : undefined;
      return type === 'list' || type === 'object';
    },
  };
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
  const own = Object.entries(entity.fields).flatMap(([name, { type }]) =>
    type === 'money' ? [name, `${name}_currency`] : type === 'code' ? [name, `${name}_raw`] : [name],
  );
  const names = [...own, ...lists];
  return { names, has: (name) => names.includes(name) || lists.includes(name.split('.')[0]!) };
}
