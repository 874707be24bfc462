import type { RequestConfig, StreamConfig, Template } from '../config/schema/connector.ts';
import type { Asked } from './certify-exchanges.ts';
import { namesIn } from './template.ts';

/** What a request to the replay server was for. */
export type Step = 'own' | 'submit' | 'poll' | 'parent' | 'login';
type Streams = Readonly<Record<string, StreamConfig>>;

/** The stream, and those whose records are its partitions. */
export function withParents(stream: StreamConfig, streams: Streams): StreamConfig[] {
  const all = [stream];
  for (let at = stream.partition?.stream; at !== undefined; at = streams[at]?.partition?.stream) {
    const parent = streams[at];
    if (!parent || all.includes(parent)) break;
    all.push(parent);
  }
  return all;
}

/** What is not recognised as anything else is the stream's own: a link may lead anywhere. */
export function stepOf(asked: Asked, stream: StreamConfig, streams: Streams): Step {
  const { report, login, ...own } = stream.retriever.request!;
  if (report && isRequest(asked, report.submit)) return 'submit';
  if (report && isRequest(asked, report.poll)) return 'poll';
  if (login && [login.operation, login.logout?.operation].includes(asked.operation)) return 'login';
  if (isRequest(asked, own)) return 'own';
  for (const { retriever } of withParents(stream, streams).slice(1)) {
    const { report: theirs, ...request } = retriever.request!;
    if ([request, theirs?.submit, theirs?.poll].some((one) => one && isRequest(asked, one))) return 'parent';
  }
  return 'own';
}

/**
 * Which partition a request is about: what stands where the connector puts `{{ partition }}` or a field of the parent. undefined:
 * it does not say.
 */
export function pieceOf(asked: Asked, stream: StreamConfig): string | undefined {
  const { report, ...own } = stream.retriever.request!;
  const request = report && PIECE.test(JSON.stringify(report.submit)) ? report.submit : own;
  if (!isRequest(asked, request)) return undefined;
  const found: string[] = [];
  const look = (template: Template | undefined, value: unknown): void => {
    if (typeof template === 'string') {
      if (PIECE.test(template)) found.push(String(value ?? ''));
    } else if (typeof template === 'object' && template !== null)
      for (const [name, inner] of Object.entries(template)) look(inner as Template, (value as Record<string, unknown> | undefined)?.[name]);
  };
  look(request.path, asked.path);
  look(request.query, asked.query);
  look(request.body, asked.body);
  look(request.header, asked.header);
  return found.length > 0 ? found.join('\n') : undefined;
}

const PIECE = /\{\{\s*(partition|parent\.[^}\s]*(?:\s+[^}\s]+)*)\s*\}\}/;

/** The operation, or the method, the path and whatever the query always has. */
function isRequest(asked: Asked, request: RequestConfig): boolean {
  if (request.operation !== undefined) return asked.operation === request.operation || asked.operation === `${request.operation}Request`;
  if (request.path === undefined || (request.method ?? 'GET') !== asked.method) return false;
  const [path = '', query = ''] = request.path.split('?', 2);
  const always = { ...Object.fromEntries(new URLSearchParams(query)), ...request.query };
  const fixed = Object.entries(always).every(
    ([name, value]) => typeof value !== 'string' || namesIn(value).length > 0 || asked.query[name] === value,
  );
  return fixed && pathPattern(path).test(asked.path);
}

function pathPattern(path: string): RegExp {
  const parts = path.replace(/^\//, '').split(/\{\{[^{}]*\}\}/);
  const filled = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('[^/]*');
  return parts.length > 1 && parts.every((part) => part === '') ? /^/ : new RegExp(`(^|/)${filled}$`);
}
