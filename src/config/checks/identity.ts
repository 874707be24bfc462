import type { Problem } from '../../core/errors.ts';
import { type Draft, type Part, problemAt } from '../draft.ts';
import type { FeatureConfig } from '../schema/identity.ts';
import { type EntityConfig, matchingOf } from '../schema/model.ts';
import { suggestion, unknownReference } from './references.ts';

/** What person_name and address are made into; blocks and rules name these. */
const PARTS_OF: Record<string, readonly string[]> = {
  person_name: ['given', 'middle', 'surname', 'suffix'],
  address: ['number', 'street', 'unit', 'city', 'state', 'postal_code'],
};
const CUTS = ['start4', 'initial', 'year', 'year_month', 'month_day'];

/** The long form of `identity`: the fields it reads, the features that its blocks and rules name, the connections. */
export function checkMatching(draft: Draft, part: Part<EntityConfig>): Problem[] {
  const identity = matchingOf(part.value);
  if (!identity) return [];
  const { entity, fields } = part.value;
  const problems: Problem[] = [];
  const own = (name: string | undefined, path: (string | number)[]): void => {
    if (name !== undefined && !Object.hasOwn(fields, name))
      problems.push(
        problemAt(part, path, 'REFERENCE_UNKNOWN', `the entity ${entity} has no field "${name}".`, suggestion(name, Object.keys(fields))),
      );
  };
  own(identity.keys?.source, ['identity', 'keys', 'source']);
  own(identity.keys?.key, ['identity', 'keys', 'key']);
  const connections = draft.connections && Object.keys(draft.connections.value);
  if (Array.isArray(identity.one_per_source) && connections && !part.shipped)
    identity.one_per_source.forEach((name, i) => {
      if (!connections.includes(name))
        problems.push(unknownReference('connection', name, connections, part, ['identity', 'one_per_source', i]));
    });
  for (const [name, population] of Object.entries(identity.populations)) {
    const at = ['identity', 'populations', name];
    for (const field of Object.keys(population.when ?? {})) own(field, [...at, 'when', field]);
    own(population.looks_like?.organization, [...at, 'looks_like', 'organization']);
    for (const field of Object.keys(population.looks_like?.where ?? {})) own(field, [...at, 'looks_like', 'where', field]);
    const features = new Set<string>();
    for (const [key, feature] of Object.entries(population.features)) {
      for (const made of PARTS_OF[feature.compare] ?? [key]) {
        if (features.has(made))
          problems.push(
            problemAt(
              part,
              [...at, 'features', key],
              'VALUE_INVALID',
              `there is already something to compare with the name "${made}".`,
              'Only one person_name and one address can be compared; give this feature another name.',
            ),
          );
        features.add(made);
      }
      problems.push(...featureProblems(part, [...at, 'features', key], key, feature, own));
    }
    const known = (text: string, path: (string | number)[], cuts: boolean): void => {
      const [feature = '', cut] = text.split('.');
      if (text === 'name.sorted4' && features.has('given')) return;
      if (!features.has(feature))
        problems.push(problemAt(part, path, 'REFERENCE_UNKNOWN', `there is no feature "${feature}".`, suggestion(feature, [...features])));
      else if (cut !== undefined && !(cuts && CUTS.includes(cut)))
        problems.push(
          problemAt(
            part,
            path,
            'VALUE_INVALID',
            `"${text}" is a part of a feature, which cannot be compared alone.`,
            cuts ? `Parts are ${CUTS.join(', ')}.` : 'Write the name of the whole feature, such as name or address.',
          ),
        );
    };
    population.blocks?.forEach((block, i) => block.forEach((text, j) => known(text, [...at, 'blocks', i, j], true)));
    population.rules.forEach((rule, i) => rule.equal.forEach((text, j) => known(text, [...at, 'rules', i, 'equal', j], false)));
    if (population.review > population.link)
      problems.push(
        problemAt(
          part,
          [...at, 'review'],
          'VALUE_INVALID',
          'review is higher than link, so no pair would ever need review.',
          'Set review to a lower score than link: pairs from review on are shown to a person, pairs from link on are linked at once.',
        ),
      );
  }
  return problems;
}

function featureProblems(
  part: Part<EntityConfig>,
  at: (string | number)[],
  key: string,
  feature: FeatureConfig,
  own: (name: string | undefined, path: (string | number)[]) => void,
): Problem[] {
  const problems: Problem[] = [];
  const several = PARTS_OF[feature.compare] !== undefined;
  if (several && Object.keys(feature.fields ?? {}).length === 0)
    problems.push(
      problemAt(
        part,
        [...at, 'fields'],
        'KEY_MISSING',
        `${feature.compare} needs fields.`,
        'Say in which fields its parts are, such as { first: first_name, last: last_name }.',
      ),
    );
  if (!several) own(feature.field ?? key, feature.field === undefined ? at : [...at, 'field']);
  for (const [name, field] of Object.entries(feature.fields ?? {})) own(field, [...at, 'fields', name]);
  return problems;
}
