import type { z } from 'zod';
import type { Problem } from '../../core/errors.ts';
import { placeholdersIn } from '../connection-options.ts';
import { strangeInDateFormat } from '../date-formats.ts';
import { problemAt } from '../draft.ts';
import type { Part } from '../draft.ts';
import { explainIssues, secretLiteral, unknownKey } from '../explain.ts';
import { schemaOfOptions } from '../connection-options.ts';
import { isSecretAt } from '../schema-at.ts';
import { DECODERS } from '../schema/connector.ts';
import type { ConnectorConfig, StreamConfig } from '../schema/connector.ts';
import { checkDecoder } from './decoders.ts';
import { checkFolder } from './folders.ts';
import { checkIncremental } from './incremental.ts';
import { checkUnpack } from './packing.ts';
import { givenNames, isOfParent, notGiven } from './placeholders.ts';
import { checkRateLimit, checkRequests } from './requests.ts';
import { checkSink } from './outbound/sinks.ts';
import { suggestion } from './references.ts';
import { fieldsOf, recordTypesOf } from './source-fields.ts';
import { checkSchema } from './stream-schema.ts';
import type { KnownTransports, TransportRules } from './transport-rules.ts';
import { quoted } from '../words.ts';

type Connector = Part<ConnectorConfig>;
type StreamPath = (string | number)[];

/** A connector's manifest in itself: names that lead nowhere, layouts that cannot be. */
export function checkConnector(part: Connector, transports: KnownTransports): Problem[] {
  const rules = transports[part.value.transport];
  const schema = rules?.options;
  return [
    ...checkOptionList(part, schema),
    ...checkPlaceholders(part, schema),
    ...checkRateLimit(part, transports),
    ...Object.entries(part.value.streams).flatMap(([name, stream]) => [
      ...checkStream(part, ['streams', name], stream, rules),
      ...checkRequests(part, ['streams', name], name, stream),
    ]),
    ...Object.entries(part.value.sinks).flatMap(([name, sink]) => checkSink(part, ['sinks', name], sink, optionNames(part, schema), rules)),
  ];
}

/** `transport`: the options of its transport, where they are known. */
function checkOptionList(part: Connector, transport: z.ZodObject | undefined): Problem[] {
  const { options, transport_options } = part.value;
  const problems: Problem[] = [];
  for (const [name, spec] of Object.entries(options)) {
    const path = ['options', name];
    if (spec.choices && spec.type !== 'text' && spec.type !== 'list')
      problems.push(
        problemAt(
          part,
          [...path, 'choices'],
          'VALUE_INVALID',
          `choices are for options of type text and list, but this one is ${spec.type}.`,
        ),
      );
    if (spec.default === undefined) continue;
    if (spec.type === 'secret') problems.push(secretLiteral(part.source.at([...path, 'default']), [...path, 'default']));
    else {
      const schema = schemaOfOptions({ default: spec });
      const parsed = schema.safeParse({ default: spec.default });
      if (!parsed.success) problems.push(...explainIssues(parsed.error.issues, schema, { default: spec.default }, part.source, path));
    }
  }
  const known = Object.keys(transport?.shape ?? {});
  if (known.length > 0)
    problems.push(
      ...Object.keys(transport_options)
        .filter((name) => !known.includes(name))
        .map((name) => unknownKey(name, known, part.source, ['transport_options'])),
    );
  if (transport) problems.push(...checkPresetSecrets(part, transport));
  return problems;
}

/** A pack goes to every town: what the transport keeps secret may only be what a town gives as an option of type secret. */
function checkPresetSecrets(part: Connector, transport: z.ZodObject): Problem[] {
  const { options, transport_options } = part.value;
  const problems: Problem[] = [];
  const look = (value: unknown, path: StreamPath): void => {
    if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) look(inner, [...path, Array.isArray(value) ? Number(name) : name]);
    else if (value !== null && value !== undefined && isSecretAt(transport, path)) {
      const at = ['transport_options', ...path];
      const name = /^\{\{\s*options\.([\w-]+)\s*\}\}$/.exec(String(value))?.[1];
      const secret =
        name !== undefined && (Object.hasOwn(options, name) ? options[name]!.type === 'secret' : isSecretAt(transport, [name]));
      if (!secret)
        problems.push({
          ...secretLiteral(part.source.at(at), at),
          hint:
            name === undefined
              ? 'Make it an option of the connector, { type: secret, required: true }, and write {{ options.NAME }} here, with nothing around it. Change it if it was a real one.'
              : `Set type: secret in options.${name}.`,
        });
    }
  };
  look(transport_options, []);
  return problems;
}

