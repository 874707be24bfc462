import { ConfigError } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { strangeInDateFormat } from '../date-formats.ts';
import { problemAt } from '../draft.ts';
import type { Draft, Part } from '../draft.ts';
import type { Condition, FieldRule, MappingConfig } from '../schema/mapping.ts';
import type { EntityConfig, ModelField } from '../schema/model.ts';
import { notOneOf, quoted, textOfPath } from '../words.ts';
import { suggestion, unknownReference } from './references.ts';
import { fieldsOf } from './source-fields.ts';
import type { SourceFields } from './source-fields.ts';

type Mapping = Part<MappingConfig>;
type Path = (string | number)[];
export type Add = (path: Path, code: string, message: string, hint?: string) => void;

/** src/mapping's own check, which this folder does not import. */
export type CompileCheck = (
  mapping: MappingConfig,
  entity: EntityConfig,
  settings: { currency: string; timeZone: string; lookups: Draft['lookups'] },
) => unknown;

/** A mapping against the model, the stream that it reads and the lookups; when all of that is right, compiled as a run does. */
export function checkMapping(draft: Draft, part: Mapping, compile?: CompileCheck): Problem[] {
  const problems: Problem[] = [];
  const add: Add = (path, code, message, hint) => void problems.push(problemAt(part, path, code, message, hint));
  const { entity: entityName, from, fields, for_each, when, item_key } = part.value;

  if (!draft.entities.has(entityName)) problems.push(unknownReference('entity', entityName, draft.entities.keys(), part, ['entity']));
  const entity = draft.entities.get(entityName)?.value;
  if (entity) checkCanonicalFields(entity, part.value, add);

  if (!draft.connectors.has(from.connector))
    problems.push(unknownReference('connector', from.connector, draft.connectors.keys(), part, ['from', 'connector']));
  const connector = draft.connectors.get(from.connector)?.value;
  const stream = connector && Object.hasOwn(connector.streams, from.stream) ? connector.streams[from.stream] : undefined;
  if (connector && !stream)
    add(
      ['from', 'stream'],
      'REFERENCE_UNKNOWN',
      `the connector ${from.connector} has no stream "${from.stream}".`,
      suggestion(from.stream, Object.keys(connector.streams)),
    );

  const known = stream && fieldsOf(stream);
  const source = sourceCheck(known, for_each, add);
  if (for_each !== undefined && known && !known.has(for_each))
    add(
      ['for_each'],
      'REFERENCE_UNKNOWN',
      `${quoted(for_each)} is not a field of the stream ${from.stream}.`,
      suggestion(for_each, known.names),
    );
  if (item_key && for_each === undefined) add(['item_key'], 'VALUE_INVALID', 'is for a mapping with for_each, but this one has none.');
  // The mapping's own condition is about the record, not about its items.
  if (when) checkCondition(when, ['when'], sourceCheck(known, undefined, add), add);
  for (const [name, rule] of Object.entries(fields)) {
    const path = ['fields', name];
    if (typeof rule === 'string') source(rule, path);
    else {
      checkRule(rule, path, source, add);
      checkLookup(draft, entityName, rule, path, entity && Object.hasOwn(entity.fields, name) ? entity.fields[name] : undefined, add);
    }
  }
  if (!compile || !entity || !draft.config) return problems;
  const { currency, time_zone: timeZone } = draft.config.value.town;
  const more = compiled(part, () => compile(part.value, entity, { currency, timeZone, lookups: readable(draft.lookups) }));
  return [...problems, ...untold(draft, fields, problems, more)];
}

/** What compiling says is wrong, with the lines of the file. */
export function compiled(part: { source: Part<unknown>['source'] }, compile: () => unknown): Problem[] {
  try {
    compile();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => {
      const path = (problem.place.path ?? '')
        .split('.')
        .filter((step) => step !== '')
        .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
      return { ...problem, place: { ...part.source.at(path), path: textOfPath(path) } };
    });
  }
}

