import type { Asked } from '../recordings/asked.ts';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import type { Exchange } from '../recordings/fixtures.ts';
import { bestExchange } from '../recordings/exchanges.ts';
import { WSSE } from '../../../transports/soap/ws-security.ts';
import { parseXml, type XmlElement } from '../../../transports/xml.ts';

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Buffer | string;
  /** The connection breaks: before a word of the answer, or within it. What was asked was still taken. */
  lost?: 'before' | 'within';
}

/** Changes what a recorded answer says, to see what the connector makes of it. `nth` counts requests from 1 since the last rewind. */
export type Behavior = (asked: Asked, recorded: Reply | undefined, nth: number) => Reply | undefined;

/** A real HTTP server on the loopback that answers as the recording does. */
export interface ReplayServer {
  url: string;
  asked: Asked[];
  /** Requests that no exchange answers, in words. */
  unanswered: string[];
  /** Exchanges that were never asked for, by their place in exchanges.json from 1. */
  neverAsked(): number[];
  /** The beginning of a new run: exchanges are given from the first again. */
  rewind(behavior?: Behavior): void;
  close(): Promise<void>;
}

export interface ReplaySpec {
  exchanges: readonly Exchange[];
  soap: boolean;
  /** Parameters that depend on the day or on the connection, and are not compared: dotted paths. */
  variable: ReadonlySet<string>;
  /** Origins that links in the answers lead to, and that this server takes the place of. */
  hosts?: readonly string[];
  /** Files under /wsdl/. */
  fixturesFolder: string;
  /** How a request differs from a recorded one. Default: in what the recording names. */
  differs?: Parameters<typeof bestExchange>[4];
  /** HTTP login: where, and where the token is to be in the answer. */
  login?: { path: string; token: string };
}

export async function startReplayServer(spec: ReplaySpec): Promise<ReplayServer> {
  let behavior: Behavior | undefined;
  let served = spec.exchanges.map(() => 0);
  const ever = new Set<number>();
  const server = createServer((request, response) => {
    void reply(request)
      .catch((error: unknown): Reply => ({ status: 400, headers: {}, body: `certify: ${String(error)}` }))
      .then((answer) => give(response, answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const made: ReplayServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    unanswered: [],
    neverAsked: () => spec.exchanges.flatMap((_, i) => (ever.has(i) ? [] : [i + 1])),
    rewind(next) {
      behavior = next;
      served = spec.exchanges.map(() => 0);
      made.asked.length = 0;
      made.unanswered.length = 0;
    },
    close: () => new Promise((closed) => (server.close(() => closed()), server.closeAllConnections())),
  };

  async function reply(request: IncomingMessage): Promise<Reply> {
    const url = new URL(request.url ?? '/', made.url);
    if (url.pathname.startsWith('/wsdl/'))
      return {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: await readFile(join(spec.fixturesFolder, basename(url.pathname))),
      };
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString('utf8');
    const asked: Asked = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers as Record<string, string>,
      text,
      ...bodyOf(text, spec.soap, request.headers['content-type']),
    };
    if (
      spec.login &&
      url.pathname === `/${spec.login.path.replace(/^\//, '').split('?', 1)[0]!}` &&
      !spec.exchanges.some((e) => e.request.path?.includes(spec.login!.path))
    )
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(spec.login.token.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), 'certify-token')),
      };
    made.asked.push(asked);
    const found = bestExchange(spec.exchanges, served, asked, spec.variable, spec.differs);
    if (typeof found === 'number') {
      served[found]!++;
      ever.add(found);
    }
    const answer = typeof found === 'number' ? spec.exchanges[found]!.answer : undefined;
    const recorded: Reply | undefined = answer && {
      status: answer.status,
      headers: withType(answer.headers, spec.soap, answer.name),
      body: here(answer.body),
    };
    const changed = behavior?.(asked, recorded, made.asked.length);
    if (changed) return changed;
    if (recorded) return recorded;
    made.unanswered.push(found as string);
    return { status: 404, headers: {}, body: `certify: ${found as string}` };
  }

  /** Byte for byte but for the addresses. */
  function here(body: Buffer): Buffer {
    const text = body.toString('latin1');
    const moved = (spec.hosts ?? []).reduce((rest, host) => rest.replaceAll(host, made.url), text);
    return moved === text ? body : Buffer.from(moved, 'latin1');
  }

  return made;
}

function give(response: ServerResponse, { status, headers, body, lost }: Reply): void {
  // Only the time that was recorded: positions go by it, and the day of a certification is to change nothing.
  response.sendDate = false;
  if (lost === 'before') response.socket?.destroy();
  else if (lost === 'within') {
    const bytes = Buffer.from(body);
    response.writeHead(status, { ...headers, 'content-length': String(bytes.length + 100) });
    response.write(Buffer.concat([bytes, Buffer.from(' ')]), () => response.socket?.destroy());
  } else response.writeHead(status, headers).end(body);
}

function withType(headers: Record<string, string>, soap: boolean, name: string | undefined): Record<string, string> {
  if (Object.keys(headers).some((h) => h.toLowerCase() === 'content-type')) return headers;
  const type = soap || name?.endsWith('.xml') ? 'text/xml; charset=utf-8' : name?.endsWith('.csv') ? 'text/csv' : 'application/json';
  return { 'content-type': type, ...headers };
}

function bodyOf(text: string, soap: boolean, type: string | undefined): Pick<Asked, 'operation' | 'body' | 'header'> {
  if (text === '') return {};
  if (soap) {
    const envelope = parseXml(text);
    const part = (name: string) => envelope.children.find((child) => child.name === name)?.children ?? [];
    const [element] = part('Body');
    const own = part('Header').filter(({ namespace }) => namespace !== WSSE);
    const header = Object.fromEntries(own.map((one) => [one.name, valuesOf(one)]));
    return element ? { operation: element.name, body: valuesOf(element), header } : {};
  }
  if (type?.startsWith('application/x-www-form-urlencoded')) return { body: Object.fromEntries(new URLSearchParams(text)) };
  try {
    return { body: JSON.parse(text) as unknown };
  } catch {
    return { body: text };
  }
}

function valuesOf(element: XmlElement): unknown {
  if (element.children.length === 0) return element.text;
  const values: Record<string, unknown> = {};
  for (const child of element.children) {
    const before = values[child.name];
    const value = valuesOf(child);
    values[child.name] = before === undefined ? value : Array.isArray(before) ? [...(before as unknown[]), value] : [before, value];
  }
  return values;
}
