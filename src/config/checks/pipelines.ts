import type { Problem } from '../../core/errors.ts';
import { problemAt } from '../draft.ts';
import type { Draft, Part } from '../draft.ts';
import type { EntityConfig } from '../schema/model.ts';
import type { DeliveryConfig, GroupKey, PipelineConfig, ReconciliationConfig } from '../schema/pipeline.ts';
import { notOneOf } from '../words.ts';
import { checkCarry } from './outbound/carry.ts';
import { checkEntries } from './outbound/entries.ts';
import { columnsOf, noField } from './entity-fields.ts';
import { checkEchoOf } from './exception-rules.ts';
import { checkPasses } from './passes.ts';
import { type Add, checkCondition, compiled, type CompileCheck, sourceCheck } from './mappings.ts';
import { suggestion, unknownReference } from './references.ts';
import { fieldsOf } from './source-fields.ts';
import type { KnownTransports } from './transport-rules.ts';

type Pipeline = Part<PipelineConfig>;
type Path = (string | number)[];

/** Pipelines against connections, mappings, the model and each other. */
export async function checkPipelines(draft: Draft, transports: KnownTransports, compile?: CompileCheck): Promise<Problem[]> {
  const parts = [...draft.pipelines.values()].filter((part) => part !== undefined);
  // Loaded only where something is scheduled.
  const validCron = parts.some((part) => part.value.schedule !== undefined) ? (await import('node-cron')).validate : undefined;
  return parts.flatMap((part) => [
    ...checkSource(draft, part),
    ...checkSkip(draft, part, compile),
    ...(part.value.reconcile ? checkReconciliation(draft, part, part.value.reconcile) : []),
    ...(part.value.deliver ? checkDelivery(draft, part, part.value.deliver, transports) : []),
    ...(part.value.schedule !== undefined && !validCron?.(part.value.schedule)
      ? [
          problemAt(
            part,
            ['schedule'],
            'VALUE_INVALID',
            `"${part.value.schedule}" is not a schedule.`,
            'Five parts: minute, hour, day, month, weekday; */15 6-20 * * 1-5 is every 15 minutes from 6 am to 8:45 pm, Monday to Friday.',
          ),
        ]
      : []),
    ...checkAfter(draft, part),
  ]);
}

function checkSource(draft: Draft, part: Pipeline): Problem[] {
  const { source, mappings = [] } = part.value;
  const problems: Problem[] = [];
  mappings.forEach((name, i) => {
    if (!draft.mappings.has(name)) problems.push(unknownReference('mapping', name, draft.mappings.keys(), part, ['mappings', i]));
  });
  if (!source || !draft.connections) return problems;
  const connection = draft.connections.value[source.connection];
  if (!Object.hasOwn(draft.connections.value, source.connection) || !connection) {
    problems.push(unknownReference('connection', source.connection, Object.keys(draft.connections.value), part, ['source', 'connection']));
    return problems;
  }
  const connector = draft.connectors.get(connection.connector);
  if (connector && !Object.hasOwn(connector.value.streams, source.stream)) {
    const streams = Object.keys(connector.value.streams);
    problems.push(
      problemAt(
        part,
        ['source', 'stream'],
        'REFERENCE_UNKNOWN',
        `the connector ${connection.connector} has no stream "${source.stream}".`,
        suggestion(source.stream, streams),
      ),
    );
    return problems;
  }
  if (!draft.connectors.has(connection.connector)) return problems;
  mappings.forEach((name, i) => {
    const from = draft.mappings.get(name)?.value.from;
    if (from && (from.connector !== connection.connector || from.stream !== source.stream))
      problems.push(
        problemAt(
          part,
          ['mappings', i],
          'REFERENCE_UNKNOWN',
          `${name} maps records of ${from.connector}, stream ${from.stream}; this pipeline reads ${connection.connector}, stream ${source.stream}.`,
          'Name a mapping for that stream.',
        ),
      );
  });
  return problems;
}

