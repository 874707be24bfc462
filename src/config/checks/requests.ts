import type { Problem } from '../../core/errors.ts';
import { parseDuration } from '../../core/time/time.ts';
import type { Part } from '../draft.ts';
import { problemAt } from '../draft.ts';
import type { ConnectorConfig, RequestConfig, StreamConfig } from '../schema/connector.ts';
import { suggestion, unknownReference } from './references.ts';
import { fieldsOf } from './source-fields.ts';

type Connector = Part<ConnectorConfig>;
type StreamPath = (string | number)[];
type Add = (path: StreamPath, code: string, message: string, hint?: string) => void;

/** What is asked for piece by piece, in windows of time, ordered first, or not too often. */
export function checkRequests(part: Connector, base: StreamPath, name: string, stream: StreamConfig): Problem[] {
  const problems: Problem[] = [];
  const add: Add = (path, code, message, hint) => void problems.push(problemAt(part, [...base, ...path], code, message, hint));
  checkPartition(part, base, name, stream, add, problems);
  checkWindow(stream, add);
  checkReport(part.value.transport, stream, add);
  const { request } = stream.retriever;
  if (request && part.value.transport === 'http') {
    checkBody(request, ['retriever', 'request'], add);
    checkHeader(request, ['retriever', 'request'], add);
  }
  if (request?.file !== undefined && part.value.transport !== 'soap')
    add(['retriever', 'request', 'file'], 'VALUE_INVALID', 'is for SOAP services; over HTTP the answer itself is what the decoder reads.');
  if (request?.file !== undefined && !stream.decoder)
    add(['decoder'], 'KEY_MISSING', 'the key "decoder" is missing: it says how the file in the answer is written.');
  checkText(part.value.transport, stream, add);
  return problems;
}

/** A document in a text of a SOAP answer. */
function checkText(transport: string, { retriever, decoder, record_selector: selector }: StreamConfig, add: Add): void {
  const { request } = retriever;
  if (request?.text === undefined) return;
  const path = ['retriever', 'request', 'text'];
  if (transport !== 'soap') add(path, 'VALUE_INVALID', 'is for SOAP services; over HTTP the answer itself is what the decoder reads.');
  if (request.file !== undefined) add(path, 'VALUE_INVALID', 'does not go with file, which is a file in Base64.', 'Leave one of them out.');
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
export function checkRateLimit(part: Connector): Problem[] {
  const { rate_limit: limit, transport } = part.value;
  if (!limit) return [];
  const problems: Problem[] = [];
  if (transport !== 'http' && transport !== 'soap')
    problems.push(
      problemAt(part, ['rate_limit'], 'VALUE_INVALID', `is for services (http, soap); this connector is of transport ${transport}.`),
    );
  if (parseDuration(limit.per) === 0) problems.push(problemAt(part, ['rate_limit', 'per'], 'VALUE_INVALID', 'must be longer than zero.'));
  return problems;
}

function checkPartition(part: Connector, base: StreamPath, name: string, stream: StreamConfig, add: Add, problems: Problem[]): void {
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

function checkParent(part: Connector, base: StreamPath, name: string, stream: StreamConfig, add: Add, problems: Problem[]): void {
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
      'One of them must be read without the others.',
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

function checkWindow({ incremental, retriever }: StreamConfig, add: Add): void {
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
  if (parseDuration(incremental.window) === 0) add(path, 'VALUE_INVALID', 'must be longer than zero.');
  const texts = JSON.stringify(retriever.request ?? {});
  for (const name of ['from', 'to'])
    if (retriever.request && !new RegExp(`\\{\\{\\s*${name}\\s*\\}\\}`).test(texts))
      add(path, 'VALUE_INVALID', `the request has no {{ ${name} }}: every window would request the same.`);
}

function checkReport(transport: string, stream: StreamConfig, add: Add): void {
  const request = stream.retriever.request;
  const report = request?.report;
  if (!report) return;
  const at = (...path: StreamPath): StreamPath => ['retriever', 'request', 'report', ...path];
  const needed = transport === 'soap' ? 'operation' : 'path';
  for (const step of ['submit', 'poll'] as const) {
    if (report[step][needed] === undefined)
      add(
        at(step, needed),
        'KEY_MISSING',
        `the key "${needed}" is missing.`,
        transport === 'soap' ? 'The operation, as the WSDL names it.' : 'The path below base_url.',
      );
    if (transport === 'http') {
      checkBody(report[step], at(step), add);
      checkHeader(report[step], at(step), add);
    }
  }
  if (!/\{\{\s*report\s*\}\}/.test(JSON.stringify(report.poll)))
    add(at('poll'), 'VALUE_INVALID', 'has no {{ report }}: it does not say which report it asks about.');
  if (transport === 'soap') {
    for (const key of ['link', 'header'] as const)
      if (report[key] !== undefined)
        add(at(key), 'VALUE_INVALID', 'is for HTTP.', key === 'header' ? 'Use id.' : 'Name the operation that fetches the report.');
    if (report.status === undefined)
      add(at('status'), 'KEY_MISSING', 'the key "status" is missing: it says where the answer shows the state of the report.');
  }
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
  } else if (
    transport === 'http' &&
    request.path !== undefined &&
    !/\{\{\s*report\s*\}\}/.test(JSON.stringify({ ...request, report: undefined }))
  )
    add(
      ['retriever', 'request'],
      'VALUE_INVALID',
      'nothing that fetches the report has {{ report }}: it does not say which one.',
      'Put it into path or query, or set report.link.',
    );
  if (report.failed.some((value) => report.done.includes(value))) add(at('failed'), 'VALUE_INVALID', 'has a value that is also in done.');
}

/** Over HTTP. */
export function checkHeader({ header }: Pick<RequestConfig, 'header'>, path: StreamPath, add: Add): void {
  if (header) add([...path, 'header'], 'VALUE_INVALID', 'is the header of a SOAP message.', 'Over HTTP it is called headers.');
}

/** Values are written into a text as its type wants them, so the type must be known; groups are written as JSON. */
function checkBody({ body, headers }: RequestConfig, path: StreamPath, add: Add): void {
  const type = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  if (typeof body === 'string' && type === undefined)
    add(
      [...path, 'headers'],
      'KEY_MISSING',
      'the body is text, but no header gives its type, which decides how values are escaped (XML, JSON or a form).',
      'Add headers: { Content-Type: text/xml }, or whatever it is.',
    );
  if (typeof body !== 'object' || body === null || type === undefined) return;
  if (/\bxml\b/i.test(type))
    add(
      [...path, 'body'],
      'VALUE_INVALID',
      `has keys, which are sent as JSON, but the header says ${type}.`,
      'Write the XML as a text, with {{ }} in it.',
    );
  else if (type.startsWith('application/x-www-form-urlencoded') && Object.values(body).some((value) => isGroup(value)))
    add([...path, 'body'], 'VALUE_INVALID', 'contains groups, but a form cannot.', 'A form can hold texts and lists of texts.');
}

function isGroup(value: unknown): boolean {
  return Array.isArray(value)
    ? value.some((item) => typeof item === 'object' && item !== null)
    : typeof value === 'object' && value !== null;
}