function optionNames(part: Connector, transport: z.ZodObject | undefined): string[] {
  return [...Object.keys(part.value.options), ...Object.keys(transport?.shape ?? {})].map((name) => `options.${name}`);
}

function checkPlaceholders(part: Connector, transport: z.ZodObject | undefined): Problem[] {
  const options = optionNames(part, transport);
  const check = (value: unknown, at: StreamPath, known: string[], stream?: StreamConfig): Problem[] =>
    placeholdersIn(value, at).flatMap(({ name, path }) => {
      if (name === undefined)
        return [
          problemAt(
            part,
            path,
            'VALUE_INVALID',
            '{{ is not followed by a name and }} here.',
            'Write the name of an option between the braces, as in {{ options.folder }}.',
          ),
        ];
      // Without the transport's schema its options are not known.
      if (known.includes(name) || (!transport && name.startsWith('options.'))) return [];
      if (stream && isOfParent(name, stream, part.value.streams)) return [];
      const why = stream && notGiven(name, stream, part.value.streams);
      return [
        problemAt(part, path, 'REFERENCE_UNKNOWN', `{{ ${name} }} is not known here${why ? `: ${why}` : '.'}`, suggestion(name, known)),
      ];
    });
  return [
    ...check(part.value.transport_options, ['transport_options'], options),
    ...Object.entries(part.value.streams).flatMap(([name, stream]) => {
      const at = ['streams', name];
      const { report, login, ...request } = stream.retriever.request ?? {};
      const given = [...options, ...givenNames(stream, part.value.streams)];
      const without = (...names: string[]): string[] => given.filter((known) => !names.includes(known));
      const paging = ['page', 'offset', 'size', 'cursor', 'report'];
      const parts: [value: unknown, path: StreamPath, known: string[]][] = [
        [stream.retriever.query, ['retriever', 'query'], given],
        [request, ['retriever', 'request'], given],
        [login?.body, ['retriever', 'request', 'login', 'body'], options],
        [login?.header, ['retriever', 'request', 'login', 'header'], options],
        [login?.logout?.body, ['retriever', 'request', 'login', 'logout', 'body'], [...options, 'session']],
        [login?.logout?.header, ['retriever', 'request', 'login', 'logout', 'header'], [...options, 'session']],
        [report?.submit, ['retriever', 'request', 'report', 'submit'], without(...paging)],
        [report?.poll, ['retriever', 'request', 'report', 'poll'], without(...paging.slice(0, -1))],
        // The steps of unpack take options of the connector alone: see checkUnpack.
        [stream.retriever.files && { ...stream.retriever.files, unpack: undefined }, ['retriever', 'files'], options],
        [stream.partition?.into, ['partition', 'into'], given.filter((known) => /^(options|parent)\.|^partition$/.test(known))],
        [stream.incremental?.start, ['incremental', 'start'], options],
        [stream.incremental?.time_zone, ['incremental', 'time_zone'], options],
      ];
      return parts.flatMap(([value, path, known]) => (value === undefined ? [] : check(value, [...at, ...path], known, stream)));
    }),
  ];
}

