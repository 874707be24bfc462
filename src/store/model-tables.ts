import type { EntityConfig, FieldType } from '../config/schema/model.ts';
import { ConfigError } from '../core/errors.ts';
import type { Knex } from './open.ts';

type SqlType = 'TEXT' | 'INTEGER';

/** The columns of one canonical field: money has its currency beside it, a code what the source said. */
export function columnsOfField(name: string, type: FieldType): { name: string; sql: SqlType }[] {
  if (type === 'money') return [{ name, sql: 'INTEGER' }, { name: `${name}_currency`, sql: 'TEXT' }];
  if (type === 'code') return [{ name, sql: 'TEXT' }, { name: `${name}_raw`, sql: 'TEXT' }];
  return [{ name, sql: type === 'integer' || type === 'boolean' ? 'INTEGER' : 'TEXT' }];
}

/** All data columns of an entity in order. */
export function columnsOfEntity(entity: EntityConfig): { name: string; sql: SqlType }[] {
  return Object.entries(entity.fields).flatMap(([name, field]) => columnsOfField(name, field.type));
}

/**
 * Makes or widens the table of each entity. A new field is an added column; a removed one stays in the table, unused;
 * a field whose type changed is refused, because what is stored could not be read as the new type.
 */
export async function migrateModel(knex: Knex, entities: Iterable<EntityConfig>): Promise<void> {
  for (const entity of entities) {
    const wanted = columnsOfEntity(entity);
    const have = (await knex(entity.entity).columnInfo().catch(() => ({}))) as Record<string, { type: string }>;
    if (Object.keys(have).length === 0) await createTable(knex, entity, wanted);
    else {
      const retyped = wanted.filter((c) => have[c.name] && have[c.name]!.type.toUpperCase() !== c.sql);
      if (retyped.length)
        throw new ConfigError(
          retyped.map((c) => ({
            code: 'MODEL_DESTRUCTIVE',
            place: { file: `config/model/${entity.entity}.yaml`, path: `fields.${c.name}` },
            message: `The store keeps ${entity.entity}.${c.name} as ${have[c.name]!.type}; the model now wants ${c.sql}.`,
            hint: 'Give the field a new name, map it, and leave the old one: nothing that is stored is thrown away.',
          })),
        );
      for (const column of wanted) if (!have[column.name]) await knex.raw(`ALTER TABLE ?? ADD COLUMN ?? ${column.sql}`, [entity.entity, column.name]);
    }
    await createIndexes(knex, entity);
    await knex('il_entity').insert({ id: knex.raw('(SELECT coalesce(max(id), 0) + 1 FROM il_entity)'), name: entity.entity }).onConflict('name').ignore();
  }
}

/** Makes the indexes of an entity that are missing; also after dropIndexes, by the same run or by the next start. */
export async function createIndexes(knex: Knex, entity: EntityConfig): Promise<void> {
  for (const { name, columns } of indexesOf(entity)) await knex.raw(`CREATE INDEX IF NOT EXISTS ?? ON ?? (${columns.map(() => '??').join(', ')})`, [name, entity.entity, ...columns]);
}

/** Before a large first load: making an index at once costs a third of keeping it up row by row. */
export async function dropIndexes(knex: Knex, entity: EntityConfig): Promise<void> {
  for (const { name } of indexesOf(entity)) await knex.raw('DROP INDEX IF EXISTS ??', [name]);
}

function indexesOf(entity: EntityConfig): { name: string; columns: string[] }[] {
  return entity.indexes.map((index) => {
    const columns = index.map((field) => columnsOfField(field, entity.fields[field]?.type ?? 'text')[0]!.name);
    return { name: `${entity.entity}_${columns.join('_')}`, columns };
  });
}

async function createTable(knex: Knex, entity: EntityConfig, columns: { name: string; sql: SqlType }[]): Promise<void> {
  const bookkeeping = ['_id INTEGER PRIMARY KEY', '_created INTEGER NOT NULL', '_run INTEGER NOT NULL', '_landed INTEGER NOT NULL', '_provenance TEXT'];
  if (entity.identity) bookkeeping.push('_identity TEXT');
  const sql = [...bookkeeping, ...columns.map((c) => `?? ${c.sql}`)].join(', ');
  await knex.raw(`CREATE TABLE ?? (${sql})`, [entity.entity, ...columns.map((c) => c.name)]);
  if (entity.identity) await knex.raw('CREATE UNIQUE INDEX ?? ON ?? (_identity)', [`${entity.entity}__identity`, entity.entity]);
}
