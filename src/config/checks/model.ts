import type { Problem } from '../../core/errors.ts';
import { problemAt } from '../draft.ts';
import type { Draft, Part } from '../draft.ts';
import { JOURNAL_ENTRY } from '../schema/journal-entry.ts';
import { type EntityConfig, equalFields, matchingOf, type ModelField } from '../schema/model.ts';
import { checkOwners } from './outbound/carry.ts';
import { checkMatching } from './identity.ts';
import { suggestion, unknownReference } from './references.ts';

/** An entity of the model: its fields, the entities that they name, the connections that it trusts. */
export function checkEntity(draft: Draft, part: Part<EntityConfig>): Problem[] {
  const { entity, fields, indexes, survivorship } = part.value;
  const problems: Problem[] = [];
  const own = (name: string, path: (string | number)[]): void => {
    if (!Object.hasOwn(fields, name))
      problems.push(
        problemAt(part, path, 'REFERENCE_UNKNOWN', `the entity ${entity} has no field "${name}".`, suggestion(name, Object.keys(fields))),
      );
  };
  if (entity === JOURNAL_ENTRY)
    problems.push(
      problemAt(
        part,
        ['entity'],
        'VALUE_INVALID',
        `${JOURNAL_ENTRY} is what Interlocal calls its own journal entries.`,
        'Choose another name.',
      ),
    );
  (equalFields(part.value) ?? []).forEach((name, i) => own(name, ['identity', i]));
  indexes.forEach((names, i) => names.forEach((name, j) => own(name, ['indexes', i, j])));
  for (const [name, field] of Object.entries(fields)) {
    if (field.values && field.type !== 'code')
      problems.push(
        problemAt(
          part,
          ['fields', name, 'values'],
          'VALUE_INVALID',
          `values are for fields of type code, but this one is ${field.type}.`,
          'Write type: code, or remove values.',
        ),
      );
    problems.push(...referenceProblems(draft, part, name, field, own));
    if (field.references !== undefined && !draft.entities.has(field.references))
      problems.push(unknownReference('entity', field.references, draft.entities.keys(), part, ['fields', name, 'references']));
    // The table has these columns already, next to the money or the code.
    const base = /^(.+)_(currency|raw)$/.exec(name);
    if (base && Object.hasOwn(fields, base[1]!) && fields[base[1]!]!.type === (base[2] === 'raw' ? 'code' : 'money'))
      problems.push(
        problemAt(part, ['fields', name], 'VALUE_INVALID', `${name} is created automatically with ${base[1]}.`, 'Remove this field.'),
      );
  }
  problems.push(...checkMatching(draft, part), ...checkOwners(draft, part));
  for (const [name, { by, sources }] of Object.entries(survivorship.fields ?? {})) {
    const at = ['survivorship', 'fields', name];
    own(name, at);
    if (by === 'most_recent' && survivorship.latest_by === undefined)
      problems.push(
        problemAt(
          part,
          [...at, 'by'],
          'KEY_MISSING',
          'most_recent needs survivorship.latest_by.',
          'Name the field that says when a record changed last.',
        ),
      );
    if ((by === 'sources') !== (sources !== undefined))
      problems.push(
        problemAt(
          part,
          [...at, 'sources'],
          by === 'sources' ? 'KEY_MISSING' : 'VALUE_INVALID',
          'sources is given without by: sources, or by: sources without sources.',
          'Write both, or neither.',
        ),
      );
  }
  const connections = draft.connections && Object.keys(draft.connections.value);
  survivorship.sources.forEach((name, i) => {
    // The model that comes with the packs speaks of the sample town's connections.
    if (connections && !part.shipped && !connections.includes(name))
      problems.push(unknownReference('connection', name, connections, part, ['survivorship', 'sources', i]));
  });
  return problems;
}

/** A field that refers to a golden record: of an entity whose records are compared, by two fields of its own. */
function referenceProblems(
  draft: Draft,
  part: Part<EntityConfig>,
  name: string,
  field: ModelField,
  own: (name: string, path: (string | number)[]) => void,
): Problem[] {
  const at = ['fields', name];
  if (field.type !== 'reference')
    return (['entity', 'by'] as const)
      .filter((key) => field[key] !== undefined)
      .map((key) =>
        problemAt(
          part,
          [...at, key],
          'VALUE_INVALID',
          `${key} is for references, but this field is ${field.type}.`,
          `Remove ${key}, or leave type out.`,
        ),
      );
  if (field.entity === undefined)
    return [
      problemAt(
        part,
        at,
        'KEY_MISSING',
        'the key "type" is missing.',
        'Write its type, or entity and by for a reference to a golden record.',
      ),
    ];
  if (field.by === undefined)
    return [
      problemAt(
        part,
        at,
        'KEY_MISSING',
        'the key "by" is missing.',
        'Name the two fields that hold the connection and the number there: by: [source, owner_key].',
      ),
    ];
  field.by.forEach((key, i) => own(key, [...at, 'by', i]));
  if (!draft.entities.has(field.entity)) return [unknownReference('entity', field.entity, draft.entities.keys(), part, [...at, 'entity'])];
  const target = draft.entities.get(field.entity);
  return !target || matchingOf(target.value)
    ? []
    : [
        problemAt(
          part,
          [...at, 'entity'],
          'VALUE_INVALID',
          `records of ${field.entity} are not compared with each other, so a field cannot refer to them.`,
          `Give ${field.entity} the long form of identity (docs/identity.md), or store only the number in a text field.`,
        ),
      ];
}
