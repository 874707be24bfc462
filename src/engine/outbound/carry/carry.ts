import { columnBeside, type EntityConfig, matchingOf } from '../../../config/schema/model.ts';
import type { CarryConfig } from '../../../config/schema/carry.ts';
import type { SinkConfig } from '../../../config/schema/sink.ts';
import type { SinkMappingConfig } from '../../../config/schema/sink-mapping.ts';
import { namesRead } from '../currency-check.ts';

/** What is the same for every record of a pipeline that carries corrections. */
export interface Carry {
  config: CarryConfig;
  /** The target system, as members name it. */
  connection: string;
  /** Fields of the entity that the mapping reads and that may be carried. */
  fields: readonly CarriedField[];
  /** The entity's fields that hold the connection and the number there. */
  keys: { source: string; key: string };
  /** The entity's field that says when a record changed last. */
  latestBy: string | undefined;
  /** What a correction holds: see corrections of a sink. */
  holds: 'changed' | 'whole';
  /** Fields of the sink that are sent always: they name the record, are required, or come from nothing that is carried. */
  always: ReadonlySet<string>;
  /** Of these, fields of the sink that no correction changes: they name the record, or come from nothing that is carried. */
  fixed: ReadonlySet<string>;
  /** What is written into a field of the sink that is emptied; undefined: it is written as empty. */
  emptied: string | null | undefined;
}

export interface CarriedField {
  name: string;
  /** The column next to it: the currency of money, what a source said for a code. */
  beside: string | undefined;
  mostRecent: boolean;
  owners: readonly string[] | undefined;
  /** The target system owns it. */
  owned: boolean;
}

/** The carrying side of a pipeline; the configuration is checked (config/checks/outbound/carry.ts). */
export function carryOf(
  config: CarryConfig,
  { connection, entity, mapping, sink }: { connection: string; entity: EntityConfig; mapping: SinkMappingConfig; sink: SinkConfig },
): Carry {
  const keys = matchingOf(entity)!.keys!;
  const { latest_by: latestBy, fields: orders } = entity.survivorship;
  const read = namesRead(mapping);
  const fields = Object.entries(entity.fields).flatMap(([name, { type }]): CarriedField[] => {
    const beside = columnBeside(name, type);
    if (type === 'reference' || name === keys.source || name === keys.key || name === latestBy) return [];
    if (!read.has(name) && (beside === undefined || !read.has(beside))) return [];
    const owners = entity.owners?.[name];
    return [
      {
        name,
        beside,
        mostRecent: orders?.[name]?.by === 'most_recent',
        owners,
        owned: config.owned.includes(name) || (owners?.includes(connection) ?? false),
      },
    ];
  });
  const fixed = new Set([...sink.idempotency_key, ...keyOfTable(sink)]);
  for (const [name, rule] of Object.entries(mapping.fields)) {
    const reads = namesRead({ ...mapping, fields: { [name]: rule }, lists: {} });
    if (!fields.some((field) => reads.has(field.name) || (field.beside !== undefined && reads.has(field.beside)))) fixed.add(name);
  }
  const required = Object.entries(sink.schema.fields).flatMap(([name, field]) => (field.required ? [name] : []));
  return {
    config,
    connection,
    fields,
    keys,
    latestBy,
    holds: sink.corrections ?? 'changed',
    always: new Set([...fixed, ...required]),
    fixed,
    emptied: sink.emptied,
  };
}

function keyOfTable({ target }: SinkConfig): readonly string[] {
  return target.table?.key ?? [];
}
