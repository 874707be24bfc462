import { hash } from 'node:crypto';
import type { Project } from '../../config/project.ts';
import { matchingOf } from '../../config/schema/model.ts';
import { compileIdentity, type IdentityModel } from '../../identity/model.ts';

const compiled = new WeakMap<Project, Map<string, IdentityModel>>();

/** The compiled identity of each entity that has its long form, by name. Compiled once for a project. */
export function identityModels(project: Project): ReadonlyMap<string, IdentityModel> {
  let models = compiled.get(project);
  if (!models) {
    models = new Map();
    for (const [name, { value }] of project.entities) {
      const matching = matchingOf(value);
      if (matching) models.set(name, compileIdentity(matching, project.identityParameters.get(name)?.value));
    }
    compiled.set(project, models);
  }
  return models;
}

/** Changes when pairs would be scored in another way: then all of them are compared again. Grows with the code, too. */
export function matchingFingerprint(project: Project, entity: string): string {
  const config = matchingOf(project.entities.get(entity)!.value);
  const survivorship = project.entities.get(entity)!.value.survivorship;
  return hash('sha256', JSON.stringify([COMPARED_AS, config, survivorship, project.identityParameters.get(entity)?.value ?? null])).slice(
    0,
    40,
  );
}

/** Raised when a change of the comparison itself must reach the records that were compared before. */
const COMPARED_AS = 8;
