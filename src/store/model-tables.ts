import { columnBeside, type EntityConfig, equalFields, type FieldType, matchingOf } from '../config/schema/model.ts';
import { ConfigError, type Problem } from '../core/errors.ts';
import { type ColumnType, dialectOf, type Index } from './dialect.ts';
import type { Knex } from './open.ts';
import { areRecordsWatched, watchRecords } from './revenue/marks.ts';
import { quoted } from './rows.ts';

const INTEGERS: readonly FieldType[] = ['integer', 'money', 'boolean', 'reference'];

/** The columns of one canonical field: money has its currency next to it, a code what the source said. */
export function columnsOfField(name: string, type: FieldType): { name: string; sql: ColumnType }[] {
  const beside = columnBeside(name, type);
  const own = { name, sql: INTEGERS.includes(type) ? 'INTEGER' : 'TEXT' } as const;
  return beside === undefined ? [own] : [own, { name: beside, sql: 'TEXT' }];
}

/** All data columns of an entity in order. What names a record in its system is none where the golden record belongs to no system. */
export function columnsOfEntity(entity: EntityConfig): { name: string; sql: ColumnType }[] {
  const keys = matchingOf(entity)?.keys;
  return Object.entries(entity.fields).flatMap(([name, field]) =>
    name === keys?.source || name === keys?.key ? [] : columnsOfField(name, field.type),
  );
}

/** All columns that a mapping gives of an entity. */
export function columnsOfRecord(entity: EntityConfig): string[] {
  return Object.entries(entity.fields).flatMap(([name, field]) => columnsOfField(name, field.type).map((c) => c.name));
}

/**
 * Makes or widens the table of each entity. A new field is an added column; a removed one stays in the table, unused. Throws
 * ConfigError with everything that is refused: a field whose type changed, because what is stored could not be read as the new
 * type, and another identity while there are records, because nobody told yet which of them are one then. Writes nothing, and
 * so waits for nobody, when there is nothing to do; of several processes that start together one does it.
 */
export async function migrateModel(knex: Knex, entities: Iterable<EntityConfig>): Promise<void> {
  const list = [...entities];
  const problems: Problem[] = [];
  const behind: EntityConfig[] = [];
  for (const entity of list) {
    const table = await tableOf(knex, entity);
    problems.push(...(await refusals(knex, entity, table)));
    if (
      table.missing.length > 0 ||
      !table.there ||
      table.identity !== identityText(entity) ||
      (hasMoney(entity) && !(await areRecordsWatched(knex, entity.entity)))
    )
      behind.push(entity);
  }
  if (problems.length) throw new ConfigError(problems);
  if (behind.length > 0)
    // What is looked at again there is still so when it is changed.
    await dialectOf(knex).exclusively(knex, 'model', async (trx) => {
      for (const entity of behind) await bringInLine(trx, entity);
    });
  await makeMissingIndexes(knex, list);
}

/** Makes the indexes that a large first load dropped and did not live to make again. */
export async function makeMissingIndexes(knex: Knex, entities: readonly EntityConfig[]): Promise<void> {
  const there = new Set(await dialectOf(knex).indexes(knex));
  const missing = [...SHARED_INDEXES, ...entities.flatMap(indexesOf)].filter(({ name }) => !there.has(name));
  for (const index of missing) await dialectOf(knex).createIndex(knex, index);
}

/** What is refused of these entities by a store, as migrateModel would say it; changes nothing. */
export async function modelRefusals(knex: Knex, entities: Iterable<EntityConfig>): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const entity of entities) problems.push(...(await refusals(knex, entity, await tableOf(knex, entity))));
  return problems;
}

interface Table {
  there: boolean;
  /** What each holds. */
  columns: ReadonlyMap<string, string>;
  /** Columns of the model that it does not have. */
  missing: { name: string; sql: ColumnType }[];
  /** The fields that its records are identified by, as they were when it was last brought in line; null when nobody noted that. */
  identity: string | null;
}

