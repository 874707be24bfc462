import type { StreamConfig, Template } from '../config/schema/connector.ts';
import type { Exchange } from './certify-fixtures.ts';
import { withParents } from './certify-steps.ts';
import { namesIn } from './template.ts';

/** A request as the replay server got it. */
export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  text: string;
  operation?: string;
  body?: unknown;
  /** SOAP: elements of the header, but that of WS-Security. */
  header?: unknown;
}

/**
 * The exchange that answers a request: the same operation, or method and path, and the same value in every parameter that
 * the recording names (`*` is any). Of several, the one that agrees also in what is not compared, such as the time that is asked
 * for; then the one given least often, in the order of the recording. Otherwise words that say how the request differs from
 * the nearest.
 */
export function bestExchange(
  exchanges: readonly Exchange[],
  served: readonly number[],
  asked: Asked,
  variable: ReadonlySet<string>,
  differs: (recorded: Exchange['request'], asked: Asked, variable: ReadonlySet<string>) => string[] = differing,
): number | string {
  const candidates = exchanges.flatMap(({ request }, i) =>
    sameAddress(request, asked) ? [{ i, wrong: differs(request, asked, variable) }] : [],
  );
  const fitting = candidates.filter(({ wrong }) => wrong.length === 0).map(({ i }) => i);
  if (fitting.length) {
    const strange = fitting.map((i) => differing(exchanges[i]!.request, asked, NONE).length);
    const nearest = fitting.filter((_, at) => strange[at] === Math.min(...strange));
    return nearest.reduce((best, i) => (served[i]! < served[best]! ? i : best));
  }
  const what = asked.operation ?? `${asked.method} ${asked.path}`;
  if (candidates.length === 0) return `nothing is recorded for ${what}`;
  const nearest = candidates.reduce((best, c) => (c.wrong.length < best.wrong.length ? c : best));
  return `no recorded ${what} has ${nearest.wrong.join(' and ')}`;
}

const NONE: ReadonlySet<string> = new Set();

function sameAddress(recorded: Exchange['request'], asked: Asked): boolean {
  if (recorded.operation !== undefined) {
    // The element of an operation usually has its name; where it has not, SOAPAction tells.
    const action = /[/:#"]([^/:#"]+)"?$/.exec(asked.headers['soapaction'] ?? '')?.[1];
    return asked.operation === recorded.operation || asked.operation === `${recorded.operation}Request` || action === recorded.operation;
  }
  if (recorded.path === undefined) return true;
  const path = `/${recorded.path
    .replace(/^https?:\/\/[^/]+/, '')
    .split('?', 1)[0]!
    .replace(/^\//, '')}`;
  const given = plain(asked.path);
  return (
    (recorded.method ?? 'GET') === asked.method && (plain(path) === given || given.endsWith(plain(path)) || segmentsFit(plain(path), given))
  );
}

/** A recording may write a path as people do. */
function plain(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A `*` in a recorded path stands for any one segment. */
function segmentsFit(recorded: string, asked: string): boolean {
  if (!recorded.includes('*')) return false;
  const [wanted, given] = [recorded.split('/').slice(1).reverse(), asked.split('/').reverse()];
  return wanted.every((part, i) => part === '*' || part === given[i]);
}

/** `Page = "2"` for each parameter with another value than recorded. */
function differing(recorded: Exchange['request'], asked: Asked, variable: ReadonlySet<string>): string[] {
  const inPath = recorded.path?.includes('?')
    ? Object.fromEntries(new URLSearchParams(recorded.path.slice(recorded.path.indexOf('?') + 1)))
    : {};
  return [
    ...leavesThatDiffer({ ...inPath, ...recorded.query }, asked.query, '', variable),
    ...(recorded.body === undefined ? [] : leavesThatDiffer(recorded.body, asked.body, '', variable)),
    ...(recorded.header === undefined ? [] : leavesThatDiffer(recorded.header, asked.header, HEADER, variable)),
  ];
}

/** What paths within the header of a SOAP request begin with; no parameter can. */
export const HEADER = 'the header';

function leavesThatDiffer(recorded: unknown, asked: unknown, path: string, variable: ReadonlySet<string>): string[] {
  const nothing = asked === undefined || asked === null || asked === '';
  // What changes with each session is not compared; that it is sent at all is.
  if (path.startsWith(HEADER) && typeof recorded === 'string' && nothing) return [`${path} = null`];
  if (recorded === '*' || variable.has(path)) return [];
  if (recorded === null || recorded === undefined) return nothing ? [] : [`${path} = ${JSON.stringify(asked)}`];
  if (typeof recorded !== 'object') return String(recorded) === String(asked ?? '') ? [] : [`${path} = ${JSON.stringify(asked ?? null)}`];
  return Object.entries(recorded).flatMap(([name, inner]) =>
    leavesThatDiffer(inner, (asked as Record<string, unknown> | undefined)?.[name], path ? `${path}.${name}` : name, variable),
  );
}

/** Dotted paths of parameters whose value depends on the day, the connection or a log-in; of the stream and of those it is made of. */
export function variableParameters(stream: StreamConfig, streams: Readonly<Record<string, StreamConfig>> = {}): Set<string> {
  const paths = new Set<string>();
  const look = (template: Template | undefined, path: string): void => {
    if (typeof template === 'string') {
      if (namesIn(template).some((name) => name === 'from' || name === 'to' || name === 'session' || name.startsWith('options.')))
        paths.add(path);
    } else if (typeof template === 'object' && template !== null)
      for (const [name, inner] of Object.entries(template)) look(inner as Template, path ? `${path}.${name}` : name);
  };
  for (const { retriever } of withParents(stream, streams)) {
    const { report, login, ...request } = retriever.request!;
    for (const one of [request, report?.submit, report?.poll]) {
      look(one?.body, '');
      look(one?.query, '');
      look(one?.header, HEADER);
    }
    look(login?.body, '');
    for (const one of [login, login?.logout]) look(one?.header, HEADER);
  }
  return paths;
}
