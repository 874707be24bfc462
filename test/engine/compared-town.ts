import { BASE } from './base-town.ts';

/** Laid over the base configuration: people have the long form of identity, and are one by e-mail and given name. */
export const COMPARED: Record<string, string> = {
  'config/model/person.yaml': `entity: person
title: Person
fields:
  source: { type: text, required: true, class: public }
  person_key: { type: text, class: public }
  email: { type: text, class: personal }
  name: { type: text, class: personal }
  phone: { type: text, class: personal }
  updated_on: { type: date, class: internal }
identity:
  keys: { source: source, key: person_key }
  populations:
    person:
      features:
        name: { compare: person_name, fields: { full: name } }
        email: { compare: email }
      blocks: [[email]]
      rules: [{ name: 'same given name and e-mail', equal: [given, email] }]
survivorship: { sources: [clerk, pool], latest_by: updated_on }
`,
  ...Object.fromEntries(
    ['clerk', 'pool'].map((office) => {
      const path = `mappings/person.from-office-${office}.yaml`;
      return [path, BASE[path]!.replace('fields:\n', "fields:\n  source: '@connection'\n  person_key: id\n")];
    }),
  ),
};