async function tableOf(knex: Knex, entity: EntityConfig): Promise<Table> {
  const columns = await dialectOf(knex).columnsOf(knex, entity.entity);
  const noted = (await knex('il_entity').where({ name: entity.entity }).first('identity')) as { identity: string | null } | undefined;
  return {
    there: columns.size > 0,
    columns,
    missing: columnsOfEntity(entity).filter((c) => !columns.has(c.name)),
    identity: noted?.identity ?? null,
  };
}

function identityText(entity: EntityConfig): string {
  const matching = matchingOf(entity);
  return JSON.stringify(matching ? { members: matching.keys ?? null } : (equalFields(entity) ?? []));
}

async function refusals(knex: Knex, entity: EntityConfig, table: Table): Promise<Problem[]> {
  const file = `config/model/${entity.entity}.yaml`;
  const found: Problem[] = columnsOfEntity(entity)
    .filter((c) => (table.columns.get(c.name) ?? c.sql) !== c.sql)
    .map((c) => ({
      code: 'MODEL_DESTRUCTIVE',
      place: { file, path: `fields.${c.name}` },
      message: `The type of the field ${c.name} was changed, but the store already has values of it as ${table.columns.get(c.name)}, not as ${c.sql}. Nothing was changed in the store.`,
      hint: 'Put the old type back. If the new type is needed, add a field with another name, map it, and leave the old one: stored values are never deleted.',
    }));
  if (table.identity !== null && !canFollow(table.identity, entity) && (await knex(entity.entity).first('_id')) !== undefined) {
    found.push({
      code: 'MODEL_DESTRUCTIVE',
      place: { file, path: 'identity' },
      message: `The stored records of ${entity.entity} are identified by ${said(JSON.parse(table.identity))}, which cannot be changed to ${said(JSON.parse(identityText(entity)))}. Nothing was changed in the store.`,
      hint: 'Put the old identity back. If the new one is needed, give the entity a new name and map to that, or start with an empty store, which is filled again from the systems.',
    });
  }
  return found;
}

/** Records that were one by equal fields have kept what they said, and can be compared by the long form. */
function canFollow(before: string, entity: EntityConfig): boolean {
  const after = identityText(entity);
  return before === after || (matchingOf(entity) !== undefined && before !== '[]' && before.startsWith('['));
}

function said(identity: string[] | { members: { source: string; key: string } | null }): string {
  if (Array.isArray(identity)) return identity.join(', ') || 'their source alone';
  return identity.members ? `comparison, with the keys ${identity.members.source} and ${identity.members.key}` : 'comparison';
}

async function bringInLine(trx: Knex.Transaction, entity: EntityConfig): Promise<void> {
  const dialect = dialectOf(trx);
  const table = await tableOf(trx, entity);
  if (!table.there) {
    await createTable(trx, entity, columnsOfEntity(entity));
    for (const index of indexesOf(entity)) await dialect.createIndex(trx, index);
  } else {
    const missing = [
      ...table.missing,
      ...(equalFields(entity) && !table.columns.has('_identity') ? [{ name: '_identity', sql: 'TEXT' as const }] : []),
    ];
    for (const { name, sql } of missing)
      await trx.raw(`ALTER TABLE ${quoted(entity.entity)} ADD COLUMN ${quoted(name)} ${dialect.columnTypes[sql]}`);
  }
  if (equalFields(entity))
    await dialect.createIndex(trx, { name: `${entity.entity}__identity`, table: entity.entity, columns: ['_identity'], unique: true });
  const identity = identityText(entity);
  await trx('il_entity')
    .insert({ id: trx.raw('(SELECT coalesce(max(id), 0) + 1 FROM il_entity)'), name: entity.entity, identity })
    .onConflict('name')
    .merge({ identity });
  if (!hasMoney(entity)) return;
  const { id } = (await trx('il_entity').where({ name: entity.entity }).first('id')) as { id: number };
  await watchRecords(trx, entity.entity, Number(id), entity.fields.receipt_number !== undefined);
}

