import type { Problem } from '../../core/errors.ts';
import { parseDuration } from '../../core/time/time.ts';
import type { Part } from '../draft.ts';
import { problemAt } from '../draft.ts';
import type { ConnectorConfig, StreamConfig } from '../schema/connector.ts';
import type { AddProblem, KnownTransports } from './transport-rules.ts';
import { suggestion, unknownReference } from './references.ts';
import { fieldsOf } from './source-fields.ts';

type Connector = Part<ConnectorConfig>;
type StreamPath = (string | number)[];

/** What is asked for piece by piece, in windows of time, ordered first, or not too often. */
export function checkRequests(part: Connector, base: StreamPath, name: string, stream: StreamConfig): Problem[] {
  const problems: Problem[] = [];
  const add: AddProblem = (path, code, message, hint) => void problems.push(problemAt(part, [...base, ...path], code, message, hint));
  checkPartition(part, base, name, stream, add, problems);
  checkWindow(stream, add);
  checkReport(stream, add);
  const { request } = stream.retriever;
  if (request?.file !== undefined && !stream.decoder)
    add(['decoder'], 'KEY_MISSING', 'the key "decoder" is missing: it says how the file in the answer is written.');
  checkText(stream, add);
  return problems;
}

/** A document in a text of an answer. */
function checkText({ retriever, decoder, record_selector: selector }: StreamConfig, add: AddProblem): void {
  const { request } = retriever;
  if (request?.text === undefined) return;
  const path = ['retriever', 'request', 'text'];
  if (request.file !== undefined)
    add(path, 'VALUE_INVALID', 'cannot be used together with file, which is a file in Base64.', 'Remove one of the two.');
  if (!decoder) add(['decoder'], 'KEY_MISSING', 'the key "decoder" is missing: it says how the text in the answer is written.');
  if (decoder?.xlsx) add(['decoder', 'xlsx'], 'VALUE_INVALID', 'is not text.', 'A workbook comes in Base64: set file in place of text.');
  if (selector?.path !== undefined)
    add(
      ['record_selector', 'path'],
      'VALUE_INVALID',
      'has no effect together with request.text.',
      'Use row or rows of the decoder to say where the records are in the text.',
    );
}

/** Of the connector as a whole. */
export function checkRateLimit(part: Connector, transports: KnownTransports): Problem[] {
  const { rate_limit: limit, transport } = part.value;
  if (!limit) return [];
  const problems: Problem[] = [];
  const rules = transports[transport];
  const services = Object.entries(transports).flatMap(([service, { reads }]) => (reads === 'request' ? [service] : []));
  if (rules && rules.reads !== 'request')
    problems.push(
      problemAt(
        part,
        ['rate_limit'],
        'VALUE_INVALID',
        `is for services (${services.join(', ')}); this connector is of transport ${transport}.`,
      ),
    );
  if (parseDuration(limit.per) === 0)
    problems.push(problemAt(part, ['rate_limit', 'per'], 'VALUE_INVALID', 'must be longer than zero, such as 30d.'));
  return problems;
}

function checkPartition(part: Connector, base: StreamPath, name: string, stream: StreamConfig, add: AddProblem, problems: Problem[]): void {
  const { partition, retriever } = stream;
  if (!partition) return;
  const { options, streams } = part.value;
  if (retriever.files)
    add(
      ['partition'],
      'VALUE_INVALID',
      'is for requests and queries; files are read as they come.',
      'Use an option in the folder or pattern, or a stream for each kind of file.',
    );
  if (partition.option !== undefined) {
    const type = options[partition.option]?.type;
    if (type === undefined)
      problems.push(unknownReference('option', partition.option, Object.keys(options), part, [...base, 'partition', 'option']));
    else if (type !== 'list')
      add(
        ['partition', 'option'],
        'VALUE_INVALID',
        `the option ${partition.option} is of type ${type}, but partitions are a list.`,
        'Write type: list for it.',
      );
  }
  if (partition.field !== undefined && partition.stream === undefined)
    add(['partition', 'field'], 'VALUE_INVALID', 'goes with partition.stream: it is the field of that stream.');
  if (partition.stream !== undefined) checkParent(part, base, name, stream, add, problems);
  const fields = fieldsOf(stream);
  for (const into of typeof partition.into === 'string' ? [partition.into] : Object.keys(partition.into ?? {}))
    if (!fields.has(into))
      add(
        ['partition', 'into', ...(typeof partition.into === 'string' ? [] : [into])],
        'REFERENCE_UNKNOWN',
        `"${into}" is not a field in this stream's schema.`,
        suggestion(into, fields.names) ?? `Add it to schema.fields.`,
      );
  if (!usesPartition(stream) && (partition.values ?? [1, 2]).length > 1)
    add(
      ['partition'],
      'VALUE_INVALID',
      'nothing in the retriever has {{ partition }}: every partition would request the same.',
      'Put {{ partition }} into the request or query.',
    );
  if (streams[partition.stream ?? '']?.retriever.files)
    add(['partition', 'stream'], 'VALUE_INVALID', `the stream ${partition.stream} reads files, so it cannot say what to request.`);
}

