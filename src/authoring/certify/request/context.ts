import { join } from 'node:path';
import type { ConnectorConfig, StreamConfig } from '../../../config/schema/connector.ts';
import { fillOptions } from '../../../config/connection-options.ts';
import { variableParameters } from '../recordings/exchanges.ts';
import type { Fixture } from '../recordings/fixtures.ts';
import { readStream } from '../../../connector/source/read-stream.ts';
import { selectorOf } from '../../../connector/stream/select.ts';
import { optionVariables } from '../../../connector/template.ts';
import { ConfigError, InterlocalError } from '../../../core/errors.ts';
import type { SourceRecord } from '../../../core/record.ts';
import { parseDuration } from '../../../core/time/time.ts';
import { openTransport, transportOf } from '../../../transports/transports.ts';
import type { RequestDeclaration } from '../../../transports/declaration.ts';
import type { Pace } from '../../../transports/rate-limit.ts';
import type { RequestTransport } from '../../../transports/transport.ts';
import { type Bench, openBench, fieldsRead, type Setup } from '../bench.ts';
import { type Reading, withKeys } from '../reading.ts';
import { type Behavior, type ReplayServer, startReplayServer } from './replay-server.ts';
import { CANARY, CANARY_FILES, CANARY_REFERENCE } from '../secrets.ts';
import { openSigning } from '../signing.ts';

/** What the checks of a stream of requests work with: a server that answers as recorded, and the connector against it. */
export interface RequestContext {
  name: string;
  stream: StreamConfig;
  connector: ConnectorConfig;
  fixture: Fixture;
  server: ReplayServer;
  /** Its messages are those of SOAP. */
  soap: boolean;
  /** As recorded, read now. */
  reading: Reading;
  /** Reads all pages, without a store. `stream`: another version of it; `pace`: what lets requests through. */
  read(behavior?: Behavior, stream?: StreamConfig, pace?: Pace): Promise<Reading>;
  bench(): Promise<Bench>;
  withBench<T>(work: (bench: Bench) => Promise<T>): Promise<T>;
  /** A SOAP service's requests signed, by a key that the canary opens; undefined for HTTP. */
  signedBench: (() => Promise<Bench>) | undefined;
}

export async function openRequestContext(
  certified: ConnectorConfig,
  name: string,
  fixture: Fixture,
  packFolder: string,
  wsdl: string | undefined,
  given: Record<string, unknown>,
): Promise<RequestContext> {
  const connector = unhurried(certified);
  const stream = connector.streams[name]!;
  const session = sessionOf(connector);
  const soap = serviceOf(connector).describedBy === 'wsdl';
  const server = await startReplayServer({
    exchanges: fixture.exchanges!,
    soap,
    variable: variableParameters(stream, connector.streams),
    hosts: hostsOf(connector),
    fixturesFolder: join(packFolder, 'fixtures'),
    ...(session && { login: session }),
  });
  const options = { ...given, ...replayOptions(connector, server.url, wsdl) };
  const plain: Setup = {
    ...{ connector, stream: name, options, secrets: CANARY_FILES, fields: [] },
    now: fixture.now === undefined ? undefined : new Date(fixture.now),
  };
  const signing = soap ? await openSigning(connector) : undefined;
  const signed = signing && { ...plain, options: { ...options, x509: signing.x509 }, secrets: { ...CANARY_FILES, ...signing.files } };
  // A connector that always signs must do so in every check.
  const setup = signing?.declared ? signed! : plain;
  const setups = [plain, ...(signed ? [signed] : [])];
  const context: RequestContext = {
    name,
    stream,
    connector: certified,
    soap,
    fixture,
    server,
    reading: { records: [], newColumns: [] },
    async read(behavior, changed = stream, pace) {
      server.rewind(behavior);
      const filled = withCanary({ ...options, ...(signing?.declared ? { x509: signing.ownX509 } : {}) }) as Record<string, unknown>;
      const all = { ...filled, ...(fillOptions(connector.transport_options, filled) as object), ...filled };
      const transport = (await openTransport(connector.transport, all, {
        connection: 'certified',
        projectFolder: packFolder,
        ...(pace && { pace }),
      })) as RequestTransport;
      try {
        return await readAll(changed, transport, { name, options: all, streams: connector.streams, now: setup.now ?? new Date() });
      } finally {
        await transport.close();
      }
    },
    bench: () => openBench(setup),
    signedBench: signed && (() => openBench(signed)),
    async withBench(work) {
      const bench = await openBench(setup);
      try {
        return await work(bench);
      } finally {
        await bench.close();
      }
    },
  };
  const { close } = server;
  server.close = async () => (await signing?.close(), await close());
  context.reading = await context.read();
  // What is read now decides, whatever records.json says: one that is out of date must not empty the benches.
  for (const one of setups) one.fields = fieldsRead(stream, fixture, context.reading);
  return context;
}

