import type { Problem } from '../../core/errors.ts';
import { type Part, problemAt } from '../draft.ts';
import { columnNamesOfField, type EntityConfig } from '../schema/model.ts';
import { suggestion } from './references.ts';

/** The columns of an entity's table, as config/model describes them. */
export function columnsOf(entity: EntityConfig): string[] {
  return Object.entries(entity.fields).flatMap(([name, { type }]) => columnNamesOfField(name, type));
}

export function noField(part: Part<unknown>, entity: EntityConfig, field: string, path: (string | number)[]): Problem {
  return problemAt(
    part,
    path,
    'REFERENCE_UNKNOWN',
    `the entity ${entity.entity} has no field "${field}".`,
    suggestion(field, Object.keys(entity.fields)),
  );
}
