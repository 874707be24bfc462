import { type EntityConfig, entitySchema } from '../../src/config/schema/model.ts';

export const person: EntityConfig = entitySchema.parse({
  entity: 'person',
  title: 'Person',
  fields: {
    email: { type: 'text', class: 'personal' },
    name: { type: 'text', class: 'personal' },
    paid: { type: 'money', class: 'internal' },
    kind: { type: 'code', class: 'internal' },
    born_on: { type: 'date', class: 'personal' },
  },
  identity: ['email'],
  indexes: [['name'], ['kind', 'born_on']],
});

/** The same with other fields, or another identity. */
export function personWith(change: {
  fields?: Record<string, { type: string; class: string }>;
  identity?: string[] | undefined;
}): EntityConfig {
  return entitySchema.parse({
    ...person,
    ...('identity' in change ? { identity: change.identity } : {}),
    fields: { ...person.fields, ...change.fields },
  });
}