function usesPartition({ retriever }: StreamConfig): boolean {
  return /\{\{\s*(?:partition\s*|parent\.[^}]*)\}\}/.test(JSON.stringify(retriever));
}

function checkParent(part: Connector, base: StreamPath, name: string, stream: StreamConfig, add: AddProblem, problems: Problem[]): void {
  const { stream: parent, field } = stream.partition!;
  const { streams } = part.value;
  if (!Object.hasOwn(streams, parent!)) {
    const others = Object.keys(streams).filter((other) => other !== name);
    problems.push(unknownReference('stream', parent!, others, part, [...base, 'partition', 'stream']));
    return;
  }
  const circle = circleFrom(name, streams);
  if (circle)
    add(
      ['partition', 'stream'],
      'PARTITION_CIRCLE',
      circle.length === 2 ? `the stream ${name} cannot be its own parent.` : `the streams wait for each other: ${circle.join(' → ')}.`,
      'Remove partition.stream from one of them.',
    );
  if (field === undefined) {
    add(['partition', 'field'], 'KEY_MISSING', `the key "field" is missing: it says which field of ${parent} is the partition.`);
    return;
  }
  const fields = fieldsOf(streams[parent!]!);
  if (!fields.has(field))
    add(['partition', 'field'], 'REFERENCE_UNKNOWN', `"${field}" is not a field of the stream ${parent}.`, suggestion(field, fields.names));
}

/** The names around a circle that a stream is part of, the first one twice. */
function circleFrom(name: string, streams: Readonly<Record<string, StreamConfig>>): string[] | undefined {
  const way = [name];
  for (let at = streams[name]?.partition?.stream; at !== undefined; at = streams[at]?.partition?.stream) {
    way.push(at);
    if (at === name) return way;
    // Another circle, which is told where it is.
    if (way.indexOf(at) < way.length - 1) return undefined;
  }
  return undefined;
}

function checkWindow({ incremental, retriever }: StreamConfig, add: AddProblem): void {
  if (incremental?.window === undefined) return;
  const path = ['incremental', 'window'];
  if (!retriever.request) add(path, 'VALUE_INVALID', 'is for requests; a query is streamed, whatever time it covers.');
  if (incremental.kind !== 'datetime') add(path, 'VALUE_INVALID', `is a length of time, but the cursor is of kind ${incremental.kind}.`);
  if (incremental.start === undefined)
    add(
      ['incremental', 'start'],
      'KEY_MISSING',
      'the key "start" is missing: windows are counted from there.',
      'A date, or {{ options.NAME }}.',
    );
  if (parseDuration(incremental.window) === 0) add(path, 'VALUE_INVALID', 'must be longer than zero, such as 30d.');
  const texts = JSON.stringify(retriever.request ?? {});
  for (const name of ['from', 'to'])
    if (retriever.request && !new RegExp(`\\{\\{\\s*${name}\\s*\\}\\}`).test(texts))
      add(path, 'VALUE_INVALID', `the request has no {{ ${name} }}: every window would request the same.`);
}

function checkReport(stream: StreamConfig, add: AddProblem): void {
  const request = stream.retriever.request;
  const report = request?.report;
  if (!report) return;
  const at = (...path: StreamPath): StreamPath => ['retriever', 'request', 'report', ...path];
  if (!/\{\{\s*report\s*\}\}/.test(JSON.stringify(report.poll)))
    add(at('poll'), 'VALUE_INVALID', 'has no {{ report }}: it does not say which report it asks about.');
  if (report.link !== undefined) {
    if (request.path !== undefined)
      add(['retriever', 'request', 'path'], 'VALUE_INVALID', 'has no effect together with report.link, which says where the report is.');
    if (stream.paginator && stream.paginator.kind !== 'link')
      add(
        ['paginator', 'kind'],
        'VALUE_INVALID',
        'a linked report has only the pages that it links to.',
        'Leave paginator out, or set kind: link.',
      );
  }
  if (report.failed.some((value) => report.done.includes(value))) add(at('failed'), 'VALUE_INVALID', 'has a value that is also in done.');
}
