import type { Problem } from '../../../core/errors.ts';
import { problemAt } from '../../draft.ts';
import type { Draft, Part } from '../../draft.ts';
import type { ConnectorConfig, SinkConfig } from '../../schema/connector.ts';
import { ENTRY_LINES, entityToSend, JOURNAL_ENTRY, journalEntryLine } from '../../schema/journal-entry.ts';
import type { EntityConfig } from '../../schema/model.ts';
import type { SinkList, SinkMappingConfig } from '../../schema/sink-mapping.ts';
import { quoted } from '../../words.ts';
import { type Add, checkCondition, checkLookup, checkRule, compiled, sourceCheck, readable, untold } from '../mappings.ts';
import { suggestion, unknownReference } from '../references.ts';
import { fieldsOfEntity, type SourceFields } from '../source-fields.ts';

type Path = (string | number)[];
/** Lists of the record by their names, with what their items are; undefined where that is wrong in itself. */
type Lists = ReadonlyMap<string, EntityConfig | undefined>;

/** src/mapping's own check, which this folder does not import. */
export type CompileSinkCheck = (
  mapping: SinkMappingConfig,
  sink: SinkConfig,
  settings: { currency: string; timeZone: string; lookups: Draft['lookups'] },
) => unknown;

/** A mapping to a sink against the model, the sink and the lookups; when all of that is right, compiled as a run does. */
export function checkSinkMapping(draft: Draft, part: Part<SinkMappingConfig>, compile?: CompileSinkCheck): Problem[] {
  const problems: Problem[] = [];
  const add: Add = (path, code, message, hint) => void problems.push(problemAt(part, path, code, message, hint));
  const { from, sink: to, with: related, when } = part.value;

  const ofEntries = from.entity === JOURNAL_ENTRY;
  if (!ofEntries && !draft.entities.has(from.entity))
    problems.push(unknownReference('entity', from.entity, [...draft.entities.keys(), JOURNAL_ENTRY], part, ['from', 'entity']));
  const entity = entityToSend(draft.entities, from.entity);
  const sink = sinkOf(draft.connectors.get(to.connector), to, problems, part, draft);
  for (const [name, { entity: other, on }] of Object.entries(related)) {
    const path = ['with', name];
    if (ofEntries)
      add(
        path,
        'VALUE_INVALID',
        'has no place in a mapping of journal entries.',
        `An entry has one list, ${ENTRY_LINES}, without being named here.`,
      );
    if (entity && Object.hasOwn(entity.fields, name))
      add(path, 'VALUE_INVALID', `${from.entity} already has a field ${quoted(name)}.`, 'Give the list another name.');
    if (!draft.entities.has(other)) problems.push(unknownReference('entity', other, draft.entities.keys(), part, [...path, 'entity']));
    if (Object.keys(on).length === 0) add([...path, 'on'], 'VALUE_INVALID', 'is empty, so it is not known which records belong together.');
    for (const [theirs, ours] of Object.entries(on)) {
      inEntity(draft.entities.get(other)?.value, theirs, [...path, 'on', theirs], add);
      inEntity(entity, ours, [...path, 'on', theirs], add);
    }
  }
  if (!entity) return problems;
  const lists: Lists = new Map(
    ofEntries
      ? [[ENTRY_LINES, journalEntryLine]]
      : Object.entries(related).map(([name, { entity: other }]) => [name, draft.entities.get(other)?.value]),
  );
  const known = fieldsOfEntity(entity, [...lists.keys()]);
  if (when) checkCondition(when, ['when'], sourceCheck(known, undefined, add), add);
  checkGroup(draft, part.value, [], known, lists, add);
  if (!compile || !sink || !draft.config) return problems;
  const { currency, time_zone: timeZone } = draft.config.value.town;
  const more = compiled(part, () => compile(part.value, sink, { currency, timeZone, lookups: readable(draft.lookups) }));
  return [...problems, ...untold(draft, part.value.fields, problems, more)];
}

function sinkOf(
  connector: Part<ConnectorConfig> | undefined,
  to: SinkMappingConfig['sink'],
  problems: Problem[],
  part: Part<SinkMappingConfig>,
  draft: Draft,
): SinkConfig | undefined {
  if (!draft.connectors.has(to.connector))
    problems.push(unknownReference('connector', to.connector, draft.connectors.keys(), part, ['sink', 'connector']));
  if (!connector) return undefined;
  if (Object.hasOwn(connector.value.sinks, to.sink)) return connector.value.sinks[to.sink];
  problems.push(
    problemAt(
      part,
      ['sink', 'sink'],
      'REFERENCE_UNKNOWN',
      `the connector ${to.connector} has no sink ${quoted(to.sink)}.`,
      suggestion(to.sink, Object.keys(connector.value.sinks)),
    ),
  );
  return undefined;
}

function inEntity(entity: EntityConfig | undefined, name: string, path: Path, add: Add): void {
  if (entity && !Object.hasOwn(entity.fields, name))
    add(
      path,
      'REFERENCE_UNKNOWN',
      `the entity ${entity.entity} has no field ${quoted(name)}.`,
      suggestion(name, Object.keys(entity.fields)),
    );
}

/** The rules of the record, or of an item; what an item of an item has is left to compiling and to its tests. */
function checkGroup(
  draft: Draft,
  group: Pick<SinkList, 'fields' | 'lists'>,
  base: Path,
  known: SourceFields | undefined,
  lists: Lists,
  add: Add,
): void {
  const source = sourceCheck(known, undefined, add);
  for (const [name, rule] of Object.entries(group.fields)) {
    const path = [...base, 'fields', name];
    if (typeof rule === 'string') source(rule, path);
    else {
      checkRule(rule, path, source, add);
      checkLookup(draft, '', rule, path, undefined, add);
    }
  }
  for (const [name, list] of Object.entries(group.lists)) {
    const path = [...base, 'lists', name];
    const { for_each } = list;
    if (for_each !== undefined && base.length === 0 && !lists.has(for_each))
      add(
        [...path, 'for_each'],
        'REFERENCE_UNKNOWN',
        `${quoted(for_each)} is not a list of the record.`,
        suggestion(for_each, lists.keys()) ?? 'Name it under with.',
      );
    const own = for_each === undefined ? undefined : lists.get(for_each);
    const item = for_each === undefined ? known : own && fieldsOfEntity(own);
    const addItem = for_each === undefined ? add : outward(add);
    if (list.when) checkCondition(list.when, [...path, 'when'], sourceCheck(item, undefined, addItem), addItem);
    checkGroup(draft, list, path, item, lists, addItem);
  }
}

/** Rules of an item may look outside it with ../: whether that leads anywhere is seen when it is compiled. */
function outward(add: Add): Add {
  return (path, code, message, hint) => {
    if (!message.includes('outside the record')) add(path, code, message, hint);
  };
}
