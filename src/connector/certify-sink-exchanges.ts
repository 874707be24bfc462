import type { SinkConfig, Template } from '../config/schema/connector.ts';
import type { Exchange } from './certify-fixtures.ts';
import { type Asked, HEADER } from './certify-exchanges.ts';

/** What a request to a sink is for. */
export type AskedFor = 'write' | 'lookup' | 'session';

/** Tells a record on its way from a look-up of it and from a log-in. */
export function askedFor(sink: SinkConfig, asked: Asked): AskedFor {
  const { login } = sink.target.request!;
  const back = sink.acknowledgement?.read_back;
  if (asked.operation !== undefined) {
    const is = (operation: string | undefined): boolean =>
      operation !== undefined && (asked.operation === operation || asked.operation === `${operation}Request`);
    if (is(login?.operation) || is(login?.logout?.operation)) return 'session';
    return typeof back === 'object' && is(back.operation) ? 'lookup' : 'write';
  }
  if (typeof back !== 'object' || (back.method ?? 'GET') !== asked.method) return 'write';
  return pathFits(back.path ?? '', asked.path) ? 'lookup' : 'write';
}

function pathFits(template: string, path: string): boolean {
  const parts = template.split('?', 1)[0]!.split(/\{\{[^{}]*\}\}/);
  const pattern = parts.map((part) => part.replace(/[.*+?^$()|[\]\\-]/g, '\\$&')).join('[^/]*');
  return new RegExp(`(?:^|/)${pattern.replace(/^\//, '')}$`).test(path);
}

/**
 * How a request differs from its recording: headers that the recording names, and everything in query and body, on both sides. In JSON a
 * number is no text. `*` is any value; what depends on the connection, a session or the key of the record is not compared, nor the body of
 * a log-in or a look-up of which none is recorded.
 */
export function requestDiffers(
  sink: SinkConfig,
  soap: boolean,
): (recorded: Exchange['request'], asked: Asked, variable: ReadonlySet<string>) => string[] {
  return (recorded, asked, variable) => {
    const inPath = recorded.path?.includes('?')
      ? Object.fromEntries(new URLSearchParams(recorded.path.slice(recorded.path.indexOf('?') + 1)))
      : {};
    const headers = Object.entries(recorded.headers ?? {}).flatMap(([name, wanted]) => {
      const given = asked.headers[name.toLowerCase()];
      if (wanted === '*' ? given !== undefined : variable.has(`header.${name.toLowerCase()}`) || given === wanted) return [];
      return [`the header ${name} = ${JSON.stringify(given ?? null)}`];
    });
    if (recorded.header !== undefined) headers.push(...leaves(recorded.header, asked.header, HEADER, variable, true));
    const query = leaves({ ...inPath, ...recorded.query }, asked.query, '', variable, true);
    if (recorded.text !== undefined)
      return [...headers, ...query, ...(recorded.text === asked.text ? [] : [differingLine(recorded.text, asked.text)])];
    if (recorded.body === undefined && askedFor(sink, asked) !== 'write') return [...headers, ...query];
    return [...headers, ...query, ...leaves(recorded.body, asked.body, '', variable, soap)];
  };
}

function differingLine(recorded: string, asked: string): string {
  const [wanted, given] = [recorded.split('\n'), asked.split('\n')];
  const at = Math.max(
    0,
    given.findIndex((line, i) => line !== wanted[i]),
  );
  return `line ${at + 1} of the body = ${JSON.stringify(given[at] ?? '')}, recorded ${JSON.stringify(wanted[at] ?? '')}`;
}

function leaves(recorded: unknown, asked: unknown, path: string, variable: ReadonlySet<string>, texts: boolean): string[] {
  if (recorded === '*' || variable.has(path)) return [];
  const other = (): string[] => [`${path || 'the body'} = ${JSON.stringify(asked ?? null)}, recorded ${JSON.stringify(recorded ?? null)}`];
  if (isNothing(recorded) || isNothing(asked)) return isNothing(recorded) && isNothing(asked) ? [] : other();
  if (typeof recorded !== 'object' || typeof asked !== 'object') {
    const same = texts ? String(recorded) === String(asked) : recorded === asked;
    return same && typeof recorded !== 'object' && typeof asked !== 'object' ? [] : other();
  }
  // One element of XML may be one of several.
  const [a, b] = texts && Array.isArray(recorded) !== Array.isArray(asked) ? [[recorded].flat(), [asked].flat()] : [recorded, asked];
  const names = [...new Set([...Object.keys(a as object), ...Object.keys(b as object)])];
  return names.flatMap((name) =>
    leaves((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name], path ? `${path}.${name}` : name, variable, texts),
  );
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** Dotted paths of what depends on the connection, a session, the key of the record or the day; headers as `header.idempotency-key`. */
export function variableOfSink(sink: SinkConfig): Set<string> {
  const paths = new Set<string>();
  const look = (part: Template | Record<string, string> | undefined, path: string): void => {
    if (typeof part === 'string') {
      if (/\{\{\s*(?:options\.[\w-]+|session|idempotency_key|date|sequence)\s*\}\}/.test(part)) paths.add(path);
    } else if (typeof part === 'object' && part !== null)
      for (const [name, inner] of Object.entries(part)) look(inner as Template, path ? `${path}.${name}` : name);
  };
  const { login, delete: remove, ...write } = sink.target.request!;
  const back = sink.acknowledgement?.read_back;
  for (const ask of [write, remove, typeof back === 'object' ? back : undefined]) {
    look(ask?.body, '');
    look(ask?.query, '');
    look(ask?.header, HEADER);
    look(Object.fromEntries(Object.entries(ask?.headers ?? {}).map(([name, text]) => [name.toLowerCase(), text])), 'header');
  }
  look(login?.body, '');
  look(login?.logout?.body, '');
  for (const one of [login, login?.logout]) look(one?.header, HEADER);
  return paths;
}