/** What is skipped is said of the fields of the stream, as a mapping's when. */
function checkSkip(draft: Draft, part: Pipeline, compile: CompileCheck | undefined): Problem[] {
  const { skip, source, mappings = [], pipeline } = part.value;
  if (!skip || !source) return [];
  const stream = draft.connectors.get(draft.connections?.value[source.connection]?.connector ?? '')?.value.streams[source.stream];
  const problems: Problem[] = [];
  const add: Add = (path, code, message, hint) => void problems.push(problemAt(part, path, code, message, hint));
  checkCondition(skip, ['skip'], sourceCheck(stream && fieldsOf(stream), undefined, add), add);
  const mapping = draft.mappings.get(mappings[0] ?? '')?.value;
  const entity = mapping && draft.entities.get(mapping.entity)?.value;
  if (problems.length > 0 || !compile || !mapping || !entity || !draft.config) return problems;
  const { currency, time_zone: timeZone } = draft.config.value.town;
  // Compiled as the when of a mapping without rules: what is wrong with that is wrong with skip.
  const alone = { ...mapping, mapping: pipeline, when: skip, fields: {}, tests: [] };
  const noFields = { ...entity, fields: {} };
  const source_ = { at: (path: Path) => part.source.at(path.map((step, i) => (i === 0 && step === 'when' ? 'skip' : step))) };
  return compiled({ source: { ...part.source, ...source_ } }, () =>
    compile(alone, noFields, { currency, timeZone, lookups: draft.lookups }),
  ).map((problem) => ({ ...problem, place: { ...problem.place, path: problem.place.path?.replace(/^when/, 'skip') ?? 'skip' } }));
}

/** A delivery's mapping, connection and conditions; keys of inbound pipelines have no place in it. */
function checkDelivery(draft: Draft, part: Pipeline, deliver: DeliveryConfig, transports: KnownTransports): Problem[] {
  const problems: Problem[] = [];
  const { mapping: name, connection: to, where, since } = deliver;
  for (const key of ['mappings', 'max_rejects', 'skip'] as const)
    if (part.value[key] !== undefined)
      problems.push(
        problemAt(
          part,
          [key],
          'VALUE_INVALID',
          'is for pipelines that read, but this one sends.',
          key === 'mappings' ? 'Write deliver.mapping.' : undefined,
        ),
      );
  if (!draft.sinkMappings.has(name))
    problems.push(
      draft.mappings.has(name)
        ? problemAt(
            part,
            ['deliver', 'mapping'],
            'REFERENCE_UNKNOWN',
            `${name} maps what a connector reads, not what a sink gets.`,
            'Name a mapping with the key sink.',
          )
        : unknownReference('mapping to a sink', name, draft.sinkMappings.keys(), part, ['deliver', 'mapping']),
    );
  const mapping = draft.sinkMappings.get(name)?.value;
  const connections = draft.connections?.value;
  if (connections && !Object.hasOwn(connections, to))
    problems.push(unknownReference('connection', to, Object.keys(connections), part, ['deliver', 'connection']));
  else if (connections && mapping && connections[to]!.connector !== mapping.sink.connector)
    problems.push(
      problemAt(
        part,
        ['deliver', 'connection'],
        'REFERENCE_UNKNOWN',
        `${to} is a connection of ${connections[to]!.connector}, but ${name} writes to ${mapping.sink.connector}.`,
        'Name a connection of that connector, or another mapping.',
      ),
    );
  problems.push(...checkEntries(draft, part, deliver));
  const entity = mapping && draft.entities.get(mapping.from.entity)?.value;
  if (!entity || deliver.entries) return problems;
  problems.push(...checkCarry(draft, part, deliver, entity, transports));
  for (const field of Object.keys(where))
    if (!Object.hasOwn(entity.fields, field)) problems.push(noField(part, entity, field, ['deliver', 'where', field]));
  if (since && !Object.hasOwn(entity.fields, since.field)) problems.push(noField(part, entity, since.field, ['deliver', 'since', 'field']));
  else if (since && !['date', 'datetime'].includes(entity.fields[since.field]!.type))
    problems.push(
      problemAt(
        part,
        ['deliver', 'since', 'field'],
        'VALUE_INVALID',
        `must be a date, but ${since.field} of ${entity.entity} is ${entity.fields[since.field]!.type}.`,
      ),
    );
  return problems;
}

