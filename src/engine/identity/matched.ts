import { ConfigError, didYouMean } from '../../core/errors.ts';
import type { EntityConfig } from '../../config/schema/model.ts';
import type { Member } from '../../store/identity/identity.ts';
import { comparedBy, hasRecords, memberByName, memberOfId } from '../../store/identity/members.ts';
import { entityIds } from '../../store/ledger/sources.ts';
import type { Engine } from '../run/engine.ts';
import type { MatchedKind } from './members.ts';
import { identityModels, matchingFingerprint } from './models.ts';

/** The entity that a person names, which must have the long form of identity. Throws ConfigError. */
export async function matchedKind({ project, knex }: Engine, name: string): Promise<MatchedKind> {
  const models = identityModels(project);
  const model = models.get(name);
  if (!model) {
    const meant = didYouMean(name, models.keys());
    throw new ConfigError({
      code: project.entities.has(name) ? 'IDENTITY_NONE' : 'ENTITY_UNKNOWN',
      place: { path: name },
      message: project.entities.has(name)
        ? `The records of ${name} are not compared with each other, because config/model does not say by which fields.`
        : `There is no entity "${name}".`,
      hint: meant ? `Did you mean ${meant}?` : `Entities that are compared: ${[...models.keys()].join(', ') || 'none'}.`,
    });
  }
  const ids = await entityIds(knex);
  return { entity: project.entities.get(name)!.value, entityId: ids.get(name)!, model };
}

/** Every entity of the project by its number in the store. */
export async function entitiesById({ project, knex }: Engine): Promise<Map<number, EntityConfig>> {
  const ids = await entityIds(knex);
  return new Map([...project.entities.values()].map(({ value }) => [ids.get(value.entity)!, value]));
}

/** What a person must be told before figures of members mean anything: the members are behind the model. */
export async function behind({ project, knex }: Engine, { entity, entityId }: MatchedKind): Promise<string | undefined> {
  const state = await comparedBy(knex, entityId);
  if (state.comparedBy !== null && state.comparedBy !== matchingFingerprint(project, entity.entity))
    return `The model or its parameters changed since ${entity.entity} records were compared. interlocal identity compare ${entity.entity} compares them now; so will the next run.`;
  if (state.membersNew || (state.comparedBy === null && (await hasRecords(knex, entityId))))
    return `Some ${entity.entity} records were not compared yet. interlocal identity compare ${entity.entity} compares them now; so will the next run.`;
  return undefined;
}

/**
 * The member that a person names: `CONNECTION:KEY`, or `#ID` of a golden record (any id that ever was). Throws ConfigError
 * when there is none.
 */
export async function namedMember({ knex }: Engine, { entityId, entity }: MatchedKind, name: string): Promise<Member> {
  const colon = name.indexOf(':');
  const found = /^#?\d+$/.test(name)
    ? await memberOfId(knex, entityId, Number(name.replace('#', '')))
    : colon > 0
      ? await memberByName(knex, entityId, { source: name.slice(0, colon), key: name.slice(colon + 1) })
      : undefined;
  if (found) return found;
  const asked = /^#?\d+$/.test(name)
    ? `There is no ${entity.entity} with the id ${name}.`
    : colon > 0
      ? `${name.slice(0, colon)} has no ${entity.entity} with the key "${name.slice(colon + 1)}".`
      : `"${name}" does not name a record: it is written as CONNECTION:KEY, such as clerk:00338, or as #ID.`;
  throw new ConfigError({
    code: 'MEMBER_UNKNOWN',
    place: { path: name },
    message: asked,
    hint: `To list all records with their keys, run interlocal identity clusters ${entity.entity}.`,
  });
}
