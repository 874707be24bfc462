import type { RequestConfig, SinkConfig, StreamConfig } from '../../config/schema/connector.ts';
import type { AddProblem, RequestRules } from '../../config/checks/transport-rules.ts';

type Path = (string | number)[];

/** What a manifest may say of requests over HTTP. */
export const httpRequests: RequestRules = { bodies: 'document', pagesIn: 'query', checkStream, checkSink };

function checkStream({ retriever: { request } }: StreamConfig, add: AddProblem): void {
  if (!request) return;
  const at = (...path: Path): Path => ['retriever', 'request', ...path];
  const { report } = request;
  if (report?.link === undefined) checkPath(request, at(), add);
  checkLogin(request, at(), add);
  checkBody(request, at(), add);
  checkHeader(request, at(), add);
  for (const key of ['file', 'text'] as const)
    if (request[key] !== undefined)
      add(at(key), 'VALUE_INVALID', 'is for SOAP services; over HTTP the answer itself is what the decoder reads.');
  if (!report) return;
  for (const step of ['submit', 'poll'] as const) {
    checkPath(report[step], at('report', step), add);
    checkBody(report[step], at('report', step), add);
    checkHeader(report[step], at('report', step), add);
  }
  if (
    report.link === undefined &&
    request.path !== undefined &&
    !/\{\{\s*report\s*\}\}/.test(JSON.stringify({ ...request, report: undefined }))
  )
    add(
      at(),
      'VALUE_INVALID',
      'nothing that fetches the report has {{ report }}: it does not say which one.',
      'Put it into path or query, or set report.link.',
    );
}

function checkSink({ target, acknowledgment }: SinkConfig, add: AddProblem): void {
  const { request } = target;
  if (!request) return;
  const back = acknowledgment?.read_back;
  checkPath(request, ['target', 'request'], add);
  checkHeader(request, ['target', 'request'], add);
  if (request.delete) checkHeader(request.delete, ['target', 'request', 'delete'], add);
  if (typeof back === 'object') checkHeader(back, ['acknowledgment', 'read_back'], add);
  checkLogin(request, ['target', 'request'], add);
}

function checkPath({ path }: { path?: string | undefined }, at: Path, add: AddProblem): void {
  if (path === undefined) add([...at, 'path'], 'KEY_MISSING', 'the key "path" is missing.', 'The path below base_url.');
}

function checkLogin({ login }: { login?: unknown }, at: Path, add: AddProblem): void {
  if (login)
    add(
      [...at, 'login'],
      'VALUE_INVALID',
      'is for SOAP services; over HTTP the connection logs in.',
      'Use transport_options.auth.session.',
    );
}

function checkHeader({ header }: Pick<RequestConfig, 'header'>, path: Path, add: AddProblem): void {
  if (header) add([...path, 'header'], 'VALUE_INVALID', 'is the header of a SOAP message.', 'Over HTTP it is called headers.');
}

/** Values are written into a text as its type wants them, so the type must be known; groups are written as JSON. */
function checkBody({ body, headers }: RequestConfig, path: Path, add: AddProblem): void {
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