/** Indexes of landed records and their links that nothing asks while a source is loaded for the first time. */
const SHARED_INDEXES: readonly Index[] = [
  { name: 'il_landed_run', table: 'il_landed', columns: ['run_id'] },
  { name: 'il_link_record', table: 'il_link', columns: ['entity_id', 'golden_id', 'deleted_run'] },
];

/**
 * Before a large first load: drops the indexes of tables that have no rows yet. Making an index at once costs a third of keeping it up row by
 * row. They are made again by afterFilling, or by the next start or inbound run where the load was stopped. `shared`: indexes of tables of
 * all entities. Tells whether any were dropped.
 */
export async function beforeFilling(knex: Knex, entities: readonly EntityConfig[], shared = SHARED_INDEXES): Promise<boolean> {
  let dropped = false;
  for (const [table, indexes] of Map.groupBy([...shared, ...entities.flatMap(indexesOf)], (index) => index.table)) {
    if ((await knex(table).first(knex.raw('1'))) !== undefined) continue;
    for (const { name } of indexes) await dialectOf(knex).dropIndex(knex, name);
    dropped = true;
  }
  return dropped;
}

/** So many statements of afterFilling run at once: a server does each on a processor of its own, and others ask it meanwhile. */
const FILLED_AT_ONCE = 3;

/**
 * After a large first load: makes the indexes that are missing, and has the planner look at what is there now. The load is not held up longer
 * than the slowest of a few tasks takes. Throws the first failure when nothing of it is going on anymore.
 */
export async function afterFilling(knex: Knex, entities: readonly EntityConfig[]): Promise<void> {
  const dialect = dialectOf(knex);
  // Two mappings may fill one entity.
  const filled = new Map(entities.map((entity) => [entity.entity, entity]));
  const tables = ['il_landed', 'il_link', ...filled.keys()];
  await atOnce([...SHARED_INDEXES, ...[...filled.values()].flatMap(indexesOf)], (index) => dialect.createIndex(knex, index));
  await atOnce(tables, (table) => dialect.updateStatistics(knex, [table]));
}

async function atOnce<T>(list: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...list];
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  const ended = await Promise.allSettled(Array.from({ length: FILLED_AT_ONCE }, worker));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}

function indexesOf(entity: EntityConfig): Index[] {
  return entity.indexes.map((index) => {
    const columns = index.map((field) => columnsOfField(field, entity.fields[field]?.type ?? 'text')[0]!.name);
    return { name: `${entity.entity}_${columns.join('_')}`, table: entity.entity, columns };
  });
}

/** Records with money are what revenue, its lines and both sides of reconciliations are made of. */
function hasMoney({ fields }: EntityConfig): boolean {
  return Object.values(fields).some(({ type }) => type === 'money');
}

async function createTable(knex: Knex, entity: EntityConfig, columns: { name: string; sql: ColumnType }[]): Promise<void> {
  const bookkeeping = [
    { name: '_id', sql: 'INTEGER' as const },
    { name: '_created', sql: 'INTEGER' as const },
    { name: '_run', sql: 'INTEGER' as const },
    { name: '_landed', sql: 'INTEGER' as const },
    { name: '_provenance', sql: 'TEXT' as const },
    ...(equalFields(entity) ? [{ name: '_identity', sql: 'TEXT' as const }] : []),
  ];
  await createEntityTable(knex, entity.entity, [...bookkeeping, ...columns]);
}

/** Makes the table of an entity; the first four columns are those that every record has. */
export async function createEntityTable(knex: Knex, table: string, columns: readonly { name: string; sql: ColumnType }[]): Promise<void> {
  const { columnTypes } = dialectOf(knex);
  const list = columns.map(
    ({ name, sql }, i) => `${quoted(name)} ${columnTypes[sql]}${i === 0 ? ' PRIMARY KEY' : i < 4 ? ' NOT NULL' : ''}`,
  );
  await knex.raw(`CREATE TABLE ${quoted(table)} (${list.join(', ')})`);
}
