import { existsSync } from 'node:fs';
import knexFactory from 'knex';
import type { EntityConfig } from '../config/schema/model.ts';
import { ConfigError, type Problem } from '../core/errors.ts';
import { storeFailure } from './failures.ts';
import { modelRefusals } from './model-tables.ts';
import { sqliteFile } from './open.ts';

/**
 * What the store that is there would refuse of this model, without writing to it: another type of a field, another identity. Also when the
 * URL is none, or what is there is no store. Nothing where there is no store yet.
 */
export async function storedModelProblems(url: string, projectFolder: string, entities: readonly EntityConfig[]): Promise<Problem[]> {
  let filename: string;
  try {
    filename = sqliteFile(url, projectFolder);
  } catch (error) {
    if (error instanceof ConfigError) return [...error.problems];
    throw error;
  }
  if (!existsSync(filename)) return [];
  const knex = knexFactory({
    client: 'better-sqlite3',
    connection: { filename, options: { readonly: true } },
    useNullAsDefault: true,
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
    pool: { min: 1, max: 1 },
  });
  try {
    if (!(await knex.schema.hasTable('il_entity'))) return [];
    return await modelRefusals(knex, entities);
  } catch (error) {
    const known = storeFailure(error);
    if (known) return [...known.problems];
    throw error;
  } finally {
    await knex.destroy();
  }
}
