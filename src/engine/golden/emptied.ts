import type { EntityConfig } from '../../config/schema/model.ts';
import type { SourceRecord, Value } from '../../core/record.ts';
import { EMPTIED, emptiedFields, isWithout } from '../../identity/emptied.ts';
import type { Columns, MappingContext } from '../../mapping/mapping.ts';
import type { Link } from '../../store/landing/landing.ts';
import type { BoundMapping } from '../landing/context.ts';

/** A record that is landed, with what its mapping made of it. */
export interface Landed {
  bound: BoundMapping;
  columns: Columns;
  /** The candidate's key as the mapping makes it. */
  item: string;
  record: SourceRecord;
  from: MappingContext;
  /** Its number in the store: another one than before, if the record was read again. */
  landed: number;
}

/**
 * The columns of a record, with the names of the fields that its system owns and emptied: the record said something there when it was read
 * before, and its own fields are empty now. A value that cannot be read, a column that is missing and a mapping that changed empty nothing.
 */
export function withEmptied(made: Landed, old: Link | undefined): Columns {
  const { bound, columns } = made;
  const owned = fieldsOwned(bound.entity, made.from.connection);
  if (owned.length === 0 || !old?.mapped) return columns;
  const empty = owned.filter((field) => bound.mapping.columns.includes(field) && isWithout(columns, field));
  if (empty.length === 0) return columns;
  const before = JSON.parse(old.mapped) as Columns;
  const known = emptiedFields(before);
  const said = bound.mapping.said(made.record, made.from, made.item);
  const emptied = empty.filter((field) => {
    const says = whatIsSaid(said?.[field], made);
    if (known.includes(field)) return says !== 'something';
    return says === 'nothing' && old.landed !== made.landed && !isWithout(before, field);
  });
  return emptied.length === 0 ? columns : { ...columns, [EMPTIED]: emptied.join(' ') };
}

function whatIsSaid(values: Record<string, Value> | undefined, { record }: Landed): 'nothing' | 'something' | 'unknown' {
  const said = Object.entries(values ?? {});
  if (said.length === 0) return 'unknown';
  if (!said.every(([, value]) => value === null || (typeof value === 'string' && value.trim() === ''))) return 'something';
  return said.some(([path]) => record.missing?.includes(path)) ? 'unknown' : 'nothing';
}

const owned = new WeakMap<EntityConfig, Map<string, readonly string[]>>();

/** Fields of an entity that a connection owns. */
function fieldsOwned(entity: EntityConfig, connection: string): readonly string[] {
  let known = owned.get(entity);
  if (!known) owned.set(entity, (known = new Map()));
  let fields = known.get(connection);
  if (!fields)
    known.set(
      connection,
      (fields = Object.entries(entity.owners ?? {}).flatMap(([field, connections]) => (connections.includes(connection) ? [field] : []))),
    );
  return fields;
}
