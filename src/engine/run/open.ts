import type { Project } from '../../config/project.ts';
import { storeUrl } from '../../config/secrets/secrets.ts';
import { migrateModel } from '../../store/model-tables.ts';
import { openKnex } from '../../store/open.ts';
import type { Engine } from './engine.ts';

/** Opens a town's store with tables for the town's model. The caller closes it. Throws ConfigError, also for a model that does not fit. */
export async function openEngine(project: Project): Promise<Engine> {
  const engine = await openReader(project);
  try {
    await fitModel(engine, project);
  } catch (error) {
    await closeEngine(engine);
    throw error;
  }
  return engine;
}

/** A connection of its own to a store that another part of the process has opened with openEngine: a run that is going on does not hold it up. */
export async function openReader(project: Project): Promise<Engine> {
  return { project, knex: await openKnex(storeUrl(project), project.folder) };
}

/** Brings the tables of an open store in line with the model of a configuration. Throws ConfigError when that would lose data. */
export async function fitModel({ knex }: Pick<Engine, 'knex'>, project: Project): Promise<void> {
  await migrateModel(
    knex,
    [...project.entities.values()].map((entity) => entity.value),
  );
}

export async function closeEngine({ knex }: Pick<Engine, 'knex'>): Promise<void> {
  await knex.destroy();
}
