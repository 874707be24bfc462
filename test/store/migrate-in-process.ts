import { columnsOfEntity, migrateModel } from '../../src/store/model-tables.ts';
import { openKnex } from '../../src/store/open.ts';
import { person } from './entities.ts';

/** A process that brings a store up to date and says what is in it. */
const knex = await openKnex(process.argv[2]!, process.argv[3]!);
await migrateModel(knex, [person]);
const migrations = (await knex('il_migration').orderBy('name').pluck('name')) as string[];
const entities = (await knex('il_entity').pluck('name')) as string[];
await knex.destroy();
process.stdout.write(JSON.stringify({ migrations, entities, columns: columnsOfEntity(person).length }));