/** Fields that the entity has; all that it requires. */
function checkCanonicalFields(entity: EntityConfig, mapping: MappingConfig, add: Add): void {
  const known = Object.keys(entity.fields);
  const strange = Object.keys(mapping.fields).filter((name) => !known.includes(name));
  for (const name of strange)
    add(['fields', name], 'REFERENCE_UNKNOWN', `the entity ${entity.entity} has no field "${name}".`, suggestion(name, known));
  for (const [name, field] of Object.entries(entity.fields)) {
    const isMeant = strange.some((s) => suggestion(s, known) === `Did you mean ${name}?`);
    if (field.required && !Object.hasOwn(mapping.fields, name) && !isMeant)
      add(
        ['fields', name],
        'KEY_MISSING',
        `the entity ${entity.entity} requires the field "${name}", but this mapping does not set it.`,
        'Map it from a source field, or set it with const.',
      );
  }
  for (const [name, rule] of Object.entries(mapping.fields)) {
    const values = Object.hasOwn(entity.fields, name) ? entity.fields[name]!.values : undefined;
    if (typeof rule === 'string' || !values) continue;
    for (const key of ['const', 'default'] as const) {
      const value = rule[key];
      // A const goes through the steps after it as any value does.
      if (value === undefined || (key === 'const' && (rule.lookup || rule.replace || rule.case || rule.match || rule.split))) continue;
      const words = notOneOf(values, value);
      if (!values.includes(String(value))) add(['fields', name, key], words.code, words.message, words.hint);
    }
  }
}

export type CheckSource = (name: string, path: Path) => void;

const SPECIAL = ['@file', '@record', '@connection', '@currency'];

/** Checks names of source fields as rules see them: of the record, or of an item of a list in it. */
export function sourceCheck(known: SourceFields | undefined, forEach: string | undefined, add: Add): CheckSource {
  // How far out the record itself is, seen from an item: one step for each list or group on the way.
  const out = forEach === undefined ? 0 : forEach.split('.').length;
  return (name, path) => {
    if (name.startsWith('@')) {
      if (!SPECIAL.includes(name)) add(path, 'REFERENCE_UNKNOWN', `${quoted(name)} is not known.`, suggestion(name, SPECIAL));
      return;
    }
    const levels = /^(?:\.\.\/)*/.exec(name)![0].length / 3;
    if (levels > out)
      return add(
        path,
        'VALUE_INVALID',
        `${quoted(name)} refers to something outside the record, which only a mapping with for_each can do.`,
        forEach === undefined ? 'Remove ../, or add for_each to the mapping.' : undefined,
      );
    if (!known || (forEach !== undefined && !known.has(forEach))) return;
    const field = name.slice(levels * 3);
    // `.` is an item that is text. What an item has is known where the schema declares fields of the list.
    const list = forEach === undefined ? [] : forEach.split('.').slice(0, out - levels);
    if (field === '.' || known.has([...list, field].join('.'))) return;
    const below =
      list.length === 0
        ? known.names
        : known.names.flatMap((n) => (n.startsWith(`${list.join('.')}.`) ? [n.slice(list.join('.').length + 1)] : []));
    add(
      path,
      'REFERENCE_UNKNOWN',
      `${quoted(field)} is not a field of ${list.length ? quoted(list.join('.')) : 'the stream'}.`,
      suggestion(field, below),
    );
  };
}

export function checkRule(rule: FieldRule, path: Path, source: CheckSource, add: Add): void {
  if (rule.when) checkCondition(rule.when, [...path, 'when'], source, add);
  if (typeof rule.negate === 'object') checkCondition(rule.negate, [...path, 'negate'], source, add);
  if (typeof rule.from === 'string') source(rule.from, [...path, 'from']);
  else rule.from?.forEach((name, i) => source(name, [...path, 'from', i]));
  rule.concat?.of.forEach((name, i) => source(name, [...path, 'concat', 'of', i]));
  rule.cases?.forEach((one, i) => checkCondition(one.when, [...path, 'cases', i, 'when'], source, add));
  if (rule.sum !== undefined) source(rule.sum, [...path, 'sum']);
  if (rule.raw !== undefined) source(rule.raw, [...path, 'raw']);
  if (rule.lookup?.on !== undefined) source(rule.lookup.on, [...path, 'lookup', 'on']);
  const currency = typeof rule.parse === 'object' ? rule.parse.money?.currency_from : undefined;
  const currencyAt = [...path, 'parse', 'money', 'currency_from'];
  if (typeof currency === 'string') source(currency, currencyAt);
  else currency?.forEach((name, i) => source(name, [...currencyAt, i]));
  if (rule.match) {
    const groups = checkPattern(rule.match.pattern, [...path, 'match', 'pattern'], add);
    if (groups !== undefined && rule.match.take > groups)
      add(
        [...path, 'match', 'take'],
        'VALUE_INVALID',
        `takes group ${rule.match.take}, but the pattern has ${groups === 1 ? '1 group' : `${groups} groups`}.`,
        groups === 0 ? 'Put ( ) around what is to be taken, or write take: 0 for all of it.' : undefined,
      );
  }
  const formats: [string | undefined, Path][] = [
    [rule.lookup?.on === undefined ? undefined : rule.lookup.on_format, [...path, 'lookup', 'on_format']],
  ];
  if (typeof rule.parse === 'object')
    for (const key of ['date', 'datetime'] as const) {
      const given = rule.parse[key];
      if (typeof given === 'string') formats.push([given, [...path, 'parse', key]]);
      else given?.forEach((format, i) => formats.push([format, [...path, 'parse', key, i]]));
    }
  for (const [format, at] of formats) {
    const strange = format === undefined ? undefined : strangeInDateFormat(format);
    if (strange) add(at, 'VALUE_INVALID', `${quoted(format!)} ${strange}.`);
  }
}

