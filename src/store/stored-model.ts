import type { EntityConfig } from '../config/schema/model.ts';
import { InterlocalError, type Problem } from '../core/errors.ts';
import { dialectOf } from './dialect.ts';
import { storeFailure } from './failures.ts';
import { modelRefusals } from './model-tables.ts';
import { type Knex, peekStore } from './open.ts';

/**
 * What the store that is there would refuse of this model, without writing to it: another type of a field, another identity. Also when the
 * URL is none, when what is there is no store, or when its server cannot be reached. Nothing where there is no store yet.
 */
export async function storedModelProblems(url: string, projectFolder: string, entities: readonly EntityConfig[]): Promise<Problem[]> {
  let knex: Knex | undefined;
  try {
    knex = await peekStore(url, projectFolder);
    if (!knex || (await dialectOf(knex).columnsOf(knex, 'il_entity')).size === 0) return [];
    return await modelRefusals(knex, entities);
  } catch (error) {
    const known = error instanceof InterlocalError ? error : storeFailure(error);
    if (known) return [...known.problems];
    throw error;
  } finally {
    await knex?.destroy();
  }
}
