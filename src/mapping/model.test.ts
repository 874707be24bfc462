import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { type EntityConfig, entitySchema, equalFields } from '../config/schema/model.ts';
import { compileMapping } from './compile.ts';
import { mappingSchema } from '../config/schema/mapping.ts';

const folder = new URL('../../config/model/', import.meta.url);
const entities: EntityConfig[] = readdirSync(folder).map((name) => {
  const entity = entitySchema.parse(parse(readFileSync(new URL(name, folder), 'utf8')));
  expect(name).toBe(`${entity.entity}.yaml`);
  return entity;
});

test.each(entities.map((entity) => [entity.entity, entity] as const))(
  'the shipped entity %s can be mapped, and says what each field is and who may see it',
  (_, entity) => {
    for (const [name, field] of Object.entries(entity.fields)) expect(field.description, name).toBeTruthy();
    for (const name of [...entity.indexes.flat(), ...(equalFields(entity) ?? [])]) expect(Object.keys(entity.fields)).toContain(name);
    // No mapping gives a reference to a golden record; it follows from the fields it goes by.
    const mapped = Object.keys(entity.fields).filter((name) => entity.fields[name]!.type !== 'reference');
    const fields = Object.fromEntries(mapped.map((name) => [name, name]));
    const mapping = mappingSchema.parse({ mapping: 'm', entity: entity.entity, from: { connector: 'c', stream: 's' }, fields });
    const { columns } = compileMapping(mapping, entity, { currency: 'USD', timeZone: 'UTC', lookups: new Map() });
    expect(new Set(columns).size).toBe(columns.length);
  },
);