function checkAfter(draft: Draft, part: Pipeline): Problem[] {
  return part.value.after.flatMap((name, i) => {
    const path = ['after', i];
    if (!draft.pipelines.has(name)) return [unknownReference('pipeline', name, draft.pipelines.keys(), part, path)];
    const way = wayBack(draft, name, part.value.pipeline);
    if (!way) return [];
    const text = [part.value.pipeline, ...way].join(' after ');
    return [problemAt(part, path, 'VALUE_INVALID', `these pipelines wait for each other: ${text}.`, 'Remove one of them from after.')];
  });
}

/** The chain of `after` from one pipeline to another; undefined when there is none. */
function wayBack(draft: Draft, from: string, to: string, seen = new Set<string>()): string[] | undefined {
  if (from === to) return [from];
  if (seen.has(from)) return undefined;
  seen.add(from);
  for (const next of draft.pipelines.get(from)?.value.after ?? []) {
    const way = wayBack(draft, next, to, seen);
    if (way) return [from, ...way];
  }
  return undefined;
}

function checkReconciliation(draft: Draft, part: Pipeline, reconcile: ReconciliationConfig): Problem[] {
  const problems: Problem[] = [];
  const entities: Record<'left' | 'right', EntityConfig | undefined> = { left: undefined, right: undefined };
  for (const side of ['left', 'right'] as const) {
    const { entity: name, amount, where } = reconcile[side];
    const base: Path = ['reconcile', side];
    if (!draft.entities.has(name)) problems.push(unknownReference('entity', name, draft.entities.keys(), part, [...base, 'entity']));
    const entity = draft.entities.get(name)?.value;
    if (!entity) continue;
    entities[side] = entity;
    if (!Object.hasOwn(entity.fields, amount)) problems.push(noField(part, entity, amount, [...base, 'amount']));
    else if (entity.fields[amount]!.type !== 'money')
      problems.push(
        problemAt(
          part,
          [...base, 'amount'],
          'VALUE_INVALID',
          `must be a money field, but ${amount} of ${name} is ${entity.fields[amount]!.type}.`,
          moneyFields(entity),
        ),
      );
    for (const [field, values] of Object.entries(where)) {
      if (!columnsOf(entity).includes(field)) problems.push(noField(part, entity, field, [...base, 'where', field]));
      const known = entity.fields[field]?.values;
      if (!known) continue;
      for (const [i, value] of [values].flat().entries())
        if (!known.includes(value))
          problems.push({
            ...problemAt(part, Array.isArray(values) ? [...base, 'where', field, i] : [...base, 'where', field], '', ''),
            ...notOneOf(known, value),
          });
    }
  }
  reconcile.match_on.forEach((key, i) => {
    for (const side of ['left', 'right'] as const) {
      const entity = entities[side];
      if (entity) problems.push(...checkKey(part, entity, key[side], ['reconcile', 'match_on', i, side]));
    }
  });
  problems.push(...checkPasses(part, reconcile, entities, draft.entities), ...checkEchoOf(part, reconcile, draft));
  if (reconcile.compare_from > reconcile.match_on.length)
    problems.push(
      problemAt(
        part,
        ['reconcile', 'compare_from'],
        'VALUE_INVALID',
        `must be ${reconcile.match_on.length} or less, the number of entries in match_on, but is the number ${reconcile.compare_from}.`,
      ),
    );
  return problems;
}

function checkKey(part: Pipeline, entity: EntityConfig, key: GroupKey, path: Path): Problem[] {
  if (typeof key === 'string') return columnsOf(entity).includes(key) ? [] : [noField(part, entity, key, path)];
  return (['fiscal_year', 'month', 'day', 'field'] as const).flatMap((kind) => {
    const field = key[kind];
    if (field === undefined) return [];
    if (!columnsOf(entity).includes(field)) return [noField(part, entity, field, [...path, kind])];
    const type = entity.fields[field]?.type;
    return kind === 'field' || type === 'date' || type === 'datetime'
      ? []
      : [problemAt(part, [...path, kind], 'VALUE_INVALID', `must be a date field, but ${field} of ${entity.entity} is ${type ?? 'text'}.`)];
  });
}

function moneyFields(entity: EntityConfig): string | undefined {
  const names = Object.entries(entity.fields).flatMap(([name, { type }]) => (type === 'money' ? [name] : []));
  return names.length ? `Money fields: ${names.join(', ')}.` : undefined;
}