export function checkCondition(condition: Condition, path: Path, source: CheckSource, add: Add): void {
  if (condition.field !== undefined) source(condition.field, [...path, 'field']);
  if (condition.matches !== undefined) checkPattern(condition.matches, [...path, 'matches'], add);
  condition.all?.forEach((inner, i) => checkCondition(inner, [...path, 'all', i], source, add));
  condition.any?.forEach((inner, i) => checkCondition(inner, [...path, 'any', i], source, add));
}

/** How many groups the pattern has; undefined when it is none. */
function checkPattern(pattern: string, path: Path, add: Add): number | undefined {
  try {
    new RegExp(pattern, 'u');
    return new RegExp(`${pattern}|`, 'u').exec('')!.length - 1;
  } catch (error) {
    const why = (error as Error).message.replace(/^Invalid regular expression: .*\/u?: /, '').toLowerCase();
    add(path, 'VALUE_INVALID', `${quoted(pattern)} is not a regular expression (${why}).`);
    return undefined;
  }
}

export function checkLookup(draft: Draft, entity: string, rule: FieldRule, path: Path, field: ModelField | undefined, add: Add): void {
  if (!rule.lookup) return;
  const { table: name, column, unknown } = rule.lookup;
  const table = draft.lookups.get(name);
  if (!table) {
    const file = `mappings/lookups/${name}.csv`;
    add(
      [...path, 'lookup', 'table'],
      'LOOKUP_MISSING',
      `there is no lookup "${name}" (${file}).`,
      suggestion(name, draft.lookups.keys()) ?? `Make ${file} with the columns from and to.`,
    );
    return;
  }
  // A table without columns has a problem of its own.
  if (table.columns.length === 0) return;
  if (!table.columns.includes(column))
    add(
      [...path, 'lookup', 'column'],
      'REFERENCE_UNKNOWN',
      `the lookup ${name} has no column "${column}".`,
      suggestion(column, table.columns),
    );
  if (rule.lookup.on !== undefined && !table.columns.includes('valid_from') && !table.columns.includes('valid_to'))
    add(
      [...path, 'lookup', 'on'],
      'VALUE_INVALID',
      `is given, but the lookup ${name} has no column valid_from or valid_to.`,
      'Remove on, or add the columns.',
    );
  if (!field?.values || rule.parse) return;
  if (typeof unknown === 'object' && !field.values.includes(unknown.value)) {
    const words = notOneOf(field.values, unknown.value);
    add([...path, 'lookup', 'unknown', 'value'], words.code, words.message, words.hint);
  }
  const strange = [...new Set(table.rows.map((row) => row[column] ?? ''))].filter(
    (value) => value !== '' && !field.values!.includes(value),
  );
  if (strange.length > 0)
    add(
      [...path, 'lookup', 'table'],
      'VALUE_INVALID',
      `the lookup ${name} gives ${strange.slice(0, 5).map(quoted).join(', ')}, which ${entity}.${String(path.at(-1))} does not have.`,
      suggestion(strange[0]!, field.values),
    );
}

/** Those of `more` that do not say of a field in other words what is told already, and are not about a table that cannot be read. */
export function untold(
  draft: Draft,
  fields: Readonly<Record<string, string | FieldRule>>,
  told: readonly Problem[],
  more: readonly Problem[],
): Problem[] {
  const known = new Set(told.map(({ place }) => fieldOf(place.path)));
  const isUnreadable = (path = ''): boolean => {
    const rule = fields[path.split('.')[1] ?? ''];
    const table = typeof rule === 'object' && rule.lookup ? draft.lookups.get(rule.lookup.table) : undefined;
    return path.includes('.lookup') && table?.columns.length === 0;
  };
  return more.filter(({ place }) => !known.has(fieldOf(place.path)) && !isUnreadable(place.path));
}

/** `fields.NAME` of a path inside a field, otherwise its first part. */
function fieldOf(path = ''): string {
  return path
    .split('.')
    .slice(0, path.startsWith('fields.') ? 2 : 1)
    .join('.');
}

/** Tables that could be read: what is wrong with the others is told where they are. */
export function readable(lookups: Draft['lookups']): Draft['lookups'] {
  return new Map([...lookups].filter(([, table]) => table.columns.length > 0));
}