function checkStream(part: Connector, base: StreamPath, stream: StreamConfig, rules: TransportRules | undefined): Problem[] {
  const { transport } = part.value;
  const requests = rules?.requests;
  const { retriever } = stream;
  const problems: Problem[] = [];
  const add = (path: StreamPath, code: string, message: string, hint?: string): void =>
    void problems.push(problemAt(part, [...base, ...path], code, message, hint));

  const given = Object.keys(retriever).find((key) => retriever[key as keyof typeof retriever] !== undefined);
  if (rules && given !== undefined && given !== rules.reads)
    add(['retriever', given], 'VALUE_INVALID', `the transport ${transport} is read with retriever.${rules.reads}, not ${given}.`);
  if (!stream.decoder && (given === 'files' || requests?.bodies === 'document'))
    add(
      ['decoder'],
      'KEY_MISSING',
      'the key "decoder" is missing: it says how the files or answers are written.',
      `One of ${DECODERS.join(', ')}.`,
    );
  requests?.checkStream(stream, add);
  if (retriever.query && (retriever.query.tables === undefined) === (retriever.query.sql === undefined))
    add(['retriever', 'query'], 'VALUE_INVALID', 'needs either tables or sql, and not both.');
  stream.error_handler?.rules.forEach((rule, i) =>
    checkRule(rule, transport, rules, (path, message, hint) => add(['error_handler', 'rules', i, ...path], 'VALUE_INVALID', message, hint)),
  );
  if (stream.error_handler?.rules.some((rule) => rule.action === 'login') && !retriever.request?.login)
    add(['error_handler', 'rules'], 'VALUE_INVALID', 'a rule logs in again, but the stream has no login.', 'Add retriever.request.login.');
  const { paginator } = stream;
  if (paginator && paginator.kind !== 'link' && retriever.request) {
    const asked = placeholdersIn(retriever.request, []).map(({ name }) => name);
    if (!asked.includes(paginator.kind))
      add(
        ['paginator', 'kind'],
        'VALUE_INVALID',
        `the request does not say which page it wants, so the first one would be read over and over.`,
        `Put {{ ${paginator.kind} }} into its ${requests?.pagesIn ?? 'query'}.`,
      );
  }
  if (paginator?.overlap !== undefined && paginator.kind !== 'offset')
    add(['paginator', 'overlap'], 'VALUE_INVALID', `is for pages by offset; these are by ${paginator.kind}.`);
  if (paginator?.overlap !== undefined && paginator.overlap >= paginator.size)
    add(
      ['paginator', 'overlap'],
      'VALUE_INVALID',
      'must be smaller than size, because otherwise no page would have anything new.',
      'Write overlap: 1.',
    );
  const { json, xml } = stream.decoder ?? {};
  if (paginator?.more !== undefined && requests?.bodies === 'document' && !xml && (!json || json.lines || json.rows === ''))
    add(
      ['paginator', 'more'],
      'VALUE_INVALID',
      'is read outside the list of records, but answers of this kind contain only records.',
      'Remove it. It can be used with answers that hold more than the list of records: json with rows, xml, and SOAP.',
    );
  if (stream.paginator?.kind === 'cursor' && !stream.paginator.cursor)
    add(['paginator', 'cursor'], 'KEY_MISSING', 'the key "cursor" is missing: it says where in an answer the next cursor is.');

  problems.push(...checkIncremental(part, base, stream));
  checkFolder(retriever.files?.folder, ['retriever', 'files', 'folder'], add);
  checkFolder(retriever.files?.after.archive, ['retriever', 'files', 'after', 'archive'], add);
  if (retriever.files?.unpack) checkUnpack(retriever.files.unpack, part.value.options, add);
  problems.push(...checkFieldNames(part, base, stream), ...checkRecordTypes(part, base, stream));
  if (stream.decoder) problems.push(...checkDecoder(part, base, stream, stream.decoder));
  return problems;
}

/** A rule that could fit no error would be thought to do something. */
function checkRule(
  rule: NonNullable<StreamConfig['error_handler']>['rules'][number],
  transport: string,
  rules: TransportRules | undefined,
  add: (path: StreamPath, message: string, hint: string) => void,
): void {
  if (rule.status === undefined && rule.fault === undefined)
    add([], 'this rule does not say which errors it covers.', 'Add status (a number such as 503), fault (a text in the error), or both.');
  if (!rules) return;
  const known = rules.statuses;
  if ('instead' in known && rule.status) add(['status'], `${transport} errors have no status.`, known.instead);
  rule.status?.forEach((status, s) => {
    if ('is' in known && (status < known.from || status > known.to))
      add(['status', s], `${status} is not a ${known.is}: those go from ${known.from} to ${known.to}.`, known.hint);
  });
}