interface ReadSpec {
  name: string;
  options: Record<string, unknown>;
  streams: Record<string, StreamConfig>;
  now: Date;
}

async function readAll(stream: StreamConfig, transport: RequestTransport, { name, options, streams, now }: ReadSpec): Promise<Reading> {
  const selector = selectorOf(stream, name);
  const records: SourceRecord[] = [];
  try {
    const pages = readStream(stream, transport, {
      name,
      variables: optionVariables(options),
      state: {},
      now,
      note: () => {},
      streams,
      sleep: async () => {},
    });
    for await (const page of pages) records.push(...selector.select(page.records));
    selector.finish();
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return { records: [], newColumns: selector.newColumns(), refused: error.problems };
  }
  withKeys(records, stream);
  return { records, newColumns: selector.newColumns() };
}

/** Nobody is kept waiting here: what a rate limit does is looked at by a check of its own. */
function unhurried(connector: ConnectorConfig): ConnectorConfig {
  const { rate_limit: _, ...transport_options } = connector.transport_options;
  const streams = Object.entries(connector.streams).map(([name, stream]) => [name, withoutManyQuestions(stream)]);
  return { ...connector, rate_limit: undefined, transport_options, streams: Object.fromEntries(streams) as ConnectorConfig['streams'] };
}

const MAX_QUESTIONS = 200;

/** A report that never is ready is asked after so many times, however short its pauses are. */
function withoutManyQuestions(stream: StreamConfig): StreamConfig {
  const { request } = stream.retriever;
  if (!request?.report) return stream;
  const least = Math.ceil(parseDuration(request.report.timeout)! / MAX_QUESTIONS);
  const every = `${Math.max(parseDuration(request.report.every)!, least, 1)}ms`;
  return { ...stream, retriever: { ...stream.retriever, request: { ...request, report: { ...request.report, every } } } };
}

/** Hosts that recorded links lead to; the replay server takes their place. */
function hostsOf(connector: ConnectorConfig): string[] {
  const { hosts, base_url } = connector.transport_options;
  return [...(Array.isArray(hosts) ? (hosts as unknown[]) : []), base_url].flatMap((address) =>
    typeof address === 'string' && URL.canParse(address) ? [new URL(address).origin] : [],
  );
}

/** What the transport of a connector of requests declares. */
export function serviceOf({ transport }: ConnectorConfig): RequestDeclaration {
  const declared = transportOf(transport);
  if (declared.reads === 'request') return declared;
  throw new ConfigError({ code: 'VALUE_INVALID', place: { path: 'transport' }, message: `Nothing is requested over ${transport}.` });
}

/** Options of a connection to the replay server, with credentials of the usual kind, so a stream that would let them out is found out. */
export function replayOptions(connector: ConnectorConfig, url: string, wsdl: string | undefined): Record<string, unknown> {
  const { address, login } = serviceOf(connector).certify;
  return { ...address(url, wsdl), ...login(connector.transport_options, CANARY_REFERENCE) };
}

export function sessionOf(connector: ConnectorConfig): { path: string; token: string } | undefined {
  const session = (connector.transport_options['auth'] as { session?: { path: string; token?: string } } | undefined)?.session;
  return session && { path: session.path, token: session.token ?? 'token' };
}

function withCanary(value: unknown): unknown {
  if (value === CANARY_REFERENCE) return CANARY;
  if (Array.isArray(value)) return value.map(withCanary);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withCanary(inner)]));
  return value;
}