/** Every field that a stream speaks of is one of its own. */
function checkFieldNames(part: Connector, base: StreamPath, stream: StreamConfig): Problem[] {
  const fields = fieldsOf(stream);
  const problems: Problem[] = [];
  const known = (name: string | undefined, path: StreamPath): void => {
    if (name !== undefined && !fields.has(name))
      problems.push(
        problemAt(
          part,
          [...base, ...path],
          'REFERENCE_UNKNOWN',
          `${quoted(name)} is not a field in this stream's schema.`,
          suggestion(name, fields.names),
        ),
      );
  };
  const keys = Array.isArray(stream.primary_key) ? stream.primary_key : stream.primary_key.fields;
  keys.forEach((name, i) => known(name, Array.isArray(stream.primary_key) ? ['primary_key', i] : ['primary_key', 'fields', i]));
  const mayBeEmpty = Array.isArray(stream.primary_key) ? [] : (stream.primary_key.may_be_empty ?? []);
  mayBeEmpty.forEach((name, i) => {
    if (!keys.includes(name))
      problems.push(
        problemAt(
          part,
          [...base, 'primary_key', 'may_be_empty', i],
          'REFERENCE_UNKNOWN',
          `${quoted(name)} is not one of the fields of this key.`,
          suggestion(name, keys),
        ),
      );
  });
  if (mayBeEmpty.length > 0 && keys.every((name) => mayBeEmpty.includes(name)))
    problems.push(
      problemAt(
        part,
        [...base, 'primary_key', 'may_be_empty'],
        'VALUE_INVALID',
        'every field of the key may be empty, but a record needs at least one that is not.',
        'Remove from may_be_empty a field that every record has.',
      ),
    );
  known(stream.incremental?.cursor, ['incremental', 'cursor']);
  known(stream.incremental?.tie_breaker, ['incremental', 'tie_breaker']);
  known(stream.deletes?.field, ['deletes', 'field']);
  stream.control?.forEach((control, i) => {
    // With records, the figures are about other fields than the stream's: see checkRecordTypes.
    if (control.records) return;
    known(control.total?.of, ['control', i, 'total', 'of']);
    known(control.hash?.of, ['control', i, 'hash', 'of']);
  });
  stream.record_selector?.where?.forEach(({ field }, i) => known(field, ['record_selector', 'where', i, 'field']));
  if (stream.deletes?.field !== undefined && !stream.deletes.values?.length)
    problems.push(
      problemAt(
        part,
        [...base, 'deletes', 'values'],
        'KEY_MISSING',
        `the key "values" is missing: it says what ${stream.deletes.field} contains when a record was deleted.`,
        'values: ["1"]; a BIT of SQL Server reads as 1 or 0.',
      ),
    );
  problems.push(...checkSchema(part, [...base, 'schema', 'fields'], stream));
  const format = stream.incremental?.format;
  const strange = format === undefined ? undefined : strangeInDateFormat(format);
  if (strange) problems.push(problemAt(part, [...base, 'incremental', 'format'], 'VALUE_INVALID', `${quoted(format!)} ${strange}.`));
  return problems;
}

/** Record types named by the selector and the control figures are those of the decoder. */
function checkRecordTypes(part: Connector, base: StreamPath, stream: StreamConfig): Problem[] {
  const types = recordTypesOf(stream.decoder);
  const problems: Problem[] = [];
  const known = (type: string, path: StreamPath): void => {
    if (types && !types.has(type))
      problems.push(
        problemAt(
          part,
          [...base, ...path],
          'REFERENCE_UNKNOWN',
          `there is no record type "${type}" in the decoder.`,
          suggestion(type, types.keys()),
        ),
      );
  };
  stream.record_selector?.types?.forEach((type, i) => known(type, ['record_selector', 'types', i]));
  stream.record_selector?.parents?.forEach((type, i) => known(type, ['record_selector', 'parents', i]));
  stream.control?.forEach((control, i) => {
    [control.type]
      .flat()
      .forEach((type, t) => known(type, typeof control.type === 'string' ? ['control', i, 'type'] : ['control', i, 'type', t]));
    if (control.per !== undefined) known(control.per, ['control', i, 'per']);
    control.records?.forEach((type, r) => known(type, ['control', i, 'records', r]));
    const hasField = (type: string, name: string | undefined, path: StreamPath): void => {
      const fields = types?.get(type);
      if (fields && name !== undefined && !fields.includes(name))
        problems.push(
          problemAt(
            part,
            [...base, 'control', i, ...path],
            'REFERENCE_UNKNOWN',
            `the record type ${type} has no field "${name}".`,
            suggestion(name, fields),
          ),
        );
    };
    for (const type of [control.type].flat()) {
      hasField(type, control.count, ['count']);
      hasField(type, control.total?.field, ['total', 'field']);
      hasField(type, control.hash?.field, ['hash', 'field']);
    }
    for (const type of control.records ?? []) {
      hasField(type, control.total?.of, ['total', 'of']);
      hasField(type, control.hash?.of, ['hash', 'of']);
    }
  });
  return problems;
}
